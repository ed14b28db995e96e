"""The cost of a network: parameters, and multiply-adds for one input."""

import torch
from torch import Tensor, nn

from .functionals import FunctionalsClassifier


def parameters(network: nn.Module) -> int:
    """Returns the number of parameters."""
    return sum(p.numel() for p in network.parameters())


@torch.no_grad()
def multiply_adds(network: nn.Module) -> int:
    """Returns the multiply-adds of convolutions, linear layers and LSTMs for one input; those that
    the functionals themselves take are not counted.
    """
    counts: list[int] = []

    def count(layer: nn.Module, inputs: tuple[Tensor], output: Tensor | tuple) -> None:
        if isinstance(layer, nn.LSTM):
            steps, directions = inputs[0].shape[1], 2 if layer.bidirectional else 1
            width = layer.input_size + layer.hidden_size
            counts.append(steps * directions * 4 * layer.hidden_size * width)
        elif isinstance(layer, FunctionalsClassifier):
            counts.append(layer.weight.numel())
        elif isinstance(layer, nn.Linear):
            counts.append(output.numel() * layer.in_features)
        else:
            taps = layer.weight[0].numel()
            counts.append(output.numel() * taps)

    kinds = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear, nn.LSTM, FunctionalsClassifier)
    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, kinds)]
    network.eval()(torch.zeros(1, *network.input_shape))
    for hook in hooks:
        hook.remove()
    return sum(counts)
