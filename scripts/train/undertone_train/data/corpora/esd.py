"""ESD: ten speakers of Mandarin and ten of English, 350 sentences, five emotions.

K. Zhou et al., "Emotional voice conversion: Theory, databases and ESD", Speech Communication 137,
2022; 35 000 recordings at 16 kHz, `SPEAKER/EMOTION/SPEAKER_NUMBER.wav`, in older copies with
`train`, `evaluation` or `test` between. For research, on signing its licence.

Speakers 0001 to 0010 speak Mandarin. Numbers go through the 350 sentences once for each emotion.
The three folders hold the same speakers, so they are no split by speaker, and are read as one.
"""

import re
from pathlib import Path

from .corpus import Corpus, Utterance

EMOTIONS = {
    "Angry": "angry",
    "Happy": "happy",
    "Neutral": "neutral",
    "Sad": "sad",
    "Surprise": "surprised",
}
SENTENCES = 350
LAST_MANDARIN = 10


def _read(path: Path) -> Utterance | None:
    found = re.fullmatch(r"(00[012]\d)_(\d{6})", path.stem)
    emotion = next((part for part in path.parts[-3:-1] if part in EMOTIONS), None)
    if found is None or emotion is None:
        return None
    speaker, number = found[1], int(found[2])
    language = "zh" if int(speaker) <= LAST_MANDARIN else "en"
    sentence = f"{language}-{(number - 1) % SENTENCES + 1}"
    return Utterance(speaker, emotion, sentence, language=language)


CORPUS = Corpus(
    name="esd",
    title="ESD",
    language="",
    source="https://github.com/HLTSingapore/Emotional-Speech-Data",
    licence="for research, on signing its licence",
    emotions=EMOTIONS,
    example="0011/Angry/0011_000351.wav",
    reader=lambda folder: _read,
)
