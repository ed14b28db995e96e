"""Ablation: inner scores with one part of the training changed at a time.

Scores are means over the folds' inner speakers in the first round of pairs, one network a pair;
their standard deviation over seeds is about 0.015.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from ..training.config import TrainingConfig
from .experiment import WORKERS, Experiment
from .inner_cv import Pair, inner_score, rounds
from .search import FUNCTIONALS, SEED

PLAIN = TrainingConfig(epochs=40, functionals=FUNCTIONALS)

CHANGES: dict[str, dict] = {
    "nothing": {},
    **{
        f"without augmentation by {kind}": {"kinds": tuple(k for k in PLAIN.kinds if k != kind)}
        for kind in PLAIN.kinds
        if kind != "clean"
    },
    "without any variant of recordings": {"kinds": ("clean",)},
    "without vocal-tract warping": {"warp": 0.0},
    "without masks (SpecAugment)": {"time_masks": 0, "band_masks": 0},
    "without the functionals": {"functionals": 0.0},
    "with mixup": {"mixup": 0.2},
    "with stretching in time": {"stretch": 0.1},
    "without averaging weights": {"averaging": 0.0},
    "without label smoothing": {"label_smoothing": 0.0},
    "without CREMA-D": {"crema": "none"},
    "CREMA-D at the same time, not before": {"crema": "joint"},
}


@dataclass(frozen=True)
class Ablation:
    """The mean inner UAR of the plain configuration, by the change that was made to it."""

    scores: dict[str, float]


def ablate(experiment: Experiment) -> Ablation:
    """Trains the plain configuration with each of CHANGES, and returns the scores."""
    configs = {name: replace(PLAIN, **changes) for name, changes in CHANGES.items()}
    pairs = rounds(experiment.folds())[0]
    jobs = [(experiment, config, pair) for config in configs.values() for pair in pairs]
    with ProcessPoolExecutor(WORKERS) as pool:
        scores = list(pool.map(_scores, jobs))
    found = {}
    for index, name in enumerate(configs):
        mine = scores[index * len(pairs) : (index + 1) * len(pairs)]
        found[name] = float(np.mean([score for pair in mine for score in pair]))
    return Ablation(found)


def _scores(job: tuple[Experiment, TrainingConfig, Pair]) -> list[float]:
    experiment, config, pair = job
    return [inner_score(experiment, config, pair, outer, SEED) for outer in pair]
