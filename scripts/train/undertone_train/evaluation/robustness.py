"""Robustness: conditions worse than a studio, a continuous stream, unseen statements, another corpus.

The networks of the outer folds become bundles, and the program itself classifies the altered
clips of speakers that the network does not know.
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
from .metrics import uar
from .predictions import Predictions

Condition = Callable[[np.ndarray, int, np.random.Generator], tuple[np.ndarray, int]]
"""An alteration of samples at a rate; returns samples and their rate."""
TELEPHONE_RATE = 8000


def telephone(samples: np.ndarray, rate: int, _rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Limits to 300 to 3400 Hz at 8 kHz, with the 8 bits of G.711's µ-law."""
    resampled = signal.resample_poly(samples, TELEPHONE_RATE, rate)
    band = signal.butter(4, (300.0, 3400.0), "bandpass", fs=TELEPHONE_RATE, output="sos")
    return augment.mu_law(signal.sosfilt(band, resampled), 255.0), TELEPHONE_RATE


def _noise(snr: float) -> Condition:
    return lambda samples, rate, rng: (augment.add_noise(samples, snr, 1.0, rng), rate)


CONDITIONS: dict[str, Condition] = {
    "as recorded": lambda samples, rate, _rng: (samples, rate),
    "pink noise at 20 dB": _noise(20.0),
    "pink noise at 10 dB": _noise(10.0),
    "pink noise at 5 dB": _noise(5.0),
    "a room, RT60 0.5 s": lambda x, rate, rng: (augment.reverberate(x, rate, 0.5, rng), rate),
    "telephone, 8 kHz": telephone,
    "40 dB quieter": lambda samples, rate, _rng: (0.01 * samples, rate),
    "2 % of samples clipped": lambda samples, rate, _rng: (augment.clip_peaks(samples, 0.02), rate),
}


@dataclass(frozen=True)
class ConditionResult:
    """The program's answers for a fold's clips in one condition."""

    confusion: np.ndarray
    """Counts, (labels, labels + 1); the last column counts silence and uncertainty."""
    silent: int
    """The number in the last column; these clips count as wrong."""


@dataclass(frozen=True)
class Robustness:
    """The results of all tests of robustness, by fold."""

    conditions: dict[str, list[ConditionResult]]
    stream: list[ConditionResult]
    statements: list[Predictions]
    crema_d: float
    """The UAR on CREMA-D, six labels, of a network trained on RAVDESS alone."""


def classify_in_conditions(
    undertone: Path, bundle: Path, clips: Sequence[Clip]
) -> dict[str, ConditionResult]:
    """Returns the program's answers in every condition, one recording a clip."""
    return {name: _classify(undertone, bundle, clips, name) for name in CONDITIONS}


def _classify(undertone: Path, bundle: Path, clips: Sequence[Clip], name: str) -> ConditionResult:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with ProcessPoolExecutor() as pool:
            list(pool.map(_write, [(clip, folder, name) for clip in clips], chunksize=16))
        rows = [f"{clip.name}.wav,{clip.label},{clip.speaker}" for clip in clips]
        manifest, table = folder / "clips.csv", folder / "predictions.csv"
        manifest.write_text("\n".join(["path,label,speaker", *rows]) + "\n")
        command = [undertone, "evaluate", "--json", "--model", bundle, "--predictions", table]
        subprocess.run([*command, manifest], check=True, capture_output=True)
        with table.open(newline="") as file:
            return _count([(row["label"], row["predicted"]) for row in csv.DictReader(file)])


def _write(job: tuple[Clip, Path, str]) -> None:
    clip, folder, name = job
    samples, rate = soundfile.read(clip.path, dtype="float64", always_2d=True)
    altered, rate = CONDITIONS[name](samples.mean(axis=1), rate, _seeded(clip.name + name))
    altered = altered / max(1.0, float(np.abs(altered).max()))
    soundfile.write(folder / f"{clip.name}.wav", altered, rate, subtype="PCM_16")


def _seeded(name: str) -> np.random.Generator:
    return np.random.default_rng(list(name.encode()))


def _count(pairs: Sequence[tuple[str, str]]) -> ConditionResult:
    """Counts true and predicted labels; answers that are no label go to the last column."""
    confusion = np.zeros((len(LABELS), len(LABELS) + 1), int)
    for label, predicted in pairs:
        column = LABELS.index(predicted) if predicted in LABELS else len(LABELS)
        confusion[LABELS.index(label), column] += 1
    return ConditionResult(confusion, int(confusion[:, -1].sum()))


def classify_in_stream(undertone: Path, bundle: Path, clips: Sequence[Clip]) -> ConditionResult:
    """Returns the program's answers for the clips in one stream, with pauses of quiet noise: a
    clip's scores are the mean over the windows whose middle lies in it.
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
    windows = _timeline(undertone, bundle, np.concatenate(parts), rate)
    return _count(
        [
            (clips[index].label, _label_within(windows, *span))
            for index, span in zip(order, spans, strict=True)
        ]
    )


def _timeline(undertone: Path, bundle: Path, samples: np.ndarray, rate: int) -> list[dict]:
    """Returns the windows of `undertone classify --timeline`."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "stream.wav")
        soundfile.write(path, samples, rate, subtype="PCM_16")
        command = [undertone, "classify", "--json", "--timeline", "--model", bundle, path]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output)["windows"]


def _label_within(windows: Sequence[dict], start: float, end: float) -> str:
    mine = [w for w in windows if start <= (w["start"] + w["end"]) / 2 < end]
    sums = {label: sum(w["scores"][label] for w in mine) for label in LABELS}
    best = max(sums, key=lambda label: sums[label])
    return best if sums[best] > 0.0 else "silence"


def uar_of_occurring(probabilities: np.ndarray, clips: Sequence[Clip]) -> float:
    """Returns the UAR among the labels that occur in the clips; others are no choice."""
    occurring = sorted({clip.target for clip in clips})
    confusion = np.zeros((len(LABELS), len(LABELS)), int)
    predicted = np.array(occurring)[probabilities[:, occurring].argmax(axis=1)]
    np.add.at(confusion, ([clip.target for clip in clips], predicted), 1)
    return uar(confusion)
