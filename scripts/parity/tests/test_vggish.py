"""VGGish's examples against their definition, in NumPy and double precision."""

import numpy as np

RATE, WINDOW, HOP, FFT = 16_000, 400, 160, 512


def mel(hertz):
    return 1127 * np.log(1 + hertz / 700)


def examples(y):
    """As `mel_features.py` and `vggish_params.py` in AudioSet's code describe them."""
    frames = np.lib.stride_tricks.sliding_window_view(y.astype(np.float64), WINDOW)[::HOP]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    magnitudes = np.abs(np.fft.rfft(frames * hann, FFT))
    edges = np.linspace(mel(125), mel(7500), 66)
    bins = mel(np.arange(FFT // 2 + 1) * RATE / FFT)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rising, falling))
    weights[0] = 0
    levels = np.log(magnitudes @ weights + 0.01)
    return levels[: len(levels) // 96 * 96].reshape(-1, 96, 64)


def test_examples_are_as_defined(recordings, features):
    folder, samples = recordings(RATE)
    got = features(folder, "--set", "vggish")
    worst = {}
    for name, y in samples.items():
        want = examples(y)
        assert got[name].shape == want.shape and len(want) >= 3
        worst[name] = np.abs(got[name] - want).max() / np.ptp(want)
    print("\nvggish, of its range:", ", ".join(f"{name} {x:.1e}" for name, x in worst.items()))
    assert max(worst.values()) < 1e-3
