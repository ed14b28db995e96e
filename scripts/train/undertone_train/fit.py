"""The training loop."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from .corpora import LABELS, Clip
from .features import BANDS, FeatureCache
from .network import CnnBiLstm
from .windows import WINDOW, of_clip, random_window


@dataclass(frozen=True)
class Recipe:
    """Everything that is chosen, by the inner folds alone."""

    epochs: int = 120
    batch: int = 32
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.1
    dropout: float = 0.3
    variants: int = 5
    time_masks: int = 2
    band_masks: int = 2
    warp: float = 0.1
    block: str = "separable"
    channels: tuple[int, ...] = (24, 48, 64, 96)
    projection: int = 96
    hidden: int = 64

    def network(self) -> CnnBiLstm:
        """An untrained network."""
        return CnnBiLstm(
            len(LABELS), self.block, self.channels, self.projection, self.hidden, self.dropout
        )


def fit(clips: list[Clip], cache: FeatureCache, recipe: Recipe, seed: int) -> CnnBiLstm:
    """Trains a network for a fixed number of passes; nothing is stopped early."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    variants = [cache.variant(number) for number in range(recipe.variants)]
    targets = torch.tensor([clip.target for clip in clips])
    # Channels last is a third faster on CPUs.
    network = recipe.network().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(
        network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    steps = recipe.epochs * (len(clips) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=steps, pct_start=0.2
    )
    loss_of = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    for epoch in range(recipe.epochs):
        network.train()
        order = rng.permutation(len(clips))
        total = 0.0
        for start in range(0, len(clips) - recipe.batch + 1, recipe.batch):
            chosen = order[start : start + recipe.batch]
            x = draw(clips, chosen, variants, rng)
            x = spec_augment(warp_bands(x, recipe.warp, rng), recipe, rng)
            loss = loss_of(network(x), targets[chosen])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
        if epoch % 20 == 19:
            print(
                f"  pass {epoch + 1}: loss {total / (len(clips) // recipe.batch):.3f}", flush=True
            )
    return network.eval()


def draw(
    clips: list[Clip],
    chosen: np.ndarray,
    variants: list[dict[str, np.ndarray]],
    rng: np.random.Generator,
) -> Tensor:
    """A batch of random windows of random variants, (batch, 1, WINDOW, BANDS)."""
    batch = np.empty((len(chosen), 1, WINDOW, BANDS), np.float32)
    for row, index in enumerate(chosen):
        variant = variants[rng.integers(len(variants))]
        batch[row, 0] = random_window(variant[clips[index].name], rng)
    return torch.from_numpy(batch)


def warp_bands(x: Tensor, strength: float, rng: np.random.Generator) -> Tensor:
    """Stretches the mel axis, as a longer or shorter vocal tract would
    (Jaitly & Hinton 2013).
    """
    factors = torch.from_numpy(rng.uniform(1 - strength, 1 + strength, len(x))).float()
    position = (torch.arange(BANDS) * factors[:, None]).clamp(max=BANDS - 1.001)
    low = position.long()
    share = (position - low)[:, None, None, :]
    at = low[:, None, None, :].expand(-1, 1, x.shape[2], -1)
    return x.gather(3, at) * (1 - share) + x.gather(3, at + 1) * share


def spec_augment(x: Tensor, recipe: Recipe, rng: np.random.Generator) -> Tensor:
    """Blanks stretches of time and frequency (Park et al. 2019)."""
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


@torch.no_grad()
def logits_of(network: CnnBiLstm, clip: Clip, frames: dict[str, np.ndarray]) -> np.ndarray:
    """Logits (windows, labels) of a clip's windows."""
    windows = np.stack(of_clip(frames[clip.name]))
    return network.eval()(torch.from_numpy(windows)[:, None]).numpy()
