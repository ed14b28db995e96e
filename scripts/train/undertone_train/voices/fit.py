"""The training of a network on voices of several corpora."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ..networks import CnnBiLstm
from ..training.loop import MAX_GRADIENT_NORM
from .batches import Material, batches
from .functionals import fit_functionals
from .loss import loss
from .recipe import Recipe

WARM_UP = 0.15
"""The share of the steps in which the learning rate rises."""
CHECKPOINT = 200
"""Steps between checkpoints."""


def fit(
    materials: Sequence[Material], soundless: Sequence[Material], recipe: Recipe, path: Path
) -> CnnBiLstm:
    """Returns the network of a recipe, trained when first asked for and then stored at `path`.

    Corpora without sound (log-mel frames alone) are learned first, by themselves, once for all
    trainings whose files lie in one folder; then all corpora together. The functionals are fitted
    last. Nothing is stopped early. A training that was interrupted goes on at its last checkpoint.
    """
    network = recipe.network()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        if soundless:
            start = pretrained(soundless, recipe, path.parent)
            network.load_state_dict(torch.load(start))
        alone = path.with_suffix(".network")
        if not alone.exists():
            _optimise(network, [*materials, *soundless], recipe, recipe.steps, alone)
        network.load_state_dict(torch.load(alone))
        fit_functionals(network, materials, soundless, recipe)
        torch.save(network.state_dict(), path)
    network.load_state_dict(torch.load(path))
    return network.eval()


def pretrained(soundless: Sequence[Material], recipe: Recipe, folder: Path) -> Path:
    """Returns the file of the weights after corpora without sound, learned when first asked for."""
    path = folder / f"pretrained-{recipe.key()}.pt"
    if soundless and not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        torch.set_num_threads(1)
        _optimise(recipe.network(), soundless, recipe, recipe.pretraining_steps, path)
    return path


def _optimise(
    network: CnnBiLstm, materials: Sequence[Material], recipe: Recipe, steps: int, path: Path
) -> None:
    """Trains by AdamW on a one-cycle schedule, and keeps the moving average of the weights."""
    torch.manual_seed(recipe.seed)
    rng, generator = np.random.default_rng(recipe.seed), torch.Generator().manual_seed(recipe.seed)
    network.to(memory_format=network.memory_format).train()
    optimizer = torch.optim.AdamW(
        network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=steps + 1, pct_start=WARM_UP
    )
    average = AveragedModel(
        network, multi_avg_fn=get_ema_multi_avg_fn(recipe.averaging), use_buffers=True
    )
    parts = {"network": network, "optimizer": optimizer, "schedule": schedule, "average": average}
    checkpoint, first = path.with_suffix(".checkpoint"), 0
    if checkpoint.exists():
        stored = torch.load(checkpoint, weights_only=False)
        first, rng = stored["step"], stored["rng"]
        generator.set_state(stored["generator"])
        for name, part in parts.items():
            part.load_state_dict(stored[name])
    source, recent = batches(materials, recipe, rng), 0.0
    for step in range(first, steps):
        value = loss(network, next(source), recipe, generator)
        optimizer.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(network.parameters(), MAX_GRADIENT_NORM)
        optimizer.step()
        schedule.step()
        average.update_parameters(network)
        recent = 0.98 * recent + 0.02 * value.item() if recent else value.item()
        if (step + 1) % CHECKPOINT == 0:
            states = {name: part.state_dict() for name, part in parts.items()}
            states |= {"step": step + 1, "rng": rng, "generator": generator.get_state()}
            torch.save(states, checkpoint)
            print(f"{path.stem}: step {step + 1} of {steps}, loss {recent:.3f}", flush=True)
    network.load_state_dict(average.module.state_dict())
    torch.save(network.state_dict(), path)
    checkpoint.unlink(missing_ok=True)
