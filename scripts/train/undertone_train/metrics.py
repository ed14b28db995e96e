"""How good predictions are, with what certainty."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import softmax

from .corpora import LABELS


@dataclass(frozen=True)
class Predictions:
    """What networks said of clips they were not trained on, a row a clip."""

    speakers: np.ndarray
    targets: np.ndarray
    logits: list[np.ndarray]
    """Logits (windows, labels) of each clip."""

    @classmethod
    def join(cls, parts: list["Predictions"]) -> "Predictions":
        """All folds' predictions as one."""
        return cls(
            np.concatenate([part.speakers for part in parts]),
            np.concatenate([part.targets for part in parts]),
            [logits for part in parts for logits in part.logits],
        )

    def of_speaker(self, speaker: str) -> "Predictions":
        """One speaker's clips."""
        mine = np.flatnonzero(self.speakers == speaker)
        return Predictions(self.speakers[mine], self.targets[mine], [self.logits[i] for i in mine])

    def probabilities(self, temperature: float = 1.0) -> np.ndarray:
        """A clip's probabilities are the mean over its windows', as the program's."""
        return np.stack(
            [softmax(logits / temperature, axis=1).mean(axis=0) for logits in self.logits]
        )

    def confusion(self) -> np.ndarray:
        """Counts, true label by row and predicted label by column."""
        matrix = np.zeros((len(LABELS), len(LABELS)), int)
        np.add.at(matrix, (self.targets, self.probabilities().argmax(axis=1)), 1)
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
    by_speaker = np.stack([predictions.of_speaker(s).confusion() for s in speakers])
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


def negative_log_likelihood(predictions: Predictions, temperature: float) -> float:
    """The mean of -ln p(true label), in nats."""
    rows = predictions.probabilities(temperature)
    chosen = rows[np.arange(len(rows)), predictions.targets]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def fit_temperature(predictions: Predictions) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017)."""
    result = minimize_scalar(
        lambda log: negative_log_likelihood(predictions, float(np.exp(log))),
        bounds=(-2.0, 2.0),
        method="bounded",
    )
    return float(np.exp(result.x))


def calibration_error(predictions: Predictions, temperature: float, bins: int = 15) -> float:
    """The expected calibration error over bins of equal width."""
    rows = predictions.probabilities(temperature)
    confidence, right = rows.max(axis=1), rows.argmax(axis=1) == predictions.targets
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(confidence[place == b].sum() - right[place == b].sum())
        for b in range(bins)
        if (place == b).any()
    ]
    return float(sum(gaps) / len(rows))
