"""How sure a decision may be: by how much speech there is, and how much of the voice is known.

    temperature * (1 + little_speech (1 - min(speech, ENOUGH) / ENOUGH)) * (1 + unknown_voice (1 - share))

divides the logits. The three numbers are fitted by likelihood on what networks say of speakers and
corpora that they were not trained on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from .outcome import Judged

ENOUGH = 100
"""Loud frames of a window that are plenty: 1.6 s."""


@dataclass(frozen=True)
class Calibration:
    """The three numbers."""

    temperature: float
    little_speech: float
    unknown_voice: float

    def temperatures(self, speech: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """Returns the divisors of windows' logits, (windows,)."""
        little = 1.0 - np.minimum(speech, ENOUGH) / ENOUGH
        unknown = 1.0 - shares
        of_speech, of_voice = 1.0 + self.little_speech * little, 1.0 + self.unknown_voice * unknown
        return self.temperature * of_speech * of_voice

    def probabilities(self, judged: Judged) -> np.ndarray:
        """Returns the probabilities (windows, labels)."""
        divisors = self.temperatures(judged.speech, judged.shares)
        return softmax(judged.logits / divisors[:, None], axis=1)


def fit(parts: Sequence[tuple[Judged, float]]) -> Calibration:
    """Returns the calibration of the greatest likelihood for judged windows with weights."""
    logits = np.concatenate([judged.logits for judged, _ in parts])
    speech = np.concatenate([judged.speech for judged, _ in parts])
    shares = np.concatenate([judged.shares for judged, _ in parts])
    targets = np.concatenate([judged.targets for judged, _ in parts])
    weights = np.concatenate([np.full(len(j.targets), w / len(j.targets)) for j, w in parts])
    places = np.arange(len(targets))

    def loss(logarithms: np.ndarray) -> float:
        divisors = _of(logarithms).temperatures(speech, shares)[:, None]
        chosen = log_softmax(logits / divisors, axis=1)[places, targets]
        # One surprise must not decide everything.
        return float(-(weights * np.maximum(chosen, -5.0)).sum() / weights.sum())

    found = minimize(loss, np.zeros(3), method="Nelder-Mead", options={"maxiter": 200})
    return _of(found.x)


def _of(logarithms: np.ndarray) -> Calibration:
    temperature, little, unknown = np.exp(np.clip(logarithms, -4.0, 3.0))
    return Calibration(float(temperature), float(little), float(unknown))


def threshold(
    parts: Sequence[tuple[Judged, float]], calibration: Calibration, right: float
) -> float:
    """Returns the least confidence from which on at least this share of windows is right."""
    confidence, hit, weights = [], [], []
    for judged, weight in parts:
        probabilities = calibration.probabilities(judged)
        confidence.append(probabilities.max(axis=1))
        hit.append(probabilities.argmax(axis=1) == judged.targets)
        weights.append(np.full(len(judged.targets), weight / len(judged.targets)))
    confidence, hit, weights = (np.concatenate(p) for p in (confidence, hit, weights))
    for least in np.arange(0.30, 0.96, 0.01):
        named = weights * (confidence >= least)
        if named.sum() > 0.0 and (named * hit).sum() >= right * named.sum():
            return float(least)
    return 0.95
