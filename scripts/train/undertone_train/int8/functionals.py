"""The operator JudgeInteger in NumPy, exactly, as docs/quantization.md defines it.

Written from that page: what the program computes must equal it to the bit. Numbers that outgrow
64 bits are Python's.
"""

from collections.abc import Sequence
from math import isqrt

import numpy as np
from numpy.typing import NDArray

Values = NDArray

LOUD, VOICED = 144, 128
STEPS = ((1, (1, 2, 4, 8, 16, 31)), (4, (4, 7, 13, 25)))
"""Frames apart, and the least rises that are counted over these."""
GROUP = 4
FEWEST = 4
HEIGHT, FREQUENCY, STRENGTH, LEVEL = 377_487, 10_995_116_278, 6_818_365, 109_093_847
"""What is added to variances, 2^-20."""


def exponential_table() -> Values:
    """`2^10 * 2^(x / 72)`, how high a cell of pitch sounds in multiples of 50 Hz."""
    return np.rint(2.0**10 * 2.0 ** (np.arange(256) / 72.0)).astype(np.int16)


def units(frames: int, bands: int) -> Values:
    """What a step of each statistic is, in the units of `networks.judge.statistics`."""
    semitone, frequency, strength, level = 1.0 / 6.0, 2.0**-10, 10.0 / 255.0, 10.0 / (GROUP * 255.0)
    found = [semitone, semitone, 1.0, 1.0, frequency, frequency, 1.0, 1.0]
    for _, steps in STEPS:
        found += [semitone] * 3 + [1.0] * (2 * len(steps))
    found += [semitone / (frames - 1), semitone]
    found += [strength, strength, 1.0, strength, *[1.0] * 5]
    found += [level] * (2 * bands // GROUP)
    return np.array(found) * 2.0**-16


def judge_integer(x: Values, exponential: Values, weights: Values) -> Values:
    """A number for each label, (1, labels), of a window (1, 1, frames, bands and pitch)."""
    found = statistics(x[0, 0], exponential)
    sums = [sum(int(w) * value for w, value in zip(row, found, strict=True)) for row in weights]
    logits = [(total + (1 << 23)) >> 24 for total in sums]
    return np.clip(logits, -(2**31), 2**31 - 1).astype(np.int32)[None]


def statistics(window: Values, exponential: Values) -> list[int]:
    """Statistics of a window (frames, bands and pitch) of cells less 128, 2^-16 of their units."""
    cells = window.astype(np.int64) + 128
    levels, height, strength = cells[:, :-2], cells[:, -2], cells[:, -1]
    loud = levels.max(axis=1) >= LOUD
    voiced = loud & (strength >= VOICED)
    groups = levels.reshape(len(cells), -1, GROUP).sum(axis=2)
    found = _moments(height[voiced], HEIGHT)
    found += _moments(exponential[height[voiced]], FREQUENCY)
    for stride, steps in STEPS:
        both = voiced[stride:] & voiced[:-stride]
        found += _movement((height[stride:] - height[:-stride])[both], steps)
    found += _trend(height, voiced)
    found += _moments(strength[loud], STRENGTH)[:3]
    found += [_mean(strength[voiced]), _mean(voiced[loud])]
    found += [(int(marked.sum()) << 16) // len(cells) for marked in (voiced, loud)]
    for marked in (voiced, loud):
        found.append((int((marked[1:] != marked[:-1]).sum()) << 16) // (len(cells) - 1))
    bands = [_moments(group[loud], LEVEL) for group in groups.T]
    return found + [band[0] for band in bands] + [band[1] for band in bands]


def _mean(values: Values) -> int:
    return (int(values.sum()) << 16) // max(len(values), FEWEST)


def _root(variance: int) -> int:
    return isqrt(variance << 12)


def _moments(values: Values, least: int) -> list[int]:
    """Mean, deviation, skewness and kurtosis."""
    n = max(len(values), FEWEST)
    total = int(values.sum())
    apart = [n * int(value) - total for value in values]
    square, cube, fourth = (
        (sum(a**power for a in apart) << 20) // n ** (power + 1) for power in (2, 3, 4)
    )
    variance = square + least
    deviation = _root(variance)
    skewness = (cube << 32) // (variance * deviation)
    kurtosis = (fourth << 36) // variance**2
    return [_mean(values), deviation, skewness, kurtosis]


def _movement(rises: Values, steps: Sequence[int]) -> list[int]:
    n = max(len(rises), FEWEST)
    square = (int((rises**2).sum()) << 20) // n
    found = [_mean(rises), _root(square + HEIGHT), _mean(np.abs(rises))]
    for step in steps:
        found += [_mean(rises >= step), _mean(rises <= -step)]
    return found


def _trend(height: Values, voiced: Values) -> list[int]:
    last = len(height) - 1
    times, heights = (2 * np.arange(last + 1) - last)[voiced], height[voiced]
    n = max(len(times), FEWEST)
    late, high = n * times - times.sum(), n * heights - heights.sum()
    covariance = (int(late @ high) << 16) // n**3
    least = ((last * last << 20) + 5000) // 10_000
    deviation = _root((int(late @ late) << 20) // n**3 + least)
    return [covariance, (covariance << 16) // deviation]
