"""An auxiliary corpus: pre-training on it, and its task in joint training."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..data.corpora import LABELS, Clip
from ..data.features import Frames
from .batches import Batches
from .config import TrainingConfig
from .loop import Task, optimise
from .loss import soft_targets


@dataclass(frozen=True)
class AuxiliaryCorpus:
    """Clips of another corpus with their frames; it gets a classification layer of its own."""

    clips: Sequence[Clip]
    frames: Frames
    folder: Path
    """The folder of pre-trained weights."""


def pretrained(config: TrainingConfig, corpus: AuxiliaryCorpus, seed: int) -> dict[str, Tensor]:
    """Returns the weights after pre-training on the corpus alone, stored once for all splits."""
    config = config.pretraining()
    path = corpus.folder / f"{config.key()}-{seed}.pt"
    if not path.exists():
        torch.manual_seed(seed)
        network = config.network()
        task = auxiliary_task(corpus, network.classify, config, np.random.default_rng(seed))
        steps = config.epochs * max(1, len(corpus.clips) // config.batch)
        optimise(network, [task], config, steps)
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(network.state_dict(), path)
    return torch.load(path)


def auxiliary_task(
    corpus: AuxiliaryCorpus, head: nn.Linear, config: TrainingConfig, rng: np.random.Generator
) -> Task:
    """Returns the task of telling the corpus's labels, all of one weight, by a head."""
    targets = soft_targets(corpus.clips, config.votes)
    batches = Batches(corpus.clips, [corpus.frames], targets, config, rng)
    return Task(iter(batches), head, torch.ones(len(LABELS)))
