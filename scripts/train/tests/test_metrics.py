from pathlib import Path

import numpy as np
import pytest

from undertone_train.data.corpora import LABELS
from undertone_train.data.features import BANDS, PITCH, VOICING, WIDTH
from undertone_train.data.windows import HOP, WINDOW, clip_windows
from undertone_train.evaluation import bootstrap, calibration, metrics
from undertone_train.evaluation.predictions import Predictions


def predictions(rng, sharpness):
    targets = rng.integers(0, len(LABELS), 2000)
    logits = rng.standard_normal((2000, len(LABELS)))
    logits[np.arange(2000), targets] += 1.0
    speakers = np.array([f"{n % 10:02}" for n in range(2000)])
    return Predictions(speakers, targets, [row[None] * sharpness for row in logits])


def test_uar_weighs_labels_alike():
    confusion = np.zeros((8, 8), int)
    confusion[0, 0], confusion[1, 1], confusion[1, 2] = 90, 1, 3
    assert metrics.uar(confusion) == pytest.approx((1.0 + 0.25) / 2)
    assert metrics.accuracy(confusion) == pytest.approx(91 / 94)


def test_temperature_undoes_overconfidence():
    made = predictions(np.random.default_rng(0), sharpness=4.0)
    temperature = calibration.fit_temperature(made)
    before, after = (
        calibration.calibration_error(made.probabilities(t), made.targets)
        for t in (1.0, temperature)
    )
    assert temperature > 2.0 and after < 0.01 < 0.05 < before
    low, high = bootstrap.speaker_interval([made])
    assert low < metrics.uar(made.confusion()) < high


def test_a_difference_is_judged_by_speakers():
    rng = np.random.default_rng(3)
    better = predictions(rng, sharpness=1.0)
    worse = Predictions(
        better.speakers,
        better.targets,
        [row + rng.standard_normal(row.shape) for row in better.logits],
    )
    gain, low, high, share = bootstrap.paired_bootstrap([better, better], worse, draws=500)
    assert gain == pytest.approx(metrics.uar(better.confusion()) - metrics.uar(worse.confusion()))
    assert 0.0 < low < gain < high and share < 0.05
    same = bootstrap.paired_bootstrap([worse], worse, draws=200)
    assert same == (0.0, 0.0, 0.0, 1.0)


def test_coverage_and_threshold():
    rows = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.55, 0.45]])
    targets = np.array([0, 0, 1, 1])
    table = {round(t, 2): (share, right) for t, share, right in calibration.coverage(rows, targets)}
    assert table[0.0] == (1.0, 0.5) and table[0.6] == (0.75, pytest.approx(2 / 3))
    assert table[0.65] == (0.5, 1.0)
    assert calibration.threshold_for(rows, targets, error=0.35) == pytest.approx(0.6)
    assert calibration.threshold_for(rows, targets, error=0.0) == pytest.approx(0.65)


@pytest.mark.parametrize(
    ("frames", "windows"),
    [(1, 1), (WINDOW, 1), (WINDOW + 1, 2), (WINDOW + HOP, 2), (WINDOW + HOP + 1, 3)],
)
def test_clips_are_windowed_as_the_engine_does(frames, windows):
    clip = np.random.default_rng(0).uniform(-90.0, 0.0, (frames, WIDTH)).astype(np.float32)
    clip[:, PITCH], clip[:, VOICING] = 100 / 6, 200 / 255
    made = clip_windows(clip)
    assert len(made) == windows
    for window in made:
        levels = window[:, :BANDS]
        assert window.shape == (WINDOW, WIDTH) and levels.max() == 1.0 and levels.min() >= 0.0
        heard = window[:, VOICING] > 0.0
        assert heard.sum() == min(frames, WINDOW)
        np.testing.assert_array_equal(
            window[heard][:, [PITCH, VOICING]] * 255, [[100, 200]] * heard.sum()
        )


ROOT = Path(__file__).resolve().parents[3]


def test_outer_log_has_a_line_for_each_look():
    log = ROOT / "docs/outer-log.csv"
    rows = [line.split(",") for line in log.read_text().splitlines()]
    assert rows[0][:3] == ["time", "fold", "seed"]
    assert {row[1] for row in rows[1:]} <= {"1", "2", "3", "5"}, "fold 4 is held back"
