"""The program against librosa and ONNX Runtime, on the shipped utterance."""

import json
import os
import subprocess
import tomllib
from pathlib import Path

import librosa
import numpy as np
import onnxruntime
import pytest
import soundfile

from undertone_train.windows import WINDOW, of_clip

ROOT = Path(__file__).resolve().parents[3]
UNDERTONE = os.environ.get("UNDERTONE", ROOT / "target/debug/undertone")
UTTERANCE = ROOT / "tests/data/synthesised-speech.wav"
BUNDLE = ROOT / "models/ravdess"


MANIFEST = tomllib.loads((BUNDLE / "model.toml").read_text())


@pytest.fixture
def features(tmp_path):
    """The utterance's features of a set."""

    def of(name):
        command = [UNDERTONE, "features", "--set", name, "-o", tmp_path, UTTERANCE]
        subprocess.run(command, check=True)
        return np.load(tmp_path / "synthesised-speech.npy")

    return of


def test_log_mels_are_librosas(features):
    frames = features("log-mel")
    samples, rate = soundfile.read(UTTERANCE)
    mels = librosa.feature.melspectrogram(
        y=samples, sr=rate, n_fft=1024, hop_length=256, n_mels=128, pad_mode="constant"
    )
    pairs = mels.reshape(64, 2, -1).sum(axis=1).T
    want = 10 * np.log10(np.maximum(pairs, 1e-10))
    assert frames.shape == want.shape
    below = want.max(axis=1, keepdims=True) - want
    difference = np.abs(frames - want)
    worst = {limit: float(difference[below <= limit].max()) for limit in (40, 60)}
    print(f"log-mel against librosa: {worst} dB")
    assert worst[40] < 1e-3 and worst[60] < 1e-2


def test_scores_are_onnx_runtimes(features):
    command = [UNDERTONE, "classify", "--json", "--timeline", "--no-gate", UTTERANCE]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    got = json.loads(output)["windows"]
    session = onnxruntime.InferenceSession(
        BUNDLE / "model.onnx", providers=["CPUExecutionProvider"]
    )
    wanted = MANIFEST["features"]
    windows = [cells[:, : wanted["bands"]] for cells in of_clip(features(wanted["set"]))]
    assert len(got) == len(windows) and windows[0].shape == (WINDOW, wanted["bands"])
    for window, cells in zip(got, windows, strict=True):
        logits = session.run(None, {"window": cells.astype(np.float32)[None, None]})[0][0]
        weights = np.exp((logits - logits.max()) / MANIFEST["decision"]["temperature"])
        want = dict(zip(MANIFEST["labels"], weights / weights.sum(), strict=True))
        assert window["scores"] == pytest.approx(want, abs=1e-4)
        assert sum(window["scores"].values()) == pytest.approx(1.0, abs=1e-5)


def test_bundle_is_whole():
    subprocess.run([UNDERTONE, "model", "check"], check=True)
    subprocess.run([UNDERTONE, "model", "check", BUNDLE], check=True)
