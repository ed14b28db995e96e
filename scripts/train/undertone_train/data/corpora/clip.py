"""One labelled recording."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

LABELS = ("angry", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised")
SUFFIXES = {".wav", ".flac"}


@dataclass(frozen=True, order=True)
class Clip:
    """One recording: of which corpus, where it is, who speaks, how, and what is said."""

    corpus: str
    path: Path
    speaker: str
    label: str
    statement: str = ""

    def __post_init__(self) -> None:
        if self.label not in LABELS:
            raise ValueError(f"{self.path}: {self.label!r} is none of {', '.join(LABELS)}")

    @property
    def name(self) -> str:
        """Unique among all clips: the corpus, the speaker and the file's name."""
        return f"{self.corpus}-{self.speaker}-{self.path.stem}"

    @property
    def target(self) -> int:
        """The label's index in LABELS."""
        return LABELS.index(self.label)


def recordings(folder: Path, corpus: str, read: Callable[[Path], Clip | None]) -> list[Clip]:
    """The clips that `read` recognises among a folder's recordings, in order of their paths."""
    clips = [clip for path in _sounds(folder) if (clip := read(path)) is not None]
    if not clips:
        raise SystemExit(f"{folder}: no recordings named as {corpus} names them are there")
    return clips


def _sounds(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES)
