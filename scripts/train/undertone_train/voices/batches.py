"""Batches of voices: some windows of each of several speakers, of the corpora by turns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..data.corpora import LABELS, Clip
from ..data.features import BANDS, Frames
from ..data.spec_augment import mask
from ..data.windows import WINDOW, random_window, to_cells
from ..training.loss import soft_targets
from .fragments import fragment
from .recipe import Recipe

KNOTS = 9
"""Points of the smooth curve that is added to a voice's spectrum."""


@dataclass(frozen=True)
class Material:
    """One corpus to train on: clips, and the variants of their frames."""

    clips: Sequence[Clip]
    variants: Sequence[Frames]

    def voices(self) -> list[np.ndarray]:
        """Returns the places of each speaker's clips."""
        speakers = np.array([clip.speaker for clip in self.clips])
        return [np.flatnonzero(speakers == one) for one in np.unique(speakers)]


@dataclass(frozen=True)
class VoiceBatch:
    """Windows in groups of `members` of one voice, in one room through one microphone."""

    x: Tensor
    """(batch, 1, WINDOW, WIDTH)"""
    targets: Tensor
    """The share of each label, (batch, labels)."""
    own: Tensor
    """The labels that are right or wrong in each window's corpus, (batch, labels)."""
    calm: Tensor
    """True of neutral and calm speech, (batch,)."""


class _Source:
    """One corpus, drawn from by voice and label."""

    def __init__(self, material: Material, recipe: Recipe) -> None:
        self.material, self.recipe = material, recipe
        self.targets = soft_targets(material.clips, recipe.votes).numpy()
        labels = np.array([clip.target for clip in material.clips])
        self.calm = np.array([clip.is_calm for clip in material.clips])
        self.own = own_labels(material.clips)
        self.voices = []
        for places in material.voices():
            rarity = 1.0 / np.bincount(labels[places], minlength=len(self.own))[labels[places]]
            self.voices.append((places, rarity / rarity.sum()))

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Returns windows of one voice, (members, WINDOW, WIDTH), and the places of their clips.

        Each label is as likely as the others, and no clip is there twice.
        """
        places, chances = self.voices[rng.integers(len(self.voices))]
        count = min(self.recipe.members, len(places))
        chosen = np.resize(rng.choice(places, count, replace=False, p=chances), self.recipe.members)
        frames = self.material.variants[rng.integers(len(self.material.variants))]
        curve = _curve(self.recipe, rng)
        windows = [self._window(frames[self.material.clips[p].name], curve, rng) for p in chosen]
        return np.stack(windows), chosen

    def _window(
        self, frames: np.ndarray, curve: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        frames = frames.copy()
        frames[:, :BANDS] += curve
        if rng.random() < self.recipe.fragments:
            return to_cells(fragment(frames, rng))
        return random_window(frames, 0.0, rng)


def own_labels(clips: Sequence[Clip]) -> np.ndarray:
    """Returns which labels are right or wrong in a corpus, (labels,): its own, and `calm`.

    `calm` is a shade of neutral that RAVDESS alone tells apart. Where a corpus calls calm speech neutral,
    it is a wrong answer; otherwise it would compete in RAVDESS alone, and would be heard in any
    recording that sounds unlike the other corpora.
    """
    own = {*clips[0].labels, "calm"}
    return np.array([label in own for label in LABELS])


def batches(
    materials: Sequence[Material], recipe: Recipe, rng: np.random.Generator
) -> Iterator[VoiceBatch]:
    """Yields batches without end; corpora take turns, so that they weigh alike."""
    sources = [_Source(material, recipe) for material in materials]
    turn = 0
    while True:
        windows, targets, own, calm = [], [], [], []
        for _ in range(recipe.voices):
            source = sources[turn % len(sources)]
            turn += 1
            drawn, places = source.draw(rng)
            windows.append(drawn)
            targets.append(source.targets[places])
            own.append(np.repeat(source.own[None], recipe.members, axis=0))
            calm.append(source.calm[places])
        cells = torch.from_numpy(np.concatenate(windows)[:, None])
        levels = _warp(cells[..., :BANDS], recipe, rng)
        levels = mask(levels, recipe.masks, recipe.masks, rng)
        yield VoiceBatch(
            torch.cat([levels, cells[..., BANDS:]], dim=3),
            *(torch.from_numpy(np.concatenate(part)) for part in (targets, own, calm)),
        )


def _curve(recipe: Recipe, rng: np.random.Generator) -> np.ndarray:
    """Returns what a microphone adds to each band in dB, (BANDS,)."""
    knots = rng.normal(0.0, recipe.ripple_db, KNOTS)
    smooth = np.interp(np.arange(BANDS), np.linspace(0, BANDS - 1, KNOTS), knots)
    tilt = rng.uniform(-recipe.tilt_db, recipe.tilt_db) * np.linspace(-0.5, 0.5, BANDS)
    return (smooth + tilt).astype(np.float32)


def _warp(levels: Tensor, recipe: Recipe, rng: np.random.Generator) -> Tensor:
    """Warps the mel axis by one factor a voice, as another length of the vocal tract does."""
    factors = rng.uniform(1 - recipe.warp, 1 + recipe.warp, recipe.voices)
    position = np.minimum(
        np.arange(BANDS) * np.repeat(factors, recipe.members)[:, None], BANDS - 1.001
    )
    low = torch.from_numpy(position.astype(np.int64))[:, None, None, :].expand(-1, 1, WINDOW, -1)
    share = torch.from_numpy(position % 1.0).float()[:, None, None, :]
    return levels.gather(3, low) * (1 - share) + levels.gather(3, low + 1) * share
