"""The loss, and the targets and class weights that it takes."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..data.corpora import LABELS, Clip


def one_hot(clips: Sequence[Clip]) -> Tensor:
    """Returns the labels as shares, (clips, labels)."""
    return nn.functional.one_hot(torch.tensor([c.target for c in clips]), len(LABELS)).float()


def soft_targets(clips: Sequence[Clip], votes: float) -> Tensor:
    """Returns the shares of labels, (clips, labels): a share `votes` is what listeners heard, the
    rest, and all where nobody was asked, the label.
    """
    labels = one_hot(clips)
    if votes == 0.0:
        return labels
    heard = labels.clone()
    for row, clip in enumerate(clips):
        if clip.votes:
            heard[row] = torch.tensor(clip.votes)
    return (1.0 - votes) * labels + votes * heard


def label_priors(clips: Sequence[Clip], targets: Tensor) -> Tensor:
    """Returns the shares of labels in each clip's corpus, (clips, labels), 0 for those it lacks.

    A label that it has and that no clip bears counts as one clip, as its share must not be 0.
    """
    priors = torch.zeros_like(targets)
    for corpus in {clip.corpus for clip in clips}:
        rows = torch.tensor([clip.corpus == corpus for clip in clips])
        labels = next(clip.labels for clip in clips if clip.corpus == corpus)
        own = torch.tensor([label in labels for label in LABELS])
        counts = targets[rows].sum(dim=0).clamp(min=1.0) * own
        priors[rows] = counts / counts.sum()
    return priors


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


def corpus_cross_entropy(
    logits: Tensor,
    targets: Tensor,
    priors: Tensor,
    weights: Tensor,
    smoothing: float,
    adjustment: float,
) -> Tensor:
    """Returns the mean cross-entropy over the labels of each clip's own corpus.

    Logits, targets and priors are (batch, labels); labels whose prior is 0 do not exist for a
    clip. `adjustment` is the temperature tau of logit adjustment (Menon et al., "Long-tail
    learning via logit adjustment", ICLR 2021): tau log prior is added to the logits in training,
    so that the network need not learn how frequent labels are in a corpus.
    """
    own = priors > 0.0
    adjusted = logits + adjustment * priors.masked_fill(~own, 1.0).log()
    scores = adjusted.masked_fill(~own, -torch.inf)
    log_shares = nn.functional.log_softmax(scores, dim=1).masked_fill(~own, 0.0)
    uniform = own / own.sum(dim=1, keepdim=True)
    smoothed = (1.0 - smoothing) * targets + smoothing * uniform
    return -(weights * smoothed * log_shares).sum(dim=1).mean()
