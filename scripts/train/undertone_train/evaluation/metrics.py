"""How good predictions are, with what certainty."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import softmax

from ..data.corpora import LABELS, Clip


@dataclass(frozen=True)
class Predictions:
    """What networks said of clips they were not trained on, a row a clip."""

    speakers: np.ndarray
    targets: np.ndarray
    logits: list[np.ndarray]
    """Logits (windows, labels) of each clip."""

    @classmethod
    def of(cls, clips: Sequence[Clip], logits: list[np.ndarray]) -> "Predictions":
        """What was said of clips."""
        speakers = np.array([clip.speaker for clip in clips])
        return cls(speakers, np.array([clip.target for clip in clips]), logits)

    @classmethod
    def join(cls, parts: list["Predictions"]) -> "Predictions":
        """All folds' predictions as one."""
        return cls(
            np.concatenate([part.speakers for part in parts]),
            np.concatenate([part.targets for part in parts]),
            [logits for part in parts for logits in part.logits],
        )

    def of_speakers(self, speakers: Collection[str]) -> "Predictions":
        """Some speakers' clips."""
        mine = np.flatnonzero(np.isin(self.speakers, list(speakers)))
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


def speaker_interval(seeds: Sequence[Predictions], draws: int = 2000) -> tuple[float, float]:
    """The 95 % interval of the UAR, the mean over seeds, by bootstrap over speakers."""
    rng = np.random.default_rng(0)
    speakers = np.unique(seeds[0].speakers)
    matrices = [by_speaker(said, speakers) for said in seeds]
    chosen = rng.integers(0, len(speakers), (draws, len(speakers)))
    scores = [np.mean([uar(m[draw].sum(axis=0)) for m in matrices]) for draw in chosen]
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


def negative_log_likelihood(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """The mean of -ln p(true label), in nats."""
    chosen = probabilities[np.arange(len(targets)), targets]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def fit_temperature(predictions: Predictions) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017)."""

    def loss(log: float) -> float:
        rows = predictions.probabilities(float(np.exp(log)))
        return negative_log_likelihood(rows, predictions.targets)

    result = minimize_scalar(
        loss,
        bounds=(-2.0, 2.0),
        method="bounded",
    )
    return float(np.exp(result.x))


def calibration_error(probabilities: np.ndarray, targets: np.ndarray, bins: int = 15) -> float:
    """The expected calibration error over bins of equal width (Guo et al. 2017), less what a
    perfectly calibrated classifier of the same confidences shows at this number of clips.
    """
    confidence = probabilities.max(axis=1)
    place = np.minimum((confidence * bins).astype(int), bins - 1)

    def error(right: np.ndarray) -> float:
        gaps = np.bincount(place, confidence - right, minlength=bins)
        return float(np.abs(gaps).sum() / len(right))

    rng = np.random.default_rng(0)
    perfect = [error(rng.random(len(confidence)) < confidence) for _ in range(200)]
    return max(0.0, error(probabilities.argmax(axis=1) == targets) - float(np.mean(perfect)))


def coverage(probabilities: np.ndarray, targets: np.ndarray) -> list[tuple[float, float, float]]:
    """For thresholds of confidence: the threshold, the share of clips at or above it, and the
    accuracy among those.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == targets
    rows = []
    for threshold in np.arange(20) / 20:
        kept = confidence >= threshold
        if kept.any():
            rows.append((float(threshold), float(kept.mean()), float(right[kept].mean())))
    return rows


def threshold_for(probabilities: np.ndarray, targets: np.ndarray, error: float) -> float:
    """The least threshold of confidence above which at most this share of clips is wrong."""
    fitting = [t for t, _, correct in coverage(probabilities, targets) if 1.0 - correct <= error]
    return min(fitting, default=1.0)


def paired_bootstrap(
    ours: Sequence[Predictions], theirs: Predictions, draws: int = 10_000
) -> tuple[float, float, float, float]:
    """How much larger our UAR is (the mean over seeds) than theirs on the same clips: the
    difference, its 95 % interval over speakers, and the share of draws in which it is not
    above zero.
    """
    rng = np.random.default_rng(0)
    speakers = np.unique(theirs.speakers)
    chosen = rng.integers(0, len(speakers), (draws, len(speakers)))

    def scores(said: Predictions) -> np.ndarray:
        matrices = by_speaker(said, speakers)
        return np.array(
            [uar(matrices.sum(axis=0)), *(uar(matrices[d].sum(axis=0)) for d in chosen)]
        )

    difference = np.mean([scores(one) for one in ours], axis=0) - scores(theirs)
    low, high = np.percentile(difference[1:], [2.5, 97.5])
    share = float(np.mean(difference[1:] <= 0.0))
    return float(difference[0]), float(low), float(high), share


def by_speaker(predictions: Predictions, speakers: Sequence[str]) -> np.ndarray:
    """Each speaker's confusion matrix."""
    return np.stack([predictions.of_speakers([s]).confusion() for s in speakers])
