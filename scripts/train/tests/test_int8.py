"""Integer networks: the reference against ONNX Runtime, and the program against the reference."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper
from scipy.special import softmax

from undertone_train import export
from undertone_train.data.corpora import LABELS
from undertone_train.data.features import FRAMES, WIDTH
from undertone_train.data.windows import clip_windows
from undertone_train.int8 import fixture, reference
from undertone_train.int8.quantize import int8_cells, quantize
from undertone_train.networks import CnnBiLstm
from undertone_train.networks.inference import feature_logits

ROOT = Path(__file__).resolve().parents[3]
UNDERTONE = Path(os.environ.get("UNDERTONE", ROOT / "target/debug/undertone"))
UTTERANCE = ROOT / "tests/data/synthesised-speech.wav"
TEMPERATURE = 0.7


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    folder = tmp_path_factory.mktemp("features")
    command = [UNDERTONE, "features", "--set", FRAMES, "-o", folder, UTTERANCE]
    subprocess.run(command, check=True)
    return np.load(folder / f"{UTTERANCE.stem}.npy")


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(5)
    network = CnnBiLstm()
    # As training leaves them: norms that are not the identity, a last layer that decides.
    for module in network.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_(0.0, 0.1)
            module.running_var.uniform_(0.5, 2.0)
            module.weight.data.uniform_(0.5, 3.0)
    network.attend.weight.data *= 8.0
    network.classify.weight.data *= 20.0
    fixture.randomize(network.functionals)
    return network.eval()


@pytest.fixture(scope="module")
def quantized(network, frames):
    return quantize(network, np.stack(clip_windows(frames))[:, None])


def single(node, model, values):
    """ONNX Runtime on one node, between the values that the reference has for it."""
    constants = [c for c in model.graph.initializer if c.name in node.input]
    known = {c.name for c in constants}

    def value(name):
        kind = helper.np_dtype_to_tensor_dtype(values[name].dtype)
        return helper.make_tensor_value_info(name, kind, values[name].shape)

    inputs = [name for name in node.input if name not in known]
    graph = helper.make_graph([node], "one", map(value, inputs), map(value, node.output), constants)
    opsets = [helper.make_opsetid("", 17)]
    alone = helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
    session = onnxruntime.InferenceSession(alone, providers=["CPUExecutionProvider"])
    return session.run(None, {name: values[name] for name in inputs})[0]


def test_the_reference_does_what_onnx_runtime_does(quantized, frames):
    compared = set()
    for window in [*clip_windows(frames)[:3], np.random.default_rng(1).random((188, WIDTH))]:
        values = reference.trace(quantized.model, int8_cells(window))
        for node in quantized.model.graph.node:
            if node.domain:
                continue
            found = single(node, quantized.model, values)
            np.testing.assert_array_equal(found, values[node.output[0]], node.name)
            compared.add(node.op_type)
    assert compared == {"Slice", "QLinearConv", "Transpose", "Reshape", "MatMulInteger", "Add"}


def test_nothing_in_it_is_a_float(quantized, frames):
    values = reference.trace(quantized.model, int8_cells(clip_windows(frames)[0]))
    kinds = {values[name].dtype.kind for n in quantized.model.graph.node for name in n.output}
    assert kinds == {"i"}
    floats = [c for c in quantized.model.graph.initializer if c.data_type == TensorProto.FLOAT]
    for constant in floats:
        scale = float(onnx.numpy_helper.to_array(constant)) * 2**16
        assert scale == int(scale), f"{constant.name} is not exact"


def test_the_program_says_what_the_reference_says(quantized, frames, tmp_path):
    bundle = tmp_path / "bundle"
    export.write_bundle(
        quantized,
        bundle,
        UNDERTONE,
        version="1.0.0",
        corpora=["nothing"],
        temperature=TEMPERATURE,
        uncertain_below=0.3,
        metrics={},
    )
    subprocess.run([UNDERTONE, "model", "check", bundle], check=True, capture_output=True)
    command = [UNDERTONE, "model", "logits", bundle]
    rng = np.random.default_rng(2)
    windows = [int8_cells(window) for window in clip_windows(frames)]
    windows += [rng.integers(-128, 128, (1, 1, 188, WIDTH)).astype(np.int8) for _ in range(4)]
    windows += [np.full((1, 1, 188, WIDTH), value, np.int8) for value in (-128, 127)]
    raw = b"".join((window.view(np.uint8) ^ 128).tobytes() for window in windows)
    said = subprocess.run(command, input=raw, check=True, capture_output=True).stdout
    scale = np.float32(quantized.logit_scale)
    wanted = [reference.run(quantized.model, window)[0] for window in windows]
    for line, logits in zip(said.splitlines(), wanted, strict=True):
        found = np.array(json.loads(line), np.float32)
        np.testing.assert_array_equal(found, logits.astype(np.float32) * scale)


def test_it_says_much_what_the_float_network_says(network, quantized, frames):
    floats = feature_logits(network, frames)
    integers = np.concatenate(
        [reference.run(quantized.model, int8_cells(window)) for window in clip_windows(frames)]
    )
    found = softmax(integers * quantized.logit_scale / TEMPERATURE, axis=1)
    wanted = softmax(floats.astype(float) / TEMPERATURE, axis=1)
    assert np.ptp(wanted) > 0.1, "too flat scores hide differences"
    assert np.abs(found - wanted).max() < 0.1
    assert len(LABELS) == found.shape[1]


def test_the_stored_network_is_what_the_reference_says_it_is():
    model = onnx.load(fixture.FOLDER / "model.onnx")
    known = json.loads((fixture.FOLDER / "logits.json").read_text())
    for seed, logits in enumerate(known):
        found = reference.run(model, fixture.noise(seed))[0]
        assert found.tolist() == logits
