"""Features of recordings, computed by the program itself and cached.

`prepare` writes each clip's variants as WAV files, lets `undertone features` turn them into
features, and stores those in one array per variant.
"""

import json
import os
import subprocess
import tempfile
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import soundfile

from . import augment
from .corpora import Clip

BANDS = 64
"""Mel bands of a frame."""
PITCH, VOICING = BANDS, BANDS + 1
"""Columns of pitch and voicing, behind the levels of a frame."""
WIDTH = BANDS + 2
"""Columns of a frame."""
SEMITONES = 255.0 / 6.0
"""The range of pitch: 255 sixths of a semitone."""
FRAMES = "log-mel-pitch"
"""The feature set that the networks over frames read."""
Frames = Mapping[str, np.ndarray]
"""Frames by clip name, (frames, WIDTH): levels in dB, pitch in semitones and its voicing. Corpora
that came without sound have levels alone, (frames, BANDS)."""


@dataclass(frozen=True)
class FeatureCache:
    """Cached features of clips: a folder for each feature set, a file for each variant."""

    folder: Path
    extra: tuple[Path, ...] = ()
    """Folders of other corpora's clips."""

    def of(self, feature_set: str, kind: str = "clean", number: int = 0) -> Frames:
        """Returns the features of one variant by clip name, read from disk when used."""
        name = f"{feature_set}/{kind}-{number}"
        return ChainMap(*(_StoredArrays(folder / name) for folder in (self.folder, *self.extra)))

    def variants(self, kinds: Sequence[str]) -> list[Frames]:
        """Returns the frames of every variant of these kinds of augmentation."""
        return [
            self.of(FRAMES, kind, number)
            for kind in kinds
            for number in range(augment.VARIANTS[kind])
        ]


@dataclass(frozen=True)
class _StoredArrays(Mapping):
    """Arrays by name, concatenated in one file, with an index beside it."""

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

    def __iter__(self) -> Iterator[str]:
        return iter(self.index)

    def __len__(self) -> int:
        return len(self.index)


def write(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Stores arrays of equal width where `FeatureCache` finds them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    index, start = {}, 0
    for name, array in arrays.items():
        index[name] = (start, start + len(array))
        start += len(array)
    np.save(path.with_suffix(".npy"), np.concatenate(list(arrays.values())))
    # Last, as its presence says that the variant is complete.
    path.with_suffix(".json").write_text(json.dumps(index))


def prepare(
    clips: list[Clip],
    undertone: Path,
    folder: Path,
    variants: Mapping[str, int] = augment.VARIANTS,
) -> None:
    """Fills a cache's folder with what it lacks: every variant's frames, and the classic set."""
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
    augmented = augment.variant(samples.mean(axis=1), rate, clip.voice, kind, number)
    soundfile.write(waves / f"{clip.name}.wav", augmented, rate, subtype="PCM_24")
