"""Blocks that are no convolution: pooling, products of matrices, recurrences."""

from collections.abc import Callable
from math import prod

import numpy as np
import onnx
from onnx import TensorProto, helper

from block_parts import (
    ACTIVATION,
    BYTES,
    FLOATS,
    RESULT,
    WEIGHT,
    Block,
    Builder,
    Graph,
)


def pool(operator: str, channels: int, size: tuple[int, int], kernel: tuple[int, int]) -> Block:
    """Pooling over disjoint fields; counted are the values that it reads."""

    def graph(kinds: tuple[int, int]) -> Graph:
        b = Builder()
        y = b.node(operator, ["x"], kernel_shape=list(kernel), strides=list(kernel))
        return b.block((1, channels, *size), y, kinds, 4)

    shape = f"{kernel[0]}x{kernel[1]}, {channels}, {size[0]}x{size[1]}"
    forms = {"float": lambda: graph(FLOATS), "int8": lambda: graph(BYTES)}
    return Block(operator, shape, channels * prod(size), forms)


def mean_over_time(steps: int, channels: int) -> Block:
    """The mean over time: in int8 a product with a row of equal weights."""

    def float_() -> Graph:
        b = Builder()
        y = b.node("ReduceMean", ["x"], axes=[1], keepdims=1)
        return b.block((1, steps, channels), y, FLOATS, 3)

    def int8() -> Graph:
        b = Builder()
        row = b.constant(np.full((1, 1, steps), 100, np.int8))
        y = quantized_product(b, (row, 1 / 100 / steps, 0), ("x", ACTIVATION, -128))
        return b.block((1, steps, channels), y, BYTES, 3)

    shape = f"{steps}x{channels}"
    return Block("mean over time", shape, steps * channels, {"float": float_, "int8": int8})


def quantized_product(
    b: Builder, left: tuple[str, float, int], right: tuple[str, float, int]
) -> str:
    """QLinearMatMul of two tensors with their scales and zero points."""
    quantized = [(name, b.scale(scale), b.zero(zero)) for name, scale, zero in (left, right)]
    inputs = [*quantized[0], *quantized[1], b.scale(RESULT), b.zero(-128)]
    return b.node("QLinearMatMul", inputs)


def dense_float(b: Builder, x: str, inputs: int, outputs: int, stored: bool = False) -> str:
    """Adds a dense layer in single precision, and a ReLU."""
    size = (inputs, outputs)
    weights = b.dequantized(*size) if stored else b.constant(b.weights(*size))
    y = b.node("Add", [b.node("MatMul", [x, weights]), b.constant(b.weights(outputs))])
    return b.node("Relu", [y])


def dense_int8(b: Builder, x: str, inputs: int, outputs: int) -> str:
    """Adds a dense layer between 8-bit tensors; the operator has no bias."""
    weights = b.constant(b.bytes(inputs, outputs))
    return quantized_product(b, (x, ACTIVATION, -128), (weights, WEIGHT, 0))


def projection(steps: int, inputs: int, outputs: int) -> Block:
    """The same dense layer at every step."""
    shape = (1, steps, inputs)

    def float_(stored: bool = False) -> Graph:
        b = Builder()
        return b.block(shape, dense_float(b, "x", inputs, outputs, stored), FLOATS, 3)

    def int8() -> Graph:
        b = Builder()
        return b.block(shape, dense_int8(b, "x", inputs, outputs), BYTES, 3)

    forms = {"float": float_, "int8": int8, "stored": lambda: float_(stored=True)}
    return Block("projection", f"{inputs}→{outputs}, {steps}", steps * inputs * outputs, forms)


def integer_product(steps: int, inputs: int, outputs: int) -> Block:
    """A product whose 32-bit sums are the result: what an integer recurrence needs."""
    shape = (steps, inputs)

    def float_() -> Graph:
        b = Builder()
        y = b.node("MatMul", ["x", b.constant(b.weights(inputs, outputs))])
        return b.block(shape, y, FLOATS, 2)

    def int8() -> Graph:
        b = Builder()
        y = b.node("MatMulInteger", ["x", b.constant(b.bytes(inputs, outputs))])
        return b.block(shape, y, (TensorProto.INT8, TensorProto.INT32), 2)

    forms = {"float": float_, "int8": int8}
    return Block("product", f"{inputs}→{outputs}, {steps}", steps * inputs * outputs, forms)


GATES = {"LSTM": 4, "GRU": 3}


def recurrent_float(
    b: Builder, operator: str, x: str, size: tuple[int, int, int], stored: bool = False
) -> str:
    """Adds an LSTM or GRU of so many inputs, hidden units and directions."""
    inputs, hidden, directions = size
    rows = GATES[operator] * hidden

    def weights(*shape: int) -> str:
        return b.dequantized(*shape) if stored else b.constant(b.weights(*shape))

    parameters = [
        weights(directions, rows, inputs),
        weights(directions, rows, hidden),
        b.constant(b.weights(directions, 2 * rows)),
    ]
    direction = "bidirectional" if directions == 2 else "forward"
    extra = {"linear_before_reset": 1} if operator == "GRU" else {}
    return b.node(operator, [x, *parameters], hidden_size=hidden, direction=direction, **extra)


def recurrence(operator: str, steps: int, inputs: int, hidden: int, directions: int = 2) -> Block:
    """An LSTM or GRU, as tract's importer knows it; and the LSTM in integers, spelled out."""

    def float_(stored: bool = False) -> Graph:
        b = Builder()
        y = recurrent_float(b, operator, "x", (inputs, hidden, directions), stored)
        return b.block((steps, 1, inputs), y, FLOATS, 4)

    forms: dict[str, Callable[[], Graph]] = {
        "float": float_,
        "stored": lambda: float_(stored=True),
    }
    if operator == "LSTM":
        forms["int8"] = lambda: integer_lstm(steps, inputs, hidden, directions)
    name = ("Bi" if directions == 2 else "") + operator
    products = directions * steps * GATES[operator] * hidden * (inputs + hidden)
    return Block(name, f"{inputs}→{hidden}, {steps}", products, forms)


def integer_lstm(steps: int, inputs: int, hidden: int, directions: int) -> Graph:
    """Both products in integers, gates and cell in float: the best that ONNX can spell.

    The input's product is taken for all steps at once; a Scan does the rest.
    """
    b = Builder()
    outputs = []
    for backwards in range(directions):
        weights = b.constant(b.bytes(inputs, 4 * hidden))
        y = b.node("MatMulInteger", ["x", weights, b.zero(-128)])
        y = b.node("Cast", [y], to=TensorProto.FLOAT)
        y = b.node("Mul", [y, b.scale(ACTIVATION * WEIGHT)])
        y = b.node("Add", [y, b.constant(b.weights(4 * hidden))])
        start = b.constant(np.zeros((1, hidden), np.float32))
        attributes = {
            "body": lstm_step(hidden),
            "num_scan_inputs": 1,
            "scan_input_directions": [backwards],
            "scan_output_directions": [backwards],
        }
        *_, hidden_states = b.outputs("Scan", [start, start, y], 3, **attributes)
        outputs.append(hidden_states)
    y = b.node("Concat", outputs, axis=2)
    return b.block((steps, inputs), y, (TensorProto.INT8, TensorProto.INT8), 3)


def lstm_step(hidden: int) -> onnx.GraphProto:
    """One step: hidden and cell state, and the input's share of the gates."""
    b = Builder("step.")
    quantum = [b.scale(1 / 127), b.zero(0)]
    byte = b.node("QuantizeLinear", ["hidden", *quantum])
    gates = b.node("MatMulInteger", [byte, b.constant(b.bytes(hidden, 4 * hidden))])
    gates = b.node("Mul", [b.node("Cast", [gates], to=TensorProto.FLOAT), b.scale(WEIGHT / 127)])
    gates = b.node("Add", [gates, b.node("Unsqueeze", ["share", b.constant(np.array([0]))])])
    i, o, f, g = b.outputs("Split", [gates], 4, axis=1)
    i, o, f = (b.node("Sigmoid", [gate]) for gate in (i, o, f))
    kept = b.node("Mul", [f, "cell"])
    cell = b.node("Add", [kept, b.node("Mul", [i, b.node("Tanh", [g])])])
    out = b.node("Mul", [o, b.node("Tanh", [cell])])
    result = b.node("QuantizeLinear", [out, *quantum])

    def value(name: str, shape: list[int], kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, shape)

    state = [1, hidden]
    sources = [value("hidden", state), value("cell", state), value("share", [4 * hidden])]
    sinks = [value(out, state), value(cell, state), value(result, state, TensorProto.INT8)]
    return helper.make_graph(b.nodes, "step", sources, sinks, b.constants)
