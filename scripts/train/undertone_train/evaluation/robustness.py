"""Tests that are harder than clips from the studio: conditions, streams, other words.

The networks of the outer folds are made bundles, and the program itself hears
what is made of the clips of speakers that each does not know.
"""

import csv
import json
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

from ..data import augment
from ..data.corpora import LABELS, Clip
from .metrics import Predictions, uar

Condition = Callable[[np.ndarray, int, np.random.Generator], tuple[np.ndarray, int]]
TELEPHONE_RATE = 8000


def telephone(samples: np.ndarray, rate: int, _rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """300 to 3400 Hz at 8 kHz, with the 8 bits of G.711's µ-law."""
    at_rate = signal.resample_poly(samples, TELEPHONE_RATE, rate)
    band = signal.butter(4, (300.0, 3400.0), "bandpass", fs=TELEPHONE_RATE, output="sos")
    return augment.companded(signal.sosfilt(band, at_rate), 255.0), TELEPHONE_RATE


def _noise(snr: float) -> Condition:
    return lambda samples, rate, rng: (augment.with_noise(samples, snr, 1.0, rng), rate)


CONDITIONS: dict[str, Condition] = {
    "as recorded": lambda samples, rate, _rng: (samples, rate),
    "pink noise at 20 dB": _noise(20.0),
    "pink noise at 10 dB": _noise(10.0),
    "pink noise at 5 dB": _noise(5.0),
    "a room, RT60 0.5 s": lambda x, rate, rng: (augment.in_room(x, rate, 0.5, rng), rate),
    "telephone, 8 kHz": telephone,
    "40 dB quieter": lambda samples, rate, _rng: (0.01 * samples, rate),
    "2 % of samples clipped": lambda samples, rate, _rng: (augment.clipped(samples, 0.02), rate),
}


@dataclass(frozen=True)
class Heard:
    """How a fold's clips were judged in one condition."""

    confusion: np.ndarray
    silent: int
    """Clips in which the program heard nobody; they count as wrong."""


@dataclass(frozen=True)
class Hard:
    """Everything that was found, a row a fold."""

    conditions: dict[str, list[Heard]]
    stream: list[Heard]
    statements: list[Predictions]
    crema_d: float
    """The UAR on CREMA-D, six labels, of a network trained on RAVDESS alone."""


def in_conditions(undertone: Path, bundle: Path, clips: Sequence[Clip]) -> dict[str, Heard]:
    """The program's judgement in every condition, a recording a clip."""
    return {name: _in_condition(undertone, bundle, clips, name) for name in CONDITIONS}


def _in_condition(undertone: Path, bundle: Path, clips: Sequence[Clip], name: str) -> Heard:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with ProcessPoolExecutor() as pool:
            list(pool.map(_write, [(clip, folder, name) for clip in clips], chunksize=16))
        rows = [f"{clip.name}.wav,{clip.label},{clip.speaker}" for clip in clips]
        manifest, said = folder / "clips.csv", folder / "said.csv"
        manifest.write_text("\n".join(["path,label,speaker", *rows]) + "\n")
        command = [undertone, "evaluate", "--json", "--model", bundle, "--predictions", said]
        subprocess.run([*command, manifest], check=True, capture_output=True)
        with said.open(newline="") as file:
            return _judged([(row["label"], row["predicted"]) for row in csv.DictReader(file)])


def _write(job: tuple[Clip, Path, str]) -> None:
    clip, folder, name = job
    samples, rate = soundfile.read(clip.path, dtype="float64", always_2d=True)
    made, rate = CONDITIONS[name](samples.mean(axis=1), rate, _seeded(clip.name + name))
    made = made / max(1.0, float(np.abs(made).max()))
    soundfile.write(folder / f"{clip.name}.wav", made, rate, subtype="PCM_16")


def _seeded(name: str) -> np.random.Generator:
    return np.random.default_rng(list(name.encode()))


def _judged(pairs: Sequence[tuple[str, str]]) -> Heard:
    """Clips taken for silence count as wrong: they stand in a ninth column."""
    confusion = np.zeros((len(LABELS), len(LABELS) + 1), int)
    for label, predicted in pairs:
        column = LABELS.index(predicted) if predicted in LABELS else len(LABELS)
        confusion[LABELS.index(label), column] += 1
    return Heard(confusion, int(confusion[:, -1].sum()))


def in_a_stream(undertone: Path, bundle: Path, clips: Sequence[Clip]) -> Heard:
    """The same clips joined with pauses of quiet noise, through one engine: a clip's scores
    are the mean over the windows whose middle lies in it.
    """
    rng = np.random.default_rng(0)
    order = rng.permutation(len(clips))
    parts, spans, at = [], [], 0
    for index in order:
        samples, rate = soundfile.read(clips[index].path, dtype="float32", always_2d=True)
        mono = samples.mean(axis=1)
        pause = 1e-4 * rng.standard_normal(int(rng.uniform(1.0, 3.0) * rate))
        spans.append((at / rate, (at + len(mono)) / rate))
        parts += [mono, pause.astype(np.float32)]
        at += len(mono) + len(pause)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "stream.wav")
        soundfile.write(path, np.concatenate(parts), rate, subtype="PCM_16")
        command = [undertone, "classify", "--json", "--timeline", "--model", bundle, path]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    windows = json.loads(said)["windows"]
    return _judged(
        [
            (clips[index].label, _within(windows, *span))
            for index, span in zip(order, spans, strict=True)
        ]
    )


def _within(windows: Sequence[dict], start: float, end: float) -> str:
    mine = [w for w in windows if start <= (w["start"] + w["end"]) / 2 < end]
    sums = {label: sum(w["scores"][label] for w in mine) for label in LABELS}
    best = max(sums, key=lambda label: sums[label])
    return best if sums[best] > 0.0 else "silence"


def six_labels(probabilities: np.ndarray, clips: Sequence[Clip]) -> float:
    """The UAR among the labels that occur in the clips."""
    occurring = sorted({clip.target for clip in clips})
    confusion = np.zeros((len(LABELS), len(LABELS)), int)
    said = np.array(occurring)[probabilities[:, occurring].argmax(axis=1)]
    np.add.at(confusion, ([clip.target for clip in clips], said), 1)
    return uar(confusion)
