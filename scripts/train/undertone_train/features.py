"""Features, which only the program itself computes.

`prepare` writes each clip's variants as WAV files, lets `undertone features`
turn them into log-mel frames, and keeps those in one array per variant.
"""

import json
import subprocess
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from . import augment
from .corpora import Clip

BANDS = 64


@dataclass(frozen=True)
class FeatureCache:
    """Log-mel frames in dB of every clip, in every variant."""

    folder: Path

    def variant(self, number: int) -> dict[str, np.ndarray]:
        """Frames (frames, BANDS) by clip name."""
        index = json.loads((self.folder / f"variant{number}.json").read_text())
        frames = np.load(self.folder / f"variant{number}.npy")
        return {name: frames[start:stop] for name, (start, stop) in index.items()}


def prepare(clips: list[Clip], undertone: Path, folder: Path, variants: int) -> FeatureCache:
    """Fills the cache in `folder` with what is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(variants):
        if not (folder / f"variant{number}.json").exists():
            print(f"features of variant {number} of {variants}", flush=True)
            _prepare_variant(clips, undertone, folder, number)
    return FeatureCache(folder)


def _prepare_variant(clips: list[Clip], undertone: Path, folder: Path, number: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        waves, arrays = Path(scratch, "waves"), Path(scratch, "arrays")
        waves.mkdir()
        with ProcessPoolExecutor() as pool:
            jobs = [(clip, waves, number) for clip in clips]
            for _ in pool.map(_write_variant, jobs, chunksize=16):
                pass
        command = [undertone, "features", "--set", "log-mel", "--output", arrays, waves]
        subprocess.run(command, check=True)
        frames, index, start = [], {}, 0
        for clip in clips:
            array = np.load(arrays / f"{clip.name}.npy")
            index[clip.name] = (start, start + len(array))
            start += len(array)
            frames.append(array)
        np.save(folder / f"variant{number}.npy", np.concatenate(frames))
        (folder / f"variant{number}.json").write_text(json.dumps(index))


def _write_variant(job: tuple[Clip, Path, int]) -> None:
    clip, waves, number = job
    samples, rate = soundfile.read(clip.path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    made = augment.variant(mono, rate, clip.name, number)
    soundfile.write(waves / f"{clip.name}.wav", made, rate, subtype="PCM_24")
