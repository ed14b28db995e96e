"""Predictions of networks for clips that they were not trained on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from ..data.corpora import LABELS, Clip


@dataclass(frozen=True)
class Predictions:
    """The logits of clips, with their speakers and true labels."""

    speakers: np.ndarray
    """The speaker of each clip, (clips,)."""
    targets: np.ndarray
    """The index of each clip's true label, (clips,)."""
    logits: list[np.ndarray]
    """The logits (windows, labels) of each clip."""

    @classmethod
    def of(cls, clips: Sequence[Clip], logits: list[np.ndarray]) -> "Predictions":
        """Returns the predictions for clips that have these logits."""
        speakers = np.array([clip.speaker for clip in clips])
        return cls(speakers, np.array([clip.target for clip in clips]), logits)

    @classmethod
    def join(cls, parts: list["Predictions"]) -> "Predictions":
        """Returns the predictions of all folds as one."""
        return cls(
            np.concatenate([part.speakers for part in parts]),
            np.concatenate([part.targets for part in parts]),
            [logits for part in parts for logits in part.logits],
        )

    def of_speakers(self, speakers: Collection[str]) -> "Predictions":
        """Returns the predictions for some speakers' clips."""
        mine = np.flatnonzero(np.isin(self.speakers, list(speakers)))
        return Predictions(self.speakers[mine], self.targets[mine], [self.logits[i] for i in mine])

    def probabilities(self, temperature: float = 1.0) -> np.ndarray:
        """Returns the probabilities (clips, labels): the means over windows, as the program's."""
        return np.stack(
            [softmax(logits / temperature, axis=1).mean(axis=0) for logits in self.logits]
        )

    def confusion(self) -> np.ndarray:
        """Returns the confusion matrix: counts, true label by row, predicted label by column."""
        matrix = np.zeros((len(LABELS), len(LABELS)), int)
        np.add.at(matrix, (self.targets, self.probabilities().argmax(axis=1)), 1)
        return matrix
