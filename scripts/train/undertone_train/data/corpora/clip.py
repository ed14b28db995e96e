"""A labelled recording, and the search for recordings in a folder."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

LABELS = ("angry", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised")
SUFFIXES = {".wav", ".flac"}


@dataclass(frozen=True, order=True)
class Clip:
    """A recording with its corpus, file, speaker, label and spoken statement."""

    corpus: str
    path: Path
    speaker: str
    label: str
    statement: str = ""
    """The corpus's own code of the sentence; empty where it has none."""

    def __post_init__(self) -> None:
        if self.label not in LABELS:
            raise ValueError(f"{self.path}: {self.label!r} is none of {', '.join(LABELS)}")

    @property
    def name(self) -> str:
        """A name that is unique among all clips: corpus, speaker and the file's stem."""
        return f"{self.corpus}-{self.speaker}-{self.path.stem}"

    @property
    def target(self) -> int:
        """The label's index in LABELS."""
        return LABELS.index(self.label)


def recordings(folder: Path, corpus: str, read: Callable[[Path], Clip | None]) -> list[Clip]:
    """Returns the clips that `read` recognises among a folder's recordings, sorted by path.

    Exits if there are none; `corpus` names the expected naming scheme in that message.
    """
    clips = [clip for path in _sound_files(folder) if (clip := read(path)) is not None]
    if not clips:
        raise SystemExit(f"{folder}: no recordings named as {corpus} names them are there")
    return clips


def _sound_files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES)
