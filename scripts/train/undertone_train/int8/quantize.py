"""From a trained CNN-BiLSTM to a network of integers.

Scales of activations come from windows of training speakers; weights are rounded to what those
leave. docs/quantization.md defines what the integers stand for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from ..data.corpora import Clip
from ..data.features import BANDS, Frames
from ..data.windows import WINDOW, of_clip
from ..networks import CnnBiLstm
from . import reference as integer_reference
from .functionals import units
from .graph import (
    FACTOR_BITS,
    GATE_BITS,
    LOWEST,
    TABLE_STEPS,
    WEIGHT_BITS,
    IntegerGraph,
)

LARGEST = 127
"""Of 8-bit weights: -128 is left out, so that two products and their sum fit into 16 bits."""
CELL = 2.0 / 255.0
"""What a step of an input cell is, of a network that sees -1 to 1."""
STATE = 2.0**-7
"""What a step of the recurrence's output is."""
QUANTILE = 0.9999
"""Of the activations, the share that is not clipped."""
KNOWN = {"stem", "blocks", "project", "lstm", "attend", "classify", "dropout", "judge"}
"""Parts of a network that are quantized; with others its logits would be wrong."""


@dataclass(frozen=True)
class QuantizedNetwork:
    """A network of integers, and what a step of its logits is."""

    model: onnx.ModelProto
    logit_scale: float


@dataclass
class _Flow:
    """A value in the graph under construction: its name, the size of a step, its zero point."""

    name: str
    scale: float
    zero: int = LOWEST


def calibration_windows(frames: Frames, clips: Sequence[Clip]) -> np.ndarray:
    """What scales are chosen by: the first window of every fourth clip."""
    return np.stack([of_clip(frames[clip.name])[0] for clip in clips[::4]])[:, None]


def logits_of_integers(network: QuantizedNetwork, frames: np.ndarray) -> np.ndarray:
    """Logits (windows, labels) of one recording's frames, by the reference."""
    windows = [(np.rint(window * 255.0) - 128.0).astype(np.int8) for window in of_clip(frames)]
    logits = [integer_reference.run(network.model, window[None, None])[0] for window in windows]
    return np.stack(logits) * network.logit_scale


def quantize(
    network: CnnBiLstm, windows: np.ndarray, quantile: float = QUANTILE
) -> QuantizedNetwork:
    """Quantizes by (windows, *input_shape) inputs of training speakers."""
    unknown = {name for name, _ in network.named_children()} - KNOWN
    if unknown:
        raise ValueError(f"{sorted(unknown)} of the network has no form in integers")
    network = network.eval()
    ranges = activation_ranges(network, windows, quantile)
    graph = IntegerGraph((1, *network.input_shape))
    x = _Flow(_levels(graph, network), CELL, 0)
    for name, block in _convolutions(network):
        x = _convolution(graph, name, x, *folded(block), ranges[name], block[0].stride)
    x = _project(graph, x, network, ranges["project"])
    x = _lstm(graph, x, network.lstm)
    steps = WINDOW // 4
    x.name = graph.reshape("states", x.name, (steps, network.embedding))
    return _decide(graph, x, network)


def _levels(graph: IntegerGraph, network: CnnBiLstm) -> str:
    """The part of the window that is convolved: all of it, or what stands before other cells."""
    if network.input_shape[-1] == BANDS:
        return "window"
    ends = {"starts": 0, "ends": BANDS, "axes": 3}
    constants = [graph.constant(f"levels.{k}", np.array([v])) for k, v in ends.items()]
    return graph.add("Slice", "levels", ["window", *constants])


def folded(block: nn.Sequential) -> tuple[np.ndarray, np.ndarray]:
    """Weights and bias of a convolution with its batch norm."""
    convolution, norm = block[0], block[1]
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weights = convolution.weight * gain[:, None, None, None]
    return _numpy(weights), _numpy(norm.bias - norm.running_mean * gain)


@torch.no_grad()
def activation_ranges(network: CnnBiLstm, windows: np.ndarray, quantile: float) -> dict[str, float]:
    """What each ReLU lets through, but for the loudest share of values, by layer."""
    seen: dict[str, list[Tensor]] = {}

    def keep(name: str) -> object:
        return lambda _layer, _inputs, output: seen.setdefault(name, []).append(
            torch.quantile(torch.relu(output).flatten(1)[:, ::7], quantile, dim=1)
        )

    layers = {name: block[2] for name, block in _convolutions(network)}
    layers["project"] = network.project
    hooks = [layer.register_forward_hook(keep(name)) for name, layer in layers.items()]
    for batch in torch.from_numpy(windows).split(16):
        network.embed(batch)
    for hook in hooks:
        hook.remove()
    return {name: float(torch.cat(parts).mean()) for name, parts in seen.items()}


def _convolutions(network: CnnBiLstm) -> list[tuple[str, nn.Sequential]]:
    """The convolutions with their names."""
    blocks = [(f"block{n}", block) for n, block in enumerate(network.blocks, start=1)]
    return [("stem", network.stem), *blocks]


def _convolution(
    graph: IntegerGraph,
    name: str,
    x: _Flow,
    weights: np.ndarray,
    bias: np.ndarray,
    largest: float,
    strides: Sequence[int] = (1,),
) -> _Flow:
    """Adds a convolution whose results reach from 0 to `largest`."""
    if x.zero == 0:
        # Cells are odd multiples of half a step: the half is a bias.
        bias = bias + x.scale / 2.0 * weights.sum(axis=tuple(range(1, weights.ndim)))
    scale = np.abs(weights).max() / LARGEST
    sums = x.scale * scale
    factor = max(1, int(sums / (largest / 255.0) * 2**FACTOR_BITS))
    result = sums * 2**FACTOR_BITS / factor
    rounded = np.rint(weights / scale), np.rint(bias / sums)
    name = graph.convolution(name, x.name, *rounded, factor, zero=x.zero, strides=strides)
    return _Flow(name, result)


def _project(graph: IntegerGraph, x: _Flow, network: CnnBiLstm, largest: float) -> _Flow:
    """Adds the layer that every step goes through: from planes to (steps, 1, outputs)."""
    steps, depth = WINDOW // 4, network.project.in_features
    channels = network.blocks[-1][0].out_channels
    # Channels last, and so the bands of a step lie behind each other.
    weights = _numpy(network.project.weight).reshape(-1, channels, depth // channels)
    weights = weights.transpose(0, 2, 1).reshape(-1, depth, 1)
    x.name = graph.add("Transpose", "channels_last", [x.name], perm=[0, 2, 3, 1])
    x.name = graph.reshape("steps", x.name, (1, steps, depth))
    x.name = graph.add("Transpose", "steps_last", [x.name], perm=[0, 2, 1])
    x = _convolution(graph, "project", x, weights, _numpy(network.project.bias), largest)
    x.name = graph.add("Transpose", "sequence", [x.name], perm=[2, 0, 1])
    return x


def _lstm(graph: IntegerGraph, x: _Flow, lstm: nn.LSTM) -> _Flow:
    """Adds the recurrence."""
    suffixes = ["", "_reverse"] if lstm.bidirectional else [""]

    def stack(kind: str) -> np.ndarray:
        return np.stack(
            [_by_gate(_numpy(getattr(lstm, f"{kind}_l0{suffix}"))) for suffix in suffixes]
        )

    w, w_multiplier = _rows(stack("weight_ih"), x.scale)
    r, r_multiplier = _rows(stack("weight_hh"), STATE)
    bias = np.rint((stack("bias_ih") + stack("bias_hh")) * 2.0**GATE_BITS)
    # The input's zero point is a bias, too.
    bias -= x.zero * w.sum(axis=2) * w_multiplier
    reach = np.abs(w).sum(axis=2) * 128 * w_multiplier + np.abs(r).sum(axis=2) * 128 * r_multiplier
    if (reach + np.abs(bias)).max() >= 2**31:
        raise ValueError("the recurrence's sums do not fit into 32 bits")
    return _Flow(graph.lstm("lstm", x.name, (w, r), bias, (w_multiplier, r_multiplier)), STATE, 0)


def _by_gate(rows: np.ndarray) -> np.ndarray:
    """From PyTorch's order of gates (i, f, g, o) to ONNX's (i, o, f, c)."""
    i, f, g, o = np.split(rows, 4)
    return np.concatenate([i, o, f, g])


def _rows(weights: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights of one scale a row, and what brings the rows' sums to the unit of the gates."""
    exact = np.abs(weights).max(axis=2) / LARGEST * scale * 2.0**GATE_BITS
    multipliers = np.maximum(1.0, np.ceil(exact))
    rounded = np.rint(weights * scale * 2.0**GATE_BITS / multipliers[:, :, None])
    return rounded, multipliers


def _decide(graph: IntegerGraph, x: _Flow, network: CnnBiLstm) -> QuantizedNetwork:
    """Adds attention and the last layer: each step's logits, and their mean by its attention."""
    attend, classify = _numpy(network.attend.weight), _numpy(network.classify.weight)
    # Logits count as `scale * x.scale`, attention as whole entries of its table for 2^-16.
    unit = TABLE_STEPS * 2.0**16
    multiplier = max(1, int(np.ceil(np.abs(attend).max() / LARGEST * x.scale * unit)))
    scale = np.abs(classify).max() / LARGEST
    rows = np.concatenate([classify / scale, attend * x.scale * unit / multiplier])
    weights = graph.constant("decide.weights", np.rint(rows).T.astype(np.int8))
    evidence = graph.add("MatMulInteger", "decide", [x.name, weights])
    mean = graph.attention("attention", evidence, multiplier)
    logit = scale * x.scale
    bias = _numpy(network.classify.bias) + _numpy(network.judge.bias)
    bias = np.rint(bias / logit).astype(np.int32)[None]
    logits = graph.add("Add", "network", [mean, graph.constant("logits.bias", bias)])
    if network.judge.weight.any():
        judged = _judge(graph, network, logit)
        logits = graph.add("Add", "logits", [logits, judged])
    return QuantizedNetwork(graph.model(logits, bias.shape), float(logit))


def _judge(graph: IntegerGraph, network: CnnBiLstm, logit: float) -> str:
    """Adds the judge, whose numbers count as the logits do."""
    counts = units(WINDOW, BANDS) / logit * 2.0**WEIGHT_BITS
    weights = np.rint(_numpy(network.judge.weight) * counts)
    if np.abs(weights).sum(axis=1).max() >= 2**31:
        raise ValueError("the judge's sums do not fit into 64 bits")
    return graph.judge("judge", "window", weights)


def _numpy(values: Tensor) -> np.ndarray:
    return values.detach().cpu().numpy().astype(float)
