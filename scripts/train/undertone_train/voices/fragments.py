"""Windows with little speech, as a stream shows them: utterances that begin or end, single words."""

import numpy as np

from ..data.features import BANDS, PITCH, VOICING, WIDTH
from ..data.windows import FLOOR_DB, WINDOW
from ..networks.functionals import LOUD_DB

LEAST = 25
"""The fewest frames of speech that are cut out: 0.4 s."""


def fragment(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Returns a window of frames with a random stretch of a clip's speech in it.

    Often it ends with the window, as in a stream in which somebody begins to speak; around it is
    faint noise, 35 to 75 dB below the loudest cell, or digital silence.
    """
    first, end = _speech(frames)
    spoken = min(end - first, WINDOW)
    length = int(rng.integers(min(LEAST, spoken), spoken + 1))
    start = first + int(rng.integers(0, end - first - length + 1))
    part = frames[start : start + length]
    window = np.zeros((WINDOW, frames.shape[1]), np.float32)
    window[:, :BANDS] = FLOOR_DB
    if rng.random() < 0.7:
        _fill_with_noise(window, part[:, :BANDS].max() - rng.uniform(35.0, 75.0), rng)
    place = rng.random()
    last = WINDOW - length
    before = last if place < 0.45 else 0 if place < 0.6 else int(rng.integers(0, last + 1))
    window[before : before + length] = part
    return window


def clip_means(
    values: np.ndarray, clip: np.ndarray, fragment: np.ndarray, clips: int
) -> np.ndarray:
    """Returns the mean over each clip's whole windows of values (windows, columns), (clips, columns).

    `clip` is the place of each window's clip, `fragment` true of windows that are not whole.
    """
    whole = np.flatnonzero(~fragment)
    sums = np.zeros((clips, values.shape[1]), values.dtype)
    np.add.at(sums, clip[whole], values[whole])
    return sums / np.bincount(clip[whole], minlength=clips)[:, None]


def _speech(frames: np.ndarray) -> tuple[int, int]:
    """Returns the first loud frame of a clip and the end of its last."""
    loudest = frames[:, :BANDS].max(axis=1)
    loud = np.flatnonzero(loudest > loudest.max() - LOUD_DB)
    return int(loud[0]), int(loud[-1]) + 1


def _fill_with_noise(window: np.ndarray, level: float, rng: np.random.Generator) -> None:
    """Fills a window with noise of a random colour, whose loudest cell has this level in dB."""
    noise = rng.uniform(-0.25, 0.05) * np.arange(BANDS) + rng.normal(0.0, 3.5, (WINDOW, BANDS))
    window[:, :BANDS] = level + noise - noise.max()
    if window.shape[1] == WIDTH:
        window[:, PITCH] = rng.integers(0, 170, WINDOW) / 6.0
        window[:, VOICING] = rng.integers(20, 110, WINDOW) / 255.0
