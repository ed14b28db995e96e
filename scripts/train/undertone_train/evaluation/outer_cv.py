"""Outer cross-validation: the worth of chosen configurations on folds that chose nothing.

Every look at an outer fold leaves a line in docs/outer-log.csv, and the predictions for each clip
are stored in docs/outer, for comparisons clip by clip.
"""

import csv
import datetime
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ..data.corpora import LABELS, Clip
from ..data.features import FRAMES
from ..int8.quantize import calibration_windows, quantize, quantized_logits
from ..networks import Network
from ..networks.inference import clip_logits
from ..training.config import TrainingConfig
from .experiment import WORKERS, Experiment
from .metrics import accuracy, uar
from .predictions import Predictions
from .splits import Split, split_by_fold


@dataclass(frozen=True)
class OuterFold:
    """The network of one outer fold, configuration and seed."""

    experiment: Experiment
    config: TrainingConfig
    fold: int
    seed: int

    def network(self) -> Network:
        """Returns the network, trained on the other folds when first asked for."""
        path = self.path()
        network = self.config.network()
        if path.exists():
            network.load_state_dict(torch.load(path))
            return network.eval()
        torch.set_num_threads(1)
        network = self.experiment.fit(self.split().train, self.config, self.seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(network.state_dict(), path)
        return network

    def path(self) -> Path:
        """Returns the file of the weights."""
        name = f"{self.config.key()}-fold{self.fold + 1}-{self.seed}.pt"
        return self.experiment.work / "outer" / name

    def predictions(self) -> Predictions:
        """Returns the predictions for the fold's clips."""
        network, clips = self.network(), self.split().test
        logits = [clip_logits(network, clip, self.experiment.cache) for clip in clips]
        return Predictions.of(clips, logits)

    def split(self) -> Split:
        """Returns the clips to train on and to test."""
        rest = [number for number in self.experiment.folds() if number != self.fold]
        return split_by_fold(self.experiment.clips, self.fold, rest)


@dataclass(frozen=True)
class Evaluation:
    """The predictions for every outer fold, by networks of several seeds."""

    arch: str
    configs: dict[int, TrainingConfig]
    """The configuration of each fold, by its number."""
    parts: list[list[Predictions]]
    """Predictions by fold and seed."""
    temperatures: list[float]
    """The temperature of each fold, fitted on its inner speakers."""

    def seeds(self) -> list[Predictions]:
        """Returns the predictions for all folds' clips, once a seed."""
        return [Predictions.join(list(one)) for one in zip(*self.parts, strict=True)]

    def calibrated(self) -> list[np.ndarray]:
        """Returns probabilities (clips, labels) of all folds' clips, once a seed, each at its
        fold's temperature.
        """
        return [
            np.concatenate(
                [p.probabilities(t) for p, t in zip(one, self.temperatures, strict=True)]
            )
            for one in zip(*self.parts, strict=True)
        ]


def cross_statement(job: OuterFold) -> Predictions:
    """Returns the predictions for each of the fold's statements by a network that was trained on
    the other one alone, of other speakers.
    """
    split, experiment, parts = job.split(), job.experiment, []
    for trained, tested in (("01", "02"), ("02", "01")):
        train = [clip for clip in split.train if clip.statement == trained]
        test = [clip for clip in split.test if clip.statement == tested]
        network = experiment.fit(train, job.config, job.seed)
        logits = [clip_logits(network, clip, experiment.cache) for clip in test]
        parts.append(Predictions.of(test, logits))
    return Predictions.join(parts)


def evaluate(jobs: Sequence[OuterFold], log: Path) -> list[Predictions]:
    """Trains the networks side by side; returns their predictions in the order of the jobs."""
    found = []
    with ProcessPoolExecutor(WORKERS) as pool:
        predicted = pool.map(OuterFold.predictions, jobs)
        for job, predictions in zip(jobs, predicted, strict=True):
            _append(log, job, predictions)
            score = uar(predictions.confusion())
            print(f"fold {job.fold + 1}, seed {job.seed}: UAR {score:.3f}", flush=True)
            found.append(predictions)
    return found


def quantized(job: OuterFold, log: Path) -> tuple[Predictions, float]:
    """Returns the predictions of the fold's network after quantization, and the share of windows
    that have the same label as before.
    """
    network, split, cache = job.network(), job.split(), job.experiment.cache
    frames = cache.of(FRAMES)
    integers = quantize(network, calibration_windows(frames, split.train))
    before = [clip_logits(network, clip, cache) for clip in split.test]
    after = [quantized_logits(integers, frames[clip.name]) for clip in split.test]
    predictions = Predictions.of(split.test, after)
    _append(log, job, predictions, ";quantization=int8")
    labels = [np.concatenate(rows).argmax(axis=1) for rows in (before, after)]
    return predictions, float(np.mean(labels[0] == labels[1]))


def _append(log: Path, job: OuterFold, predictions: Predictions, form: str = "") -> None:
    """Adds the line that every look at an outer fold leaves."""
    new = not log.exists()
    confusion = predictions.confusion()
    with log.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(["time", "fold", "seed", "clips", "uar", "accuracy", "recipe"])
        writer.writerow(
            [
                datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                job.fold + 1,
                job.seed,
                len(predictions.targets),
                f"{uar(confusion):.4f}",
                f"{accuracy(confusion):.4f}",
                job.config.text() + form,
            ]
        )


def write_predictions(path: Path, clips: Sequence[Clip], rows: np.ndarray) -> None:
    """Writes a CSV line for each clip: its name, speaker, label, and the probability of each label;
    `rows` are (clips, labels).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["clip", "speaker", "label", *LABELS])
        for clip, row in zip(clips, rows, strict=True):
            writer.writerow([clip.name, clip.speaker, clip.label, *(f"{p:.4f}" for p in row)])
