"""TESS: two actresses, 200 words in one carrier phrase, seven emotions.

M. K. Pichora-Fuller, K. Dupuis, "Toronto emotional speech set", 2020:
https://doi.org/10.5683/SP2/E8H2MF. CC BY-NC 4.0.
"""

from pathlib import Path

from .clip import Clip, recordings

EMOTIONS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprised",
    "sad": "sad",
}


def tess(folder: Path) -> list[Clip]:
    """Loads recordings named ACTRESS_WORD_EMOTION.wav; `ps` is pleasant surprise."""
    return recordings(folder, "TESS", _read)


def _read(path: Path) -> Clip | None:
    match path.stem.split("_"):
        case [actress, word, emotion] if emotion.lower() in EMOTIONS:
            # One of the files is named OA for OAF.
            speaker = {"OA": "OAF"}.get(actress, actress)
            return Clip("tess", path, speaker, EMOTIONS[emotion.lower()], word)
    return None
