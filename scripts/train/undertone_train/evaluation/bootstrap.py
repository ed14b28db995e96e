"""Confidence intervals by bootstrap over speakers."""

from collections.abc import Sequence

import numpy as np

from .metrics import uar
from .predictions import Predictions

PERCENTILES = (2.5, 97.5)


def speaker_interval(seeds: Sequence[Predictions], draws: int = 2000) -> tuple[float, float]:
    """Returns the 95 % interval of the UAR, the mean over seeds."""
    rng = np.random.default_rng(0)
    speakers = np.unique(seeds[0].speakers)
    matrices = [by_speaker(one, speakers) for one in seeds]
    chosen = rng.integers(0, len(speakers), (draws, len(speakers)))
    scores = [np.mean([uar(m[draw].sum(axis=0)) for m in matrices]) for draw in chosen]
    low, high = np.percentile(scores, PERCENTILES)
    return float(low), float(high)


def paired_bootstrap(
    ours: Sequence[Predictions], theirs: Predictions, draws: int = 10_000
) -> tuple[float, float, float, float]:
    """Compares our UAR (the mean over seeds) with theirs on the same clips.

    Returns the difference, its 95 % interval, and the share of draws in which it is not above zero.
    """
    rng = np.random.default_rng(0)
    speakers = np.unique(theirs.speakers)
    chosen = rng.integers(0, len(speakers), (draws, len(speakers)))

    def scores(predictions: Predictions) -> np.ndarray:
        matrices = by_speaker(predictions, speakers)
        return np.array(
            [uar(matrices.sum(axis=0)), *(uar(matrices[d].sum(axis=0)) for d in chosen)]
        )

    difference = np.mean([scores(one) for one in ours], axis=0) - scores(theirs)
    low, high = np.percentile(difference[1:], PERCENTILES)
    share = float(np.mean(difference[1:] <= 0.0))
    return float(difference[0]), float(low), float(high), share


def by_speaker(predictions: Predictions, speakers: Sequence[str]) -> np.ndarray:
    """Returns each speaker's confusion matrix, (speakers, labels, labels)."""
    return np.stack([predictions.of_speakers([s]).confusion() for s in speakers])
