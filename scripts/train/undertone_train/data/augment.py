"""Variants of a recording, as other voices, rooms, lines and microphones would give.

Every variant is made once, from a seed of its clip's name, and cached as
features, so that a pass over the data costs no signal processing. Each is of
one kind, so that a kind is switched off by leaving its variants out. What can
be done to features is done there, anew in every pass: see `batches`.
"""

import zlib
from collections.abc import Callable

import numpy as np
from scipy import signal

Samples = np.ndarray
Augmentation = Callable[[Samples, int, np.random.Generator], Samples]


def variant(samples: Samples, rate: int, name: str, kind: str, number: int) -> Samples:
    """Variant `number` of a kind, of a mono recording in [-1, 1]."""
    rng = np.random.default_rng([zlib.crc32(f"{name} {kind}".encode()), number])
    made = KINDS[kind](samples, rate, rng)
    return (made / max(1.0, float(np.abs(made).max()))).astype(np.float32)


def speed(samples: Samples, rate: int, rng: np.random.Generator) -> Samples:
    """A faster or slower playback, pitch and all; with `batches`' stretching, pitch alone."""
    return played_at(samples, rng.uniform(0.84, 1.19))


def noise(samples: Samples, rate: int, rng: np.random.Generator) -> Samples:
    """Another speed, in noise of any colour at 5 to 35 dB."""
    return with_noise(speed(samples, rate, rng), rng.uniform(5.0, 35.0), rng.uniform(0.0, 2.0), rng)


def room(samples: Samples, rate: int, rng: np.random.Generator) -> Samples:
    """Another speed, in a room."""
    return in_room(speed(samples, rate, rng), rate, rng.uniform(0.1, 0.7), rng)


def line(samples: Samples, rate: int, rng: np.random.Generator) -> Samples:
    """Another speed, through a narrow line that quantizes coarsely, as a codec does."""
    narrow = band_limited(speed(samples, rate, rng), rate, rng.uniform(3400.0, 7000.0))
    return companded(narrow, rng.uniform(20.0, 255.0))


def microphone(samples: Samples, rate: int, rng: np.random.Generator) -> Samples:
    """Another speed, through a microphone of another colour that may be driven too hot."""
    tilted = tilt(speed(samples, rate, rng), rate, rng.uniform(-8.0, 8.0))
    return clipped(tilted, rng.uniform(0.0, 0.002))


KINDS: dict[str, Augmentation] = {
    "clean": lambda samples, _rate, _rng: samples,
    "speed": speed,
    "noise": noise,
    "room": room,
    "line": line,
    "microphone": microphone,
}
VARIANTS = {"clean": 1, "speed": 3, "noise": 2, "room": 2, "line": 1, "microphone": 1}
"""How many of each kind are made."""


def played_at(samples: Samples, factor: float) -> Samples:
    """Plays `factor` times as fast."""
    return signal.resample_poly(samples, 100, round(100 * factor))


def tilt(samples: Samples, rate: int, decibels: float) -> Samples:
    """Raises or lowers the treble above 1 kHz: the bilinear first-order shelf."""
    gain = 10.0 ** (decibels / 20.0)
    warp = np.tan(np.pi * 1000.0 / rate)
    b = [gain + warp, warp - gain]
    a = [1.0 + warp, warp - 1.0]
    return signal.lfilter(b, a, samples)


def in_room(samples: Samples, rate: int, rt60: float, rng: np.random.Generator) -> Samples:
    """A diffuse room: the direct sound and noise that decays 60 dB in `rt60` seconds."""
    length = int(rt60 * rate)
    tail = rng.standard_normal(length) * 10.0 ** (-3.0 * np.arange(length) / length)
    tail[: int(0.002 * rate)] = 0.0
    tail *= 10.0 ** (rng.uniform(-12.0, 0.0) / 20.0) / np.linalg.norm(tail)
    tail[0] = 1.0
    return signal.fftconvolve(samples, tail)[: len(samples)]


def band_limited(samples: Samples, rate: int, cutoff: float) -> Samples:
    """What a line passes, or a cheap microphone."""
    return signal.sosfilt(signal.butter(6, cutoff, fs=rate, output="sos"), samples)


def companded(samples: Samples, levels: float) -> Samples:
    """Rounds to so many levels on the µ-law scale of ITU-T G.711 (µ = 255)."""
    peak = max(float(np.abs(samples).max()), 1e-9)
    compressed = np.log1p(255.0 * np.abs(samples) / peak) / np.log(256.0)
    rounded = np.round(compressed * levels / 2.0) / (levels / 2.0)
    return np.sign(samples) * peak * np.expm1(rounded * np.log(256.0)) / 255.0


def clipped(samples: Samples, share: float) -> Samples:
    """Clips the loudest share of the samples."""
    limit = float(np.quantile(np.abs(samples), 1.0 - share))
    return np.clip(samples, -limit, limit)


def with_noise(samples: Samples, snr: float, colour: float, rng: np.random.Generator) -> Samples:
    """Adds noise with a power spectrum of 1/f^colour at `snr` dB below the speech."""
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    spectrum *= np.maximum(np.arange(len(spectrum)), 1.0) ** (-colour / 2.0)
    added = np.fft.irfft(spectrum, len(samples))
    power = np.sqrt(np.mean(samples**2) / np.mean(added**2))
    return samples + added * power * 10.0 ** (-snr / 20.0)
