"""Thorsten-Voice, emotional (Thorsten-21.06-emotional): one man, 300 German sentences, eight ways.

T. Müller, D. Kreutz, 2021; 2400 recordings at 22.05 kHz, normalised to −24 dB,
`thorsten-emotional_v02/EMOTION/SENTENCE.wav`. A sentence has the same file name in every folder.
Amusement, drunkenness, sleepiness and whispering are none of our labels. One speaker can be
trained on, but tells nothing as a test. OpenSLR and the archive say CC0, the licence field of its
record on Zenodo (5525023) CC BY 4.0.
"""

from pathlib import Path

from .corpus import Corpus, Utterance

EMOTIONS = {
    "angry": "angry",
    "disgusted": "disgust",
    "neutral": "neutral",
    "surprised": "surprised",
    "amused": None,
    "drunk": None,
    "sleepy": None,
    "whisper": None,
}


def _read(path: Path) -> Utterance | None:
    emotion = path.parent.name
    return Utterance("thorsten", emotion, path.stem) if emotion in EMOTIONS else None


CORPUS = Corpus(
    name="thorsten-emotional",
    title="Thorsten-Voice, emotional",
    language="de",
    source="https://www.openslr.org/110/",
    licence="CC0-1.0",
    emotions=EMOTIONS,
    example="thorsten-emotional_v02/angry/f2b06aa1103c26d530cc919c5b423224.wav",
    reader=lambda folder: _read,
)
