"""JL-Corpus: two women and two men of New Zealand, five primary and five secondary emotions.

J. James, L. Tian, C. Watson, "An Open Source Emotional Speech Corpus for Human Robot Interaction
Applications", Interspeech 2018; 2400 recordings at 44.1 kHz,
`Raw JL corpus (unchecked and unannotated)/JL(wav+txt)/SPEAKER_EMOTION_SENTENCE+SESSION_REPETITION.wav`.
Excitement and the secondary emotions are none of our labels: half of the corpus is left out.
"""

import re
from pathlib import Path

from .corpus import Corpus, Utterance

EMOTIONS = {
    "angry": "angry",
    "happy": "happy",
    "neutral": "neutral",
    "sad": "sad",
    "excited": None,
    "anxious": None,
    "apologetic": None,
    "assertive": None,
    "concerned": None,
    "encouraging": None,
}


def _read(path: Path) -> Utterance | None:
    found = re.fullmatch(r"((?:fe)?male\d)_([a-z]+)_(\d+)[a-z]_\d", path.stem)
    if found is None or found[2] not in EMOTIONS:
        return None
    return Utterance(found[1], found[2], found[3])


CORPUS = Corpus(
    name="jl-corpus",
    title="JL-Corpus",
    language="en-NZ",
    source="https://www.kaggle.com/tli725/jl-corpus",
    licence="CC0-1.0",
    emotions=EMOTIONS,
    example="JL(wav+txt)/female1_angry_10a_1.wav",
    reader=lambda folder: _read,
)
