"""An ONNX graph in which every tensor holds integers.

The numbers in the graph are the integers themselves: every activation has the scale 1, and the
scale of a convolution's weights is the factor by which its sums become the result's integers.
The scale of an activation is known to `quantize` alone. docs/quantization.md has the definition.
"""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto

from ..onnx_graph import GraphBuilder
from .functionals import cosine_table, exponential_table

DOMAIN = "undertone"
"""The domain of the operators that ONNX does not have."""
FACTOR_BITS = 16
"""A factor of a convolution is a whole number of 2^-16."""
LOWEST = -128
"""The zero point of a convolution's result: saturation there is its ReLU."""

GATE_BITS = 20
"""Sums of the recurrence count 2^-20."""
TABLE_SIZE = 4096
TABLE_STEPS = 256
"""Entries of the tables for a change of the argument by one."""
UNIT_BITS = 15
"""Values of the tables count 2^-15."""
WEIGHT_BITS = 24
"""Weights of the classifier of functionals count 2^-24."""


def sigmoid_table() -> np.ndarray:
    """Returns `sigmoid(x)` for x in [-8, 8), (TABLE_SIZE,)."""
    x = (np.arange(TABLE_SIZE) - TABLE_SIZE // 2) / TABLE_STEPS
    return np.rint(2.0**UNIT_BITS / (1.0 + np.exp(-x))).astype(np.int16)


def decay_table() -> np.ndarray:
    """Returns `exp(-x)` for x in [0, 16), (TABLE_SIZE,)."""
    x = np.arange(TABLE_SIZE) / TABLE_STEPS
    return np.rint(2.0**UNIT_BITS * np.exp(-x)).astype(np.int32)


class Int8Graph(GraphBuilder):
    """A graph under construction, from `window` (8-bit cells) to 32-bit logits."""

    def conv(
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
        """Adds a convolution with ReLU whose padding keeps lengths, but for its strides.

        The result is `saturate(round(sums * factor / 2^16) - 128)`; `zero` is the zero point of x.
        """
        rank = weights.ndim - 2
        inputs = [
            *(x, self._scale(f"{name}.one", 1.0), self._zero(f"{name}.x_zero", zero)),
            self.constant(weights.astype(np.int8), f"{name}.weights"),
            self._scale(f"{name}.factor", factor * 2.0**-FACTOR_BITS),
            self._zero(f"{name}.w_zero", 0),
            *(f"{name}.one", self._zero(f"{name}.y_zero", LOWEST)),
            self.constant(bias.astype(np.int32), f"{name}.bias"),
        ]
        return self.node(
            "QLinearConv",
            inputs,
            name,
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
            self.constant(weights[0].astype(np.int8), f"{name}.W"),
            self.constant(weights[1].astype(np.int8), f"{name}.R"),
            self.constant(bias.astype(np.int32), f"{name}.B"),
            self.constant(multipliers[0].astype(np.int32), f"{name}.W_multiplier"),
            self.constant(multipliers[1].astype(np.int32), f"{name}.R_multiplier"),
            self.constant(sigmoid_table(), f"{name}.sigmoid"),
        ]
        return self.node("LSTMInteger", inputs, name, domain=DOMAIN)

    def attention_pool(self, name: str, x: str, multiplier: int) -> str:
        """Adds the mean over steps of all columns but the last, weighted by the softmax of the
        last: (1, columns).
        """
        inputs = [x, self.constant(decay_table(), f"{name}.decay")]
        return self.node("AttentionMeanInteger", inputs, name, domain=DOMAIN, multiplier=multiplier)

    def functionals(self, name: str, x: str, weights: np.ndarray) -> str:
        """Adds the linear classifier of functionals: (1, labels) of the weights (labels,
        functionals), which count 2^-24.
        """
        inputs = [
            x,
            self.constant(exponential_table(), f"{name}.exponential"),
            self.constant(weights.astype(np.int32), f"{name}.weights"),
        ]
        return self.node("JudgeInteger", inputs, name, domain=DOMAIN)

    def cepstrum(self, name: str, x: str, bands: int, weights: np.ndarray) -> str:
        """Adds the linear classifier of the cepstrum's functionals: (1, labels) of the weights
        (labels, functionals), which count 2^-24.
        """
        inputs = [
            x,
            self.constant(cosine_table(bands), f"{name}.cosines"),
            self.constant(weights.astype(np.int32), f"{name}.weights"),
        ]
        return self.node("CepstrumInteger", inputs, name, domain=DOMAIN)

    def reshape(self, name: str, x: str, shape: Sequence[int]) -> str:
        """Adds a reshape."""
        return self.node("Reshape", [x, self.constant(np.array(shape), f"{name}.shape")], name)

    def network(
        self, input_shape: Sequence[int], output: str, output_shape: Sequence[int]
    ) -> onnx.ModelProto:
        """Returns the checked network from `window` to `output`."""
        source = ("window", TensorProto.INT8, input_shape)
        result = (output, TensorProto.INT32, output_shape)
        model = self.model("integer", source, result, {DOMAIN: 1})
        onnx.checker.check_model(model)
        return model

    def _scale(self, name: str, value: float) -> str:
        return self.constant(np.float32(value), name)

    def _zero(self, name: str, value: int) -> str:
        return self.constant(np.int8(value), name)
