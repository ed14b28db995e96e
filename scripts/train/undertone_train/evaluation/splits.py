"""Speaker-independent folds.

The folds of RAVDESS are those of Luna-Jiménez et al. (Applied Sciences 12(1),
2022), whose actors are balanced by sex. Folds whose actors are missing from
the data are left out; the others keep their numbers.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..data.corpora import Clip

RAVDESS_FOLDS = (
    frozenset({"02", "05", "14", "15", "16"}),
    frozenset({"03", "06", "07", "13", "18"}),
    frozenset({"10", "11", "12", "19", "20"}),
    frozenset({"08", "17", "21", "23", "24"}),
    frozenset({"01", "04", "09", "22"}),
)


@dataclass(frozen=True)
class Split:
    """Speakers to train on and speakers to be tested on, without overlap."""

    fold: int
    train: list[Clip]
    test: list[Clip]

    def __post_init__(self) -> None:
        shared = {c.speaker for c in self.train} & {c.speaker for c in self.test}
        if shared:
            raise ValueError(f"speakers {sorted(shared)} are on both sides of fold {self.fold}")


def present(clips: Sequence[Clip]) -> list[int]:
    """Numbers of the folds all of whose actors are in the data."""
    speakers = {clip.speaker for clip in clips}
    return [number for number, actors in enumerate(RAVDESS_FOLDS) if actors <= speakers]


def outer(clips: Sequence[Clip]) -> Iterator[Split]:
    """One split for each fold: it is tested, the others are trained on."""
    folds = present(clips)
    for number in folds:
        yield without(clips, number, [other for other in folds if other != number])


def without(clips: Sequence[Clip], test: int, train: Iterable[int]) -> Split:
    """The split that trains on some folds and tests on another."""
    return Split(fold=test, train=members(clips, train), test=members(clips, [test]))


def members(clips: Sequence[Clip], numbers: Iterable[int]) -> list[Clip]:
    """The clips of some folds, in order."""
    actors = frozenset().union(*(RAVDESS_FOLDS[number] for number in numbers))
    return [clip for clip in clips if clip.speaker in actors]
