"""A second opinion: linear in statistics of the window.

What a voice does over a whole utterance (how high it lies, how far and how
fast it moves, how steadily it sounds, how loud each part of the spectrum is)
are a few dozen numbers, from which a linear judge finds what a network of
this size does not learn from a thousand clips. It is fitted by itself, after
the network, and its logits are added to the network's.
"""

import math

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from ..data.corpora import LABELS
from ..data.features import BANDS, PITCH, SEMITONES, STRENGTH
from ..data.windows import RANGE_DB, WINDOW

LOUD_DB = 35.0
"""A frame counts when its loudest cell is at most so far below the window's."""
VOICED = 0.5
"""A loud frame is voiced when its pitch stands out by more than this."""
STEPS = (1, 2, 4, 8, 16, 31)
"""Least rises and falls from a frame to the next that are counted, in cells of pitch."""
STRIDE = 4
"""Frames apart, for the slower movements."""
STRIDES = (4, 7, 13, 25)
"""Least rises and falls over these."""
GROUP = 4
"""Neighbouring bands that are taken together."""
TIME = torch.linspace(-1.0, 1.0, WINDOW).unsqueeze(0)
"""Of the frames, from the window's first to its last."""
COUNT = 45 + 2 * BANDS // GROUP
"""Statistics of a window."""


class Judge(nn.Module):
    """(batch, 1, WINDOW, WIDTH) to (batch, labels) logits; all zeros until it is fitted."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(len(LABELS), COUNT), requires_grad=False)
        self.bias = nn.Parameter(torch.zeros(len(LABELS)), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Its logits."""
        return nn.functional.linear(statistics(x), self.weight, self.bias)

    def fit(self, rows: np.ndarray, targets: np.ndarray, strength: float) -> None:
        """Fits it to statistics (windows, COUNT) by logistic regression, the squares of the
        weights of standardised statistics held down by 1 / `strength`.
        """
        mean, deviation = rows.mean(axis=0), rows.std(axis=0) + 1e-6
        regression = LogisticRegression(C=strength, max_iter=1000)
        regression.fit((rows - mean) / deviation, targets)
        assert list(regression.classes_) == list(range(len(LABELS)))
        weight = regression.coef_ / deviation
        self.weight.copy_(torch.from_numpy(weight))
        self.bias.copy_(torch.from_numpy(regression.intercept_ - weight @ mean))


def statistics(x: Tensor) -> Tensor:
    """The statistics of a batch of windows, (batch, COUNT)."""
    levels, height = x[:, 0, :, :BANDS], x[:, 0, :, PITCH] * SEMITONES
    strength = x[:, 0, :, STRENGTH]
    loud = (levels.amax(dim=2) > 1.0 - LOUD_DB / RANGE_DB).float()
    voiced = loud * (strength > VOICED).float()
    groups = levels.unflatten(2, (BANDS // GROUP, GROUP)).mean(dim=3)
    parts = [
        *_moments(height, voiced, 4),
        *_moments(torch.exp(height * (math.log(2.0) / 12.0)), voiced, 4),
        *_movement(height, voiced, 1, STEPS),
        *_movement(height, voiced, STRIDE, STRIDES),
        *_trend(height, voiced),
        *_moments(10.0 * strength, loud, 3),
        _mean(10.0 * strength, voiced),
        _mean(voiced, loud),
        voiced.mean(dim=1),
        loud.mean(dim=1),
        (voiced[:, 1:] - voiced[:, :-1]).abs().mean(dim=1),
        (loud[:, 1:] - loud[:, :-1]).abs().mean(dim=1),
    ]
    of_bands = _moments(10.0 * groups, loud.unsqueeze(2), 2)
    return torch.cat([torch.stack(parts, dim=1), *of_bands], dim=1)


def _mean(values: Tensor, where: Tensor) -> Tensor:
    """Over the frames that are marked, at least four of them."""
    return (values * where).sum(dim=1) / where.sum(dim=1).clamp(min=4.0)


def _moments(values: Tensor, where: Tensor, count: int) -> list[Tensor]:
    """Mean, standard deviation, skewness and kurtosis over the frames that are marked."""
    mean = _mean(values, where)
    apart = (values - mean.unsqueeze(1)) * where
    square = apart * apart
    deviation = (_mean(square, where) + 0.01).sqrt()
    cube = deviation * deviation * deviation
    found = [mean, deviation]
    if count > 2:
        found.append(_mean(square * apart, where) / cube)
    if count > 3:
        found.append(_mean(square * square, where) / (cube * deviation))
    return found


def _movement(height: Tensor, voiced: Tensor, stride: int, steps: tuple) -> list[Tensor]:
    """How the pitch moves between voiced frames: the mean, the root of the mean square, the
    mean size, and the shares of rises and of falls by at least each step.
    """
    both = voiced[:, stride:] * voiced[:, :-stride]
    rise = (height[:, stride:] - height[:, :-stride]) * both
    found = [_mean(rise, both), (_mean(rise * rise, both) + 0.01).sqrt(), _mean(rise.abs(), both)]
    for step in steps:
        # Pitch comes in whole cells: between them no rounding decides.
        least = (step - 0.5) * SEMITONES / 255.0
        found += [_mean((rise > least).float(), both), _mean((rise < -least).float(), both)]
    return found


def _trend(height: Tensor, voiced: Tensor) -> list[Tensor]:
    """The covariance of pitch with time, and the slope in deviations of time."""
    late = (TIME - _mean(TIME * voiced, voiced).unsqueeze(1)) * voiced
    covariance = _mean(late * (height - _mean(height, voiced).unsqueeze(1)), voiced)
    return [covariance, covariance / (_mean(late * late, voiced) + 1e-4).sqrt()]
