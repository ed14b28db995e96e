"""Who is trained on and who is tested, for choosing and for reporting.

Choosing looks at inner folds only: a recipe's score for outer fold `o` comes
from networks trained and validated without the speakers of `o`. Reporting
looks at each outer fold once and leaves a line in docs/outer-log.csv.
"""

import csv
import datetime
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from . import folds
from .corpora import Clip
from .features import FeatureCache
from .fit import Recipe, fit, logits_of
from .metrics import Predictions, accuracy, uar
from .network import CnnBiLstm

WORKERS = 2


def predict(network: CnnBiLstm, clips: list[Clip], cache: FeatureCache) -> Predictions:
    """The network's logits for each window of each clip."""
    frames = cache.variant(0)
    return Predictions(
        np.array([clip.speaker for clip in clips]),
        np.array([clip.target for clip in clips]),
        [logits_of(network, clip, frames) for clip in clips],
    )


def inner_scores(
    clips: list[Clip], cache: FeatureCache, recipe: Recipe, seed: int
) -> dict[int, float]:
    """The recipe's inner UAR for each outer fold.

    The folds are taken in pairs. A network trained without either of a pair
    is validated on each: on `a` for outer fold `b`, and on `b` for `a`.
    """
    present = folds.present(clips)
    pairs = list(zip(present[::2], present[1::2], strict=True))
    jobs = [(clips, cache, recipe, seed, pair, present) for pair in pairs]
    scores = {}
    with ProcessPoolExecutor(WORKERS) as pool:
        for (a, b), (uar_a, uar_b) in zip(pairs, pool.map(_inner_job, jobs), strict=True):
            scores[b], scores[a] = uar_a, uar_b
    return scores


def _inner_job(job: tuple) -> tuple[float, float]:
    clips, cache, recipe, seed, (a, b), present = job
    torch.set_num_threads(1)
    train = [number for number in present if number not in (a, b)]
    network = fit(folds.without(clips, a, train).train, cache, recipe, seed)
    results = []
    for number in (a, b):
        test = folds.without(clips, number, train).test
        results.append(uar(predict(network, test, cache).confusion()))
    return results[0], results[1]


def outer_predictions(
    clips: list[Clip], cache: FeatureCache, recipes: dict[int, Recipe], seed: int, log: Path
) -> list[Predictions]:
    """Trains on all but one outer fold and tests on that one, for each."""
    splits = list(folds.outer(clips))
    jobs = [(split, cache, recipes[split.fold], seed) for split in splits]
    parts = []
    with ProcessPoolExecutor(WORKERS) as pool:
        for split, part in zip(splits, pool.map(_outer_job, jobs), strict=True):
            append_log(log, split.fold, recipes[split.fold], seed, part)
            print(f"fold {split.fold + 1}: UAR {uar(part.confusion()):.3f}", flush=True)
            parts.append(part)
    return parts


def _outer_job(job: tuple) -> Predictions:
    split, cache, recipe, seed = job
    torch.set_num_threads(1)
    return predict(fit(split.train, cache, recipe, seed), split.test, cache)


def append_log(log: Path, fold: int, recipe: Recipe, seed: int, part: Predictions) -> None:
    """Every look at an outer fold leaves a line."""
    new = not log.exists()
    with log.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["time", "fold", "seed", "clips", "uar", "accuracy", "recipe"])
        confusion = part.confusion()
        writer.writerow(
            [
                datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                fold + 1,
                seed,
                len(part.targets),
                f"{uar(confusion):.4f}",
                f"{accuracy(confusion):.4f}",
                ";".join(f"{key}={value}" for key, value in asdict(recipe).items()),
            ]
        )
