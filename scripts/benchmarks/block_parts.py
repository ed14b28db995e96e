"""Writes ONNX networks of one block each, in float and in int8.

A block is what a network of ours could be made of, at a shape that one would have. Its forms:

- `float`: single precision; a ReLU follows a convolution or projection;
- `int8`: signed 8-bit activations, 8-bit weights whose zero point is 0, one scale a tensor. There
  the ReLU is free: the result's zero point is -128, so saturation cuts off what is negative;
- `stored`: the weights are 8-bit and become floats on loading.

The weights are noise from a fixed seed: what a block costs does not depend on them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 17, 8
ACTIVATION, WEIGHT, RESULT = 0.02, 0.01, 0.1
"""Scales of 8-bit tensors."""
SEED = 4

Graph = onnx.ModelProto
Values = np.ndarray


class Builder:
    """A graph in the making: nodes are added in their order, constants as they are named."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.noise = np.random.default_rng(SEED)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: Values) -> str:
        """Names a constant."""
        name = f"{self.prefix}constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def scale(self, value: float) -> str:
        """A scale of one tensor."""
        return self.constant(np.float32(value))

    def weights(self, *shape: int) -> Values:
        """Float weights of about unit gain."""
        return (self.noise.standard_normal(shape) / np.sqrt(prod(shape[1:]))).astype(np.float32)

    def bytes(self, *shape: int) -> Values:
        """8-bit weights."""
        return self.noise.integers(-127, 128, shape).astype(np.int8)

    def node(self, kind: str, inputs: Sequence[str], outputs: int = 1, **attributes: object) -> str:
        """Adds a node, and names its first output."""
        names = [f"{self.prefix}{kind}{len(self.nodes)}.{n}" for n in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0]

    def dequantized(self, *shape: int) -> str:
        """8-bit weights that become floats on loading."""
        stored = [self.constant(self.bytes(*shape)), self.scale(WEIGHT), self.zero(0)]
        return self.node("DequantizeLinear", stored)

    def zero(self, value: int, kind: type = np.int8) -> str:
        """A zero point."""
        return self.constant(np.array(value, kind))

    def model(
        self, shape: Sequence[int], output: str, kinds: tuple[int, int], out_rank: int
    ) -> Graph:
        """The network from `x` of that shape to `output`; `kinds` are the element types."""
        source = helper.make_tensor_value_info("x", kinds[0], shape)
        sink = helper.make_tensor_value_info(output, kinds[1], [None] * out_rank)
        graph = helper.make_graph(self.nodes, "block", [source], [sink], self.constants)
        opset = helper.make_opsetid("", OPSET)
        return helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)


FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT)
BYTES = (TensorProto.INT8, TensorProto.INT8)


@dataclass(frozen=True)
class Block:
    """A block: its name, its shape in words, its multiply-adds, and its forms."""

    name: str
    shape: str
    products: int
    forms: dict[str, Callable[[], Graph]]


@dataclass(frozen=True)
class Convolution:
    """A convolution over time and bands, or over time alone; padded to keep its length."""

    inputs: int
    outputs: int
    size: tuple[int, ...]
    kernel: int
    stride: tuple[int, ...]
    groups: int = 1
    activation: type = np.int8
    weight_zero: int = 0
    scale_per_channel: bool = False
    zero_per_channel: bool = False

    @property
    def out_size(self) -> tuple[int, ...]:
        """Length of the result in every direction."""
        return tuple(-(-n // s) for n, s in zip(self.size, self.stride, strict=True))

    @property
    def products(self) -> int:
        """Multiply-adds."""
        taps = self.kernel ** len(self.size) * self.inputs // self.groups
        return taps * self.outputs * prod(self.out_size)

    @property
    def attributes(self) -> dict[str, object]:
        """Attributes of the ONNX operator."""
        rank = len(self.size)
        return {
            "kernel_shape": [self.kernel] * rank,
            "strides": list(self.stride),
            "pads": [self.kernel // 2] * (2 * rank),
            "group": self.groups,
        }

    def transposed(self) -> "Convolution":
        """The same convolution with its axes in the other order."""
        return replace(self, size=self.size[::-1], stride=self.stride[::-1])

    @property
    def kernel_shape(self) -> tuple[int, ...]:
        """Shape of the weights."""
        return (self.outputs, self.inputs // self.groups, *[self.kernel] * len(self.size))

    def add_float(self, b: Builder, x: str, stored: bool = False) -> str:
        """Adds it in single precision, and a ReLU."""
        shape = self.kernel_shape
        weights = b.dequantized(*shape) if stored else b.constant(b.weights(*shape))
        bias = b.constant(b.weights(self.outputs))
        return b.node("Relu", [b.node("Conv", [x, weights, bias], **self.attributes)])

    def add_int8(self, b: Builder, x: str) -> str:
        """Adds it between 8-bit tensors."""
        lowest = int(np.iinfo(self.activation).min)
        scale = np.linspace(WEIGHT / 2, WEIGHT, self.outputs) if self.scale_per_channel else WEIGHT
        weight_zero = np.full(
            self.outputs if self.zero_per_channel else (), self.weight_zero, np.int8
        )
        weights = b.constant(b.bytes(*self.kernel_shape))
        inputs = [
            *(x, b.scale(ACTIVATION), b.zero(lowest, self.activation)),
            *(weights, b.constant(np.float32(scale)), b.constant(weight_zero)),
            *(b.scale(RESULT), b.zero(lowest, self.activation)),
            b.constant(b.noise.integers(-999, 999, self.outputs).astype(np.int32)),
        ]
        return b.node("QLinearConv", inputs, **self.attributes)

    def float(self, stored: bool = False) -> Graph:
        """Alone, in single precision."""
        b = Builder()
        y = self.add_float(b, "x", stored)
        return b.model((1, self.inputs, *self.size), y, FLOATS, 2 + len(self.size))

    def int8(self) -> Graph:
        """Alone, between 8-bit tensors."""
        b = Builder()
        y = self.add_int8(b, "x")
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(self.activation))
        return b.model((1, self.inputs, *self.size), y, (kind, kind), 2 + len(self.size))

    def block(self, kind: str) -> Block:
        """The block with its three forms."""
        size = "x".join(map(str, self.size))
        steps = "" if set(self.stride) == {1} else "/" + "x".join(map(str, self.stride))
        rank = "x".join([str(self.kernel)] * len(self.size))
        shape = f"{rank}, {self.inputs}→{self.outputs}, {size}{steps}"
        forms = {"float": self.float, "int8": self.int8, "stored": lambda: self.float(stored=True)}
        return Block(kind, shape, self.products, forms)


def plane(
    inputs: int,
    outputs: int,
    size: tuple[int, int],
    kernel: int,
    stride: tuple[int, int] = (1, 1),
    groups: int = 1,
) -> Convolution:
    """A convolution over time and bands."""
    return Convolution(inputs, outputs, size, kernel, stride, groups)


def line(
    inputs: int, outputs: int, steps: int, kernel: int, stride: int = 1, groups: int = 1
) -> Convolution:
    """A convolution over time, with bands as channels."""
    return Convolution(inputs, outputs, (steps,), kernel, (stride,), groups)


def network_name(block: Block, form: str) -> str:
    """The file of a block in one of its forms."""
    name = "".join(c if c.isalnum() else "-" for c in f"{block.name} {block.shape}")
    return f"{name}.{form}.onnx"


def write(block: Block, form: str, folder: Path) -> Path:
    """Writes a block in one of its forms."""
    path = folder / network_name(block, form)
    path.write_bytes(block.forms[form]().SerializeToString())
    return path
