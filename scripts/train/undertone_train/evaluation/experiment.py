"""An experiment: the data of all trainings that are compared, and the folder of their results."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..data.corpora import Clip
from ..data.features import FeatureCache
from ..networks import Network
from ..training.auxiliary import AuxiliaryCorpus
from ..training.config import TrainingConfig
from ..training.fit import fit
from .splits import available_folds

WORKERS = 2
"""Trainings that run side by side, each on one core."""


@dataclass(frozen=True)
class Experiment:
    """RAVDESS with its features, what is trained on beside it, and a folder for results."""

    clips: Sequence[Clip]
    cache: FeatureCache
    auxiliary: AuxiliaryCorpus | None
    work: Path
    extra: Sequence[Clip] = ()
    """Clips of other corpora: always trained on, never tested."""

    def folds(self) -> list[int]:
        """Returns the numbers of the folds in the data."""
        return available_folds(self.clips)

    def fit(self, clips: Sequence[Clip], config: TrainingConfig, seed: int) -> Network:
        """Returns a network trained on some clips and on those that always are."""
        clips = [*clips, *self.extra]
        return fit(clips, self.cache, config, seed, auxiliary=self.auxiliary)
