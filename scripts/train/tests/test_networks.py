"""Float networks of the other two architectures' kinds, through the program and ONNX Runtime.

One convolves along averaged MFCCs, one over a volume of log-mel segments. They
are of random weights and as small as they can be.
"""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import librosa
import numpy as np
import onnx
import onnxruntime
import pytest
import soundfile
from onnx import TensorProto

from undertone_train.data.corpora import LABELS
from undertone_train.data.windows import HOP, WINDOW, clip_windows
from undertone_train.onnx_graph import GraphBuilder

ROOT = Path(__file__).resolve().parents[3]
UNDERTONE = os.environ.get("UNDERTONE", ROOT / "target/debug/undertone")
CLIP = ROOT / "tests/data/22050-hz.wav"
UTTERANCE = ROOT / "tests/data/synthesised-speech.wav"
TEMPERATURE = 1.3

AVERAGES = """set = "classic-mfcc"
version = 1
sample_rate = 22050
fft = 2048
hop = 512
mel_bands = 128
bands = 40
range_db = 80.0
"""
LOG_MELS = f"""set = "log-mel"
version = 1
sample_rate = 16000
fft = 1024
hop = 256
mel_bands = 128
bands = 64
range_db = 80.0
[window]
frames = {WINDOW}
hop = {HOP}
"""


class Graph(GraphBuilder):
    """A chain of nodes with random weights."""

    def __init__(self):
        super().__init__()
        self.rng = np.random.default_rng(1)
        self.last = "input"

    def weights(self, *shape, scale=0.3):
        return self.constant((scale * self.rng.standard_normal(shape)).astype(np.float32))

    def then(self, operator, *others, of=None, **attributes):
        self.last = self.node(operator, [*(of or [self.last]), *others], **attributes)
        return self.last

    def write(self, folder, features, shape):
        """A bundle around the graph; its session in ONNX Runtime."""
        result = (self.last, TensorProto.FLOAT, [1, len(LABELS)])
        model = self.model("tiny", ("input", TensorProto.FLOAT, shape), result)
        onnx.checker.check_model(model, full_check=True)
        network = model.SerializeToString()
        (folder / "model.onnx").write_bytes(network)
        (folder / "model.toml").write_text(
            f"format = 1\nname = 'tiny'\nversion = '1'\nlicence = 'MIT'\ntraining_data = []\n"
            f"labels = {json.dumps(LABELS)}\n[network]\nfile = 'model.onnx'\n"
            f"sha256 = '{hashlib.sha256(network).hexdigest()}'\nquantization = 'float32'\n"
            f"[decision]\ntemperature = {TEMPERATURE}\nuncertain_below = 0.2\n"
            f"smoothing = 0.5\nmargin = 0.1\n[features]\n{features}"
        )
        return onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])


def classify(folder, clip):
    command = [UNDERTONE, "classify", "--json", "--timeline", "--no-gate", "--model", folder, clip]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [window["scores"] for window in json.loads(output)["windows"]]


def scores(session, values):
    logits = session.run(None, {"input": values.astype(np.float32)})[0][0]
    weights = np.exp((logits - logits.max()) / TEMPERATURE)
    probabilities = weights / weights.sum()
    assert probabilities.max() < 0.99, "too sure a network hides differences"
    return dict(zip(LABELS, probabilities.tolist(), strict=True))


def test_averages_are_librosas_and_scores_onnx_runtimes(tmp_path):
    graph = Graph()
    graph.then("Reshape", graph.constant([1, 1, 40]))
    graph.then("Conv", graph.weights(4, 1, 5, scale=0.02), pads=[2, 2])
    graph.then("Relu")
    graph.then("MaxPool", kernel_shape=[2], strides=[2])
    graph.then("Flatten")
    graph.then("MatMul", graph.weights(80, len(LABELS)))
    session = graph.write(tmp_path, AVERAGES, [1, 40])
    samples, rate = soundfile.read(CLIP)
    samples = np.pad(samples, (0, max(0, 3 * rate - len(samples))))[: 3 * rate]
    averages = librosa.feature.mfcc(y=samples, sr=rate, n_mfcc=40).mean(axis=1)
    (found,) = classify(tmp_path, CLIP)
    assert found == pytest.approx(scores(session, averages[None]), abs=1e-4)


def test_volumes_are_convolved_as_onnx_runtime_does(tmp_path):
    graph = Graph()
    graph.then("Reshape", graph.constant([1, 1, 4, WINDOW // 4, 64]))
    for inputs, outputs in [(1, 4), (4, 8)]:
        weights, bias = graph.weights(outputs, inputs, 3, 3, 3), graph.weights(outputs)
        graph.then("Conv", weights, bias, strides=[1, 2, 2], pads=[1] * 6)
        graph.then("Relu")
    volume = graph.then("Reshape", graph.constant([1, 8, -1, 16]))
    mean = graph.then("ReduceMean", of=[volume], axes=[2], keepdims=0)
    most = graph.then("ReduceMax", of=[volume], axes=[2], keepdims=0)
    graph.then("Concat", of=[mean, most], axis=1)
    graph.then("Flatten")
    graph.then("MatMul", graph.weights(16 * 16, len(LABELS), scale=0.05))
    session = graph.write(tmp_path, LOG_MELS, [1, 1, WINDOW, 64])
    subprocess.run([UNDERTONE, "features", "-o", tmp_path, UTTERANCE], check=True)
    windows = clip_windows(np.load(tmp_path / UTTERANCE.with_suffix(".npy").name))
    found = classify(tmp_path, UTTERANCE)
    assert len(found) == len(windows) > 1
    for ours, cells in zip(found, windows, strict=True):
        assert ours == pytest.approx(scores(session, cells[None, None, :, :64]), abs=1e-4)
