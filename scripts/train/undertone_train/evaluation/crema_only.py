"""A second network, of CREMA-D alone: anybody may use it for anything.

CREMA-D's licence allows what RAVDESS's forbids. It has six of the eight labels, and where only its
log-mels are at hand it has no pitch: so the network reads levels alone, and has no functionals.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from ..data.corpora import LABELS, Clip
from ..data.corpora.crema_d import EMOTIONS
from ..data.features import BANDS, FeatureCache
from ..data.windows import WINDOW
from ..networks import CnnBiLstm
from ..networks.inference import clip_logits
from ..training.config import TrainingConfig
from ..training.fit import fit
from .experiment import WORKERS
from .predictions import Predictions
from .splits import Split, by_speaker

OCCURRING = tuple(label for label in LABELS if label in EMOTIONS.values())
"""The labels of CREMA-D."""
FOLDS = 5
LICENCE = "MIT OR Apache-2.0; made from CREMA-D, ODbL 1.0"


class LevelsOnly(nn.Module):
    """(batch, 1, WINDOW, BANDS) to (batch, six labels) logits."""

    feature_set = "log-mel"
    input_shape = (1, WINDOW, BANDS)

    def __init__(self, network: CnnBiLstm) -> None:
        super().__init__()
        self.network = network
        self.kept = [LABELS.index(label) for label in OCCURRING]

    def forward(self, x: Tensor) -> Tensor:
        """Returns the logits of a batch of windows."""
        return self.network.classify(self.network.embed(x))[:, self.kept]


def config_of(config: TrainingConfig) -> TrainingConfig:
    """Returns the configuration of a training of this size on CREMA-D and nothing else."""
    return replace(config.pretraining(), crema="none")


def evaluate(
    clips: Sequence[Clip], cache: FeatureCache, config: TrainingConfig, seed: int
) -> Predictions:
    """Returns the predictions for every clip by networks that do not know its speaker."""
    jobs = [_Job(split, cache, config, seed) for split in by_speaker(clips, FOLDS)]
    with ProcessPoolExecutor(WORKERS) as pool:
        return Predictions.join(list(pool.map(_Job.predictions, jobs)))


@dataclass(frozen=True)
class _Job:
    split: Split
    cache: FeatureCache
    config: TrainingConfig
    seed: int

    def predictions(self) -> Predictions:
        torch.set_num_threads(1)
        network = fit(self.split.train, self.cache, self.config, self.seed)
        return predictions(network, self.split.test, self.cache)


def predictions(network: CnnBiLstm, clips: Sequence[Clip], cache: FeatureCache) -> Predictions:
    """Returns a network's predictions for clips, among the labels of CREMA-D."""
    unknown = np.array([-np.inf if label not in OCCURRING else 0.0 for label in LABELS])
    return Predictions.of(clips, [clip_logits(network, clip, cache) + unknown for clip in clips])
