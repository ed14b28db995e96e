"""A linear classifier of functionals: statistics of a window's contours, as openSMILE calls them.

What a voice does over a whole utterance (how high it lies, how far and how fast it moves, how
steadily it sounds, how loud each part of the spectrum is) is a few dozen numbers, in which a
linear classifier finds what a network of this size does not learn from a thousand clips. It is
fitted by itself, after the network, and its logits are added to the network's.

docs/functionals.csv has the functionals' names and definitions, in the order of the weights.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from ..data.corpora import LABELS
from ..data.features import BANDS, PITCH, SEMITONES, VOICING
from ..data.windows import RANGE_DB, WINDOW

LOUD_DB = 35.0
"""A frame is loud when its loudest cell is at most so far below the window's."""
VOICED = 0.5
"""A loud frame is voiced when its voicing is above this."""
DELTAS = {1: (1, 2, 4, 8, 16, 31), 4: (4, 7, 13, 25)}
"""Distances in frames over which changes of pitch are taken, and for each the smallest rises and
falls, in cells of pitch, whose shares are functionals."""
GROUP = 4
"""Neighbouring bands that are averaged."""
TIME = torch.linspace(-1.0, 1.0, WINDOW).unsqueeze(0)
"""The time of each frame, from the window's first to its last, (1, WINDOW)."""
COEFFICIENTS = 8
"""Cepstral coefficients of the groups of bands, but for the first, which is loudness."""
CEPSTRAL_LAG = 2
"""The distance in frames over which changes of the cepstrum are taken."""
CEPSTRAL = 2 * COEFFICIENTS
"""Functionals of the cepstrum, which are the last."""
COUNT = 45 + 2 * BANDS // GROUP + CEPSTRAL
"""Functionals of a window."""
MIN_FRAMES = 4.0
"""The smallest number by which sums over frames are divided."""

Named = dict[str, Tensor]
"""Functionals by name, each (batch,)."""


class FunctionalsClassifier(nn.Module):
    """(batch, 1, WINDOW, WIDTH) to (batch, rows) logits; all zeros until it is fitted."""

    def __init__(self, rows: int = len(LABELS)) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(rows, COUNT), requires_grad=False)
        self.bias = nn.Parameter(torch.zeros(rows), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Returns the logits of a batch of windows."""
        return nn.functional.linear(functionals(x), self.weight, self.bias)

    def fit(self, rows: np.ndarray, targets: np.ndarray, c: float) -> None:
        """Fits it to functionals (windows, COUNT) and label indices (windows,) by logistic
        regression on standardised functionals with an L2 penalty of inverse strength `c`.
        """
        mean, deviation = rows.mean(axis=0), rows.std(axis=0) + 1e-6
        regression = LogisticRegression(C=c, max_iter=1000)
        regression.fit((rows - mean) / deviation, targets)
        assert list(regression.classes_) == list(range(len(LABELS)))
        weight = regression.coef_ / deviation
        self.weight.copy_(torch.from_numpy(weight))
        self.bias.copy_(torch.from_numpy(regression.intercept_ - weight @ mean))


def functionals(x: Tensor) -> Tensor:
    """Returns the functionals of a batch of windows (batch, 1, WINDOW, WIDTH), (batch, COUNT)."""
    return torch.stack(list(named_functionals(x).values()), dim=1)


def speech_frames(x: Tensor) -> Tensor:
    """Returns the number of loud frames of windows (batch, 1, WINDOW, WIDTH), (batch,)."""
    return _loud(x).sum(dim=1)


def needs_pitch() -> Tensor:
    """Returns which functionals tell nothing of corpora that came without pitch, (COUNT,)."""
    names = named_functionals(torch.zeros(1, 1, WINDOW, BANDS + 2))
    return torch.tensor([name.startswith(("f0_", "voic")) for name in names])


def named_functionals(x: Tensor) -> Named:
    """Returns the same by name, in the same order."""
    loud = _loud(x)
    named = _of_contours(x, loud)
    for moment, columns in _of_bands(x, loud).items():
        bands = enumerate(columns.unbind(dim=1))
        named |= {f"band{band:02}_{moment}": column for band, column in bands}
    for statistic, columns in _of_cepstrum(x, loud).items():
        coefficients = enumerate(columns.unbind(dim=1), start=1)
        named |= {f"cepstrum{order}_{statistic}": column for order, column in coefficients}
    return named


def _of_contours(x: Tensor, loud: Tensor) -> Named:
    """Returns the functionals of pitch, voicing and loudness by name."""
    f0, voicing = x[:, 0, :, PITCH] * SEMITONES, x[:, 0, :, VOICING]
    voiced = loud * (voicing > VOICED).float()
    linear = torch.exp(f0 * (math.log(2.0) / 12.0))
    found = _prefixed("f0_log", _moments(f0, voiced))
    found |= _prefixed("f0_linear", _moments(linear, voiced))
    for distance, steps in DELTAS.items():
        found |= _prefixed(f"f0_delta{distance}", _deltas(f0, voiced, distance, steps))
    found |= _trend(f0, voiced)
    found |= _prefixed("voicing", _moments(10.0 * voicing, loud, 3))
    return found | {
        "voicing_mean_voiced": _mean(10.0 * voicing, voiced),
        "voiced_of_loud": _mean(voiced, loud),
        "voiced_share": voiced.mean(dim=1),
        "loud_share": loud.mean(dim=1),
        "voiced_changes": (voiced[:, 1:] - voiced[:, :-1]).abs().mean(dim=1),
        "loud_changes": (loud[:, 1:] - loud[:, :-1]).abs().mean(dim=1),
    }


def _of_bands(x: Tensor, loud: Tensor) -> dict[str, Tensor]:
    """Returns mean and deviation of the loud frames' levels, (batch, BANDS / GROUP) each."""
    return _moments(_levels(x), loud.unsqueeze(2), 2)


def _of_cepstrum(x: Tensor, loud: Tensor) -> dict[str, Tensor]:
    """Returns the deviation of the loud frames' cepstral coefficients, and how far they move,
    (batch, COEFFICIENTS) each. Their means are sums of those of the bands.
    """
    cepstrum = _levels(x) @ cosines().T
    near = (loud[:, CEPSTRAL_LAG:] * loud[:, :-CEPSTRAL_LAG]).unsqueeze(2)
    moved = (cepstrum[:, CEPSTRAL_LAG:] - cepstrum[:, :-CEPSTRAL_LAG]).abs()
    deviation = _moments(cepstrum, loud.unsqueeze(2), 2)["deviation"]
    return {"deviation": deviation, "movement": _mean(moved, near)}


def cosines() -> Tensor:
    """Returns the rows of a discrete cosine transform of the groups of bands, as cepstra are made by
    (Davis and Mermelstein 1980), (COEFFICIENTS, BANDS / GROUP), a quarter of them.
    """
    groups = BANDS // GROUP
    order = torch.arange(1, COEFFICIENTS + 1).unsqueeze(1)
    return torch.cos(order * (torch.arange(groups) + 0.5) * (math.pi / groups)) / 4.0


def _levels(x: Tensor) -> Tensor:
    """Returns the mean level of each group of bands, in tenths of the scale, (batch, WINDOW, groups)."""
    return 10.0 * x[:, 0, :, :BANDS].unflatten(2, (BANDS // GROUP, GROUP)).mean(dim=3)


def _loud(x: Tensor) -> Tensor:
    """Returns 1 where a frame is loud and 0 elsewhere, (batch, WINDOW)."""
    return (x[:, 0, :, :BANDS].amax(dim=2) > 1.0 - LOUD_DB / RANGE_DB).float()


def _prefixed(prefix: str, found: Named) -> Named:
    return {f"{prefix}_{name}": value for name, value in found.items()}


def _mean(values: Tensor, where: Tensor) -> Tensor:
    """Returns the mean over the marked frames, counted as at least four."""
    return (values * where).sum(dim=1) / where.sum(dim=1).clamp(min=MIN_FRAMES)


def _moments(values: Tensor, where: Tensor, count: int = 4) -> Named:
    """Returns the first `count` of mean, standard deviation, skewness and kurtosis over the
    marked frames.
    """
    mean = _mean(values, where)
    deviations = (values - mean.unsqueeze(1)) * where
    square = deviations * deviations
    deviation = (_mean(square, where) + 0.01).sqrt()
    cube = deviation * deviation * deviation
    found = {"mean": mean, "deviation": deviation}
    if count > 2:
        found["skewness"] = _mean(square * deviations, where) / cube
    if count > 3:
        found["kurtosis"] = _mean(square * square, where) / (cube * deviation)
    return found


def _deltas(f0: Tensor, voiced: Tensor, distance: int, steps: Sequence[int]) -> Named:
    """Returns functionals of the change of pitch between voiced frames `distance` apart: mean,
    root mean square, mean size, and the shares of rises and falls by at least each step.
    """
    both = voiced[:, distance:] * voiced[:, :-distance]
    rise = (f0[:, distance:] - f0[:, :-distance]) * both
    found = {
        "mean": _mean(rise, both),
        "rms": (_mean(rise * rise, both) + 0.01).sqrt(),
        "mean_abs": _mean(rise.abs(), both),
    }
    for step in steps:
        # Pitch is a whole number of cells: half a cell below the step, rounding decides nothing.
        limit = (step - 0.5) * SEMITONES / 255.0
        found[f"rising_{step}"] = _mean((rise > limit).float(), both)
        found[f"falling_{step}"] = _mean((rise < -limit).float(), both)
    return found


def _trend(f0: Tensor, voiced: Tensor) -> Named:
    """Returns the covariance of pitch with time, and that over time's standard deviation."""
    time = (TIME - _mean(TIME * voiced, voiced).unsqueeze(1)) * voiced
    covariance = _mean(time * (f0 - _mean(f0, voiced).unsqueeze(1)), voiced)
    slope = covariance / (_mean(time * time, voiced) + 1e-4).sqrt()
    return {"f0_time_covariance": covariance, "f0_slope": slope}
