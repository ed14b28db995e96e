import numpy as np
import pytest

from undertone_train.evaluation import robustness

RATE = 16_000


@pytest.mark.parametrize("name", robustness.CONDITIONS)
def test_conditions_do_what_their_names_say(name):
    samples = 0.5 * np.sin(2 * np.pi * 440.0 * np.arange(RATE) / RATE)
    made, rate = robustness.CONDITIONS[name](samples, RATE, np.random.default_rng(0))
    assert np.isfinite(made).all() and len(made) == pytest.approx(rate, abs=1)
    if name.startswith("pink noise"):
        snr = 10 * np.log10(np.mean(samples**2) / np.mean((made - samples) ** 2))
        assert snr == pytest.approx(float(name.split()[3]), abs=0.01)


def test_a_telephone_has_no_bass_and_no_treble():
    def passed(hertz):
        samples = np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)
        made, _ = robustness.telephone(samples, RATE, np.random.default_rng(0))
        return np.std(made[1000:]) / np.std(samples)

    assert passed(1000.0) > 0.9 and passed(100.0) < 0.05 and passed(5000.0) < 0.05


def test_a_clip_in_a_stream_is_what_its_windows_say():
    windows = [
        {
            "start": 0.0,
            "end": 3.0,
            "scores": {label: 0.0 for label in robustness.LABELS} | {"sad": 0.9},
        },
        {
            "start": 1.0,
            "end": 4.0,
            "scores": {label: 0.0 for label in robustness.LABELS} | {"happy": 0.6},
        },
        {"start": 9.0, "end": 12.0, "scores": {label: 0.0 for label in robustness.LABELS}},
    ]
    assert robustness._label_within(windows, 0.0, 2.0) == "sad"
    assert robustness._label_within(windows, 2.0, 4.0) == "happy"
    assert robustness._label_within(windows, 9.0, 12.0) == "silence"
    heard = robustness._count([("sad", "sad"), ("sad", "silence"), ("happy", "uncertain")])
    assert heard.silent == 2 and heard.confusion.sum() == 3
