"""Where labelled recordings lie and what their names say.

A loader turns a folder, laid out as its corpus is distributed, into clips.
RAVDESS: Livingstone & Russo 2018, https://zenodo.org/records/1188976,
CC BY-NC-SA 4.0 (the speech part, audio only: Audio_Speech_Actors_01-24.zip).
"""

from dataclasses import dataclass
from pathlib import Path

LABELS = ("angry", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised")

RAVDESS_EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}


@dataclass(frozen=True, order=True)
class Clip:
    """One recording: where it is, who speaks, how, and what is said."""

    path: Path
    speaker: str
    label: str
    statement: str = ""

    @property
    def name(self) -> str:
        """The file's name without its extension; unique within a corpus."""
        return self.path.stem

    @property
    def target(self) -> int:
        """The label's index in LABELS."""
        return LABELS.index(self.label)


def ravdess(folder: Path) -> list[Clip]:
    """RAVDESS speech: MODALITY-CHANNEL-EMOTION-INTENSITY-STATEMENT-REPETITION-ACTOR.

    Audio-only (03) speech (01) clips anywhere below the folder: both the
    distributed Actor_NN folders and a flat folder are found.
    """
    clips = []
    for path in sorted(folder.rglob("03-01-*")):
        fields = path.stem.split("-")
        if path.suffix.lower() not in {".wav", ".flac"} or len(fields) != 7:
            continue
        emotion, statement, actor = fields[2], fields[4], fields[6]
        clips.append(Clip(path, actor, RAVDESS_EMOTIONS[emotion], statement))
    if not clips:
        raise SystemExit(f"{folder}: no RAVDESS speech clips (03-01-….wav or .flac) are there")
    return clips
