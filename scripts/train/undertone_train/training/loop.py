"""The training loop."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ..networks import Network
from .batches import Batch
from .config import TrainingConfig
from .loss import corpus_cross_entropy, cross_entropy

MAX_GRADIENT_NORM = 2.0
WARM_UP = 0.2
"""The share of the steps in which the learning rate rises."""


@dataclass(frozen=True)
class Task:
    """A corpus to learn: its batches, and the layer from embeddings to its labels."""

    batches: Iterator[Batch]
    head: nn.Linear
    weights: Tensor
    """Class weights, (labels,)."""


def optimise(network: Network, tasks: list[Task], config: TrainingConfig, steps: int) -> Network:
    """Trains by AdamW on a one-cycle schedule for a fixed number of steps, and returns the
    network with the moving average of its weights, in evaluation mode.

    The first task is the network's own; the losses of the others are added, weighted.
    """
    network = network.to(memory_format=network.memory_format)
    parameters = [*network.parameters(), *(p for task in tasks[1:] for p in task.head.parameters())]
    optimizer = torch.optim.AdamW(
        parameters, config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=steps, pct_start=WARM_UP
    )
    average = AveragedModel(
        network, multi_avg_fn=get_ema_multi_avg_fn(config.averaging), use_buffers=True
    )
    network.train()
    for _ in range(steps):
        loss = _total_loss(network, tasks, config)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, MAX_GRADIENT_NORM)
        optimizer.step()
        schedule.step()
        average.update_parameters(network)
    if config.averaging > 0.0:
        network.load_state_dict(average.module.state_dict())
    return network.eval()


def _total_loss(network: Network, tasks: list[Task], config: TrainingConfig) -> Tensor:
    loss = _task_loss(network, tasks[0], config)
    for task in tasks[1:]:
        # The other corpus sounds different: its batches are normalised by their own
        # statistics, and must not enter those that inference uses.
        with _frozen_batch_norm(network):
            loss = loss + config.crema_share * _task_loss(network, task, config)
    return loss


def _task_loss(network: Network, task: Task, config: TrainingConfig) -> Tensor:
    x, y, priors = next(task.batches)
    logits = task.head(network.embed(x))
    if not config.own_labels:
        return cross_entropy(logits, y, task.weights, config.label_smoothing)
    return corpus_cross_entropy(
        logits, y, priors, task.weights, config.label_smoothing, config.logit_adjustment
    )


@contextmanager
def _frozen_batch_norm(network: Network) -> Iterator[None]:
    """Keeps the running statistics of batch norms as they are."""
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    yield
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
