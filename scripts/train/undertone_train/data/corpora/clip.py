"""A labelled recording."""

from dataclasses import dataclass
from pathlib import Path

LABELS = ("angry", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised")
CALM = frozenset({"calm", "neutral"})
"""The labels of speech without emotion, from which a voice's baseline may be learned."""


@dataclass(frozen=True, order=True)
class Clip:
    """A recording with its corpus, file, speaker, label and spoken statement."""

    corpus: str
    path: Path
    speaker: str
    label: str
    statement: str = ""
    """The corpus's own code of the sentence; empty where it has none."""
    language: str = ""
    """The BCP 47 tag of the spoken language; empty where it is not known."""
    labels: tuple[str, ...] = LABELS
    """The labels that clips of this corpus can have, in the order of LABELS."""
    votes: tuple[float, ...] = ()
    """The shares of listeners who heard each of LABELS; empty where nobody was asked."""
    take: str = ""
    """What tells the clip from the speaker's others, if the file's stem does not."""

    def __post_init__(self) -> None:
        if self.label not in self.labels:
            raise ValueError(f"{self.path}: {self.label!r} is none of {', '.join(self.labels)}")

    @property
    def name(self) -> str:
        """A name that is unique among all clips: corpus, speaker and take, or the file's stem."""
        return f"{self.corpus}-{self.speaker}-{self.take or self.path.stem}"

    @property
    def voice(self) -> str:
        """The speaker's name among those of all corpora."""
        return f"{self.corpus}-{self.speaker}"

    @property
    def target(self) -> int:
        """The label's index in LABELS."""
        return LABELS.index(self.label)

    @property
    def is_calm(self) -> bool:
        """True of speech from which a voice's baseline may be learned."""
        return self.label in CALM
