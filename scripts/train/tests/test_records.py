"""The records that one command stores for another."""

from dataclasses import asdict, dataclass

import numpy as np
import pytest

from undertone_train.evaluation.ablation import Ablation
from undertone_train.evaluation.outer_cv import Evaluation
from undertone_train.evaluation.predictions import Predictions
from undertone_train.evaluation.records import RecordStore
from undertone_train.evaluation.robustness import ConditionResult, Robustness
from undertone_train.training.config import TrainingConfig


def predictions(clips):
    rng = np.random.default_rng(clips)
    logits = [rng.standard_normal((1 + n % 3, 8)).astype(np.float32) for n in range(clips)]
    return Predictions(np.array(["01", "02"] * (clips // 2)), rng.integers(0, 8, clips), logits)


def result():
    return ConditionResult(np.arange(72).reshape(8, 9), 3)


RECORDS = [
    predictions(4),
    Ablation({"nothing": 0.5, "without masks": 0.4}),
    Evaluation(
        "cnn-bilstm",
        {0: TrainingConfig(), 4: TrainingConfig(functionals=0.03, kinds=("clean",))},
        [[predictions(2), predictions(4)], [predictions(6), predictions(2)]],
        [1.5, 1.75],
    ),
    Robustness({"as recorded": [result()]}, [result()], [predictions(2)], float("nan")),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_records_are_read_as_they_were_written(record, tmp_path):
    store = RecordStore(tmp_path / "kept")
    store.save("one", record)
    found = store.load("one", type(record), "evaluate")
    np.testing.assert_equal(asdict(found), asdict(record))
    assert store.names("on") == ["one"]


def refused(store, kind=Ablation):
    with pytest.raises(SystemExit) as refusal:
        store.load("one", kind, "ablate")
    message = str(refusal.value)
    assert "run `scripts/train/run ablate`" in message and "\n" not in message
    return message


def test_what_is_not_there_is_named_with_the_command_that_makes_it(tmp_path):
    assert "not there yet" in refused(RecordStore(tmp_path))


def test_older_forms_are_refused(tmp_path):
    store = RecordStore(tmp_path)
    (tmp_path / "one.pickle").write_bytes(b"anything")
    assert "older version" in refused(store)
    (tmp_path / "one.npz").write_bytes(b"anything")
    refused(store)
    np.savez(tmp_path / "one.npz", other=np.zeros(3))
    refused(store)
    store.save("one", predictions(2))
    assert "Predictions" in refused(store)


def test_other_fields_are_refused(tmp_path):
    @dataclass
    class Ablation:
        points: dict[str, float]

    RecordStore(tmp_path).save("one", Ablation({}))
    assert "other fields" in refused(RecordStore(tmp_path))


def test_other_types_of_fields_are_refused(tmp_path):
    RecordStore(tmp_path).save("one", Ablation({"nothing": "much"}))
    refused(RecordStore(tmp_path))
