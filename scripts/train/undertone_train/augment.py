"""Variants of a recording, as other rooms and microphones would give.

Every variant is made once, from a seed of its clip's name, and cached as
features, so that a pass over the data costs no signal processing.
"""

import zlib

import numpy as np
from scipy import signal

VARIANTS = 5


def variant(samples: np.ndarray, rate: int, name: str, number: int) -> np.ndarray:
    """Variant `number` of a mono recording in [-1, 1]; number 0 is itself."""
    if number == 0:
        return samples
    rng = np.random.default_rng([zlib.crc32(name.encode()), number])
    samples = speed(samples, rng.uniform(0.88, 1.12))
    if rng.random() < 0.5:
        samples = tilt(samples, rate, rng.uniform(-6.0, 6.0))
    if rng.random() < 0.4:
        samples = room(samples, rate, rng.uniform(0.1, 0.6), rng)
    if rng.random() < 0.25:
        samples = band_limit(samples, rate, rng.uniform(3400.0, 7000.0))
    if rng.random() < 0.7:
        samples = noise(samples, rng.uniform(10.0, 40.0), rng.uniform(0.0, 2.0), rng)
    return (samples / max(1.0, float(np.abs(samples).max()))).astype(np.float32)


def speed(samples: np.ndarray, factor: float) -> np.ndarray:
    """Plays faster or slower, pitch and all."""
    up, down = 100, round(100 * factor)
    return signal.resample_poly(samples, up, down)


def tilt(samples: np.ndarray, rate: int, decibels: float) -> np.ndarray:
    """Raises or lowers the treble above 1 kHz: the bilinear first-order shelf."""
    gain = 10.0 ** (decibels / 20.0)
    warp = np.tan(np.pi * 1000.0 / rate)
    b = [gain + warp, warp - gain]
    a = [1.0 + warp, warp - 1.0]
    return signal.lfilter(b, a, samples)


def room(samples: np.ndarray, rate: int, rt60: float, rng: np.random.Generator) -> np.ndarray:
    """A diffuse room: the direct sound and noise that decays 60 dB in `rt60` seconds."""
    length = int(rt60 * rate)
    tail = rng.standard_normal(length) * 10.0 ** (-3.0 * np.arange(length) / length)
    tail *= 10.0 ** (rng.uniform(-12.0, 0.0) / 20.0) / np.linalg.norm(tail)
    tail[: int(0.002 * rate)] = 0.0
    tail[0] = 1.0
    return signal.fftconvolve(samples, tail)[: len(samples)]


def band_limit(samples: np.ndarray, rate: int, cutoff: float) -> np.ndarray:
    """What a narrow line or a cheap microphone leaves."""
    return signal.sosfilt(signal.butter(6, cutoff, fs=rate, output="sos"), samples)


def noise(samples: np.ndarray, snr: float, colour: float, rng: np.random.Generator) -> np.ndarray:
    """Adds noise with a power spectrum of 1/f^colour at `snr` dB below the speech."""
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    spectrum *= np.maximum(np.arange(len(spectrum)), 1.0) ** (-colour / 2.0)
    added = np.fft.irfft(spectrum, len(samples))
    power = np.sqrt(np.mean(samples**2) / np.mean(added**2))
    return samples + added * power * 10.0 ** (-snr / 20.0)
