"""The program against librosa, ONNX Runtime and the reference, on the shipped utterance."""

import json
import os
import subprocess
import tomllib
from pathlib import Path

import librosa
import numpy as np
import onnx
import onnxruntime
import pytest
import soundfile

from undertone_train.data.features import BANDS
from undertone_train.data.windows import WINDOW, clip_windows
from undertone_train.int8 import reference
from undertone_train.voices.calibration import Calibration

ROOT = Path(__file__).resolve().parents[3]
UNDERTONE = os.environ.get("UNDERTONE", ROOT / "target/debug/undertone")
UTTERANCE = ROOT / "tests/data/synthesised-speech.wav"
SHIPPED = ROOT / "models/ravdess"


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


def by_onnx_runtime(bundle, cells):
    session = onnxruntime.InferenceSession(
        bundle / "model.onnx", providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"window": cells[None, None]})[0][0]


def by_the_reference(bundle, cells):
    scale = np.float32(tomllib.loads((bundle / "model.toml").read_text())["network"]["logit_scale"])
    window = (np.rint(cells * 255.0) - 128.0).astype(np.int8)[None, None]
    return reference.run(onnx.load(bundle / "model.onnx"), window)[0] * scale


def temperature(decision, cells):
    """The divisor of a window's logits, of a voice that was never heard."""
    calibration = Calibration(
        decision["temperature"],
        decision.get("little_speech", 0.0),
        decision.get("unknown_voice", 0.0),
    )
    loud = (cells[:, :BANDS].max(axis=1) * 255.0 >= 144).sum()
    return calibration.temperatures(loud, 0.0)


@pytest.mark.parametrize(
    ("bundle", "truth"),
    [(SHIPPED, by_the_reference), (ROOT / "tests/data/floats", by_onnx_runtime)],
)
def test_scores_are_those_of_others(features, bundle, truth):
    command = [UNDERTONE, "classify", "--json", "--timeline", "--no-gate"]
    output = subprocess.run(
        [*command, "--model", bundle, UTTERANCE], check=True, capture_output=True, text=True
    ).stdout
    got = json.loads(output)["windows"]
    manifest = tomllib.loads((bundle / "model.toml").read_text())
    windows = clip_windows(features(manifest["features"]["set"]))
    assert len(got) == len(windows)
    assert windows[0].shape == (WINDOW, manifest["features"]["bands"])
    for window, cells in zip(got, windows, strict=True):
        # Of a network that knows voices, the first half: nobody is known here.
        logits = truth(bundle, cells)[: len(manifest["labels"])]
        weights = np.exp((logits - logits.max()) / temperature(manifest["decision"], cells))
        want = dict(zip(manifest["labels"], weights / weights.sum(), strict=True))
        assert window["scores"] == pytest.approx(want, abs=1e-4)
        assert sum(window["scores"].values()) == pytest.approx(1.0, abs=5e-4)


def test_bundle_is_whole():
    subprocess.run([UNDERTONE, "model", "check"], check=True)
    subprocess.run([UNDERTONE, "model", "check", SHIPPED], check=True)
