"""The loss of a batch of voices, each window against a baseline of some of its voice's others."""

import torch
from torch import Tensor

from ..data.corpora import LABELS
from ..networks import CnnBiLstm
from ..training.loss import corpus_cross_entropy
from .baseline import against
from .batches import VoiceBatch
from .recipe import Recipe

PRIOR_WINDOWS = 2.0
"""The windows at which half of a judgement is relative: about PRIOR loud frames."""


def loss(
    network: CnnBiLstm, batch: VoiceBatch, recipe: Recipe, generator: torch.Generator
) -> Tensor:
    """Returns the mean cross-entropy over the labels of each window's corpus."""
    rows = network.classify(network.embed(batch.x))
    counts = baseline_sizes(len(rows), recipe, generator)
    allowed = learned_from(batch.calm, recipe, generator)
    means, shares = group_baselines(rows, recipe.members, counts, allowed, generator)
    return own_cross_entropy(
        against(rows, means, shares, network.offset),
        batch.targets,
        batch.own,
        recipe.label_smoothing,
    )


def baseline_sizes(windows: int, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Draws how many other windows each is judged against: none, a few, or all of its group."""
    draws = torch.rand(windows, generator=generator)
    counts = recipe.members**draws
    counts[torch.rand(windows, generator=generator) < recipe.unknown] = 0.0
    return counts.floor()


def learned_from(calm: Tensor, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Returns which windows baselines are learned from: of some voices those that are calm alone,
    as speech mostly is in use, where they have any.
    """
    groups = calm.unflatten(0, (-1, recipe.members))
    calmly = torch.rand(len(groups), generator=generator) < recipe.calm
    calmly &= groups.any(dim=1)
    return (groups | ~calmly[:, None]).flatten()


def group_baselines(
    rows: Tensor, members: int, counts: Tensor, allowed: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Returns the mean relative rows of at most `counts` other windows of each window's group, drawn
    from those allowed, (windows, labels), and the shares that those have, (windows, 1).
    """
    relative = rows[:, len(LABELS) :].unflatten(0, (-1, members))
    order = torch.rand((len(relative), members, members), generator=generator)
    order = order.masked_fill(torch.eye(members, dtype=torch.bool), torch.inf)
    order = order.masked_fill(~allowed.unflatten(0, (-1, 1, members)), torch.inf)
    ranks = order.argsort(dim=2).argsort(dim=2)
    taken = (ranks < counts.unflatten(0, (-1, members))[..., None]) & order.isfinite()
    number = taken.sum(dim=2, keepdim=True)
    means = torch.einsum("vij,vjl->vil", taken.float(), relative) / number.clamp(min=1)
    return means.flatten(0, 1), (number / (number + PRIOR_WINDOWS)).flatten(0, 1)


def own_cross_entropy(logits: Tensor, targets: Tensor, own: Tensor, smoothing: float) -> Tensor:
    """Returns the mean cross-entropy of logits and targets (batch, labels) over the labels that are
    marked as a window's own; the others do not exist for it.
    """
    weights = torch.ones(len(LABELS))
    return corpus_cross_entropy(logits, targets, own.float(), weights, smoothing, 0.0)
