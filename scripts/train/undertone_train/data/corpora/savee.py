"""SAVEE: four men, 15 English sentences an emotion, seven emotions.

S. Haq, P. J. B. Jackson, "Multimodal Emotion Recognition", 2010; 480 recordings at 44.1 kHz,
`AudioData/SPEAKER/EMOTION+NUMBER.wav`, or `SPEAKER_EMOTION+NUMBER.wav` where all lie in one folder.
Three sentences are common to all emotions; other numbers are another sentence in each.
"""

import re
from pathlib import Path

from .corpus import Corpus, Utterance

EMOTIONS = {
    "a": "angry",
    "d": "disgust",
    "f": "fearful",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprised",
}


def _read(path: Path) -> Utterance | None:
    speaker, _, name = path.stem.rpartition("_")
    found = re.fullmatch(r"(sa|su|[adfhn])(\d\d)", name)
    if found is None:
        return None
    return Utterance(speaker or path.parent.name, found[1], found[2])


CORPUS = Corpus(
    name="savee",
    title="SAVEE",
    language="en-GB",
    source="http://kahlan.eps.surrey.ac.uk/savee/",
    licence="for research, on registration",
    emotions=EMOTIONS,
    example="AudioData/DC/a01.wav",
    reader=lambda folder: _read,
)
