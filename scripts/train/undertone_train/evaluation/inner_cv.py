"""Inner cross-validation: the scores by which configurations are chosen.

The folds are taken in pairs. A network that was trained without either fold of a pair is tested
on both: its score on `a` is an inner score for outer fold `b`, of which it knows nothing, and its
score on `b` is one for `a`. All pairs together give each outer fold a cross-validation over the
others, and each training serves two of them.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import torch

from ..networks.inference import clip_logits
from ..training.config import TrainingConfig
from .experiment import WORKERS, Experiment
from .metrics import uar
from .predictions import Predictions
from .splits import RAVDESS_FOLDS, clips_of

Pair = tuple[int, int]
"""Two folds, the lower number first."""


def rounds(folds: Sequence[int]) -> list[list[Pair]]:
    """Returns every pair of folds, in the rounds of a tournament: each meets each fold once, or
    leaves one out.
    """
    players: list[int | None] = [*folds]
    if len(players) % 2:
        players.append(None)
    found = []
    for _ in range(len(players) - 1):
        half = len(players) // 2
        meetings = zip(players[:half], reversed(players[half:]), strict=True)
        found.append([(min(m), max(m)) for m in meetings if None not in m])
        players = [players[0], players[-1], *players[1:-1]]
    return found


def pairs(folds: Sequence[int]) -> list[Pair]:
    """Returns every pair of folds."""
    return [pair for one in rounds(folds) for pair in one]


def pair_predictions(
    experiment: Experiment, config: TrainingConfig, pair: Pair, seed: int
) -> Predictions:
    """Returns the predictions for a pair's clips by a network trained without them.

    It is trained when first asked for; the logits are stored.
    """
    folder = experiment.work / "inner" / config.key()
    path = folder / f"{pair[0] + 1}{pair[1] + 1}-{seed}.npz"
    clips = clips_of(experiment.clips, pair)
    if not path.exists():
        torch.set_num_threads(1)
        rest = [number for number in experiment.folds() if number not in pair]
        network = experiment.fit(clips_of(experiment.clips, rest), config, seed)
        logits = [clip_logits(network, clip, experiment.cache) for clip in clips]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.txt").write_text(config.text() + "\n")
        np.savez(path, **{clip.name: rows for clip, rows in zip(clips, logits, strict=True)})
    with np.load(path) as stored:
        return Predictions.of(clips, [stored[clip.name] for clip in clips])


def train(experiment: Experiment, config: TrainingConfig, pairs: Sequence[Pair], seed: int) -> None:
    """Trains the networks of several pairs side by side."""
    with ProcessPoolExecutor(WORKERS) as pool:
        list(pool.map(partial(pair_predictions, experiment, config, seed=seed), pairs))


def inner_predictions(
    experiment: Experiment, config: TrainingConfig, pair: Pair, outer: int, seed: int
) -> Predictions:
    """Returns the predictions for the fold of a pair that is not the outer one."""
    (inner,) = set(pair) - {outer}
    return pair_predictions(experiment, config, pair, seed).of_speakers(RAVDESS_FOLDS[inner])


def inner_score(
    experiment: Experiment, config: TrainingConfig, pair: Pair, outer: int, seed: int
) -> float:
    """Returns the UAR of the inner predictions."""
    return uar(inner_predictions(experiment, config, pair, outer, seed).confusion())
