"""SAVEE: four men, 15 sentences an emotion, seven emotions.

S. Haq, P. J. B. Jackson, "Multimodal Emotion Recognition", 2010:
http://kahlan.eps.surrey.ac.uk/savee/. Free for research, on registration.
"""

import re
from pathlib import Path

from .clip import Clip, recordings

EMOTIONS = {
    "a": "angry",
    "d": "disgust",
    "f": "fearful",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprised",
}


def savee(folder: Path) -> list[Clip]:
    """Loads recordings named SPEAKER/EMOTION+NUMBER.wav, or SPEAKER_EMOTION+NUMBER.wav in one folder."""
    return recordings(folder, "SAVEE", _read)


def _read(path: Path) -> Clip | None:
    speaker, _, name = path.stem.rpartition("_")
    found = re.fullmatch(r"(sa|su|[adfhn])(\d\d)", name)
    if found is None:
        return None
    return Clip("savee", path, speaker or path.parent.name, EMOTIONS[found[1]], found[2])
