"""What inner speakers say of a recipe.

The folds are taken in pairs. A network that was trained without either fold of
a pair is tested on both: what it says of `a` is an inner score for outer fold
`b`, of which it knows nothing, and what it says of `b` is one for `a`. All
pairs together give each outer fold a cross-validation over the others, and
each training serves two of them.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from ..data.corpora import Clip
from ..data.features import FeatureCache
from ..networks import Network
from ..training.config import Recipe
from ..training.loop import OtherCorpus, fit, logits_of
from . import splits as folds
from .metrics import Predictions, uar

Pair = tuple[int, int]
WORKERS = 2
"""Trainings side by side, each on one core."""


@dataclass(frozen=True)
class Laboratory:
    """The data, and where the trainings on parts of it are kept."""

    clips: Sequence[Clip]
    cache: FeatureCache
    other: OtherCorpus | None
    work: Path
    more: Sequence[Clip] = ()
    """Of other corpora: always trained on, never tested."""

    def folds(self) -> list[int]:
        """Numbers of the folds in the data."""
        return folds.present(self.clips)

    def rungs(self) -> list[list[Pair]]:
        """Every pair of folds, in rounds that meet each fold once (or leave one out), as the
        rounds of a tournament.
        """
        players: list[int | None] = [*self.folds()]
        if len(players) % 2:
            players.append(None)
        rounds = []
        for _ in range(len(players) - 1):
            half = len(players) // 2
            meetings = zip(players[:half], reversed(players[half:]), strict=True)
            rounds.append([(min(m), max(m)) for m in meetings if None not in m])
            players = [players[0], players[-1], *players[1:-1]]
        return rounds

    def pairs(self) -> list[Pair]:
        """Every pair of folds."""
        return [pair for rung in self.rungs() for pair in rung]

    def predictions(self, recipe: Recipe, pair: Pair, seed: int) -> Predictions:
        """What a network trained without the pair says of it; trained when first asked for."""
        path = self.work / "inner" / recipe.key() / f"{pair[0] + 1}{pair[1] + 1}-{seed}.npz"
        clips = folds.members(self.clips, pair)
        if not path.exists():
            torch.set_num_threads(1)
            rest = [number for number in self.folds() if number not in pair]
            network = self.fit(folds.members(self.clips, rest), recipe, seed)
            logits = [logits_of(network, clip, self.cache) for clip in clips]
            path.parent.mkdir(parents=True, exist_ok=True)
            (path.parent / "recipe.txt").write_text(recipe.text() + "\n")
            np.savez(path, **{clip.name: rows for clip, rows in zip(clips, logits, strict=True)})
        with np.load(path) as kept:
            return Predictions.of(clips, [kept[clip.name] for clip in clips])

    def fit(self, clips: Sequence[Clip], recipe: Recipe, seed: int) -> Network:
        """A network trained on some clips, and on those that always are."""
        return fit([*clips, *self.more], self.cache, recipe, seed, other=self.other)

    def train(self, recipe: Recipe, pairs: Sequence[Pair], seed: int) -> None:
        """Trains what is asked for later, side by side."""
        with ProcessPoolExecutor(WORKERS) as pool:
            list(pool.map(partial(self.predictions, recipe, seed=seed), pairs))

    def inner_predictions(self, recipe: Recipe, pair: Pair, outer: int, seed: int) -> Predictions:
        """What it says of the inner fold of a pair, when `outer`, the other, is the outer one."""
        (inner,) = set(pair) - {outer}
        return self.predictions(recipe, pair, seed).of_speakers(folds.RAVDESS_FOLDS[inner])

    def score(self, recipe: Recipe, pair: Pair, outer: int, seed: int) -> float:
        """The UAR of that."""
        return uar(self.inner_predictions(recipe, pair, outer, seed).confusion())
