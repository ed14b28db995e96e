"""CREMA-D: 91 actors, twelve sentences, six emotions.

H. Cao et al., "CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset", IEEE
Transactions on Affective Computing 5(4), 2014:
https://github.com/CheyneyComputerScience/CREMA-D, folder AudioWAV. Open Database
License 1.0 and Database Contents License 1.0.
"""

import csv
import lzma
from pathlib import Path

import numpy as np

from .clip import Clip, recordings

EMOTIONS = {
    "ANG": "angry",
    "DIS": "disgust",
    "FEA": "fearful",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
CORPUS = "crema-d"
INDEX = "clips.csv"
"""The list of clips in a folder that holds log-mel frames in place of recordings."""
FRAMES = "logmel64.npy.xz"


def crema_d(folder: Path) -> list[Clip]:
    """Loads recordings named ACTOR_SENTENCE_EMOTION_LEVEL.wav, or the list of a folder of frames."""
    if (folder / INDEX).exists():
        names = [row["name"] for row in _rows(folder)]
        return [clip for name in names if (clip := _read(folder / f"{name}.wav")) is not None]
    return recordings(folder, "CREMA-D", _read)


def packed_frames(folder: Path, clips: list[Clip]) -> dict[str, np.ndarray]:
    """Returns log-mel frames in dB below each clip's maximum, (frames, 64), by clip name.

    They are stored as 255 steps of the 80 dB below a clip's loudest cell, computed from
    16 kHz sound as `undertone features --set log-mel` defines them.
    """
    with lzma.open(folder / FRAMES) as file:
        levels = np.load(file)
    rows = {row["name"]: row for row in _rows(folder)}
    frames = {}
    for clip in clips:
        start, count = (int(rows[clip.path.stem][key]) for key in ("first_frame", "frames"))
        frames[clip.name] = levels[start : start + count].astype(np.float32) * (80 / 255) - 80
    return frames


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / INDEX).open(newline="") as file:
        return list(csv.DictReader(file))


def _read(path: Path) -> Clip | None:
    match path.stem.split("_"):
        case [actor, sentence, emotion, _] if emotion in EMOTIONS:
            return Clip(CORPUS, path, actor, EMOTIONS[emotion], sentence)
    return None
