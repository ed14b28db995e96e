"""A CNN-BiLSTM over a recording's averaged MFCCs, the architecture of the project's ancestor.

Convolutions run along the 40 coefficients, which it takes for a sequence.
"""

import torch
from torch import Tensor, nn

from ..data.corpora import LABELS

COEFFICIENTS = 40


class ClassicCnnBiLstm(nn.Module):
    """(batch, COEFFICIENTS) averaged MFCCs in dB to (batch, labels) logits."""

    feature_set = "classic-mfcc"
    input_shape = (COEFFICIENTS,)
    memory_format = torch.contiguous_format

    def __init__(
        self,
        channels: tuple[int, ...] = (32, 64),
        projection: int = 64,
        hidden: int = 64,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        # The standardisation by the training clips, which `fit` sets.
        self.register_buffer("mean", torch.zeros(COEFFICIENTS))
        self.register_buffer("deviation", torch.ones(COEFFICIENTS))
        first, second = channels
        self.convolve = nn.Sequential(
            nn.Conv1d(1, first, 5, padding=2, bias=False),
            nn.BatchNorm1d(first),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(first, second, 5, padding=2, bias=False),
            nn.BatchNorm1d(second),
            nn.ReLU(),
            nn.MaxPool1d(2),
        )
        self.lstm = nn.LSTM(second, hidden, batch_first=True, bidirectional=True)
        self.project = nn.Linear(2 * hidden * (COEFFICIENTS // 4), projection)
        self.embedding = projection
        self.classify = nn.Linear(projection, len(LABELS))
        self.dropout = nn.Dropout(dropout)

    def embed(self, x: Tensor) -> Tensor:
        """Returns the embeddings of a batch of vectors, (batch, embedding)."""
        x = (x - self.mean) / self.deviation
        x = self.convolve(x[:, None]).permute(0, 2, 1)
        x, _ = self.lstm(self.dropout(x))
        return self.dropout(torch.relu(self.project(x.flatten(1))))

    def forward(self, x: Tensor) -> Tensor:
        """Returns the logits of a batch of vectors."""
        return self.classify(self.embed(x))
