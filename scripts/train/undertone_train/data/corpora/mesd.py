"""MESD: women, men and children of Mexico, single Spanish words, six emotions.

M. M. Duville et al., "Mexican Emotional Speech Database Based on Semantic, Frequency, Familiarity,
Concreteness, and Cultural Shaping of Affective Prosody", Data 6(12), 2021; 862 recordings at
48 kHz, `EMOTION_VOICE_WORDS_WORD.wav`, where VOICE is F, M or C for a child and WORDS is A or B.

Three women, two men and six children speak, but names tell the kind of voice alone: each kind is
one speaker here, so that none is on both sides of a split, and baselines of one voice cannot be
made. Version 5 also holds `Speaker-embedded naturalness-reduced female voices`, which were
changed by a vocoder and bear a level, L1 or L2, in front of the word: they are left out.
"""

import re
from pathlib import Path

from .corpus import Corpus, Utterance

EMOTIONS = {
    "Anger": "angry",
    "Disgust": "disgust",
    "Fear": "fearful",
    "Happiness": "happy",
    "Neutral": "neutral",
    "Sadness": "sad",
}


def _read(path: Path) -> Utterance | None:
    found = re.fullmatch(r"([A-Z][a-z]+)_([FMC])_[AB]_(?!L\d_)(.+)", path.stem)
    if found is None or found[1] not in EMOTIONS:
        return None
    return Utterance(found[2], found[1], found[3])


CORPUS = Corpus(
    name="mesd",
    title="MESD",
    language="es-MX",
    source="https://data.mendeley.com/datasets/cy34mh68j9/5",
    licence="CC-BY-4.0",
    emotions=EMOTIONS,
    example="Mexican Emotional Speech Database (MESD)/Anger_C_A_abajo.wav",
    reader=lambda folder: _read,
)
