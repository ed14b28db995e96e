import numpy as np
import pytest

from undertone_train.data import augment

RATE = 16_000


def tone(hertz, seconds=1.0):
    return np.sin(2 * np.pi * hertz * np.arange(int(RATE * seconds)) / RATE).astype(np.float32)


def test_variants_are_the_same_every_time_and_differ_from_each_other():
    samples = tone(300.0)

    def made():
        return [
            augment.variant(samples, RATE, "a voice", kind, number)
            for kind, count in augment.VARIANTS.items()
            for number in range(count)
        ]

    first = made()
    for a, b in zip(first, made(), strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.isfinite(a).all() and np.abs(a).max() <= 1.0
    assert len({a.tobytes() for a in first}) == sum(augment.VARIANTS.values())
    np.testing.assert_array_equal(first[0], samples)


@pytest.mark.parametrize("snr", [0.0, 10.0, 30.0])
def test_noise_has_the_level_it_should(snr):
    samples = tone(440.0)
    added = augment.add_noise(samples, snr, 1.0, np.random.default_rng(0)) - samples
    measured = 10 * np.log10(np.mean(samples**2) / np.mean(added**2))
    assert measured == pytest.approx(snr, abs=0.01)


@pytest.mark.parametrize(("hertz", "gain"), [(100.0, 0.0), (7000.0, 6.0)])
def test_tilt_is_a_shelf(hertz, gain):
    samples = tone(hertz)
    tilted = augment.tilt(samples, RATE, 6.0)[2000:]
    measured = 20 * np.log10(np.std(tilted) / np.std(samples))
    assert measured == pytest.approx(gain, abs=0.2)


def test_speed_changes_pitch_and_length():
    fast = augment.change_speed(tone(400.0), 1.1)
    assert len(fast) == pytest.approx(RATE / 1.1, abs=2)
    peak = np.abs(np.fft.rfft(fast)).argmax() * RATE / len(fast)
    assert peak == pytest.approx(440.0, abs=2.0)


def test_a_room_rings_for_its_time():
    click = np.zeros(RATE, np.float32)
    click[0] = 1.0
    ringing = augment.reverberate(click, RATE, 0.4, np.random.default_rng(0))[1:]
    # Schroeder's backward integral falls 60 dB in the reverberation time.
    decay = 10 * np.log10(np.cumsum(ringing[::-1] ** 2)[::-1] / np.sum(ringing**2) + 1e-12)
    early, late = (int(np.argmax(decay < level)) for level in (-5.0, -25.0))
    assert (late - early) / RATE * 3.0 == pytest.approx(0.4, rel=0.15)


@pytest.mark.parametrize(("levels", "snr"), [(255.0, 38.0), (63.0, 26.0)])
def test_companding_costs_what_g711_costs(levels, snr):
    samples = tone(440.0)
    noise = augment.mu_law(samples, levels) - samples
    assert 10 * np.log10(np.mean(samples**2) / np.mean(noise**2)) == pytest.approx(snr, abs=2.0)


def test_clipping_takes_a_share():
    samples = tone(440.0)
    clipped = augment.clip_peaks(samples, 0.1)
    assert np.mean(np.abs(clipped) >= np.abs(clipped).max()) == pytest.approx(0.1, abs=0.02)
