"""`undertone evaluate` against scikit-learn and the figures of training."""

import csv
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sklearn.metrics import classification_report, confusion_matrix, recall_score

from undertone_train.data.corpora import LABELS
from undertone_train.evaluation import bootstrap, calibration, metrics
from undertone_train.evaluation.predictions import Predictions

ROOT = Path(__file__).resolve().parents[3]
UNDERTONE = os.environ.get("UNDERTONE", ROOT / "target/debug/undertone")
UTTERANCE = ROOT / "tests/data/synthesised-speech.wav"
SPEAKERS = 6
EACH = 8


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """The report on voices made from one by pace and noise, and its table of answers."""
    folder = tmp_path_factory.mktemp("corpus")
    rng = np.random.default_rng(0)
    samples, rate = soundfile.read(UTTERANCE)
    rows = ["path,label,speaker"]
    # A corpus may lack labels that the model has.
    labels = LABELS[:6]
    for speaker in range(SPEAKERS):
        for n in range(EACH):
            noisy = samples + rng.normal(0.0, 10.0 ** rng.uniform(-4, -1.5), len(samples))
            name = f"{speaker}-{n}.wav"
            pace = rng.uniform(0.6, 1.6)
            soundfile.write(folder / name, np.clip(noisy, -1, 1), int(rate * pace))
            rows.append(f"{name},{labels[rng.integers(len(labels))]},{speaker}")
    (folder / "list.csv").write_text("\n".join(rows) + "\n")
    table = folder / "said.csv"
    command = [UNDERTONE, "evaluate", "--no-gate", "--predictions", table, folder / "list.csv"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    with table.open() as lines:
        said = list(csv.DictReader(lines))
    assert [row["path"] for row in said] == [row.split(",")[0] for row in rows[1:]]
    return json.loads(output), said


@pytest.fixture(scope="module")
def predictions(evaluated):
    _, said = evaluated
    scores = np.array([[float(row[label]) for label in LABELS] for row in said])
    return Predictions(
        np.array([row["speaker"] for row in said]),
        np.array([LABELS.index(row["label"]) for row in said]),
        [np.log(row)[None] for row in scores],
    )


def test_there_is_something_to_tell_apart(evaluated):
    _, said = evaluated
    assert len({row["predicted"] for row in said}) >= 3


def test_report_is_scikit_learns(evaluated):
    report, said = evaluated
    truths = [row["label"] for row in said]
    answers = [row["predicted"] for row in said]
    occurring = sorted(set(truths))
    want = classification_report(
        truths, answers, labels=occurring, output_dict=True, zero_division=0
    )
    found = {one["label"]: one for one in report["classes"]}
    averages = {"macro avg": report["macro"], "weighted avg": report["weighted"]}
    for name in [*occurring, "macro avg", "weighted avg"]:
        figures = found.get(name) or averages[name]
        for ours, theirs in [("precision",) * 2, ("recall",) * 2, ("f1", "f1-score")]:
            assert figures[ours] == pytest.approx(want[name][theirs], abs=1e-12), name
    assert all(found[label]["support"] == truths.count(label) for label in LABELS)
    uar = recall_score(truths, answers, labels=occurring, average="macro")
    assert report["uar"] == pytest.approx(uar, abs=1e-12)
    assert report["accuracy"] == pytest.approx(np.mean(np.array(truths) == np.array(answers)))
    matrix = confusion_matrix(truths, answers, labels=LABELS)
    assert np.array_equal(np.array(report["confusion"])[:, :-1], matrix)


def test_figures_are_trainings(evaluated, predictions):
    report, _ = evaluated
    assert report["uar"] == pytest.approx(metrics.uar(predictions.confusion()))
    figures = report["calibration"]
    probabilities, targets = predictions.probabilities(), predictions.targets
    nll = calibration.negative_log_likelihood(probabilities, targets)
    assert figures["nll"] == pytest.approx(nll, abs=1e-5)
    # Both simulate a perfect classifier, by different draws.
    left = calibration.calibration_error(probabilities, targets)
    assert figures["ece_less_bias"] == pytest.approx(left, abs=0.01)
    want = {
        round(t, 2): (share, right)
        for t, share, right in calibration.coverage(probabilities, targets)
    }
    for row in figures["coverage"]:
        if row["accuracy"] is not None:
            assert (row["coverage"], row["accuracy"]) == pytest.approx(want[row["threshold"]])


def test_interval_and_spread_are_over_speakers(evaluated, predictions):
    report, _ = evaluated
    interval = report["interval"]
    assert interval["over"] == "speakers"
    low, high = bootstrap.speaker_interval([predictions])
    # Two bootstraps of 2000 draws, by different generators.
    assert (interval["low"], interval["high"]) == pytest.approx((low, high), abs=0.015)
    matrices = bootstrap.by_speaker(predictions, [str(n) for n in range(SPEAKERS)])
    want = [metrics.uar(matrix) for matrix in matrices]
    spread = report["speakers"]["uar"]
    found = [spread["worst"], spread["median"], spread["best"]]
    assert found == pytest.approx([min(want), np.median(want), max(want)])
    assert [one["recordings"] for one in report["speakers"]["each"]] == [EACH] * SPEAKERS
