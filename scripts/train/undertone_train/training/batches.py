"""Batches of training inputs, augmented anew in every pass."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from ..data.corpora import Clip
from ..data.features import BANDS, WIDTH, Frames
from ..data.spec_augment import mask, warp_vocal_tract
from ..data.windows import WINDOW, random_window
from .config import TrainingConfig

Batch = tuple[Tensor, Tensor]
"""Inputs (batch, *input_shape), and the share of each label in each, (batch, labels)."""


class Batches:
    """Endless passes over clips, each in a random order.

    `variants` are features of the same clips, of which one is drawn at random whenever a clip is
    used; `targets` are (clips, labels).
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        variants: Sequence[Frames],
        targets: Tensor,
        config: TrainingConfig,
        rng: np.random.Generator,
    ) -> None:
        self.clips, self.variants, self.targets = clips, variants, targets
        self.config, self.rng = config, rng

    def __len__(self) -> int:
        """Returns the number of batches in a pass; an incomplete one is dropped."""
        return max(1, len(self.clips) // self.config.batch)

    def __iter__(self) -> Iterator[Batch]:
        while True:
            order = self.rng.permutation(len(self.clips))
            for chosen in np.split(order[: len(self) * self.config.batch], len(self)):
                yield self._mixup(self._inputs(chosen), self.targets[chosen])

    def _inputs(self, chosen: np.ndarray) -> Tensor:
        takes = [self.variants[n] for n in self.rng.integers(len(self.variants), size=len(chosen))]
        names = [self.clips[index].name for index in chosen]
        if self.config.arch == "classic":
            return torch.from_numpy(
                np.concatenate([take[name] for take, name in zip(takes, names, strict=True)])
            )
        batch = np.empty((len(chosen), 1, WINDOW, WIDTH), np.float32)
        for row, (take, name) in enumerate(zip(takes, names, strict=True)):
            batch[row, 0] = random_window(take[name], self.config.stretch, self.rng)
        return self._spec_augment(torch.from_numpy(batch))

    def _spec_augment(self, cells: Tensor) -> Tensor:
        """Warps and masks the levels of windows, and leaves pitch and voicing alone."""
        levels = warp_vocal_tract(cells[..., :BANDS], self.config.warp, self.rng)
        levels = mask(levels, self.config.time_masks, self.config.band_masks, self.rng)
        return torch.cat([levels, cells[..., BANDS:]], dim=3)

    def _mixup(self, x: Tensor, y: Tensor) -> Batch:
        """Mixes each input with its neighbour in the batch (mixup, Zhang et al. 2018)."""
        if self.config.mixup <= 0.0:
            return x, y
        shares = self.rng.beta(self.config.mixup, self.config.mixup, len(x))
        shares = torch.from_numpy(np.maximum(shares, 1.0 - shares)).float()
        of_x, of_y = shares.view(-1, *[1] * (x.dim() - 1)), shares[:, None]
        return of_x * x + (1 - of_x) * x.roll(1, 0), of_y * y + (1 - of_y) * y.roll(1, 0)
