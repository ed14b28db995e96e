"""Batches of training inputs, augmented anew in every pass."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..data.corpora import Clip
from ..data.features import BANDS, WIDTH, Frames
from ..data.spec_augment import mask, warp_vocal_tract
from ..data.windows import WINDOW, random_window
from .config import TrainingConfig
from .loss import label_priors


class Batch(NamedTuple):
    """Inputs with what is to be said of them."""

    x: Tensor
    """Inputs, (batch, *input_shape)."""
    y: Tensor
    """The share of each label in each input, (batch, labels)."""
    priors: Tensor
    """The shares of labels in each input's corpus, (batch, labels); 0 for labels it lacks."""


class Batches:
    """Endless passes over clips, each in a random order; balanced over corpora if so configured.

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
        self.priors = label_priors(clips, targets)

    def __len__(self) -> int:
        """Returns the number of batches in a pass; an incomplete one is dropped."""
        return max(1, len(self.clips) // self.config.batch)

    def __iter__(self) -> Iterator[Batch]:
        while True:
            order = self._order()
            for chosen in np.split(order[: len(self) * self.config.batch], len(self)):
                batch = Batch(self._inputs(chosen), self.targets[chosen], self.priors[chosen])
                yield self._mixup(batch)

    def _order(self) -> np.ndarray:
        if not self.config.balanced_corpora:
            return self.rng.permutation(len(self.clips))
        corpora = [clip.corpus for clip in self.clips]
        return balanced_order(corpora, self.config.batch, len(self), self.rng)

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

    def _mixup(self, batch: Batch) -> Batch:
        """Mixes each input with its neighbour in the batch (mixup, Zhang et al. 2018)."""
        if self.config.mixup <= 0.0:
            return batch
        shares = self.rng.beta(self.config.mixup, self.config.mixup, len(batch.x))
        shares = torch.from_numpy(np.maximum(shares, 1.0 - shares)).float()
        return Batch(*(_with_neighbour(values, shares) for values in batch))


def balanced_order(
    corpora: Sequence[str], batch: int, batches: int, rng: np.random.Generator
) -> np.ndarray:
    """Returns the clips of so many batches, in each of which corpora differ by at most one clip.

    `corpora` names each clip's corpus. A corpus is gone through in random order before a clip of it
    comes again. In a batch its clips lie together, so that mixup mixes within it for the most
    part.
    """
    names = sorted(set(corpora))
    turns = rng.permutation(len(names))[np.arange(batch * batches) % len(names)]
    order = np.empty(batch * batches, int)
    for number, name in enumerate(names):
        clips = np.flatnonzero(np.array(corpora) == name)
        places = np.flatnonzero(turns == number)
        passes = [rng.permutation(clips) for _ in range(-(-len(places) // len(clips)))]
        order[places] = np.concatenate(passes)[: len(places)] if passes else []
    together = np.argsort(turns.reshape(batches, batch), axis=1, kind="stable")
    return np.take_along_axis(order.reshape(batches, batch), together, axis=1).ravel()


def _with_neighbour(values: Tensor, shares: Tensor) -> Tensor:
    """Returns rows mixed with the row before, of which the first keep the given shares."""
    kept = shares.view(-1, *[1] * (values.dim() - 1))
    return kept * values + (1 - kept) * values.roll(1, 0)
