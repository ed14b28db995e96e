"""CREMA-D: 91 actors, twelve English sentences, six emotions, and what listeners heard.

H. Cao et al., "CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset", IEEE
Transactions on Affective Computing 5(4), 2014; 7442 recordings at 16 kHz,
`AudioWAV/ACTOR_SENTENCE_EMOTION_LEVEL.wav` (by Git LFS: a plain download holds pointers in their
place), and listeners' votes in `processedResults/tabulatedVotes.csv`. About half of the clips
are heard as something else than the actor meant. The recording 1076_MTI_SAD_XX is silent.

A folder with `clips.csv` holds log-mel frames in place of recordings, and votes in `votes.csv`.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from .corpus import Corpus, Read, Utterance, sound_files, table

EMOTIONS = {
    "ANG": "angry",
    "DIS": "disgust",
    "FEA": "fearful",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
INDEX = "clips.csv"
"""The list of clips in a folder that holds log-mel frames in place of recordings."""
FRAME_VOTES = "votes.csv"
"""The listeners' votes in such a folder."""
VOTES = "processedResults/tabulatedVotes.csv"
VOICE_ONLY = "1"
"""The first digit of six of the number of a row of votes by listeners who only heard the voice; 2
saw the face alone, 3 heard and saw."""
SILENT = "1076_MTI_SAD_XX"

Votes = Mapping[str, Mapping[str, int]]
"""Votes by the corpus's own codes, by clip."""


def _files(folder: Path) -> Iterable[Path]:
    if (folder / INDEX).exists():
        return [folder / f"{row['name']}.wav" for row in table(folder / INDEX, "name")]
    return (path for path in sound_files(folder) if path.stem != SILENT)


def _reader(folder: Path) -> Read:
    votes = _votes(folder)

    def read(path: Path) -> Utterance | None:
        match path.stem.split("_"):
            case [actor, sentence, emotion, _] if emotion in EMOTIONS:
                return Utterance(actor, emotion, sentence, votes.get(path.stem, {}))
        return None

    return read


def _votes(folder: Path) -> Votes:
    """Returns the votes that lie in a folder, or beside it if it is `AudioWAV`; none if there are
    none.
    """
    if (folder / FRAME_VOTES).exists():
        rows = table(folder / FRAME_VOTES, "name", *EMOTIONS.values())
        return {
            row["name"]: {code: int(row[label]) for code, label in EMOTIONS.items()} for row in rows
        }
    for path in (folder / VOTES, folder.parent / VOTES):
        if path.exists():
            rows = table(path, "", "fileName", *(code[0] for code in EMOTIONS))
            return {
                row["fileName"]: {code: int(row[code[0]]) for code in EMOTIONS}
                for row in rows
                if row[""].startswith(VOICE_ONLY)
            }
    return {}


CORPUS = Corpus(
    name="crema-d",
    title="CREMA-D",
    language="en-US",
    source="https://github.com/CheyneyComputerScience/CREMA-D",
    licence="ODbL-1.0",
    emotions=EMOTIONS,
    example="AudioWAV/1001_DFA_ANG_XX.wav",
    reader=_reader,
    files=_files,
)
