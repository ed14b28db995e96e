"""The page that people make of such a model: Streamlit, librosa and ONNX Runtime.

What `scripts/bench web` compares `undertone web` with: the same network on the same windows, one
answer for an uploaded recording and a bar for each emotion.
"""

import tomllib
from pathlib import Path

import librosa
import numpy as np
import onnxruntime
import streamlit as st

BUNDLE = Path(__file__).resolve().parents[2] / "models/ravdess"
RATE, FRAMES, HOP = 16_000, 188, 64


@st.cache_resource
def load() -> tuple[onnxruntime.InferenceSession, dict]:
    """The network and its manifest, once for all visitors."""
    manifest = tomllib.loads((BUNDLE / "model.toml").read_text())
    return onnxruntime.InferenceSession(BUNDLE / manifest["network"]["file"]), manifest


def windows(samples: np.ndarray) -> np.ndarray:
    """Log-mel windows as the network expects them, in 8 bits below their maximum."""
    mels = librosa.feature.melspectrogram(
        y=samples, sr=RATE, n_fft=1024, hop_length=256, n_mels=128
    )
    levels = librosa.power_to_db(mels.reshape(64, 2, -1).sum(axis=1), top_db=None).T
    if len(levels) < FRAMES:
        levels = np.pad(levels, ((0, FRAMES - len(levels)), (0, 0)), constant_values=-100)
    starts = range(0, len(levels) - FRAMES + 1, HOP)
    cut = np.stack([levels[start : start + FRAMES] for start in starts])
    below = cut - cut.max(axis=(1, 2), keepdims=True)
    return np.round(np.clip(1 + below / 80, 0, 1) * 255).astype(np.float32) / 255


def scores(samples: np.ndarray) -> np.ndarray:
    """Mean probabilities over the windows."""
    session, manifest = load()
    name = session.get_inputs()[0].name
    logits = np.concatenate(
        [session.run(None, {name: window[None, None]})[0] for window in windows(samples)]
    )
    raised = np.exp(logits / manifest["decision"]["temperature"])
    return (raised / raised.sum(axis=1, keepdims=True)).mean(axis=0)


st.title("Speech emotion")
upload = st.file_uploader("A recording", type=["wav", "flac", "mp3", "ogg"])
if upload:
    spoken, _ = librosa.load(upload, sr=RATE)
    labels = load()[1]["labels"]
    found = scores(spoken)
    st.subheader(f"{labels[int(found.argmax())]}, {100 * found.max():.0f} % sure")
    st.bar_chart(dict(zip(labels, map(float, found), strict=True)))
