"""The definition of a corpus, and the search for its recordings in a folder."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from .clip import LABELS, Clip

SUFFIXES = {".wav", ".flac"}


@dataclass(frozen=True)
class Utterance:
    """What a corpus says of one of its recordings, in its own terms."""

    speaker: str
    emotion: str
    """The corpus's own code."""
    statement: str = ""
    votes: Mapping[str, int] = field(default_factory=dict)
    """Listeners' answers by the corpus's own codes."""
    corpus: str = ""
    """The name of a part of the corpus; empty for the corpus's own."""
    language: str = ""
    """The language, where the corpus has several."""
    labels: tuple[str, ...] = ()
    """The labels of that part; empty for the corpus's own."""
    take: str = ""
    """What tells it from the speaker's others, if the file's stem does not."""


Read = Callable[[Path], Utterance | None]
"""Returns what a corpus says of a recording; None if it is not one of its recordings."""


def sound_files(folder: Path) -> Iterator[Path]:
    """Yields the recordings below a folder, sorted, without files that begin with a dot.

    macOS leaves such files, named `._….wav`, in the archives of several corpora.
    """
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and not path.name.startswith("."):
            yield path


@dataclass(frozen=True)
class Scan:
    """The clips of a folder, and what was left out."""

    clips: list[Clip]
    left_out: Counter[str]
    """Numbers of recordings by the reason for which they are no clips."""

    def summary(self) -> str:
        """Returns a line for people: the clips, their speakers, what was left out."""
        speakers = len({(clip.corpus, clip.speaker) for clip in self.clips})
        text = f"{len(self.clips)} clips of {speakers} speakers"
        if not self.left_out:
            return text
        reasons = (f"{count} {reason}" for reason, count in sorted(self.left_out.items()))
        return f"{text}; left out: {', '.join(reasons)}"


@dataclass(frozen=True)
class Corpus:
    """A corpus as it is distributed: its terms, its labels and its layout."""

    name: str
    """The name in commands and in clips."""
    title: str
    language: str
    """A BCP 47 tag; empty where recordings differ."""
    source: str
    """The address to get it from."""
    licence: str
    """An SPDX identifier, or the terms in a few words."""
    emotions: Mapping[str, str | None]
    """Its own codes of emotions, and our labels for them; None where there is none."""
    example: str
    """The path of one of its recordings."""
    reader: Callable[[Path], Read]
    """Returns the function that reads recordings of a folder."""
    files: Callable[[Path], Iterable[Path]] = sound_files
    """Lists the recordings of a folder."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Our labels that its recordings can have."""
        return tuple(label for label in LABELS if label in self.emotions.values())

    def load(self, folder: Path) -> list[Clip]:
        """Returns the clips of a folder, sorted by path; exits if there are none."""
        return self.scan(folder).clips

    def scan(self, folder: Path) -> Scan:
        """Returns the clips of a folder and what was left out; exits if there are no clips."""
        if not folder.is_dir():
            raise SystemExit(f"{folder}: no such folder; name the one {self._where()}")
        read, clips, left_out = self.reader(folder), {}, Counter()
        for path in self.files(folder):
            utterance = read(path)
            if utterance is None:
                left_out["with other names"] += 1
            elif self.emotions.get(utterance.emotion) is None:
                left_out[utterance.emotion] += 1
            elif not _add(clips, self._clip(path, utterance)):
                left_out["second copies"] += 1
        if not clips:
            raise SystemExit(
                f"{folder}: no recordings named as {self.title} names them, such as "
                f"{self.example}, are there; name the folder {self._where()}"
            )
        return Scan(_with_unique_names(clips.values()), left_out)

    def _where(self) -> str:
        return f"that holds {self.title} ({self.source}), unpacked"

    def _clip(self, path: Path, utterance: Utterance) -> Clip:
        return Clip(
            utterance.corpus or self.name,
            path,
            utterance.speaker,
            self.emotions[utterance.emotion],
            utterance.statement,
            utterance.language or self.language,
            utterance.labels or self.labels,
            self._shares(utterance.votes),
            utterance.take,
        )

    def _shares(self, votes: Mapping[str, int]) -> tuple[float, ...]:
        counts = Counter()
        for code, count in votes.items():
            counts[self.emotions.get(code)] += count
        total = sum(counts[label] for label in LABELS)
        return tuple(counts[label] / total for label in LABELS) if total else ()


def _add(clips: dict[tuple[str, str], Clip], clip: Clip) -> bool:
    """Adds a clip unless there is one of its name and label: some archives hold a corpus twice."""
    return clips.setdefault((clip.name, clip.label), clip) is clip


def _with_unique_names(clips: Iterable[Clip]) -> list[Clip]:
    """Returns the clips; where a speaker's clips of several labels share a name, it gets the label."""
    clips = list(clips)
    names = Counter(clip.name for clip in clips)
    return [
        replace(clip, take=f"{clip.label}-{clip.take or clip.path.stem}")
        if names[clip.name] > 1
        else clip
        for clip in clips
    ]


def table(path: Path, *columns: str) -> list[dict[str, str]]:
    """Returns the rows of a CSV file that a corpus comes with; exits if these columns lack."""
    if not path.is_file():
        raise SystemExit(
            f"{path}: this table of the corpus is not there; name the folder that holds it"
        )
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        missing = set(columns) - set(reader.fieldnames or ())
        if missing:
            raise SystemExit(
                f"{path}: no column {', '.join(sorted(missing))}; get the corpus's own table"
            )
        return list(reader)
