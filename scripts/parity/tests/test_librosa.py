"""Every feature family against librosa's, on signals that need no resampling."""

import librosa
import numpy as np
import pytest

RATE = 22_050


def mel(y, **options):
    return librosa.feature.melspectrogram(y=y, **{"sr": RATE} | options)


def mfcc(y, **options):
    return librosa.feature.mfcc(y=y, **{"sr": RATE, "n_mfcc": 40} | options)


def chroma(y, **options):
    return librosa.feature.chroma_stft(y=y, tuning=0, **{"sr": RATE} | options)


def chroma_in_tune(y, **options):
    return librosa.feature.chroma_stft(y=y, **{"sr": RATE} | options)


def tonnetz_in_tune(y, **options):
    return librosa.feature.tonnetz(chroma=chroma_in_tune(y, **options))


def mfcc_with_deltas(y, **options):
    frames = mfcc(y, **options)
    return np.concatenate([frames, *(librosa.feature.delta(frames, order=n) for n in (1, 2))])


def contrast(y, **options):
    return librosa.feature.spectral_contrast(y=y, **{"sr": RATE} | options)


def tonnetz(y, **options):
    return librosa.feature.tonnetz(chroma=chroma(y, **options))


def classic(y):
    y = librosa.util.fix_length(y, size=3 * RATE)
    families = (mfcc(y), chroma(y), mel(y), contrast(y), tonnetz(y))
    return np.concatenate([family.mean(axis=1) for family in families])


def of_range(got, want):
    """The largest difference, in parts of the range of what is wanted."""
    assert got.shape == want.shape
    return np.abs(got - want).max() / np.ptp(want)


OTHER = ["--rate", 16_000, "--fft", 512, "--hop", 160]
OTHERWISE = {"sr": 16_000, "n_fft": 512, "hop_length": 160}
LARGE = ["--fft", 4096, "--hop", 1024]
LARGER = {"n_fft": 4096, "hop_length": 1024}

FAMILIES = {
    "mfcc": ("mfcc", [], mfcc, {}),
    "mfcc, 13 of 40 mels": (
        "mfcc",
        [*OTHER, "--mels", 40, "--mfcc", 13],
        mfcc,
        OTHERWISE | {"n_mels": 40, "n_mfcc": 13},
    ),
    "mfcc of HTK's mels": ("mfcc", ["--htk"], mfcc, {"htk": True}),
    "mfcc with deltas": ("mfcc", ["--mfcc", 13, "--deltas", 2], mfcc_with_deltas, {"n_mfcc": 13}),
    "chroma, in tune": ("chroma", ["--tuning"], chroma_in_tune, {}),
    "tonnetz, in tune": ("tonnetz", ["--tuning"], tonnetz_in_tune, {}),
    "chroma": ("chroma", [], chroma, {}),
    "chroma of 4096": ("chroma", LARGE, chroma, LARGER),
    "contrast": ("contrast", [], contrast, {}),
    "contrast of 512": ("contrast", OTHER, contrast, OTHERWISE),
    "tonnetz": ("tonnetz", [], tonnetz, {}),
    "rms": ("rms", [], lambda y: librosa.feature.rms(y=y), {}),
    "zcr": ("zcr", [], lambda y: librosa.feature.zero_crossing_rate(y), {}),
    "centroid": ("centroid", [], lambda y: librosa.feature.spectral_centroid(y=y, sr=RATE), {}),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_family_is_librosas(family, recordings, features):
    name, arguments, reference, options = FAMILIES[family]
    folder, samples = recordings(options.get("sr", RATE))
    got = features(folder, "--set", name, *arguments)
    worst = {key: of_range(got[key], reference(y, **options).T) for key, y in samples.items()}
    print(f"\n{family}, of its range: {shown(worst)}")
    assert len(got) == len(samples) and max(worst.values()) < 1e-3


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], {}),
        (LARGE, LARGER),
        ([*OTHER, "--mels", 64], OTHERWISE | {"n_mels": 64}),
        (["--htk"], {"htk": True}),
        (["--fft", 256, "--mels", 40], {"n_fft": 256, "hop_length": 64, "n_mels": 40}),
    ],
)
def test_mel_power_is_librosas(arguments, options, recordings, features):
    folder, samples = recordings(options.get("sr", RATE))
    got = features(folder, "--set", "mel", *arguments)
    relative, level = {}, {}
    for name, y in samples.items():
        want = mel(y, **options).T
        assert got[name].shape == want.shape
        floor = want.max(axis=1, keepdims=True)
        loud, audible = want > 1e-4 * floor, want > 1e-6 * floor
        relative[name] = np.abs(got[name][loud] / want[loud] - 1).max()
        level[name] = np.abs(10 * np.log10(got[name][audible] / want[audible])).max()
    print(f"\nmel, relative to 40 dB: {shown(relative)}\nmel, dB to 60 dB: {shown(level)}")
    assert max(relative.values()) < 1e-4 and max(level.values()) < 0.01


def test_classic_is_librosas(recordings, features):
    folder, samples = recordings(RATE)
    got = features(folder, "--set", "classic")
    parts = {"mfcc": 40, "chroma": 52, "mel": 180, "contrast": 187, "tonnetz": 193}
    worst = dict.fromkeys(parts, 0.0)
    for name, y in samples.items():
        want = classic(y)
        assert got[name].shape == want.shape
        start = 0
        for part, stop in parts.items():
            worst[part] = max(worst[part], of_range(got[name][start:stop], want[start:stop]))
            start = stop
    print(f"\nclassic, of its parts' ranges: {shown(worst)}")
    assert max(worst.values()) < 1e-3


def test_averaged_mfccs_are_the_first_of_classic(recordings, features):
    folder, _ = recordings(RATE)
    averages = features(folder, "--set", "classic-mfcc")
    for name, everything in features(folder, "--set", "classic").items():
        np.testing.assert_array_equal(averages[name], everything[:40])


def test_rolloff_is_librosas(recordings, features):
    """Within a bin, where the sum of magnitudes meets the threshold exactly."""
    folder, samples = recordings(RATE)
    got = features(folder, "--set", "rolloff")
    bins, equal = {}, {}
    for name, y in samples.items():
        want = librosa.feature.spectral_rolloff(y=y, sr=RATE).T
        steps = np.abs(got[name] - want) / (RATE / 2048)
        bins[name], equal[name] = steps.max(), np.mean(steps < 1e-3)
    print(f"\nroll-off, bins: {shown(bins)}; share of equal frames: {shown(equal)}")
    assert max(bins.values()) < 1.001 and min(equal.values()) > 0.99


def test_pitch_is_librosas(recordings, features):
    """On what has a pitch; elsewhere which trough is deepest is a matter of rounding."""
    folder, samples = recordings(RATE)
    got = features(folder, "--set", "pitch")
    close, worst = {}, {}
    for name in ("voice", "tones", "speech"):
        want = librosa.yin(samples[name], fmin=60, fmax=600, sr=RATE)[:, None]
        assert got[name].shape == want.shape
        error = np.abs(got[name] / want - 1)
        close[name] = np.mean(error < 1e-3)
        worst[name] = error[error < 1e-3].max()
    print(f"\npitch, relative: {shown(worst)}; share of equal frames: {shown(close)}")
    assert min(close.values()) > 0.98


def shown(worst):
    return ", ".join(f"{name} {value:.1e}" for name, value in worst.items())
