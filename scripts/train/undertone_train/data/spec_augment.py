"""Augmentation of log-mel windows: vocal-tract warping and masks."""

import numpy as np
import torch
from torch import Tensor

from .features import BANDS
from .windows import WINDOW

TIME_MASK, BAND_MASK = 25, 9
"""Widths, in frames and in bands, that masks stay below."""


def warp_vocal_tract(x: Tensor, strength: float, rng: np.random.Generator) -> Tensor:
    """Stretches the mel axis of levels (batch, 1, WINDOW, BANDS) by a factor that is drawn for
    each window from 1 ± `strength`, as another length of the vocal tract does (VTLP, Jaitly &
    Hinton 2013).
    """
    factors = torch.from_numpy(rng.uniform(1 - strength, 1 + strength, len(x))).float()
    position = (torch.arange(BANDS) * factors[:, None]).clamp(max=BANDS - 1.001)
    low = position.long()
    share = (position - low)[:, None, None, :]
    index = low[:, None, None, :].expand(-1, 1, x.shape[2], -1)
    return x.gather(3, index) * (1 - share) + x.gather(3, index + 1) * share


def mask(x: Tensor, time_masks: int, band_masks: int, rng: np.random.Generator) -> Tensor:
    """Zeroes random stretches of time and of frequency in levels (batch, 1, WINDOW, BANDS), in
    place (SpecAugment, Park et al. 2019).
    """
    for window in x:
        for _ in range(time_masks):
            width = int(rng.integers(0, TIME_MASK))
            start = int(rng.integers(0, WINDOW - width))
            window[:, start : start + width] = 0.0
        for _ in range(band_masks):
            width = int(rng.integers(0, BAND_MASK))
            start = int(rng.integers(0, BANDS - width))
            window[:, :, start : start + width] = 0.0
    return x
