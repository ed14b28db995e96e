"""SUBESCO: ten women and ten men, ten Bangla sentences in five takes, seven emotions.

S. Sultana et al., "SUST Bangla Emotional Speech Corpus (SUBESCO)", PLoS ONE 16(4), 2021; 7000
recordings at 48 kHz, `SEX_SPEAKER_NAME_S_SENTENCE_EMOTION_TAKE.wav`. One name, of
F_02_MONIKA_S_2_SURPRISE_3, ends with a bracket.
"""

import re
from pathlib import Path

from .corpus import Corpus, Utterance

EMOTIONS = {
    "ANGRY": "angry",
    "DISGUST": "disgust",
    "FEAR": "fearful",
    "HAPPY": "happy",
    "NEUTRAL": "neutral",
    "SAD": "sad",
    "SURPRISE": "surprised",
}


def _read(path: Path) -> Utterance | None:
    found = re.fullmatch(r"([FM]_\d+)_[A-Z]+_S_(\d+)_([A-Z]+)_\d\]?", path.stem)
    if found is None or found[3] not in EMOTIONS:
        return None
    return Utterance(found[1], found[3], found[2])


CORPUS = Corpus(
    name="subesco",
    title="SUBESCO",
    language="bn",
    source="https://zenodo.org/records/4526477",
    licence="CC-BY-4.0",
    emotions=EMOTIONS,
    example="SUBESCO/F_01_OISHI_S_10_ANGRY_1.wav",
    reader=lambda folder: _read,
)
