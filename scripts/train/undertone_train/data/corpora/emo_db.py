"""EMO-DB: ten speakers, ten German sentences, seven emotions.

F. Burkhardt et al., "A Database of German Emotional Speech", Interspeech 2005:
http://emodb.bilderbar.info/. Free to download; its pages state no licence for
commercial use. Boredom, which no label of ours is, is left out.
"""

from pathlib import Path

from .clip import Clip, recordings

EMOTIONS = {
    "W": "angry",
    "E": "disgust",
    "A": "fearful",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}


def emo_db(folder: Path) -> list[Clip]:
    """Loads recordings named SPEAKER(2) SENTENCE(3) EMOTION(1) VERSION(1), as 03a01Fa.wav."""
    return recordings(folder, "EMO-DB", _read)


def _read(path: Path) -> Clip | None:
    name = path.stem
    if len(name) != 7 or not name[:2].isdigit() or name[5] not in EMOTIONS:
        return None
    return Clip("emo-db", path, name[:2], EMOTIONS[name[5]], name[2:5])
