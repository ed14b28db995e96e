import numpy as np
import pytest

from undertone_train import augment

RATE = 16_000


def tone(hertz, seconds=1.0):
    return np.sin(2 * np.pi * hertz * np.arange(int(RATE * seconds)) / RATE).astype(np.float32)


def test_variants_are_the_same_every_time_and_differ_from_each_other():
    samples = tone(300.0)
    first = [augment.variant(samples, RATE, "clip", n) for n in range(augment.VARIANTS)]
    again = [augment.variant(samples, RATE, "clip", n) for n in range(augment.VARIANTS)]
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.isfinite(a).all() and np.abs(a).max() <= 1.0
    assert len({a.tobytes() for a in first}) == augment.VARIANTS
    np.testing.assert_array_equal(first[0], samples)


@pytest.mark.parametrize("snr", [0.0, 10.0, 30.0])
def test_noise_has_the_level_it_should(snr):
    samples = tone(440.0)
    added = augment.noise(samples, snr, 1.0, np.random.default_rng(0)) - samples
    measured = 10 * np.log10(np.mean(samples**2) / np.mean(added**2))
    assert measured == pytest.approx(snr, abs=0.01)


@pytest.mark.parametrize(("hertz", "gain"), [(100.0, 0.0), (7000.0, 6.0)])
def test_tilt_is_a_shelf(hertz, gain):
    samples = tone(hertz)
    tilted = augment.tilt(samples, RATE, 6.0)[2000:]
    measured = 20 * np.log10(np.std(tilted) / np.std(samples))
    assert measured == pytest.approx(gain, abs=0.2)


def test_speed_changes_pitch_and_length():
    fast = augment.speed(tone(400.0), 1.1)
    assert len(fast) == pytest.approx(RATE / 1.1, abs=2)
    peak = np.abs(np.fft.rfft(fast)).argmax() * RATE / len(fast)
    assert peak == pytest.approx(440.0, abs=2.0)
