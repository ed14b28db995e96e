"""Calibration: how well confidences match the share of clips that are right.

Probabilities are (clips, labels), targets the indices of true labels, (clips,).
"""

import numpy as np
from scipy.optimize import minimize_scalar

from .predictions import Predictions


def negative_log_likelihood(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """Returns the mean of -ln p(true label), in nats."""
    chosen = probabilities[np.arange(len(targets)), targets]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def fit_temperature(predictions: Predictions) -> float:
    """Returns the temperature with the least negative log-likelihood (Guo et al. 2017)."""

    def loss(log_temperature: float) -> float:
        rows = predictions.probabilities(float(np.exp(log_temperature)))
        return negative_log_likelihood(rows, predictions.targets)

    result = minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded")
    return float(np.exp(result.x))


def calibration_error(probabilities: np.ndarray, targets: np.ndarray, bins: int = 15) -> float:
    """Returns the expected calibration error over bins of equal width (Guo et al. 2017), less the
    error that a perfectly calibrated classifier of the same confidences has at this number of
    clips.
    """
    confidence = probabilities.max(axis=1)
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)

    def error(right: np.ndarray) -> float:
        gaps = np.bincount(bin_of, confidence - right, minlength=bins)
        return float(np.abs(gaps).sum() / len(right))

    rng = np.random.default_rng(0)
    perfect = [error(rng.random(len(confidence)) < confidence) for _ in range(200)]
    return max(0.0, error(probabilities.argmax(axis=1) == targets) - float(np.mean(perfect)))


def coverage(probabilities: np.ndarray, targets: np.ndarray) -> list[tuple[float, float, float]]:
    """Returns, for thresholds of confidence, the threshold, the share of clips at or above it, and
    the accuracy among those.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == targets
    rows = []
    for threshold in np.arange(20) / 20:
        covered = confidence >= threshold
        if covered.any():
            rows.append((float(threshold), float(covered.mean()), float(right[covered].mean())))
    return rows


def threshold_for(probabilities: np.ndarray, targets: np.ndarray, error: float) -> float:
    """Returns the least threshold of confidence above which at most this share of clips is wrong."""
    fitting = [t for t, _, correct in coverage(probabilities, targets) if 1.0 - correct <= error]
    return min(fitting, default=1.0)
