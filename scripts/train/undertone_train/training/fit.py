"""The training of one network, from clips to weights."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ..data.corpora import LABELS, Clip
from ..data.features import FeatureCache, Frames
from ..data.windows import clip_windows
from ..networks import Network
from ..networks.functionals import FunctionalsClassifier, functionals
from .auxiliary import AuxiliaryCorpus, auxiliary_task, pretrained
from .batches import Batches
from .config import TrainingConfig
from .loop import Task, optimise
from .loss import class_weights, soft_targets


def fit(
    clips: Sequence[Clip],
    cache: FeatureCache,
    config: TrainingConfig,
    seed: int,
    *,
    auxiliary: AuxiliaryCorpus | None = None,
) -> Network:
    """Returns a network trained for a fixed number of passes; nothing is stopped early.

    Exits if the configuration asks for an auxiliary corpus and there is none.
    """
    weights = None
    if config.crema == "pretrain":
        weights = pretrained(config, _required(auxiliary), seed)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = config.network()
    head = nn.Linear(network.embedding, len(LABELS))
    if weights is not None:
        network.load_state_dict(weights)
    batches = Batches(clips, *_inputs_and_targets(network, clips, cache, config), config, rng)
    tasks = [Task(iter(batches), network.classify, class_weights(clips, config.balance))]
    if config.crema == "joint":
        tasks.append(auxiliary_task(_required(auxiliary), head, config, rng))
    network = optimise(network, tasks, config, config.epochs * len(batches))
    if config.functionals > 0.0:
        variants = cache.variants(config.kinds)
        fit_functionals(network.functionals, clips, variants, config.functionals)
    return network


def fit_functionals(
    classifier: FunctionalsClassifier,
    clips: Sequence[Clip],
    variants: Sequence[Frames],
    c: float,
) -> None:
    """Fits a linear classifier to the functionals of every window of every variant of clips.

    `c` is scikit-learn's C: the inverse strength of regularisation.
    """
    rows, targets = [], []
    for frames in variants:
        for clip in clips:
            windows = torch.from_numpy(np.stack(clip_windows(frames[clip.name])))[:, None]
            rows.append(functionals(windows).numpy())
            targets += [clip.target] * len(windows)
    classifier.fit(np.concatenate(rows), np.array(targets), c)


def _required(auxiliary: AuxiliaryCorpus | None) -> AuxiliaryCorpus:
    if auxiliary is None:
        raise SystemExit(
            "this configuration trains on CREMA-D as well: say where it is with --crema-d"
        )
    return auxiliary


def _inputs_and_targets(
    network: Network,
    clips: Sequence[Clip],
    cache: FeatureCache,
    config: TrainingConfig,
) -> tuple[list[Frames], Tensor]:
    """Returns the variants that batches are drawn from, and the targets (clips, labels); sets
    the standardisation of a network that reads averages.
    """
    if config.arch != "classic":
        return cache.variants(config.kinds), soft_targets(clips, config.votes)
    vectors = cache.of(network.feature_set)
    stacked = torch.from_numpy(np.concatenate([vectors[clip.name] for clip in clips]))
    network.mean.copy_(stacked.mean(dim=0))
    network.deviation.copy_(stacked.std(dim=0))
    return [vectors], soft_targets(clips, config.votes)
