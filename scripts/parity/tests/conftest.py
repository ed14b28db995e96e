"""Signals and the program, for every test of parity."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

ROOT = Path(__file__).resolve().parents[3]
UNDERTONE = os.environ.get("UNDERTONE", ROOT / "target/debug/undertone")
UTTERANCE = ROOT / "tests/data/synthesised-speech.wav"


def signals(rate):
    """Signals in ±1 by name, 3.3 s each and so no whole number of frames."""
    time = np.arange(int(3.3 * rate)) / rate
    noise = np.random.default_rng(1).standard_normal(len(time))
    sweep = np.sin(2 * np.pi * (50 * time + (0.45 * rate - 50) / 6.6 * time**2))
    tones = sum(np.sin(2 * np.pi * hz * time) for hz in (196.0, 246.94, 2960.0)) / 3
    glide = 140 + 60 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(glide) / rate
    voice = sum(np.sin(k * phase) / k for k in range(1, 25)) * np.sin(np.pi * time / 1.1) ** 2
    spoken, spoken_rate = soundfile.read(UTTERANCE)
    return {
        "sweep": 0.5 * sweep,
        "noise": 0.1 * noise,
        "tones": 0.5 * tones,
        "voice": 0.25 * voice + 1e-4 * noise,
        "speech": resample_poly(spoken, rate // 50, spoken_rate // 50),
    }


@pytest.fixture(scope="session")
def recordings(tmp_path_factory):
    """A folder of 24-bit recordings, and what is in them, at a rate."""
    made = {}

    def at(rate):
        if rate not in made:
            folder = tmp_path_factory.mktemp(f"recordings-{rate}")
            for name, samples in signals(rate).items():
                soundfile.write(folder / f"{name}.wav", samples, rate, subtype="PCM_24")
            read = {
                path.stem: soundfile.read(path, dtype="float32")[0] for path in folder.iterdir()
            }
            made[rate] = folder, read
        return made[rate]

    return at


@pytest.fixture
def features(tmp_path):
    """Runs `undertone features` and loads what it wrote, by recording."""

    def of(folder, *options):
        command = [UNDERTONE, "features", "--output", tmp_path, *map(str, options), folder]
        subprocess.run(command, check=True)
        return {path.stem: np.load(path) for path in tmp_path.glob("*.npy")}

    return of
