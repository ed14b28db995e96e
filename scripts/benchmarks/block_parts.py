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
from onnx import TensorProto, helper
from undertone_train.onnx_graph import GraphBuilder

ACTIVATION, WEIGHT, RESULT = 0.02, 0.01, 0.1
"""Scales of 8-bit tensors."""
SEED = 4

Graph = onnx.ModelProto
Values = np.ndarray


class Builder(GraphBuilder):
    """A graph under construction, with weights of noise from a fixed seed."""

    def __init__(self, prefix: str = "") -> None:
        super().__init__(prefix)
        self.noise = np.random.default_rng(SEED)

    def scale(self, value: float) -> str:
        """Adds a scale of one tensor."""
        return self.constant(np.float32(value))

    def zero(self, value: int, kind: type = np.int8) -> str:
        """Adds a zero point."""
        return self.constant(np.array(value, kind))

    def weights(self, *shape: int) -> Values:
        """Returns float weights of about unit gain."""
        return (self.noise.standard_normal(shape) / np.sqrt(prod(shape[1:]))).astype(np.float32)

    def bytes(self, *shape: int) -> Values:
        """Returns 8-bit weights."""
        return self.noise.integers(-127, 128, shape).astype(np.int8)

    def dequantized(self, *shape: int) -> str:
        """Adds 8-bit weights that become floats on loading."""
        stored = [self.constant(self.bytes(*shape)), self.scale(WEIGHT), self.zero(0)]
        return self.node("DequantizeLinear", stored)

    def block(
        self, shape: Sequence[int], output: str, kinds: tuple[int, int], out_rank: int
    ) -> Graph:
        """Returns the network from `x` of that shape to `output`; `kinds` are the element types."""
        return self.model("block", ("x", kinds[0], shape), (output, kinds[1], [None] * out_rank))


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
        return b.block((1, self.inputs, *self.size), y, FLOATS, 2 + len(self.size))

    def int8(self) -> Graph:
        """Alone, between 8-bit tensors."""
        b = Builder()
        y = self.add_int8(b, "x")
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(self.activation))
        return b.block((1, self.inputs, *self.size), y, (kind, kind), 2 + len(self.size))

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
