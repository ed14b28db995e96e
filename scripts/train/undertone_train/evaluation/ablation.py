"""What each part of a training brings: inner scores with one thing changed at a time.

Scores are means over the folds' inner speakers in the first round of pairs, one
network a pair; their standard deviation over seeds is about 0.015.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np

from ..training.config import Recipe
from .inner_cv import WORKERS, Laboratory, Pair
from .search import JUDGE, SEED

PLAIN = Recipe(epochs=40, judge=JUDGE)

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
    "without the judge of statistics": {"judge": 0.0},
    "with mixup": {"mixup": 0.2},
    "with stretching in time": {"stretch": 0.1},
    "without averaging weights": {"averaging": 0.0},
    "without label smoothing": {"label_smoothing": 0.0},
    "without CREMA-D": {"crema": "none"},
    "CREMA-D at the same time, not before": {"crema": "joint"},
}


def ablate(laboratory: Laboratory) -> dict[str, float]:
    """The mean inner UAR of the plain recipe, by what is changed about it."""
    recipes = {name: replace(PLAIN, **changes) for name, changes in CHANGES.items()}
    pairs = laboratory.rungs()[0]
    jobs = [(laboratory, recipe, pair) for recipe in recipes.values() for pair in pairs]
    with ProcessPoolExecutor(WORKERS) as pool:
        scores = list(pool.map(_scores, jobs))
    found = {}
    for index, name in enumerate(recipes):
        mine = scores[index * len(pairs) : (index + 1) * len(pairs)]
        found[name] = float(np.mean([score for pair in mine for score in pair]))
    return found


def _scores(job: tuple[Laboratory, Recipe, Pair]) -> list[float]:
    laboratory, recipe, pair = job
    return [laboratory.score(recipe, pair, outer, SEED) for outer in pair]
