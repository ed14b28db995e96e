"""An ONNX graph in which every tensor is integers.

Numbers in the graph are the integers themselves: every activation has the scale 1, and the
scale of a convolution's weights is the factor by which its sums become the result's integers.
What the integers stand for is `quantize`'s business. docs/quantization.md has the definition.
"""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .functionals import exponential_table

DOMAIN = "undertone"
"""Of the operators that ONNX does not have."""
OPSET, IR_VERSION = 17, 8
FACTOR_BITS = 16
"""A factor of a convolution is a whole number of 2^-16."""
LOWEST = -128
"""The zero point behind a convolution: saturation there is its ReLU."""

GATE_BITS = 20
"""Sums of the recurrence count 2^-20."""
TABLE_SIZE = 4096
TABLE_STEPS = 256
"""Entries of the tables for a change of the argument by one."""
UNIT_BITS = 15
"""Values of the tables count 2^-15."""
WEIGHT_BITS = 24
"""Weights of the judge count 2^-24."""


def sigmoid_table() -> np.ndarray:
    """`sigmoid(x)` for x from -8 up to 8, without 8."""
    x = (np.arange(TABLE_SIZE) - TABLE_SIZE // 2) / TABLE_STEPS
    return np.rint(2.0**UNIT_BITS / (1.0 + np.exp(-x))).astype(np.int16)


def decay_table() -> np.ndarray:
    """`exp(-x)` for x from 0 up to 16, without 16."""
    x = np.arange(TABLE_SIZE) / TABLE_STEPS
    return np.rint(2.0**UNIT_BITS * np.exp(-x)).astype(np.int32)


class IntegerGraph:
    """A graph in the making; nodes are added in their order."""

    def __init__(self, shape: Sequence[int]) -> None:
        self.shape = shape
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, values: np.ndarray) -> str:
        """Names a constant."""
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def add(self, kind: str, name: str, inputs: Sequence[str], **attributes: object) -> str:
        """Adds a node whose result has its own name."""
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def convolution(
        self,
        name: str,
        x: str,
        weights: np.ndarray,
        bias: np.ndarray,
        factor: int,
        *,
        zero: int = LOWEST,
        strides: Sequence[int] | None = None,
    ) -> str:
        """Adds a convolution that keeps lengths (but for its strides), and its ReLU.

        The result is `saturate(round(sums * factor / 2^16) - 128)`.
        """
        rank = weights.ndim - 2
        inputs = [
            *(x, self._scale(f"{name}.one", 1.0), self._zero(f"{name}.x_zero", zero)),
            self.constant(f"{name}.weights", weights.astype(np.int8)),
            self._scale(f"{name}.factor", factor * 2.0**-FACTOR_BITS),
            self._zero(f"{name}.w_zero", 0),
            *(f"{name}.one", self._zero(f"{name}.y_zero", LOWEST)),
            self.constant(f"{name}.bias", bias.astype(np.int32)),
        ]
        return self.add(
            "QLinearConv",
            name,
            inputs,
            kernel_shape=weights.shape[2:],
            strides=list(strides or [1] * rank),
            pads=[size // 2 for size in weights.shape[2:]] * 2,
        )

    def lstm(
        self,
        name: str,
        x: str,
        weights: tuple[np.ndarray, np.ndarray],
        bias: np.ndarray,
        multipliers: tuple[np.ndarray, np.ndarray],
    ) -> str:
        """Adds an LSTM over (steps, 1, inputs): (steps, directions, 1, hidden).

        `weights` are of the input and of the state before, (directions, 4 hidden, …), and
        `multipliers` bring their sums to the unit of the gates, (directions, 4 hidden).
        """
        inputs = [
            x,
            self.constant(f"{name}.W", weights[0].astype(np.int8)),
            self.constant(f"{name}.R", weights[1].astype(np.int8)),
            self.constant(f"{name}.B", bias.astype(np.int32)),
            self.constant(f"{name}.W_multiplier", multipliers[0].astype(np.int32)),
            self.constant(f"{name}.R_multiplier", multipliers[1].astype(np.int32)),
            self.constant(f"{name}.sigmoid", sigmoid_table()),
        ]
        return self.add("LSTMInteger", name, inputs, domain=DOMAIN)

    def attention(self, name: str, x: str, multiplier: int) -> str:
        """Adds the mean over steps of all columns but the last, which weighs them: (1, columns)."""
        table = self.constant(f"{name}.decay", decay_table())
        return self.add(
            "AttentionMeanInteger", name, [x, table], domain=DOMAIN, multiplier=multiplier
        )

    def judge(self, name: str, x: str, weights: np.ndarray) -> str:
        """Adds a judge of the window's statistics: (1, labels) of the weights (labels, statistics),
        which count 2^-24.
        """
        inputs = [
            x,
            self.constant(f"{name}.exponential", exponential_table()),
            self.constant(f"{name}.weights", weights.astype(np.int32)),
        ]
        return self.add("JudgeInteger", name, inputs, domain=DOMAIN)

    def reshape(self, name: str, x: str, shape: Sequence[int]) -> str:
        """Adds another shape of the same numbers."""
        return self.add("Reshape", name, [x, self.constant(f"{name}.shape", np.array(shape))])

    def model(self, output: str, shape: Sequence[int]) -> onnx.ModelProto:
        """The network from `window`, 8-bit cells, to 32-bit `output`s."""
        graph = helper.make_graph(
            self.nodes,
            "integer",
            [helper.make_tensor_value_info("window", TensorProto.INT8, self.shape)],
            [helper.make_tensor_value_info(output, TensorProto.INT32, shape)],
            self.constants,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(DOMAIN, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        return model

    def _scale(self, name: str, value: float) -> str:
        return self.constant(name, np.float32(value))

    def _zero(self, name: str, value: int) -> str:
        return self.constant(name, np.int8(value))
