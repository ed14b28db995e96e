"""What the standard toolkit reaches on the same folds: openSMILE and a linear SVM.

ComParE_2016 functionals of the whole clip (Schuller et al., Interspeech 2016),
standardised on the training speakers; the SVM's cost is chosen among COSTS by
the inner speakers of each outer fold.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import opensmile
import soundfile
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from ..data.corpora import LABELS, Clip
from . import splits as folds
from .metrics import Predictions, uar

COSTS = (1e-5, 1e-4, 1e-3, 1e-2)


def functionals(clips: Sequence[Clip], path: Path) -> np.ndarray:
    """The 6373 functionals of each clip, (clips, 6373), kept in a file."""
    if not path.exists():
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            rows = list(pool.map(_functionals, [clip.path for clip in clips], chunksize=16))
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.stack(rows))
    return np.load(path)


def _functionals(path: Path) -> np.ndarray:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    smile = opensmile.Smile(opensmile.FeatureSet.ComParE_2016)
    return smile.process_signal(samples.mean(axis=1), rate).to_numpy(np.float32)[0]


def outer_predictions(clips: Sequence[Clip], rows: np.ndarray) -> Predictions:
    """Each outer fold's clips, by an SVM that knows none of their speakers."""
    place = {clip.name: index for index, clip in enumerate(clips)}

    def features(part: Sequence[Clip]) -> np.ndarray:
        return rows[[place[clip.name] for clip in part]]

    parts = []
    for split in folds.outer(clips):
        cost = _cost(split, features)
        machine = _machine(cost).fit(features(split.train), [c.target for c in split.train])
        parts.append(_said(machine, split.test, features(split.test)))
        print(f"fold {split.fold + 1}: cost {cost:g}, UAR {uar(parts[-1].confusion()):.3f}")
    return Predictions.join(parts)


def _cost(split: folds.Split, features) -> float:  # noqa: ANN001 (a function of clips)
    def score(cost: float) -> float:
        scores = []
        for inner in folds.outer(split.train):
            machine = _machine(cost)
            machine.fit(features(inner.train), [c.target for c in inner.train])
            scores.append(uar(_said(machine, inner.test, features(inner.test)).confusion()))
        return float(np.mean(scores))

    return max(COSTS, key=score)


def _machine(cost: float) -> Pipeline:
    return make_pipeline(StandardScaler(), LinearSVC(C=cost, random_state=0))


def _said(machine: Pipeline, clips: Sequence[Clip], rows: np.ndarray) -> Predictions:
    """Distances from the planes in place of logits: which is largest is all that counts."""
    assert list(machine.classes_) == list(range(len(LABELS)))
    return Predictions.of(clips, [row[None] for row in machine.decision_function(rows)])
