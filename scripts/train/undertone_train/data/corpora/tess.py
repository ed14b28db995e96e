"""TESS: two actresses, 200 English words in one carrier phrase, seven emotions.

M. K. Pichora-Fuller, K. Dupuis, "Toronto emotional speech set", 2020; 2800 recordings at 24.4 kHz,
`ACTRESS_EMOTION/ACTRESS_WORD_EMOTION.wav`, where `ps` is pleasant surprise. The copy on Kaggle
holds every file twice: one is read. One file is named OA for OAF.
"""

from pathlib import Path

from .corpus import Corpus, Utterance

EMOTIONS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprised",
    "sad": "sad",
}


def _read(path: Path) -> Utterance | None:
    match path.stem.split("_"):
        case [actress, word, emotion] if emotion.lower() in EMOTIONS:
            return Utterance({"OA": "OAF"}.get(actress, actress), emotion.lower(), word)
    return None


CORPUS = Corpus(
    name="tess",
    title="TESS",
    language="en-CA",
    source="https://doi.org/10.5683/SP2/E8H2MF",
    licence="CC-BY-NC-4.0",
    emotions=EMOTIONS,
    example="OAF_Fear/OAF_back_fear.wav",
    reader=lambda folder: _read,
)
