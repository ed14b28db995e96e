"""A 3D CNN over stacked log-mel segments, the second architecture of the project's ancestor.

The window is cut into segments that lie behind each other as the slices of a
volume; convolutions run over segment, time in the segment, and frequency.
"""

import itertools

import torch
from torch import Tensor, nn

from ..data.corpora import LABELS
from ..data.features import BANDS, FRAMES, WIDTH
from ..data.windows import WINDOW

SEGMENTS = 4


class Cnn3d(nn.Module):
    """(batch, 1, WINDOW, WIDTH) in [0, 1] to (batch, labels) logits; pitch is not read."""

    feature_set = FRAMES
    input_shape = (1, WINDOW, WIDTH)
    memory_format = torch.channels_last_3d

    def __init__(
        self,
        channels: tuple[int, ...] = (8, 16, 32, 64),
        projection: int = 64,
        hidden: int = 0,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        if hidden:
            raise ValueError("a 3D CNN has no recurrence, and so no hidden units")
        widths = [1, *channels]
        layers = []
        for inputs, outputs in itertools.pairwise(widths):
            layers += [
                nn.Conv3d(inputs, outputs, 3, stride=(1, 2, 2), padding=1, bias=False),
                nn.BatchNorm3d(outputs),
                nn.ReLU(),
            ]
        self.convolve = nn.Sequential(*layers)
        self.project = nn.Linear(2 * channels[-1] * BANDS // 2 ** len(channels), projection)
        self.embedding = projection
        self.classify = nn.Linear(projection, len(LABELS))
        self.dropout = nn.Dropout(dropout)

    def embed(self, x: Tensor) -> Tensor:
        """Returns the embeddings of a batch of windows, (batch, embedding)."""
        x = (2.0 * x[..., :BANDS] - 1.0).reshape(-1, 1, SEGMENTS, WINDOW // SEGMENTS, BANDS)
        # (batch, channels, segments, time, frequency): mean and maximum over all but frequency.
        x = self.convolve(x).flatten(2, 3)
        x = torch.cat([x.mean(dim=2), x.amax(dim=2)], dim=1).flatten(1)
        return self.dropout(torch.relu(self.project(self.dropout(x))))

    def forward(self, x: Tensor) -> Tensor:
        """Returns the logits of a batch of windows."""
        return self.classify(self.embed(x))
