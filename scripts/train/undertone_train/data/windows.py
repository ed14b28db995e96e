"""From a clip's frames to what the network sees, as the engine does it."""

import numpy as np

from .features import BANDS, SEMITONES, WIDTH

WINDOW = 188
HOP = 64
RANGE_DB = 80.0
FLOOR_DB = -100.0
PITCH_UNITS = np.array([1.0 / SEMITONES, 1.0])
"""Of a cell of 1 in semitones and in strength."""


def refer(window: np.ndarray) -> np.ndarray:
    """Frames to the network's cells, bit for bit as the program's.

    1 is the window's loudest level and 0 is 80 dB below, in 255 steps. Levels
    are multiples of 2^-16 dB, so this is exact in double precision. Pitch and
    strength are cells already, but for their units.
    """
    levels = window[:, :BANDS].astype(np.float64)
    above = np.maximum(levels - levels.max() + RANGE_DB, 0.0)
    steps = np.zeros((len(window), WIDTH))
    steps[:, :BANDS] = np.floor((above * 510.0 + RANGE_DB) / (2.0 * RANGE_DB))
    if window.shape[1] == WIDTH:
        steps[:, BANDS:] = np.round(window[:, BANDS:] * PITCH_UNITS * 255.0)
    return (steps / 255.0).astype(np.float32)


def pad(frames: np.ndarray, before: int) -> np.ndarray:
    """Lays a short clip into a window of digital silence."""
    window = np.zeros((WINDOW, frames.shape[1]), np.float32)
    window[:, :BANDS] = FLOOR_DB
    window[before : before + len(frames)] = frames[: WINDOW - before]
    return window


def of_clip(frames: np.ndarray) -> list[np.ndarray]:
    """The windows that `undertone classify` decides on.

    A short clip is centred in one. A longer one is hopped through, and what
    remains at its end gets a window that ends with it.
    """
    if len(frames) <= WINDOW:
        return [refer(pad(frames, (WINDOW - len(frames)) // 2))]
    last = len(frames) - WINDOW
    starts = [*range(0, last, HOP), last]
    return [refer(frames[start : start + WINDOW]) for start in starts]


def random_window(frames: np.ndarray, stretch: float, rng: np.random.Generator) -> np.ndarray:
    """Any window of a clip, short clips anywhere in it, slower or faster by up to `stretch`."""
    factor = rng.uniform(1.0 - stretch, 1.0 + stretch)
    frames = stretched(frames, factor) if stretch > 0.0 else frames
    spare = len(frames) - WINDOW
    if spare >= 0:
        start = rng.integers(0, spare + 1)
        return refer(frames[start : start + WINDOW])
    return refer(pad(frames, int(rng.integers(0, -spare + 1))))


def stretched(frames: np.ndarray, factor: float) -> np.ndarray:
    """Frames that last `factor` times as long, levels between them interpolated."""
    position = np.linspace(0.0, len(frames) - 1.0, max(2, round(len(frames) * factor)))
    low = np.minimum(position.astype(int), max(0, len(frames) - 2))
    share = (position - low)[:, None].astype(np.float32)
    high = np.minimum(low + 1, len(frames) - 1)
    return frames[low] * (1 - share) + frames[high] * share
