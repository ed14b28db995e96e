"""The training loop."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ..data.corpora import LABELS, Clip
from ..data.features import FRAMES, FeatureCache, Frames
from ..data.windows import of_clip
from ..networks import Network
from ..networks.functionals import Judge, statistics
from .batches import Batches
from .config import Recipe


@dataclass(frozen=True)
class OtherCorpus:
    """Clips of a corpus that is trained on beside, with a head of its own."""

    clips: Sequence[Clip]
    frames: Frames
    folder: Path
    """Where pre-trained networks are kept."""


@dataclass(frozen=True)
class Task:
    """Batches, and the layer that tells their labels from embeddings."""

    batches: Iterator
    head: nn.Linear
    weights: Tensor
    """Of the labels."""


def fit(
    clips: Sequence[Clip],
    cache: FeatureCache,
    recipe: Recipe,
    seed: int,
    *,
    other: OtherCorpus | None = None,
) -> Network:
    """Trains a network for a fixed number of passes; nothing is stopped early."""
    first = pretrained(recipe, _other(other), seed) if recipe.crema == "pretrain" else None
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = recipe.network()
    head = nn.Linear(network.embedding, len(LABELS))
    if first is not None:
        network.load_state_dict(first)
    batches = Batches(clips, *_material(network, clips, cache, recipe), recipe, rng)
    tasks = [Task(iter(batches), network.classify, _weights(clips, recipe.balance))]
    if recipe.crema == "joint":
        tasks.append(_task(_other(other), head, recipe, rng))
    network = _run(network, tasks, recipe, recipe.epochs * len(batches))
    if recipe.judge > 0.0:
        fit_judge(network.judge, clips, cache.variants(recipe.kinds), recipe.judge)
    return network


def fit_judge(
    judge: Judge, clips: Sequence[Clip], variants: Sequence[Frames], strength: float
) -> None:
    """Fits a linear judge to every window of every variant of the clips."""
    rows, targets = [], []
    for frames in variants:
        for clip in clips:
            windows = torch.from_numpy(np.stack(of_clip(frames[clip.name])))[:, None]
            rows.append(statistics(windows).numpy())
            targets += [clip.target] * len(windows)
    judge.fit(np.concatenate(rows), np.array(targets), strength)


def _other(other: OtherCorpus | None) -> OtherCorpus:
    if other is None:
        raise SystemExit("this recipe trains on CREMA-D as well: say where it is with --crema-d")
    return other


def _material(
    network: Network,
    clips: Sequence[Clip],
    cache: FeatureCache,
    recipe: Recipe,
) -> tuple[list[Frames], Tensor]:
    """What batches are drawn from: variants and targets."""
    if recipe.arch != "classic":
        return cache.variants(recipe.kinds), one_hot(clips)
    vectors = cache.of(network.feature_set)
    known = torch.from_numpy(np.concatenate([vectors[clip.name] for clip in clips]))
    network.mean.copy_(known.mean(dim=0))
    network.deviation.copy_(known.std(dim=0))
    return [vectors], one_hot(clips)


def one_hot(clips: Sequence[Clip]) -> Tensor:
    """The labels as shares, (clips, labels)."""
    return nn.functional.one_hot(torch.tensor([c.target for c in clips]), len(LABELS)).float()


def _weights(clips: Sequence[Clip], balance: float) -> Tensor:
    """Weights of the labels, a mean of one over the clips; labels that do not occur weigh 1."""
    counts = one_hot(clips).sum(dim=0)
    weights = (len(clips) / len(LABELS) / counts.clamp(min=1.0)) ** balance
    weights = torch.where(counts > 0, weights, torch.ones(()))
    return weights * len(clips) / (weights * counts).sum()


def _task(other: OtherCorpus, head: nn.Linear, recipe: Recipe, rng: np.random.Generator) -> Task:
    batches = Batches(other.clips, [other.frames], one_hot(other.clips), recipe, rng)
    return Task(iter(batches), head, torch.ones(len(LABELS)))


def pretrained(recipe: Recipe, other: OtherCorpus, seed: int) -> dict[str, Tensor]:
    """Weights after training on the other corpus alone; one training serves every split."""
    first = recipe.pretraining()
    path = other.folder / f"{first.key()}-{seed}.pt"
    if not path.exists():
        torch.manual_seed(seed)
        network = first.network()
        task = _task(other, network.classify, first, np.random.default_rng(seed))
        steps = first.epochs * max(1, len(other.clips) // first.batch)
        _run(network, [task], first, steps)
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(network.state_dict(), path)
    return torch.load(path)


def _run(network: Network, tasks: list[Task], recipe: Recipe, steps: int) -> Network:
    """One-cycle AdamW; the moving average of the weights is what is kept."""
    network = network.to(memory_format=network.memory_format)
    parameters = [*network.parameters(), *(p for task in tasks[1:] for p in task.head.parameters())]
    optimizer = torch.optim.AdamW(
        parameters, recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=steps, pct_start=0.2
    )
    average = AveragedModel(
        network, multi_avg_fn=get_ema_multi_avg_fn(recipe.averaging), use_buffers=True
    )
    network.train()
    for _ in range(steps):
        loss = _loss(network, tasks[0], recipe)
        for task in tasks[1:]:
            # The other corpus sounds different: it is normalised by itself, and leaves no
            # trace in the statistics that are used later.
            with _unchanged_statistics(network):
                loss = loss + recipe.crema_share * _loss(network, task, recipe)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 2.0)
        optimizer.step()
        schedule.step()
        average.update_parameters(network)
    if recipe.averaging > 0.0:
        network.load_state_dict(average.module.state_dict())
    return network.eval()


def _loss(network: Network, task: Task, recipe: Recipe) -> Tensor:
    x, y = next(task.batches)
    return nn.functional.cross_entropy(
        task.head(network.embed(x)), y, task.weights, label_smoothing=recipe.label_smoothing
    )


@contextmanager
def _unchanged_statistics(network: Network) -> Iterator[None]:
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    kept = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    yield
    for norm, momentum in zip(norms, kept, strict=True):
        norm.momentum = momentum


@torch.no_grad()
def logits_of(network: Network, clip: Clip, cache: FeatureCache) -> np.ndarray:
    """Logits (windows, labels) of what the program looks at in a clip."""
    return logits_of_features(network, cache.of(network.feature_set)[clip.name])


@torch.no_grad()
def logits_of_features(network: Network, features: np.ndarray) -> np.ndarray:
    """Logits (windows, labels) of one recording's features."""
    if network.feature_set == FRAMES:
        features = np.stack(of_clip(features))[:, None]
    return network.eval()(torch.from_numpy(np.array(features, np.float32))).numpy()
