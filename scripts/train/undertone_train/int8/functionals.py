"""The functionals and their classifiers in NumPy, exactly, as the operators JudgeInteger and
CepstrumInteger have them.

Written from docs/quantization.md: the program must equal it to the bit. Numbers that outgrow 64
bits are Python's. docs/functionals.csv has the names.
"""

from collections.abc import Sequence
from math import isqrt

import numpy as np
from numpy.typing import NDArray

Values = NDArray
Named = dict[str, int]
"""Functionals by name; each counts 2^-16 of its unit."""

LOUD, VOICED = 144, 128
"""The smallest level of a loud frame's loudest cell, and the smallest voicing of a voiced one."""
DELTAS = {1: (1, 2, 4, 8, 16, 31), 4: (4, 7, 13, 25)}
"""Distances in frames over which changes of pitch are taken, and the smallest rises and falls
whose shares are functionals."""
GROUP = 4
"""Neighbouring bands that are added."""
MIN_FRAMES = 4
"""The smallest number by which sums over frames are divided."""
LARGEST = 2**28
"""The largest size of a result: a few of them can be added up in 32 bits."""
COEFFICIENTS, CEPSTRAL_LAG = 8, 2
"""Cepstral coefficients, and the distance in frames over which their changes are taken."""
LOG_F0, LINEAR_F0, VOICING, LEVEL = 377_487, 10_995_116_278, 6_818_365, 109_093_847
CEPSTRUM = 1_745_501_553
"""Epsilons that are added to variances, 2^-20."""


def exponential_table() -> Values:
    """Returns `2^10 * 2^(x / 72)`, the fundamental frequency of a cell of pitch in multiples of
    50 Hz, (256,).
    """
    return np.rint(2.0**10 * 2.0 ** (np.arange(256) / 72.0)).astype(np.int16)


def cosine_table(bands: int) -> Values:
    """Returns `2^10 cos(π k (i + 1/2) / groups)` of coefficient k and group of bands i,
    (COEFFICIENTS, groups).
    """
    groups = bands // GROUP
    order = np.arange(1, COEFFICIENTS + 1)[:, None]
    cosines = np.cos(np.pi * order * (np.arange(groups) + 0.5) / groups)
    return np.rint(2.0**10 * cosines).astype(np.int16)


def units(frames: int, bands: int) -> Values:
    """Returns the size of a step of each functional in the units of `networks.functionals`, in the
    order of docs/functionals.csv, (functionals,).
    """
    semitone, frequency, voicing, level = 1.0 / 6.0, 2.0**-10, 10.0 / 255.0, 10.0 / (GROUP * 255.0)
    found = [semitone, semitone, 1.0, 1.0, frequency, frequency, 1.0, 1.0]
    for steps in DELTAS.values():
        found += [semitone] * 3 + [1.0] * (2 * len(steps))
    found += [semitone / (frames - 1), semitone]
    found += [voicing, voicing, 1.0, voicing, *[1.0] * 5]
    found += [level] * (2 * bands // GROUP)
    # A quarter, as in `networks.functionals.cosines`.
    found += [level / 4.0] * (2 * COEFFICIENTS)
    return np.array(found) * 2.0**-16


def judge_integer(x: Values, exponential: Values, weights: Values) -> Values:
    """Returns the logits, (1, labels), of a window (1, 1, frames, bands + 2) of cells less 128."""
    return _classify(named_functionals(x[0, 0], exponential), weights)


def cepstrum_integer(x: Values, cosines: Values, weights: Values) -> Values:
    """Returns the logits, (1, labels), of a window (1, 1, frames, bands + 2) of cells less 128."""
    return _classify(named_cepstral(x[0, 0], cosines), weights)


def _classify(named: Named, weights: Values) -> Values:
    found = named.values()
    sums = [sum(int(w) * value for w, value in zip(row, found, strict=True)) for row in weights]
    logits = [(total + (1 << 23)) >> 24 for total in sums]
    return np.clip(logits, -LARGEST, LARGEST).astype(np.int32)[None]


def named_functionals(window: Values, exponential: Values) -> Named:
    """Returns the functionals of a window (frames, bands + 2) of cells less 128 by name."""
    cells = window.astype(np.int64) + 128
    levels, f0, voicing = cells[:, :-2], cells[:, -2], cells[:, -1]
    loud = _loud(levels)
    voiced = loud & (voicing >= VOICED)
    found = _prefixed("f0_log", _moments(f0[voiced], LOG_F0))
    found |= _prefixed("f0_linear", _moments(exponential[f0[voiced]], LINEAR_F0))
    for distance, steps in DELTAS.items():
        both = voiced[distance:] & voiced[:-distance]
        rises = (f0[distance:] - f0[:-distance])[both]
        found |= _prefixed(f"f0_delta{distance}", _deltas(rises, steps))
    found |= _trend(f0, voiced)
    moments = _moments(voicing[loud], VOICING)
    del moments["kurtosis"]
    found |= _prefixed("voicing", moments)
    found |= {
        "voicing_mean_voiced": _mean(voicing[voiced]),
        "voiced_of_loud": _mean(voiced[loud]),
        "voiced_share": _share(voiced),
        "loud_share": _share(loud),
        "voiced_changes": _share(voiced[1:] != voiced[:-1]),
        "loud_changes": _share(loud[1:] != loud[:-1]),
    }
    return found | _of_bands(levels[loud])


def named_cepstral(window: Values, cosines: Values) -> Named:
    """Returns the functionals of a window's cepstrum by name."""
    levels = window[:, :-2].astype(np.int64) + 128
    loud = _loud(levels)
    cepstrum = (_groups(levels) @ cosines.T.astype(np.int64) + 512) >> 10
    near = loud[CEPSTRAL_LAG:] & loud[:-CEPSTRAL_LAG]
    moved = np.abs(cepstrum[CEPSTRAL_LAG:] - cepstrum[:-CEPSTRAL_LAG])[near]
    orders = range(1, len(cosines) + 1)
    deviations = [_moments(c, CEPSTRUM)["deviation"] for c in cepstrum[loud].T]
    found = {f"cepstrum{k}_deviation": value for k, value in zip(orders, deviations, strict=True)}
    return found | {f"cepstrum{k}_movement": _mean(c) for k, c in zip(orders, moved.T, strict=True)}


def _loud(levels: Values) -> Values:
    return levels.max(axis=1) >= LOUD


def _groups(levels: Values) -> Values:
    frames, bands = levels.shape
    return levels.reshape(frames, bands // GROUP, GROUP).sum(axis=2)


def _of_bands(levels: Values) -> Named:
    moments = [_moments(group, LEVEL) for group in _groups(levels).T]
    return {
        f"band{band:02}_{moment}": values[moment]
        for moment in ("mean", "deviation")
        for band, values in enumerate(moments)
    }


def _prefixed(prefix: str, found: Named) -> Named:
    return {f"{prefix}_{name}": value for name, value in found.items()}


def _share(marked: Values) -> int:
    return (int(marked.sum()) << 16) // len(marked)


def _mean(values: Values) -> int:
    return (int(values.sum()) << 16) // max(len(values), MIN_FRAMES)


def _root(variance: int) -> int:
    return isqrt(variance << 12)


def _moments(values: Values, epsilon: int) -> Named:
    n = max(len(values), MIN_FRAMES)
    total = int(values.sum())
    deviations = [n * int(value) - total for value in values]
    square, cube, fourth = (
        (sum(d**power for d in deviations) << 20) // n ** (power + 1) for power in (2, 3, 4)
    )
    variance = square + epsilon
    deviation = _root(variance)
    return {
        "mean": _mean(values),
        "deviation": deviation,
        "skewness": (cube << 32) // (variance * deviation),
        "kurtosis": (fourth << 36) // variance**2,
    }


def _deltas(rises: Values, steps: Sequence[int]) -> Named:
    n = max(len(rises), MIN_FRAMES)
    square = (int((rises**2).sum()) << 20) // n
    found = {
        "mean": _mean(rises),
        "rms": _root(square + LOG_F0),
        "mean_abs": _mean(np.abs(rises)),
    }
    for step in steps:
        found[f"rising_{step}"] = _mean(rises >= step)
        found[f"falling_{step}"] = _mean(rises <= -step)
    return found


def _trend(f0: Values, voiced: Values) -> Named:
    last = len(f0) - 1
    times, heights = (2 * np.arange(last + 1) - last)[voiced], f0[voiced]
    n = max(len(times), MIN_FRAMES)
    time, height = n * times - times.sum(), n * heights - heights.sum()
    covariance = (int(time @ height) << 16) // n**3
    epsilon = ((last * last << 20) + 5000) // 10_000
    deviation = _root((int(time @ time) << 20) // n**3 + epsilon)
    return {"f0_time_covariance": covariance, "f0_slope": (covariance << 16) // deviation}
