"""Emozionalmente: 431 amateurs on their own devices, 18 Italian sentences, seven emotions.

F. Catania, J. W. Wilke, F. Garzotto, "Emozionalmente: A Crowdsourced Corpus of Simulated Emotional
Speech in Italian", IEEE Transactions on Audio, Speech and Language Processing 33, 2025; 6902
recordings at 16 kHz in `audio`, speakers and emotions in `metadata/samples.csv`, and five
listeners' answers a clip in `metadata/evaluations.csv`, who are right in two thirds. File names
tell nothing.
"""

from collections import Counter, defaultdict
from pathlib import Path

from .corpus import Corpus, Read, Utterance, table

EMOTIONS = {
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "joy": "happy",
    "neutrality": "neutral",
    "sadness": "sad",
    "surprise": "surprised",
}
SAMPLES = "metadata/samples.csv"
EVALUATIONS = "metadata/evaluations.csv"


def _reader(folder: Path) -> Read:
    # The archive holds one folder, and either may be named.
    root = next((found.parents[1] for found in sorted(folder.rglob("samples.csv"))), folder)
    rows = table(root / SAMPLES, "file_name", "actor", "sentence", "emotion_expressed")
    samples = {row["file_name"]: row for row in rows}
    votes = defaultdict(Counter)
    for row in table(root / EVALUATIONS, "file_name", "emotion_recognized"):
        votes[row["file_name"]][row["emotion_recognized"]] += 1

    def read(path: Path) -> Utterance | None:
        row = samples.get(f"{path.stem}.wav")
        if row is None:
            return None
        heard = votes[row["file_name"]]
        return Utterance(row["actor"], row["emotion_expressed"], row["sentence"], heard)

    return read


CORPUS = Corpus(
    name="emozionalmente",
    title="Emozionalmente",
    language="it",
    source="https://zenodo.org/records/12616095",
    licence="CC-BY-4.0",
    emotions=EMOTIONS,
    example="audio/….wav with metadata/samples.csv",
    reader=_reader,
)
