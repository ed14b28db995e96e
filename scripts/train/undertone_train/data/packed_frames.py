"""Log-mel frames of corpora that come without sound."""

import lzma
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .corpora import Clip
from .corpora.corpus import table
from .corpora.crema_d import INDEX

FRAMES = "logmel64.npy.xz"


def packed_frames(folder: Path, clips: Sequence[Clip]) -> dict[str, np.ndarray]:
    """Returns log-mel frames in dB below each clip's maximum, (frames, 64), by clip name.

    They are stored as 255 steps of the 80 dB below a clip's loudest cell, computed from
    16 kHz sound as `undertone features --set log-mel` defines them.
    """
    with lzma.open(folder / FRAMES) as file:
        levels = np.load(file)
    rows = {row["name"]: row for row in table(folder / INDEX, "name", "first_frame", "frames")}
    frames = {}
    for clip in clips:
        start, count = (int(rows[clip.path.stem][key]) for key in ("first_frame", "frames"))
        frames[clip.name] = levels[start : start + count].astype(np.float32) * (80 / 255) - 80
    return frames
