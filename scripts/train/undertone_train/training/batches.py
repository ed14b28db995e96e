"""Batches of training inputs, augmented anew in every pass."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from ..data.corpora import Clip
from ..data.features import BANDS, WIDTH, Frames
from ..data.windows import WINDOW, random_window
from .config import Recipe

Batch = tuple[Tensor, Tensor]
"""Inputs, and the share of each label in each, (batch, labels)."""


class Batches:
    """Endless passes over clips, in an order drawn anew each time."""

    def __init__(
        self,
        clips: Sequence[Clip],
        variants: Sequence[Frames],
        targets: Tensor,
        recipe: Recipe,
        rng: np.random.Generator,
    ) -> None:
        self.clips, self.variants, self.targets = clips, variants, targets
        self.recipe, self.rng = recipe, rng

    def __len__(self) -> int:
        """Batches in a pass; what fills no batch is left out, another in each pass."""
        return max(1, len(self.clips) // self.recipe.batch)

    def __iter__(self) -> Iterator[Batch]:
        while True:
            order = self.rng.permutation(len(self.clips))
            for chosen in np.split(order[: len(self) * self.recipe.batch], len(self)):
                yield self._mixed(self._inputs(chosen), self.targets[chosen])

    def _inputs(self, chosen: np.ndarray) -> Tensor:
        takes = [self.variants[n] for n in self.rng.integers(len(self.variants), size=len(chosen))]
        names = [self.clips[index].name for index in chosen]
        if self.recipe.arch == "classic":
            return torch.from_numpy(
                np.concatenate([take[name] for take, name in zip(takes, names, strict=True)])
            )
        batch = np.empty((len(chosen), 1, WINDOW, WIDTH), np.float32)
        for row, (take, name) in enumerate(zip(takes, names, strict=True)):
            batch[row, 0] = random_window(take[name], self.recipe.stretch, self.rng)
        cells = torch.from_numpy(batch)
        levels = warp_bands(cells[..., :BANDS], self.recipe.warp, self.rng)
        return torch.cat([mask(levels, self.recipe, self.rng), cells[..., BANDS:]], dim=3)

    def _mixed(self, x: Tensor, y: Tensor) -> Batch:
        """Mixes each input with its neighbour (Zhang et al., "mixup", 2018)."""
        if self.recipe.mixup <= 0.0:
            return x, y
        shares = self.rng.beta(self.recipe.mixup, self.recipe.mixup, len(x))
        shares = torch.from_numpy(np.maximum(shares, 1.0 - shares)).float()
        of_x, of_y = shares.view(-1, *[1] * (x.dim() - 1)), shares[:, None]
        return of_x * x + (1 - of_x) * x.roll(1, 0), of_y * y + (1 - of_y) * y.roll(1, 0)


def warp_bands(x: Tensor, strength: float, rng: np.random.Generator) -> Tensor:
    """Stretches the mel axis of levels, as a longer or shorter vocal tract would
    (Jaitly & Hinton 2013).
    """
    factors = torch.from_numpy(rng.uniform(1 - strength, 1 + strength, len(x))).float()
    position = (torch.arange(BANDS) * factors[:, None]).clamp(max=BANDS - 1.001)
    low = position.long()
    share = (position - low)[:, None, None, :]
    at = low[:, None, None, :].expand(-1, 1, x.shape[2], -1)
    return x.gather(3, at) * (1 - share) + x.gather(3, at + 1) * share


def mask(x: Tensor, recipe: Recipe, rng: np.random.Generator) -> Tensor:
    """Blanks stretches of time and frequency in levels (Park et al., "SpecAugment", 2019)."""
    for row in x:
        for _ in range(recipe.time_masks):
            width = int(rng.integers(0, 25))
            start = int(rng.integers(0, WINDOW - width))
            row[:, start : start + width] = 0.0
        for _ in range(recipe.band_masks):
            width = int(rng.integers(0, 9))
            start = int(rng.integers(0, BANDS - width))
            row[:, :, start : start + width] = 0.0
    return x
