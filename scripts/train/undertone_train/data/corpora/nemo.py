"""nEMO: nine speakers, 90 Polish sentences, six emotions.

I. Christop, "nEMO: Dataset of Emotional Speech in Polish", LREC-COLING 2024; 4481 recordings at
24 kHz, `samples/SPEAKER_EMOTION_SENTENCE.wav`. Networks trained on it are for non-commercial use.
"""

from pathlib import Path

from .corpus import Corpus, Utterance

EMOTIONS = {
    "anger": "angry",
    "fear": "fearful",
    "happiness": "happy",
    "neutral": "neutral",
    "sadness": "sad",
    "surprised": "surprised",
}


def _read(path: Path) -> Utterance | None:
    match path.stem.split("_"):
        case [speaker, emotion, sentence] if emotion in EMOTIONS and sentence.isdigit():
            return Utterance(speaker, emotion, sentence)
    return None


CORPUS = Corpus(
    name="nemo",
    title="nEMO",
    language="pl",
    source="https://github.com/amu-cai/nEMO",
    licence="CC-BY-NC-SA-4.0",
    emotions=EMOTIONS,
    example="samples/EB0_anger_1.wav",
    reader=lambda folder: _read,
)
