"""EMOVO: three women and three men, 14 Italian sentences, seven emotions.

G. Costantini et al., "EMOVO Corpus: an Italian Emotional Speech Database", LREC 2014; 588 stereo
recordings at 48 kHz, `SPEAKER/EMOTION-SPEAKER-SENTENCE.wav`. Its pages allow non-commercial use
that names it.
"""

from pathlib import Path

from .corpus import Corpus, Utterance

EMOTIONS = {
    "rab": "angry",
    "dis": "disgust",
    "pau": "fearful",
    "gio": "happy",
    "neu": "neutral",
    "tri": "sad",
    "sor": "surprised",
}


def _read(path: Path) -> Utterance | None:
    match path.stem.lower().split("-"):
        case [emotion, speaker, sentence] if emotion in EMOTIONS:
            return Utterance(speaker, emotion, sentence)
    return None


CORPUS = Corpus(
    name="emovo",
    title="EMOVO",
    language="it",
    source="http://voice.fub.it/activities/corpora/emovo/index.html",
    licence="non-commercial use, with acknowledgement",
    emotions=EMOTIONS,
    example="EMOVO/f1/dis-f1-b1.wav",
    reader=lambda folder: _read,
)
