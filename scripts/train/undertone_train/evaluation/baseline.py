"""The baseline on the same folds: openSMILE's functionals and a linear SVM.

ComParE_2016 functionals of the whole clip (Schuller et al., Interspeech 2016), standardised on the
training speakers; the SVM's cost is chosen among COSTS by the inner speakers of each outer fold.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import opensmile
import soundfile
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from ..data.corpora import LABELS, Clip
from .metrics import uar
from .predictions import Predictions
from .splits import Split, leave_one_fold_out

COSTS = (1e-5, 1e-4, 1e-3, 1e-2)


def compare_functionals(clips: Sequence[Clip], path: Path) -> np.ndarray:
    """Returns the 6373 functionals of each clip, (clips, 6373), stored in a file."""
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
    """Returns the predictions for each outer fold by an SVM that knows none of its speakers;
    `rows` are the clips' functionals.
    """
    index_of = {clip.name: index for index, clip in enumerate(clips)}

    def features(part: Sequence[Clip]) -> np.ndarray:
        return rows[[index_of[clip.name] for clip in part]]

    parts = []
    for split in leave_one_fold_out(clips):
        cost = _best_cost(split, features)
        parts.append(_predict(cost, split, features))
        print(f"fold {split.fold + 1}: cost {cost:g}, UAR {uar(parts[-1].confusion()):.3f}")
    return Predictions.join(parts)


Features = Callable[[Sequence[Clip]], np.ndarray]


def _best_cost(split: Split, features: Features) -> float:
    def score(cost: float) -> float:
        inner = leave_one_fold_out(split.train)
        scores = [uar(_predict(cost, fold, features).confusion()) for fold in inner]
        return float(np.mean(scores))

    return max(COSTS, key=score)


def _predict(cost: float, split: Split, features: Features) -> Predictions:
    """Trains an SVM and returns its decision function in place of logits: the largest decides."""
    machine: Pipeline = make_pipeline(StandardScaler(), LinearSVC(C=cost, random_state=0))
    machine.fit(features(split.train), [clip.target for clip in split.train])
    assert list(machine.classes_) == list(range(len(LABELS)))
    rows = machine.decision_function(features(split.test))
    return Predictions.of(split.test, [row[None] for row in rows])
