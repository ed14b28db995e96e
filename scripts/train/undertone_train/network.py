"""The network: log-mel window in, a logit for each emotion out.

Strided convolutions that halve the time axis twice and the frequency axis
four times, a projection per time step, a bidirectional LSTM, attention
pooling over time, a linear layer.
"""

import torch
from torch import Tensor, nn

from .features import BANDS

STRIDES = ((2, 2), (1, 2), (1, 2))


def separable(inputs: int, outputs: int, stride: tuple[int, int]) -> nn.Sequential:
    """A depthwise and a pointwise convolution (Howard et al. 2017)."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride=stride, padding=1, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.ReLU(),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def plain(inputs: int, outputs: int, stride: tuple[int, int]) -> nn.Sequential:
    """A convolution, which integer kernels run better than a depthwise one."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


BLOCKS = {"separable": separable, "plain": plain}


class CnnBiLstm(nn.Module):
    """(batch, 1, frames, BANDS) in [0, 1] to (batch, labels) logits."""

    def __init__(
        self,
        labels: int,
        block: str,
        channels: tuple[int, ...],
        projection: int,
        hidden: int,
        dropout: float,
    ) -> None:
        super().__init__()
        first = channels[0]
        self.stem = nn.Sequential(
            nn.Conv2d(1, first, 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
        )
        steps = zip(channels[:-1], channels[1:], STRIDES, strict=True)
        self.blocks = nn.Sequential(*(BLOCKS[block](*step) for step in steps))
        bands = BANDS // 2 ** (1 + len(STRIDES))
        self.project = nn.Linear(channels[-1] * bands, projection)
        self.lstm = nn.LSTM(projection, hidden, batch_first=True, bidirectional=True)
        self.attend = nn.Linear(2 * hidden, 1)
        self.classify = nn.Linear(2 * hidden, labels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of a batch of windows."""
        # Centred, so that the first convolution's zero padding is mid-range.
        x = self.blocks(self.stem(2.0 * x - 1.0))
        x = x.permute(0, 2, 1, 3).flatten(2)
        x = self.dropout(torch.relu(self.project(x)))
        x, _ = self.lstm(x)
        weights = torch.softmax(self.attend(x), dim=1)
        return self.classify(self.dropout((x * weights).sum(dim=1)))
