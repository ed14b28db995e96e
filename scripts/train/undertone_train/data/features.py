"""Features, which only the program itself computes.

`prepare` writes each clip's variants as WAV files, lets `undertone features`
turn them into features, and keeps those in one array per variant.
"""

import json
import os
import subprocess
import tempfile
from collections import ChainMap
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import soundfile

from . import augment
from .corpora import Clip

BANDS = 64
PITCH, STRENGTH = BANDS, BANDS + 1
"""Places of pitch and strength behind the levels of a frame."""
WIDTH = BANDS + 2
SEMITONES = 255.0 / 6.0
"""What a cell of pitch is over: 255 sixths of a semitone."""
FRAMES = "log-mel-pitch"
"""The set that networks over frames are trained on."""
Frames = Mapping[str, np.ndarray]
"""Frames by clip name: levels in dB, pitch in semitones and its strength, (frames, WIDTH);
where there was no sound to take the pitch from, levels alone."""


@dataclass(frozen=True)
class FeatureCache:
    """What was computed of clips, a folder for each feature set, a file for each variant."""

    folder: Path
    more: tuple[Path, ...] = ()
    """Folders of other corpora's clips."""

    def of(self, feature_set: str, kind: str = "clean", number: int = 0) -> Frames:
        """The features of a set, by clip name, of one variant; read from disk when used."""
        place = f"{feature_set}/{kind}-{number}"
        return ChainMap(*(_Arrays(folder / place) for folder in (self.folder, *self.more)))

    def variants(self, kinds: Sequence[str]) -> list[Frames]:
        """Frames of every variant of these kinds."""
        return [
            self.of(FRAMES, kind, number)
            for kind in kinds
            for number in range(augment.VARIANTS[kind])
        ]


@dataclass(frozen=True)
class _Arrays(Mapping):
    """Arrays by name, one behind the other in a file."""

    path: Path

    @cached_property
    def index(self) -> dict[str, tuple[int, int]]:
        return json.loads(self.path.with_suffix(".json").read_text())

    @cached_property
    def rows(self) -> np.ndarray:
        return np.load(self.path.with_suffix(".npy"))

    def __getitem__(self, name: str) -> np.ndarray:
        start, stop = self.index[name]
        return self.rows[start:stop]

    def __iter__(self):  # noqa: ANN204 (an iterator of names)
        return iter(self.index)

    def __len__(self) -> int:
        return len(self.index)


def write(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Keeps arrays of equal width where `FeatureCache` finds them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    index, start = {}, 0
    for name, array in arrays.items():
        index[name] = (start, start + len(array))
        start += len(array)
    np.save(path.with_suffix(".npy"), np.concatenate(list(arrays.values())))
    # Last, for it is what says that the variant is there.
    path.with_suffix(".json").write_text(json.dumps(index))


def prepare(
    clips: list[Clip],
    undertone: Path,
    folder: Path,
    variants: Mapping[str, int] = augment.VARIANTS,
) -> None:
    """Fills the cache with what is not there yet: every variant, and the classic set."""
    wanted = [(FRAMES, kind, n) for kind, count in variants.items() for n in range(count)]
    for feature_set, kind, number in [*wanted, ("classic-mfcc", "clean", 0)]:
        path = folder / feature_set / f"{kind}-{number}"
        if not path.with_suffix(".json").exists():
            print(f"features: {feature_set}, {kind} {number}", flush=True)
            write(_extract(clips, undertone, feature_set, kind, number), path)


def _extract(
    clips: list[Clip], undertone: Path, feature_set: str, kind: str, number: int
) -> dict[str, np.ndarray]:
    with tempfile.TemporaryDirectory() as scratch:
        waves, arrays = Path(scratch, "waves"), Path(scratch, "arrays")
        waves.mkdir()
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            jobs = [(clip, waves, kind, number) for clip in clips]
            for _ in pool.map(_write_variant, jobs, chunksize=16):
                pass
        command = [undertone, "features", "--set", feature_set, "--output", arrays, waves]
        subprocess.run(command, check=True)
        return {c.name: np.atleast_2d(np.load(arrays / f"{c.name}.npy")) for c in clips}


def _write_variant(job: tuple[Clip, Path, str, int]) -> None:
    clip, waves, kind, number = job
    samples, rate = soundfile.read(clip.path, dtype="float32", always_2d=True)
    made = augment.variant(samples.mean(axis=1), rate, clip.name, kind, number)
    soundfile.write(waves / f"{clip.name}.wav", made, rate, subtype="PCM_24")
