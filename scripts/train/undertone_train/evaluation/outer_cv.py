"""What the recipes are worth: outer folds, whose speakers chose nothing.

Every look at an outer fold leaves a line in docs/outer-log.csv, and what was
said of each clip is kept in docs/outer, for comparisons clip by clip.
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
from ..int8.quantize import calibration_windows, logits_of_integers, quantize
from ..networks import Network
from ..training.config import Recipe
from ..training.loop import logits_of
from . import splits as folds
from .inner_cv import WORKERS, Laboratory
from .metrics import Predictions, accuracy, uar


@dataclass(frozen=True)
class Job:
    """One network for one outer fold."""

    laboratory: Laboratory
    recipe: Recipe
    fold: int
    seed: int

    def network(self) -> Network:
        """Trained on the other folds; kept in a file."""
        split = self.split()
        path = self.path()
        network = self.recipe.network()
        if path.exists():
            network.load_state_dict(torch.load(path))
            return network.eval()
        torch.set_num_threads(1)
        network = self.laboratory.fit(split.train, self.recipe, self.seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(network.state_dict(), path)
        return network

    def path(self) -> Path:
        """Where its weights are."""
        name = f"{self.recipe.key()}-fold{self.fold + 1}-{self.seed}.pt"
        return self.laboratory.work / "outer" / name

    def predictions(self) -> Predictions:
        """What it says of the fold's clips."""
        network, clips = self.network(), self.split().test
        logits = [logits_of(network, clip, self.laboratory.cache) for clip in clips]
        return Predictions.of(clips, logits)

    def split(self) -> folds.Split:
        """Who is trained on and who is tested."""
        rest = [number for number in self.laboratory.folds() if number != self.fold]
        return folds.without(self.laboratory.clips, self.fold, rest)


@dataclass(frozen=True)
class Evaluation:
    """What was said of each outer fold, by networks of several seeds, a row a fold."""

    arch: str
    recipes: dict[int, Recipe]
    """Of each fold."""
    parts: list[list[Predictions]]
    temperatures: list[float]
    """Of each fold, fitted on its inner speakers."""

    def seeds(self) -> list[Predictions]:
        """All folds' clips, once a seed."""
        return [Predictions.join(list(one)) for one in zip(*self.parts, strict=True)]

    def calibrated(self) -> list[np.ndarray]:
        """Probabilities of all folds' clips, once a seed, each at its fold's temperature."""
        return [
            np.concatenate(
                [p.probabilities(t) for p, t in zip(one, self.temperatures, strict=True)]
            )
            for one in zip(*self.parts, strict=True)
        ]


def statements(job: Job) -> Predictions:
    """What is said of each of the fold's statements by a network that heard the other one
    alone, by other speakers.
    """
    split, laboratory, parts = job.split(), job.laboratory, []
    for heard, tested in (("01", "02"), ("02", "01")):
        train = [clip for clip in split.train if clip.statement == heard]
        test = [clip for clip in split.test if clip.statement == tested]
        network = laboratory.fit(train, job.recipe, job.seed)
        logits = [logits_of(network, clip, laboratory.cache) for clip in test]
        parts.append(Predictions.of(test, logits))
    return Predictions.join(parts)


def evaluate(jobs: Sequence[Job], log: Path) -> list[Predictions]:
    """Trains the networks side by side; their predictions, in the order of the jobs."""
    with ProcessPoolExecutor(WORKERS) as pool:
        said = []
        for job, one in zip(jobs, pool.map(Job.predictions, jobs), strict=True):
            _append(log, job, one)
            print(
                f"fold {job.fold + 1}, seed {job.seed}: UAR {uar(one.confusion()):.3f}", flush=True
            )
            said.append(one)
    return said


def in_integers(job: Job, log: Path) -> tuple[Predictions, float]:
    """What the form in integers of the fold's network says, and the share of windows to which it
    gives the same label.
    """
    network, split, cache = job.network(), job.split(), job.laboratory.cache
    frames = cache.of(FRAMES)
    made = quantize(network, calibration_windows(frames, split.train))
    floats = [logits_of(network, clip, cache) for clip in split.test]
    integers = [logits_of_integers(made, frames[clip.name]) for clip in split.test]
    said = Predictions.of(split.test, integers)
    _append(log, job, said, ";quantization=int8")
    labels = [np.concatenate(rows).argmax(axis=1) for rows in (floats, integers)]
    return said, float(np.mean(labels[0] == labels[1]))


def _append(log: Path, job: Job, said: Predictions, form: str = "") -> None:
    """Every look at an outer fold leaves a line."""
    new = not log.exists()
    confusion = said.confusion()
    with log.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(["time", "fold", "seed", "clips", "uar", "accuracy", "recipe"])
        writer.writerow(
            [
                datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                job.fold + 1,
                job.seed,
                len(said.targets),
                f"{uar(confusion):.4f}",
                f"{accuracy(confusion):.4f}",
                job.recipe.text() + form,
            ]
        )


def write_predictions(path: Path, clips: Sequence[Clip], rows: np.ndarray) -> None:
    """One line a clip: its name, its label, and the probability of each label."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["clip", "speaker", "label", *LABELS])
        for clip, row in zip(clips, rows, strict=True):
            writer.writerow([clip.name, clip.speaker, clip.label, *(f"{p:.4f}" for p in row)])
