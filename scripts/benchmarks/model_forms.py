"""One network in every form that is compared, with random weights: cost does not depend on them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from undertone_train import export
from undertone_train.int8.quantize import quantize
from undertone_train.training.config import TrainingConfig

WEIGHTS = ("Conv", "Gemm", "MatMul", "LSTM")
"""Operators whose constants of two axes or more are stored as bytes."""


def write(folder: Path, undertone: Path) -> None:
    """Bundles `int8`, `float` and `stored`, and networks for ONNX Runtime alone."""
    torch.manual_seed(1)
    network = TrainingConfig().network().eval()
    network.functionals.weight.normal_(0.0, 0.01)
    windows = np.random.default_rng(1).random((32, *network.input_shape), np.float32)
    values = {"version": "0.0.0", "corpora": [], "temperature": 1.0, "uncertain_below": 0.0}
    bundles = {"int8": quantize(network, windows), "float": network, "stored": network}
    for name, form in bundles.items():
        export.write_bundle(form, folder / name, undertone, metrics={}, **values)
    plain = folder / "float/model.onnx"
    _replace(folder / "stored", _stored(onnx.load(plain)))
    prepared = folder / "prepared.onnx"
    quant_pre_process(plain, prepared, skip_symbolic_shape=True)
    for name, per_channel in (("QDQ", False), ("QDQ, a scale a channel", True)):
        quantize_static(
            prepared,
            folder / f"{name}.onnx",
            _Windows(windows),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=per_channel,
        )
    quantize_dynamic(
        folder / "QDQ, a scale a channel.onnx",
        folder / "QDQ, dynamic LSTM.onnx",
        op_types_to_quantize=["LSTM"],
        weight_type=QuantType.QInt8,
        per_channel=True,
    )


class _Windows(CalibrationDataReader):
    """Inputs by which ONNX Runtime chooses scales."""

    def __init__(self, windows: np.ndarray) -> None:
        self.rest: Iterator[np.ndarray] = iter(windows[:, None])

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next input."""
        window = next(self.rest, None)
        return None if window is None else {"window": window}


def _stored(model: onnx.ModelProto) -> onnx.ModelProto:
    """The float network with weights that are bytes in the file."""
    used = {name for node in model.graph.node if node.op_type in WEIGHTS for name in node.input}
    nodes, kept = [], []
    for constant in model.graph.initializer:
        values = numpy_helper.to_array(constant)
        if constant.name not in used or values.ndim < 2:
            kept.append(constant)
            continue
        name, scale = constant.name, np.abs(values).max() / 127.0
        stored = np.rint(values / scale).astype(np.int8)
        inputs = [f"{name}.bytes", f"{name}.scale", f"{name}.zero"]
        for part, of in zip(inputs, (stored, np.float32(scale), np.int8(0)), strict=True):
            kept.append(numpy_helper.from_array(np.asarray(of), part))
        nodes.append(helper.make_node("DequantizeLinear", inputs, [name]))
    graph = helper.make_graph(
        [*nodes, *model.graph.node],
        "stored",
        list(model.graph.input),
        list(model.graph.output),
        kept,
    )
    return helper.make_model(
        graph, opset_imports=list(model.opset_import), ir_version=model.ir_version
    )


def _replace(bundle: Path, model: onnx.ModelProto) -> None:
    """Puts another network into a bundle."""
    path = bundle / "model.onnx"
    old = export.hashlib.sha256(path.read_bytes()).hexdigest()
    onnx.save(model, path)
    new = export.hashlib.sha256(path.read_bytes()).hexdigest()
    manifest = bundle / "model.toml"
    manifest.write_text(manifest.read_text().replace(old, new))
