"""A second network, of CREMA-D alone: anybody may use it for anything.

CREMA-D's licence allows what RAVDESS's forbids. It has six of the eight labels,
and where only its log-mels are at hand it has no pitch: so the network reads
levels alone, and has no judge.
"""

from collections.abc import Iterator, Sequence
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
from ..training.config import Recipe
from ..training.loop import fit, logits_of
from .inner_cv import WORKERS
from .metrics import Predictions
from .splits import Split

OCCURRING = tuple(label for label in LABELS if label in EMOTIONS.values())
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
        """Logits of a batch of windows."""
        return self.network.classify(self.network.embed(x))[:, self.kept]


def recipe_of(recipe: Recipe) -> Recipe:
    """How a network of this size is trained on CREMA-D, and on nothing else."""
    return replace(recipe.pretraining(), crema="none")


def splits(clips: Sequence[Clip]) -> Iterator[Split]:
    """Every fifth speaker in turn is tested, by a network of the others."""
    speakers = sorted({clip.speaker for clip in clips})
    for fold in range(FOLDS):
        tested = set(speakers[fold::FOLDS])
        train = [clip for clip in clips if clip.speaker not in tested]
        yield Split(fold, train, [clip for clip in clips if clip.speaker in tested])


def evaluate(clips: Sequence[Clip], cache: FeatureCache, recipe: Recipe, seed: int) -> Predictions:
    """What is said of every clip, by networks that know none of its speaker's."""
    jobs = [_Job(split, cache, recipe, seed) for split in splits(clips)]
    with ProcessPoolExecutor(WORKERS) as pool:
        return Predictions.join(list(pool.map(_Job.predictions, jobs)))


@dataclass(frozen=True)
class _Job:
    split: Split
    cache: FeatureCache
    recipe: Recipe
    seed: int

    def predictions(self) -> Predictions:
        torch.set_num_threads(1)
        network = fit(self.split.train, self.cache, self.recipe, self.seed)
        return predictions(network, self.split.test, self.cache)


def predictions(network: CnnBiLstm, clips: Sequence[Clip], cache: FeatureCache) -> Predictions:
    """What a network says of clips, among the labels that it knows."""
    unknown = np.array([-np.inf if label not in OCCURRING else 0.0 for label in LABELS])
    return Predictions.of(clips, [logits_of(network, clip, cache) + unknown for clip in clips])
