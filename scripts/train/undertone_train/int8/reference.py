"""The reference: networks of `int8.graph` in NumPy, exactly.

Written from the definitions of ONNX's operators and from docs/quantization.md: the program must
equal it to the bit. Sums are taken in double precision, which holds them exactly.
"""

from collections.abc import Callable

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from .functionals import cepstrum_integer, judge_integer

Values = NDArray
INT8 = (-128, 127)
INT16 = (-32768, 32767)


def run(model: onnx.ModelProto, window: Values) -> Values:
    """Returns the output of a network for its input."""
    return trace(model, window)[model.graph.output[0].name]


def trace(model: onnx.ModelProto, window: Values) -> dict[str, Values]:
    """Returns every value of a network by name."""
    values = {c.name: numpy_helper.to_array(c) for c in model.graph.initializer}
    values[model.graph.input[0].name] = window
    for node in model.graph.node:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        operator = OPERATORS[node.domain, node.op_type]
        values[node.output[0]] = operator(*(values[name] for name in node.input), **attributes)
    return values


def q_linear_conv(
    x: Values,
    x_scale: Values,
    x_zero: Values,
    w: Values,
    w_scale: Values,
    w_zero: Values,
    y_scale: Values,
    y_zero: Values,
    bias: Values,
    *,
    kernel_shape: list[int],
    strides: list[int],
    pads: list[int],
) -> Values:
    """Computes ONNX's QLinearConv over one or two axes, with one scale a tensor."""
    rank = len(kernel_shape)
    margins = [(0, 0), (0, 0), *zip(pads[:rank], pads[rank:], strict=True)]
    padded = np.pad(x.astype(float) - float(x_zero), margins)
    axes = tuple(range(2, 2 + rank))
    fields = np.lib.stride_tricks.sliding_window_view(padded, kernel_shape, axes)
    fields = fields[(slice(None), slice(None), *(slice(None, None, s) for s in strides))]
    weights = w.astype(float) - float(w_zero)
    taps = (1, *range(2 + rank, 2 + 2 * rank))
    sums = np.tensordot(fields, weights, (taps, range(1, 2 + rank)))
    sums = np.moveaxis(sums, -1, 1) + bias.reshape(-1, *[1] * rank)
    scaled = np.rint(sums * (float(x_scale) * float(w_scale) / float(y_scale)))
    return np.clip(scaled + float(y_zero), *INT8).astype(np.int8)


def mat_mul_integer(a: Values, b: Values) -> Values:
    """Computes ONNX's MatMulInteger without zero points."""
    return a.astype(np.int32) @ b.astype(np.int32)


def lstm_integer(
    x: Values,
    w: Values,
    r: Values,
    b: Values,
    w_multiplier: Values,
    r_multiplier: Values,
    sigmoid: Values,
) -> Values:
    """Computes an LSTM, (steps, batch, inputs) to (steps, directions, batch, hidden)."""
    steps, batch, _ = x.shape
    directions, rows, hidden = r.shape
    y = np.zeros((steps, directions, batch, rows // 4), np.int8)
    for d in range(directions):
        sums = (x.astype(float) @ w[d].T.astype(float)).astype(np.int64)
        from_input = sums * w_multiplier[d] + b[d]
        h = np.zeros((batch, hidden), np.int64)
        c = np.zeros((batch, hidden), np.int64)
        for t in range(steps)[:: -1 if d else 1]:
            gates = from_input[t] + (h @ r[d].T.astype(np.int64)) * r_multiplier[d]
            i, o, f, g = np.split(gates, 4, axis=1)
            i, o, f = (_look_up(sigmoid, z, 12) for z in (i, o, f))
            g = 2 * _look_up(sigmoid, g, 11) - 32768
            c = np.clip((f * c + (i * g >> 4) + (1 << 14)) >> 15, *INT16)
            tanh = 2 * _look_up(sigmoid, c, 2) - 32768
            h = np.clip((o * tanh + (1 << 22)) >> 23, *INT8)
            y[t, d] = h
    return y


def _look_up(table: Values, z: Values, shift: int) -> Values:
    """The table's value at `z / 2^shift`, rounded, from its middle; its ends beyond them."""
    index = ((z + (1 << (shift - 1))) >> shift) + len(table) // 2
    return table[np.clip(index, 0, len(table) - 1)].astype(np.int64)


def attention_mean_integer(x: Values, decay: Values, *, multiplier: int) -> Values:
    """Computes means over steps of (steps, columns + 1), weighted by the last column: (1, columns)."""
    x = x.astype(np.int64)
    below = x[:, -1].max() - x[:, -1]
    index = (below * multiplier + (1 << 15)) >> 16
    weights = decay[np.minimum(index, len(decay) - 1)].astype(np.int64)
    total = weights.sum()
    means = (2 * (weights @ x[:, :-1]) + total) // (2 * total)
    return means.astype(np.int32)[None]


def slice_(x: Values, starts: Values, ends: Values, axes: Values) -> Values:
    """Computes ONNX's Slice, in steps of one."""
    parts = [slice(None)] * x.ndim
    for start, end, axis in zip(starts, ends, axes, strict=True):
        parts[axis] = slice(start, end)
    return x[tuple(parts)]


OPERATORS: dict[tuple[str, str], Callable[..., Values]] = {
    ("", "QLinearConv"): q_linear_conv,
    ("", "MatMulInteger"): mat_mul_integer,
    ("", "Transpose"): lambda x, perm: x.transpose(perm),
    ("", "Reshape"): lambda x, shape: x.reshape(shape),
    ("", "Slice"): slice_,
    ("", "Add"): lambda a, b: a + b,
    ("undertone", "LSTMInteger"): lstm_integer,
    ("undertone", "AttentionMeanInteger"): attention_mean_integer,
    ("undertone", "JudgeInteger"): judge_integer,
    ("undertone", "CepstrumInteger"): cepstrum_integer,
}
