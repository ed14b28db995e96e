from pathlib import Path

import numpy as np
import pytest

from undertone_train import metrics
from undertone_train.corpora import LABELS
from undertone_train.windows import HOP, WINDOW, of_clip


def predictions(rng, sharpness):
    targets = rng.integers(0, len(LABELS), 2000)
    logits = rng.standard_normal((2000, len(LABELS)))
    logits[np.arange(2000), targets] += 1.0
    speakers = np.array([f"{n % 10:02}" for n in range(2000)])
    return metrics.Predictions(speakers, targets, [row[None] * sharpness for row in logits])


def test_uar_weighs_labels_alike():
    confusion = np.zeros((8, 8), int)
    confusion[0, 0], confusion[1, 1], confusion[1, 2] = 90, 1, 3
    assert metrics.uar(confusion) == pytest.approx((1.0 + 0.25) / 2)
    assert metrics.accuracy(confusion) == pytest.approx(91 / 94)


def test_temperature_undoes_overconfidence():
    made = predictions(np.random.default_rng(0), sharpness=4.0)
    temperature = metrics.fit_temperature(made)
    before, after = (metrics.calibration_error(made, t) for t in (1.0, temperature))
    assert temperature > 2.0 and after < 0.05 < before
    low, high = metrics.speaker_interval(made)
    assert low < metrics.uar(made.confusion()) < high


@pytest.mark.parametrize(
    ("frames", "windows"),
    [(1, 1), (WINDOW, 1), (WINDOW + 1, 2), (WINDOW + HOP, 2), (WINDOW + HOP + 1, 3)],
)
def test_clips_are_windowed_as_the_engine_does(frames, windows):
    clip = np.random.default_rng(0).uniform(-90.0, 0.0, (frames, 64)).astype(np.float32)
    made = of_clip(clip)
    assert len(made) == windows
    for window in made:
        assert window.shape == (WINDOW, 64) and window.max() == 1.0 and window.min() >= 0.0


ROOT = Path(__file__).resolve().parents[3]


def test_outer_log_has_a_line_for_each_look():
    log = ROOT / "docs/outer-log.csv"
    if not log.exists():
        pytest.skip("nothing was evaluated yet")
    rows = [line.split(",") for line in log.read_text().splitlines()]
    assert rows[0][:3] == ["time", "fold", "seed"]
    assert {row[1] for row in rows[1:]} <= {"1", "2", "3", "5"}, "fold 4 is held back"
