"""Post-training quantization of a CNN-BiLSTM to 8-bit integers.

Scales of activations are calibrated on windows of training speakers; weights are rounded to what
those leave. docs/quantization.md defines what the integers stand for.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from ..data.corpora import Clip
from ..data.features import BANDS, Frames
from ..data.windows import WINDOW, clip_windows
from ..networks import CnnBiLstm
from ..networks.functionals import CEPSTRAL
from . import reference
from .functionals import units
from .graph import FACTOR_BITS, GATE_BITS, LOWEST, TABLE_STEPS, WEIGHT_BITS, Int8Graph

MAX_WEIGHT = 127
"""The largest 8-bit weight: -128 is left out, so that two products and their sum fit into 16 bits."""
CELL = 2.0 / 255.0
"""The step of an input cell, of a network that reads -1 to 1."""
STATE = 2.0**-7
"""The step of the recurrence's output."""
QUANTILE = 0.9999
"""The share of the activations that is not clipped."""
QUANTIZED = {"stem", "blocks", "project", "lstm", "attend", "classify", "dropout", "functionals"}
"""Parts of a network that are quantized; with others its logits would be wrong."""
FUNCTIONALS = "judge"
"""The name in the file of the node that classifies functionals. Bundles that ship have it."""


@dataclass(frozen=True)
class QuantizedNetwork:
    """A network of integers, and the step of its logits."""

    model: onnx.ModelProto
    logit_scale: float


@dataclass
class _Activation:
    """A value in the graph under construction: its name, its scale, its zero point."""

    name: str
    scale: float
    zero: int = LOWEST


def calibration_windows(frames: Frames, clips: Sequence[Clip]) -> np.ndarray:
    """Returns the inputs that scales are calibrated on: the first window of every fourth clip,
    (windows, 1, WINDOW, WIDTH).
    """
    return np.stack([clip_windows(frames[clip.name])[0] for clip in clips[::4]])[:, None]


def quantized_logits(network: QuantizedNetwork, frames: np.ndarray) -> np.ndarray:
    """Returns the logits (windows, labels) of one recording's frames, by the reference."""
    logits = [reference.run(network.model, int8_cells(w))[0] for w in clip_windows(frames)]
    return np.stack(logits) * network.logit_scale


def int8_cells(window: np.ndarray) -> np.ndarray:
    """Returns a window of cells in [0, 1] as a quantized network reads it: (1, 1, frames, columns)."""
    return (np.rint(window * 255.0) - 128.0).astype(np.int8)[None, None]


def quantize(
    network: CnnBiLstm, windows: np.ndarray, quantile: float = QUANTILE
) -> QuantizedNetwork:
    """Quantizes a network, calibrated on inputs (windows, *input_shape) of training speakers.

    Raises ValueError if the network has parts without an integer form, or weights whose sums could
    overflow.
    """
    unknown = {name for name, _ in network.named_children()} - QUANTIZED
    if unknown:
        raise ValueError(f"{sorted(unknown)} of the network has no form in integers")
    network = network.eval()
    ranges = activation_ranges(network, windows, quantile)
    graph = Int8Graph()
    x = _Activation(_levels(graph, network), CELL, 0)
    for name, block in _conv_blocks(network):
        x = _conv(graph, name, x, *fold_batch_norm(block), ranges[name], block[0].stride)
    x = _project(graph, x, network, ranges["project"])
    x = _lstm(graph, x, network.lstm)
    steps = WINDOW // 4
    x.name = graph.reshape("states", x.name, (steps, network.embedding))
    return _logits(graph, x, network)


def _levels(graph: Int8Graph, network: CnnBiLstm) -> str:
    """Adds the choice of the cells that are convolved: the window's levels, without its pitch."""
    if network.input_shape[-1] == BANDS:
        return "window"
    ends = {"starts": 0, "ends": BANDS, "axes": 3}
    constants = [graph.constant(np.array([v]), f"levels.{k}") for k, v in ends.items()]
    return graph.node("Slice", ["window", *constants], "levels")


def fold_batch_norm(block: nn.Sequential) -> tuple[np.ndarray, np.ndarray]:
    """Returns weights and bias of a convolution with its batch norm folded into them."""
    convolution, norm = block[0], block[1]
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weights = convolution.weight * gain[:, None, None, None]
    return _numpy(weights), _numpy(norm.bias - norm.running_mean * gain)


@torch.no_grad()
def activation_ranges(network: CnnBiLstm, windows: np.ndarray, quantile: float) -> dict[str, float]:
    """Returns the mean over windows of the quantile of each ReLU's output, by layer."""
    seen: dict[str, list[Tensor]] = {}

    def record(name: str) -> Callable:
        return lambda _layer, _inputs, output: seen.setdefault(name, []).append(
            torch.quantile(torch.relu(output).flatten(1)[:, ::7], quantile, dim=1)
        )

    layers = {name: block[2] for name, block in _conv_blocks(network)}
    layers["project"] = network.project
    hooks = [layer.register_forward_hook(record(name)) for name, layer in layers.items()]
    for batch in torch.from_numpy(windows).split(16):
        network.embed(batch)
    for hook in hooks:
        hook.remove()
    return {name: float(torch.cat(parts).mean()) for name, parts in seen.items()}


def _conv_blocks(network: CnnBiLstm) -> list[tuple[str, nn.Sequential]]:
    """Returns the convolutions with their names."""
    blocks = [(f"block{n}", block) for n, block in enumerate(network.blocks, start=1)]
    return [("stem", network.stem), *blocks]


def _conv(
    graph: Int8Graph,
    name: str,
    x: _Activation,
    weights: np.ndarray,
    bias: np.ndarray,
    largest: float,
    strides: Sequence[int] = (1,),
) -> _Activation:
    """Adds a convolution whose results reach from 0 to `largest`."""
    if x.zero == 0:
        # Cells are odd multiples of half a step: the half is a bias.
        bias = bias + x.scale / 2.0 * weights.sum(axis=tuple(range(1, weights.ndim)))
    scale = np.abs(weights).max() / MAX_WEIGHT
    sums = x.scale * scale
    factor = max(1, int(sums / (largest / 255.0) * 2**FACTOR_BITS))
    result = sums * 2**FACTOR_BITS / factor
    rounded = np.rint(weights / scale), np.rint(bias / sums)
    name = graph.conv(name, x.name, *rounded, factor, zero=x.zero, strides=strides)
    return _Activation(name, result)


def _project(graph: Int8Graph, x: _Activation, network: CnnBiLstm, largest: float) -> _Activation:
    """Adds the projection of each step: from (1, channels, steps, bands) to (steps, 1, outputs)."""
    steps, depth = WINDOW // 4, network.project.in_features
    channels = network.blocks[-1][0].out_channels
    # Channels last, and so the bands of a step lie behind each other.
    weights = _numpy(network.project.weight).reshape(-1, channels, depth // channels)
    weights = weights.transpose(0, 2, 1).reshape(-1, depth, 1)
    x.name = graph.node("Transpose", [x.name], "channels_last", perm=[0, 2, 3, 1])
    x.name = graph.reshape("steps", x.name, (1, steps, depth))
    x.name = graph.node("Transpose", [x.name], "steps_last", perm=[0, 2, 1])
    x = _conv(graph, "project", x, weights, _numpy(network.project.bias), largest)
    x.name = graph.node("Transpose", [x.name], "sequence", perm=[2, 0, 1])
    return x


def _lstm(graph: Int8Graph, x: _Activation, lstm: nn.LSTM) -> _Activation:
    """Adds the recurrence."""
    suffixes = ["", "_reverse"] if lstm.bidirectional else [""]

    def stack(kind: str) -> np.ndarray:
        return np.stack(
            [_onnx_gates(_numpy(getattr(lstm, f"{kind}_l0{suffix}"))) for suffix in suffixes]
        )

    w, w_multiplier = _quantize_rows(stack("weight_ih"), x.scale)
    r, r_multiplier = _quantize_rows(stack("weight_hh"), STATE)
    bias = np.rint((stack("bias_ih") + stack("bias_hh")) * 2.0**GATE_BITS)
    # The input's zero point is a bias, too.
    bias -= x.zero * w.sum(axis=2) * w_multiplier
    reach = np.abs(w).sum(axis=2) * 128 * w_multiplier + np.abs(r).sum(axis=2) * 128 * r_multiplier
    if (reach + np.abs(bias)).max() >= 2**31:
        raise ValueError("the recurrence's sums do not fit into 32 bits")
    name = graph.lstm("lstm", x.name, (w, r), bias, (w_multiplier, r_multiplier))
    return _Activation(name, STATE, 0)


def _onnx_gates(rows: np.ndarray) -> np.ndarray:
    """Reorders gates from PyTorch's (i, f, g, o) to ONNX's (i, o, f, c)."""
    i, f, g, o = np.split(rows, 4)
    return np.concatenate([i, o, f, g])


def _quantize_rows(weights: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns weights with one scale a row, and the multipliers that bring the rows' sums to the
    unit of the gates.
    """
    exact = np.abs(weights).max(axis=2) / MAX_WEIGHT * scale * 2.0**GATE_BITS
    multipliers = np.maximum(1.0, np.ceil(exact))
    rounded = np.rint(weights * scale * 2.0**GATE_BITS / multipliers[:, :, None])
    return rounded, multipliers


def _logits(graph: Int8Graph, x: _Activation, network: CnnBiLstm) -> QuantizedNetwork:
    """Adds each step's logits, their mean by attention, and the classifier of functionals."""
    attend, classify = _numpy(network.attend.weight), _numpy(network.classify.weight)
    # Logits count as `scale * x.scale`, attention as whole entries of its table for 2^-16.
    unit = TABLE_STEPS * 2.0**16
    multiplier = max(1, int(np.ceil(np.abs(attend).max() / MAX_WEIGHT * x.scale * unit)))
    scale = np.abs(classify).max() / MAX_WEIGHT
    rows = np.concatenate([classify / scale, attend * x.scale * unit / multiplier])
    weights = graph.constant(np.rint(rows).T.astype(np.int8), "decide.weights")
    by_step = graph.node("MatMulInteger", [x.name, weights], "decide")
    mean = graph.attention_pool("attention", by_step, multiplier)
    logit = scale * x.scale
    bias = _numpy(network.classify.bias) + _numpy(network.functionals.bias)
    bias = np.rint(bias / logit).astype(np.int32)[None]
    logits = graph.node("Add", [mean, graph.constant(bias, "logits.bias")], "network")
    for part in _functionals(graph, network, logit):
        logits = graph.node("Add", [logits, part], f"with_{part}")
    model = graph.network((1, *network.input_shape), logits, bias.shape)
    return QuantizedNetwork(model, float(logit))


def _functionals(graph: Int8Graph, network: CnnBiLstm, logit: float) -> Iterator[str]:
    """Adds the classifiers of functionals that say anything; their results count as logits do."""
    counts = units(WINDOW, BANDS) / logit * 2.0**WEIGHT_BITS
    weights = np.rint(_numpy(network.functionals.weight) * counts)
    if np.abs(weights).sum(axis=1).max() >= 2**31:
        raise ValueError("the sums of the classifier of functionals do not fit into 64 bits")
    contours, cepstrum = np.split(weights, [-CEPSTRAL], axis=1)
    if contours.any():
        yield graph.functionals(FUNCTIONALS, "window", contours)
    if cepstrum.any():
        yield graph.cepstrum("cepstrum", "window", BANDS, cepstrum)


def _numpy(values: Tensor) -> np.ndarray:
    return values.detach().cpu().numpy().astype(float)
