"""How good predictions are, with what certainty."""

from dataclasses import dataclass

import numpy as np

from .corpora import LABELS


@dataclass(frozen=True)
class Predictions:
    """Test predictions of a set of clips: one row a clip."""

    speakers: np.ndarray
    targets: np.ndarray
    probabilities: np.ndarray

    @classmethod
    def join(cls, parts: list["Predictions"]) -> "Predictions":
        """All folds' predictions as one."""
        return cls(
            *(
                np.concatenate([getattr(part, field) for part in parts])
                for field in ("speakers", "targets", "probabilities")
            )
        )

    @property
    def predicted(self) -> np.ndarray:
        """The most probable label of each clip."""
        return self.probabilities.argmax(axis=1)

    def confusion(self) -> np.ndarray:
        """Counts, true label by row and predicted label by column."""
        matrix = np.zeros((len(LABELS), len(LABELS)), int)
        np.add.at(matrix, (self.targets, self.predicted), 1)
        return matrix


def uar(confusion: np.ndarray) -> float:
    """Unweighted average recall: the mean over the labels that occur."""
    support = confusion.sum(axis=1)
    return float(np.mean(np.diag(confusion)[support > 0] / support[support > 0]))


def accuracy(confusion: np.ndarray) -> float:
    """The share of clips that are right."""
    return float(np.trace(confusion) / confusion.sum())


def speaker_interval(predictions: Predictions, draws: int = 2000) -> tuple[float, float]:
    """The 95 % interval of the UAR, by bootstrap over speakers."""
    rng = np.random.default_rng(0)
    speakers = np.unique(predictions.speakers)
    by_speaker = np.stack(
        [
            Predictions(
                predictions.speakers[mine := predictions.speakers == speaker],
                predictions.targets[mine],
                predictions.probabilities[mine],
            ).confusion()
            for speaker in speakers
        ]
    )
    chosen = rng.integers(0, len(speakers), (draws, len(speakers)))
    scores = [uar(by_speaker[draw].sum(axis=0)) for draw in chosen]
    low, high = np.percentile(scores, [2.5, 97.5])
    return float(low), float(high)


def confusion_table(confusion: np.ndarray) -> str:
    """The confusion matrix as text, in counts, with each label's recall."""
    width = max(map(len, LABELS))
    lines = [" " * width + "".join(f"{label[:7]:>8}" for label in LABELS) + "  recall"]
    for label, row in zip(LABELS, confusion, strict=True):
        recall = row[LABELS.index(label)] / max(1, row.sum())
        lines.append(f"{label:<{width}}" + "".join(f"{n:>8}" for n in row) + f"  {recall:6.3f}")
    return "\n".join(lines)
