"""The baseline of a voice: what a network usually says of it, taken away from what it says now.

A network that knows voices has two rows for each label: what it says of a window by itself
(`absolute`), and what it says of it beside others of the same voice (`relative`). Of the second, the
mean over the voice's speech so far is taken away. As the last layer is linear, that is the same as
taking the voice's mean away from the functionals and the embedding in front of it, and needs one
number a label in place of hundreds:

    share  = SHARE speech / (speech + PRIOR)
    logits = (1 - share) absolute + share (relative - mean relative + offset)

`speech` is the number of loud frames that the mean is of; `offset` is what a window is taken for that
sounds as the voice usually does. A voice that was never heard is judged by
the absolute rows alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from ..data.corpora import LABELS

Values = np.ndarray | Tensor
PRIOR = 200
"""Loud frames at which the relative rows count for half of what they may: 3.2 s of speech."""
SHARE = 0.8
"""The most that the relative rows count for. The recording's sound stays known in the absolute ones."""


@dataclass(frozen=True)
class Baselines:
    """The baselines that windows are judged against."""

    means: np.ndarray
    """Mean relative logits, (windows, labels)."""
    speech: np.ndarray
    """Loud frames that they are of, (windows,)."""

    def __getitem__(self, rows: np.ndarray) -> "Baselines":
        return Baselines(self.means[rows], self.speech[rows])

    @property
    def shares(self) -> np.ndarray:
        """The weight of the relative rows, (windows,)."""
        return SHARE * self.speech / (self.speech + PRIOR)

    def judge(self, rows: np.ndarray, offset: np.ndarray) -> np.ndarray:
        """Returns the logits (windows, labels) of a network's rows (windows, 2 labels)."""
        return against(rows, self.means, self.shares[:, None], offset)


def against(rows: Values, means: Values, share: Values, offset: Values) -> Values:
    """Returns logits (windows, labels) of rows (windows, 2 labels), against means (windows, labels)
    with shares (windows, 1) and an offset (labels,).
    """
    absolute, relative = rows[:, : len(LABELS)], rows[:, len(LABELS) :]
    return (1 - share) * absolute + share * (relative - means + offset)


def of_nobody(windows: int) -> Baselines:
    """Returns the baselines of voices that were never heard."""
    return Baselines(np.zeros((windows, len(LABELS))), np.zeros(windows))


def of_speech(relative: np.ndarray, speech: np.ndarray) -> tuple[np.ndarray, float]:
    """Returns the mean of relative logits (windows, labels) weighted by their speech (windows,), and
    how much speech that is.
    """
    total = float(speech.sum())
    return speech @ relative / max(total, 1.0), total


def running(
    relative: np.ndarray, speech: np.ndarray, clips: np.ndarray, order: Sequence[int]
) -> Baselines:
    """Returns causal baselines: each clip's windows are judged against the clips before it.

    `clips` is the clip of each window, (windows,); `order` is the order in which they are heard.
    """
    found = of_nobody(len(clips))
    sums, total = np.zeros(relative.shape[1]), 0.0
    for clip in order:
        mine = np.flatnonzero(clips == clip)
        found.means[mine], found.speech[mine] = sums / max(total, 1.0), total
        sums = sums + speech[mine] @ relative[mine]
        total += speech[mine].sum()
    return found
