"""The windows that a network reads, cut from a clip's frames as the program cuts them."""

import numpy as np

from .features import BANDS, SEMITONES, WIDTH

WINDOW = 188
"""Frames of a window."""
HOP = 64
"""Frames from the start of a window to that of the next."""
RANGE_DB = 80.0
FLOOR_DB = -100.0
"""The level of digital silence."""
PITCH_UNITS = np.array([1.0 / SEMITONES, 1.0])
"""Factors from semitones and voicing to cells between 0 and 1."""


def to_cells(window: np.ndarray) -> np.ndarray:
    """Quantizes a window of frames to the network's cells, bit for bit as the program does.

    The window's loudest level becomes 1 and 80 dB below it 0, in 255 steps. Levels are
    multiples of 2^-16 dB, so this is exact in double precision. Pitch and voicing are
    quantized already and are only scaled. Where the frames have neither, their cells are 0.

    Returns (frames, WIDTH) in single precision.
    """
    levels = window[:, :BANDS].astype(np.float64)
    above = np.maximum(levels - levels.max() + RANGE_DB, 0.0)
    steps = np.zeros((len(window), WIDTH))
    steps[:, :BANDS] = np.floor((above * 510.0 + RANGE_DB) / (2.0 * RANGE_DB))
    if window.shape[1] == WIDTH:
        steps[:, BANDS:] = np.round(window[:, BANDS:] * PITCH_UNITS * 255.0)
    return (steps / 255.0).astype(np.float32)


def pad(frames: np.ndarray, before: int) -> np.ndarray:
    """Pads a short clip with digital silence to a window, `before` frames of it in front."""
    window = np.zeros((WINDOW, frames.shape[1]), np.float32)
    window[:, :BANDS] = FLOOR_DB
    window[before : before + len(frames)] = frames[: WINDOW - before]
    return window


def clip_windows(frames: np.ndarray) -> list[np.ndarray]:
    """Returns the windows, each (WINDOW, WIDTH), that `undertone classify` decides on.

    A short clip is centred in one window. A longer one is hopped through, and its last
    window ends with it.
    """
    if len(frames) <= WINDOW:
        return [to_cells(pad(frames, (WINDOW - len(frames)) // 2))]
    last = len(frames) - WINDOW
    starts = [*range(0, last, HOP), last]
    return [to_cells(frames[start : start + WINDOW]) for start in starts]


def random_window(frames: np.ndarray, stretch: float, rng: np.random.Generator) -> np.ndarray:
    """Returns a random crop of a clip, slowed down or sped up by a share of up to `stretch`.

    A short clip lies anywhere in it.
    """
    factor = rng.uniform(1.0 - stretch, 1.0 + stretch)
    frames = time_stretch(frames, factor) if stretch > 0.0 else frames
    spare = len(frames) - WINDOW
    if spare >= 0:
        start = rng.integers(0, spare + 1)
        return to_cells(frames[start : start + WINDOW])
    return to_cells(pad(frames, int(rng.integers(0, -spare + 1))))


def time_stretch(frames: np.ndarray, factor: float) -> np.ndarray:
    """Resamples frames to `factor` times their number by linear interpolation."""
    position = np.linspace(0.0, len(frames) - 1.0, max(2, round(len(frames) * factor)))
    low = np.minimum(position.astype(int), max(0, len(frames) - 2))
    share = (position - low)[:, None].astype(np.float32)
    high = np.minimum(low + 1, len(frames) - 1)
    return frames[low] * (1 - share) + frames[high] * share
