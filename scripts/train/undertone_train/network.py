"""The network: log-mel window in, a logit for each emotion out.

A strided convolution, depthwise-separable blocks that halve the frequency
axis (and once the time axis), a projection per time step, a bidirectional
LSTM, attention pooling over time, a linear layer.
"""

import torch
from torch import Tensor, nn

from .features import BANDS


class Separable(nn.Module):
    """A depthwise and a pointwise convolution (Howard et al. 2017), pooled."""

    def __init__(self, inputs: int, outputs: int, pool: tuple[int, int]) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
        self.norm1 = nn.BatchNorm2d(inputs)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.pool = nn.MaxPool2d(pool)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.norm1(self.depthwise(x)))
        return self.pool(torch.relu(self.norm2(self.pointwise(x))))


class CnnBiLstm(nn.Module):
    """(batch, 1, frames, BANDS) in [0, 1] to (batch, labels) logits."""

    def __init__(
        self,
        labels: int = 8,
        channels: tuple[int, ...] = (24, 48, 64, 96),
        projection: int = 96,
        hidden: int = 64,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        first = channels[0]
        self.stem = nn.Sequential(
            nn.Conv2d(1, first, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(first), nn.ReLU()
        )
        pools = ((2, 2), (1, 2), (1, 2))
        self.blocks = nn.Sequential(
            *(Separable(a, b, p) for a, b, p in zip(channels[:-1], channels[1:], pools, strict=True))
        )
        bands = BANDS // 2 ** (1 + len(pools))
        self.project = nn.Linear(channels[-1] * bands, projection)
        self.lstm = nn.LSTM(projection, hidden, batch_first=True, bidirectional=True)
        self.attend = nn.Linear(2 * hidden, 1)
        self.classify = nn.Linear(2 * hidden, labels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        # Centred, so that the first convolution's zero padding is mid-range.
        x = self.blocks(self.stem(2.0 * x - 1.0))
        x = x.permute(0, 2, 1, 3).flatten(2)
        x = self.dropout(torch.relu(self.project(x)))
        x, _ = self.lstm(x)
        weights = torch.softmax(self.attend(x), dim=1)
        return self.classify(self.dropout((x * weights).sum(dim=1)))
