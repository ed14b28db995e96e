"""The loss, and the targets and class weights that it takes."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..data.corpora import LABELS, Clip


def one_hot(clips: Sequence[Clip]) -> Tensor:
    """Returns the labels as shares, (clips, labels)."""
    return nn.functional.one_hot(torch.tensor([c.target for c in clips]), len(LABELS)).float()


def class_weights(clips: Sequence[Clip], balance: float) -> Tensor:
    """Returns the weights of the labels, (labels,): their rarity to the power of `balance`.

    Their mean over the clips is one. Labels that do not occur weigh 1 before that scaling.
    """
    counts = one_hot(clips).sum(dim=0)
    weights = (len(clips) / len(LABELS) / counts.clamp(min=1.0)) ** balance
    weights = torch.where(counts > 0, weights, torch.ones(()))
    return weights * len(clips) / (weights * counts).sum()


def cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor, smoothing: float) -> Tensor:
    """Returns the mean cross-entropy of logits and targets, both (batch, labels)."""
    return nn.functional.cross_entropy(logits, targets, weights, label_smoothing=smoothing)
