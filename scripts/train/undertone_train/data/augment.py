"""Augmentation of recordings: other voices, rooms, lines and microphones.

Every variant is made once, with a random generator seeded by its voice, and cached as features,
so that a pass over the data costs no signal processing. All clips of a voice go through the same
room, line and microphone, as they do in use: a baseline is learned of a voice in its place. Each is of one kind, so
that a kind is switched off by leaving its variants out. Augmentation of features is done
anew in every pass: see `spec_augment` and `training.batches`.
"""

import zlib
from collections.abc import Callable

import numpy as np
from scipy import signal

Samples = np.ndarray
Augmentation = Callable[[Samples, int, np.random.Generator], Samples]


def variant(samples: Samples, rate: int, voice: str, kind: str, number: int) -> Samples:
    """Returns variant `number` of a kind, of a mono recording in [-1, 1] of a voice."""
    rng = np.random.default_rng([zlib.crc32(f"{voice} {kind}".encode()), number])
    augmented = KINDS[kind](samples, rate, rng)
    return (augmented / max(1.0, float(np.abs(augmented).max()))).astype(np.float32)


def speed(samples: Samples, rate: int, rng: np.random.Generator) -> Samples:
    """Changes speed and pitch together; with time stretching in batches, pitch alone."""
    return change_speed(samples, rng.uniform(0.84, 1.19))


def noise(samples: Samples, rate: int, rng: np.random.Generator) -> Samples:
    """Changes the speed and adds noise of any colour at 5 to 35 dB."""
    return add_noise(speed(samples, rate, rng), rng.uniform(5.0, 35.0), rng.uniform(0.0, 2.0), rng)


def room(samples: Samples, rate: int, rng: np.random.Generator) -> Samples:
    """Changes the speed and adds a room's reverberation."""
    return reverberate(speed(samples, rate, rng), rate, rng.uniform(0.1, 0.7), rng)


def line(samples: Samples, rate: int, rng: np.random.Generator) -> Samples:
    """Changes the speed, limits the band and quantizes coarsely, as a codec does."""
    narrow = low_pass(speed(samples, rate, rng), rate, rng.uniform(3400.0, 7000.0))
    return mu_law(narrow, rng.uniform(20.0, 255.0))


def microphone(samples: Samples, rate: int, rng: np.random.Generator) -> Samples:
    """Changes the speed and the timbre, and overdrives now and then."""
    tilted = tilt(speed(samples, rate, rng), rate, rng.uniform(-8.0, 8.0))
    return clip_peaks(tilted, rng.uniform(0.0, 0.002))


KINDS: dict[str, Augmentation] = {
    "clean": lambda samples, _rate, _rng: samples,
    "speed": speed,
    "noise": noise,
    "room": room,
    "line": line,
    "microphone": microphone,
}
VARIANTS = {"clean": 1, "speed": 3, "noise": 2, "room": 2, "line": 1, "microphone": 1}
"""The number of variants of each kind."""


def change_speed(samples: Samples, factor: float) -> Samples:
    """Resamples so that a recording plays `factor` times as fast (Ko et al. 2015)."""
    return signal.resample_poly(samples, 100, round(100 * factor))


def tilt(samples: Samples, rate: int, decibels: float) -> Samples:
    """Raises or lowers the treble above 1 kHz by a bilinear first-order shelf."""
    gain = 10.0 ** (decibels / 20.0)
    warp = np.tan(np.pi * 1000.0 / rate)
    b = [gain + warp, warp - gain]
    a = [1.0 + warp, warp - 1.0]
    return signal.lfilter(b, a, samples)


def reverberate(samples: Samples, rate: int, rt60: float, rng: np.random.Generator) -> Samples:
    """Convolves with a diffuse room: the direct sound and noise that decays 60 dB in `rt60` s."""
    length = int(rt60 * rate)
    tail = rng.standard_normal(length) * 10.0 ** (-3.0 * np.arange(length) / length)
    tail[: int(0.002 * rate)] = 0.0
    tail *= 10.0 ** (rng.uniform(-12.0, 0.0) / 20.0) / np.linalg.norm(tail)
    tail[0] = 1.0
    return signal.fftconvolve(samples, tail)[: len(samples)]


def low_pass(samples: Samples, rate: int, cutoff: float) -> Samples:
    """Limits the band to `cutoff` Hz by a Butterworth filter of order 6."""
    return signal.sosfilt(signal.butter(6, cutoff, fs=rate, output="sos"), samples)


def mu_law(samples: Samples, levels: float) -> Samples:
    """Quantizes to so many levels on the µ-law scale of ITU-T G.711 (µ = 255)."""
    peak = max(float(np.abs(samples).max()), 1e-9)
    compressed = np.log1p(255.0 * np.abs(samples) / peak) / np.log(256.0)
    rounded = np.round(compressed * levels / 2.0) / (levels / 2.0)
    return np.sign(samples) * peak * np.expm1(rounded * np.log(256.0)) / 255.0


def clip_peaks(samples: Samples, share: float) -> Samples:
    """Clips the loudest share of the samples."""
    limit = float(np.quantile(np.abs(samples), 1.0 - share))
    return np.clip(samples, -limit, limit)


def add_noise(samples: Samples, snr: float, colour: float, rng: np.random.Generator) -> Samples:
    """Adds noise with a power spectrum of 1/f^colour at a signal-to-noise ratio of `snr` dB."""
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    spectrum *= np.maximum(np.arange(len(spectrum)), 1.0) ** (-colour / 2.0)
    added = np.fft.irfft(spectrum, len(samples))
    power = np.sqrt(np.mean(samples**2) / np.mean(added**2))
    return samples + added * power * 10.0 ** (-snr / 20.0)
