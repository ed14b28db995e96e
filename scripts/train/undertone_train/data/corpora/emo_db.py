"""EMO-DB: ten speakers, ten German sentences, seven emotions.

F. Burkhardt et al., "A Database of German Emotional Speech", Interspeech 2005; 535 recordings at
16 kHz, `wav/SPEAKER(2) SENTENCE(3) EMOTION(1) VERSION(1).wav`. Boredom is none of our labels. The
edition in audformat (Zenodo 7447302) states CC BY 4.0.
"""

from pathlib import Path

from .corpus import Corpus, Utterance

EMOTIONS = {
    "W": "angry",
    "E": "disgust",
    "A": "fearful",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
    "L": None,
}


def _read(path: Path) -> Utterance | None:
    name = path.stem
    if len(name) != 7 or not name[:2].isdigit() or name[5] not in EMOTIONS:
        return None
    return Utterance(name[:2], name[5], name[2:5])


CORPUS = Corpus(
    name="emo-db",
    title="EMO-DB",
    language="de",
    source="http://emodb.bilderbar.info/",
    licence="CC0-1.0",
    emotions=EMOTIONS,
    example="wav/03a01Fa.wav",
    reader=lambda folder: _read,
)
