"""The CNN-BiLSTM that ships: a window of log-mels and pitch in, a logit for each emotion out.

Strided convolutions that halve the time axis twice and the frequency axis
four times, a projection per time step, a bidirectional LSTM, attention
pooling over time, a linear layer. Plain convolutions, which integer kernels
run better than depthwise ones. The logits of a linear classifier of functionals
of pitch and spectrum are added: see `functionals`.
"""

import torch
from torch import Tensor, nn

from ..data.corpora import LABELS
from ..data.features import BANDS, FRAMES, WIDTH
from ..data.windows import WINDOW
from .functionals import FunctionalsClassifier

STRIDES = ((2, 2), (1, 2), (1, 2))
"""Strides over time and frequency of the blocks after the stem."""


def conv_block(
    inputs: int, outputs: int, size: int, stride: int | tuple[int, int]
) -> nn.Sequential:
    """Returns a convolution with batch norm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride=stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class CnnBiLstm(nn.Module):
    """(batch, 1, WINDOW, WIDTH) in [0, 1] to (batch, rows) logits.

    There is a row a label, or two where it knows voices: see `voices.baseline`.
    """

    feature_set = FRAMES
    input_shape = (1, WINDOW, WIDTH)
    memory_format = torch.channels_last

    def __init__(
        self,
        channels: tuple[int, ...] = (16, 32, 48, 64),
        projection: int = 80,
        hidden: int = 64,
        dropout: float = 0.3,
        rows: int = len(LABELS),
    ) -> None:
        super().__init__()
        self.stem = conv_block(1, channels[0], 5, 2)
        steps = zip(channels[:-1], channels[1:], STRIDES, strict=True)
        self.blocks = nn.Sequential(*(conv_block(i, o, 3, stride) for i, o, stride in steps))
        bands = BANDS // 2 ** (1 + len(STRIDES))
        self.project = nn.Linear(channels[-1] * bands, projection)
        self.lstm = nn.LSTM(projection, hidden, batch_first=True, bidirectional=True)
        self.attend = nn.Linear(2 * hidden, 1)
        self.embedding = 2 * hidden
        self.classify = nn.Linear(self.embedding, rows)
        self.dropout = nn.Dropout(dropout)
        self.functionals = FunctionalsClassifier(rows)
        # Of a network that knows voices: see `voices.baseline`.
        self.offset = nn.Parameter(torch.zeros(rows - len(LABELS)))

    def embed(self, x: Tensor) -> Tensor:
        """Returns the embeddings of a batch of windows, (batch, embedding)."""
        # Centred, so that the first convolution's zero padding is mid-range.
        x = self.blocks(self.stem(2.0 * x[..., :BANDS] - 1.0))
        x = x.permute(0, 2, 1, 3).flatten(2)
        x = self.dropout(torch.relu(self.project(x)))
        x, _ = self.lstm(x)
        weights = torch.softmax(self.attend(x), dim=1)
        return self.dropout((x * weights).sum(dim=1))

    def forward(self, x: Tensor) -> Tensor:
        """Returns the logits of a batch of windows."""
        return self.classify(self.embed(x)) + self.functionals(x)
