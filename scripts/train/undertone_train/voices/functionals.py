"""The classifier of functionals against baselines.

It is linear, and fitted by itself, after the network; its rows are added to the network's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..data.corpora import LABELS
from ..data.windows import clip_windows, to_cells
from ..networks import CnnBiLstm
from ..networks.functionals import functionals, needs_pitch
from ..training.loss import soft_targets
from .batches import Material, own_labels
from .fragments import clip_means, fragment
from .loss import PRIOR_WINDOWS, own_cross_entropy
from .recipe import Recipe

STEPS, BATCH, RATE = 900, 384, 0.01
PITCHLESS = 0.2
"""The share of examples whose pitch is hidden, as it is in corpora without sound."""
FRAGMENTS = 0.5
"""The weight of windows with little speech."""
LIMIT = 4.0
"""Functionals are clipped to so many deviations."""
MOST = 40
"""The most clips that a baseline is learned from."""


@dataclass
class _Table:
    """The functionals of one variant of a corpus, and baselines to judge them against."""

    rows: np.ndarray
    """(windows, functionals)"""
    clip: np.ndarray
    """The place of each window's clip."""
    fragment: np.ndarray
    """True of windows with little speech."""
    material: Material

    def standardised(self, mean: np.ndarray, deviation: np.ndarray, known: np.ndarray) -> "_Table":
        rows = np.where(known, (self.rows - mean) / deviation, 0.0)
        rows = np.clip(rows, -LIMIT, LIMIT).astype(np.float32)
        return _Table(rows, self.clip, self.fragment, self.material)

    def of_clips(self) -> np.ndarray:
        """Returns the mean functionals of each clip's whole windows, (clips, functionals)."""
        return clip_means(self.rows, self.clip, self.fragment, len(self.material.clips))


@torch.no_grad()
def fit_functionals(
    network: CnnBiLstm,
    materials: Sequence[Material],
    soundless: Sequence[Material],
    recipe: Recipe,
) -> None:
    """Fits a network's classifier to windows of all corpora, each against a random amount of its speaker's
    other speech, by cross-entropy over each corpus's own labels with an L2 penalty.
    """
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    corpora = [_tables(material, rng) for material in [*materials, *soundless]]
    pitched = needs_pitch().numpy()
    mean, deviation = _standard([tables[0] for tables in corpora[: len(materials)]])
    everything = np.ones(len(mean), bool)
    sources = [
        [_Source(table.standardised(mean, deviation, known), recipe, rng) for table in tables]
        for tables, known in zip(
            corpora,
            [everything] * len(materials) + [~pitched] * len(soundless),
            strict=True,
        )
    ]
    weight, biases = _regress(sources, torch.from_numpy(pitched), recipe, rng)
    weight, biases = (recipe.functionals_weight * part.numpy() for part in (weight, biases))
    weight = weight.reshape(2 * len(LABELS), -1) / deviation
    # The offset of the relative rows has a place of its own: in them a constant cancels.
    bias = np.concatenate([biases[0], 0.0 * biases[1]]) - weight @ mean
    network.functionals.weight.copy_(torch.from_numpy(weight))
    network.functionals.bias.copy_(torch.from_numpy(bias))
    network.offset.add_(torch.from_numpy(biases[1]))


def _tables(material: Material, rng: np.random.Generator) -> list[_Table]:
    tables = []
    for frames in material.variants:
        parts, clips, little = [], [], []
        for place, clip in enumerate(material.clips):
            own = frames[clip.name]
            windows = [*clip_windows(own), to_cells(fragment(own, rng))]
            parts.append(functionals(torch.from_numpy(np.stack(windows))[:, None]).numpy())
            clips += [place] * len(windows)
            little += [False] * (len(windows) - 1) + [True]
        tables.append(_Table(np.concatenate(parts), np.array(clips), np.array(little), material))
    return tables


def _standard(tables: Sequence[_Table]) -> tuple[np.ndarray, np.ndarray]:
    """Returns means and deviations over corpora that weigh alike."""
    means = np.mean([t.rows[~t.fragment].mean(axis=0) for t in tables], axis=0)
    squares = np.mean([(t.rows[~t.fragment] ** 2).mean(axis=0) for t in tables], axis=0)
    return means, np.sqrt(np.maximum(squares - means**2, 1e-8)) + 1e-6


class _Source:
    """Examples of one table, each with a baseline of other clips of its speaker."""

    def __init__(self, table: _Table, recipe: Recipe, rng: np.random.Generator) -> None:
        clips = table.material.clips
        self.table, self.recipe = table, recipe
        self.targets = soft_targets(clips, recipe.votes).numpy()
        self.own = torch.from_numpy(own_labels(clips))[None]
        labels = np.array([clip.target for clip in clips])
        counts = np.bincount(labels, minlength=len(LABELS))
        chance = 1.0 / counts[labels[table.clip]] * np.where(table.fragment, FRAGMENTS, 1.0)
        self.chance = np.cumsum(chance / chance.sum())
        self.vectors = table.of_clips()
        self.calm = np.array([clip.is_calm for clip in clips])
        self.speaker = np.unique([clip.speaker for clip in clips], return_inverse=True)[1]
        self.pool = self._pool(rng)

    def draw(self, count: int, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Returns windows, baselines and their shares, targets and own labels."""
        rows = torch.from_numpy(rng.integers(len(self.pool[0]), size=count))
        return (*(part[rows] for part in self.pool), self.own.expand(count, -1))

    def _pool(self, rng: np.random.Generator) -> list[Tensor]:
        """Draws as many examples as there are windows, of all labels alike."""
        count = min(len(self.chance), 12_000)
        rows = np.searchsorted(self.chance, rng.random(count)).clip(max=len(self.chance) - 1)
        clips = self.table.clip[rows]
        means = np.zeros((count, self.vectors.shape[1]), np.float32)
        shares = np.zeros((count, 1), np.float32)
        for speaker in np.unique(self.speaker):
            mine = np.flatnonzero(self.speaker[clips] == speaker)
            means[mine], shares[mine] = self._baselines(clips[mine], speaker, rng)
        parts = (self.table.rows[rows], means, shares, self.targets[clips])
        return [torch.from_numpy(part.astype(np.float32)) for part in parts]

    def _baselines(
        self, clips: np.ndarray, speaker: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        every = np.flatnonzero(self.speaker == speaker)
        calm = self.calm[every]
        sizes = np.exp(rng.uniform(0.0, np.log(MOST + 1), len(clips))).astype(int)
        sizes[rng.random(len(clips)) < self.recipe.unknown] = 0
        order = rng.random((len(clips), len(every)))
        order[every[None] == clips[:, None]] = np.inf
        if calm.sum() > 1:
            calmly = rng.random(len(clips)) < self.recipe.calm
            order[calmly[:, None] & ~calm[None]] = np.inf
        ranks = order.argsort(axis=1).argsort(axis=1)
        taken = (ranks < sizes[:, None]) & np.isfinite(order)
        number = taken.sum(axis=1, keepdims=True)
        means = taken.astype(np.float32) @ self.vectors[every] / np.maximum(number, 1)
        return means, number / (number + PRIOR_WINDOWS)


@torch.enable_grad()
def _regress(
    sources: Sequence[Sequence[_Source]],
    pitched: Tensor,
    recipe: Recipe,
    rng: np.random.Generator,
) -> tuple[Tensor, Tensor]:
    """Returns weights (2, labels, functionals) and biases (2, labels): absolute, relative."""
    weight = torch.zeros(2, len(LABELS), len(pitched), requires_grad=True)
    bias = torch.zeros(2, len(LABELS), requires_grad=True)
    optimizer = torch.optim.Adam([weight, bias], RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, STEPS)
    share = BATCH // len(sources)
    for _ in range(STEPS):
        loss = recipe.functionals_decay * (weight**2).sum()
        for variants in sources:
            x, mean, known, targets, own = variants[rng.integers(len(variants))].draw(share, rng)
            blind = torch.from_numpy(rng.random(share) < PITCHLESS)[:, None] & pitched
            x, mean = x.masked_fill(blind, 0.0), mean.masked_fill(blind, 0.0)
            absolute, relative = x @ weight[0].T + bias[0], (x - mean) @ weight[1].T + bias[1]
            logits = (1 - known) * absolute + known * relative
            loss = loss + own_cross_entropy(logits, targets, own, 0.0) / len(sources)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return weight.detach(), bias.detach()
