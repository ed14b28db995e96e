"""Figures of confusion matrices: counts, true label by row, predicted label by column."""

import numpy as np

from ..data.corpora import LABELS


def uar(confusion: np.ndarray) -> float:
    """Returns the unweighted average recall: the mean over the labels that occur."""
    support = confusion.sum(axis=1)
    return float(np.mean(np.diag(confusion)[support > 0] / support[support > 0]))


def accuracy(confusion: np.ndarray) -> float:
    """Returns the share of clips whose predicted label is the true one."""
    return float(np.trace(confusion) / confusion.sum())


def confusion_table(confusion: np.ndarray) -> str:
    """Returns the confusion matrix as text, in counts, with each label's recall."""
    width = max(map(len, LABELS))
    lines = [" " * width + "".join(f"{label[:7]:>8}" for label in LABELS) + "  recall"]
    for label, row in zip(LABELS, confusion, strict=True):
        recall = row[LABELS.index(label)] / max(1, row.sum())
        lines.append(f"{label:<{width}}" + "".join(f"{n:>8}" for n in row) + f"  {recall:6.3f}")
    return "\n".join(lines)
