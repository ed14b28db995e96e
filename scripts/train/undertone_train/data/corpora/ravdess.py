"""RAVDESS: 24 actors, two statements, eight emotions, spoken and sung.

S. R. Livingstone, F. A. Russo, "The Ryerson Audio-Visual Database of Emotional
Speech and Song", PLoS ONE 13(5), 2018; Audio_Speech_Actors_01-24.zip and
Audio_Song_Actors_01-24.zip, 48 kHz. Networks trained on it are for non-commercial use.

Names are MODALITY-CHANNEL-EMOTION-INTENSITY-STATEMENT-REPETITION-ACTOR, with modality 03 for
audio only, channel 01 for speech and 02 for song. Sung clips get the corpus `ravdess-song`, which
has neither disgust nor surprise. The copy on Kaggle holds every file twice: one is read.
"""

from pathlib import Path

from .corpus import Corpus, Utterance

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
SUNG = ("angry", "calm", "fearful", "happy", "neutral", "sad")
"""The labels of the sung part."""


def _read(path: Path) -> Utterance | None:
    match path.stem.split("-"):
        case ["03", "01", emotion, _, statement, _, actor]:
            return Utterance(actor, emotion, statement)
        case ["03", "02", emotion, _, statement, _, actor]:
            return Utterance(actor, emotion, statement, corpus="ravdess-song", labels=SUNG)
    return None


CORPUS = Corpus(
    name="ravdess",
    title="RAVDESS",
    language="en",
    source="https://zenodo.org/records/1188976",
    licence="CC-BY-NC-SA-4.0",
    emotions=EMOTIONS,
    example="Actor_07/03-01-05-02-01-02-07.wav",
    reader=lambda folder: _read,
)
