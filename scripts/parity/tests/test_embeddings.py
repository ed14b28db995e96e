"""VGGish embeddings through tract against ONNX Runtime, on a network of that shape.

The architecture is that of `vggish_slim.py` in AudioSet's code; the weights are random and a
width factor keeps the file small.
"""

import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest
from conftest import UNDERTONE
from onnx import TensorProto
from undertone_train.onnx_graph import GraphBuilder

RATE = 16_000
STAGES = [[64], [128], [256, 256], [512, 512]]
DENSE = [4096, 4096]
EMBEDDING = 128
WIDTH = 1 / 16


class Graph(GraphBuilder):
    """A chain of layers with random weights."""

    def __init__(self, source, channels):
        super().__init__()
        self.last, self.channels = source, channels
        self.random = np.random.default_rng(2)

    def layer(self, operator, *weights, **attributes):
        constants = [self.constant(weight) for weight in weights]
        self.last = self.node(operator, [self.last, *constants], **attributes)

    def weight(self, *shape):
        scale = np.sqrt(2 / np.prod(shape[1:]))
        return (scale * self.random.standard_normal(shape)).astype(np.float32)

    def convolution(self, channels):
        weight, bias = self.weight(channels, self.channels, 3, 3), self.weight(channels, 64)[:, 0]
        self.layer("Conv", weight, bias, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        self.layer("Relu")
        self.channels = channels

    def dense(self, inputs, outputs):
        self.layer("Gemm", self.weight(outputs, inputs), self.weight(outputs, 64)[:, 0], transB=1)


def network(path, shape, to_nchw=(), outputs=EMBEDDING):
    """Writes a VGGish network whose input has the shape given."""
    graph = Graph("example", 1)
    for kind, attributes in to_nchw:
        arrays = [np.array(value, np.int64) for value in attributes.pop("inputs", [])]
        graph.layer(kind, *arrays, **attributes)
    for stage in STAGES:
        for channels in stage:
            graph.convolution(int(channels * WIDTH))
        graph.layer("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    # Flattened with the channels last, as TensorFlow does.
    graph.layer("Transpose", perm=[0, 2, 3, 1])
    graph.layer("Flatten")
    inputs = 6 * 4 * graph.channels
    for width in DENSE:
        graph.dense(inputs, int(width * WIDTH))
        graph.layer("Relu")
        inputs = int(width * WIDTH)
    graph.dense(inputs, outputs)
    result = (graph.last, TensorProto.FLOAT, [None, outputs])
    model = graph.model("vggish", ("example", TensorProto.FLOAT, shape), result)
    onnx.checker.check_model(model)
    onnx.save(model, path)


LAYOUTS = {
    "torch": (["batch", 1, 96, 64], []),
    "tensorflow": ([None, 96, 64, 1], [("Transpose", {"perm": [0, 3, 1, 2]})]),
    "no channel": (["batch", 96, 64], [("Unsqueeze", {"inputs": [[1]]})]),
    "bare": ([96, 64], [("Unsqueeze", {"inputs": [[0, 1]]})]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_embeddings_are_onnx_runtimes(layout, recordings, features, tmp_path):
    shape, to_nchw = LAYOUTS[layout]
    path = tmp_path / "vggish.onnx"
    network(path, shape, [(kind, dict(attributes)) for kind, attributes in to_nchw])
    folder, _ = recordings(RATE)
    examples = features(folder, "--set", "vggish")
    got = features(folder, "--vggish", path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    one = [dim if isinstance(dim, int) else 1 for dim in shape]
    worst = 0.0
    for name, of_recording in examples.items():
        run = [session.run(None, {"example": x.reshape(one)})[0] for x in of_recording]
        want = np.concatenate(run)
        assert got[name].shape == want.shape == (len(of_recording), EMBEDDING)
        worst = max(worst, np.abs(got[name] - want).max() / np.ptp(want))
    print(f"\nembeddings, {layout}, of their range: {worst:.1e}")
    assert worst < 1e-5


@pytest.mark.parametrize(
    ("shape", "outputs", "reason"),
    [
        (["batch", 1, 64, 96], EMBEDDING, "it must be 96 x 64"),
        ([8, 1, 96, 64], EMBEDDING, "it must be 96 x 64"),
        ([1, 1, 96, 64], 527, "it must be 128 numbers"),
    ],
)
def test_other_networks_are_refused(shape, outputs, reason, recordings, tmp_path):
    path = tmp_path / "other.onnx"
    network(path, shape, outputs=outputs)
    folder, _ = recordings(RATE)
    command = [UNDERTONE, "features", "--output", tmp_path, "--vggish", path, folder]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 78 and reason in done.stderr
