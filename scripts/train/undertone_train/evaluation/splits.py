"""Speaker-independent splits.

The folds of RAVDESS are those of Luna-Jiménez et al. (Applied Sciences 12(1), 2022), whose actors
are balanced by sex. Folds whose actors are missing from the data are left out; the others keep
their numbers.
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
    """Clips to train on and clips to test on, without a speaker in common."""

    fold: int
    train: list[Clip]
    test: list[Clip]

    def __post_init__(self) -> None:
        shared = {c.speaker for c in self.train} & {c.speaker for c in self.test}
        if shared:
            raise ValueError(f"speakers {sorted(shared)} are on both sides of fold {self.fold}")


def available_folds(clips: Sequence[Clip]) -> list[int]:
    """Returns the numbers of the folds of RAVDESS all of whose actors are in the data."""
    speakers = {clip.speaker for clip in clips}
    return [number for number, actors in enumerate(RAVDESS_FOLDS) if actors <= speakers]


def leave_one_fold_out(clips: Sequence[Clip]) -> Iterator[Split]:
    """Yields one split for each available fold: it is tested, the others are trained on."""
    folds = available_folds(clips)
    for number in folds:
        yield split_by_fold(clips, number, [other for other in folds if other != number])


def split_by_fold(clips: Sequence[Clip], test: int, train: Iterable[int]) -> Split:
    """Returns the split that trains on some folds and tests another."""
    return Split(fold=test, train=clips_of(clips, train), test=clips_of(clips, [test]))


def clips_of(clips: Sequence[Clip], folds: Iterable[int]) -> list[Clip]:
    """Returns the clips of some folds, in order."""
    actors = frozenset().union(*(RAVDESS_FOLDS[number] for number in folds))
    return [clip for clip in clips if clip.speaker in actors]


def by_speaker(clips: Sequence[Clip], folds: int) -> Iterator[Split]:
    """Yields so many splits of any corpus; every speaker is tested in one of them."""
    speakers = sorted({clip.speaker for clip in clips})
    for fold in range(folds):
        tested = set(speakers[fold::folds])
        train = [clip for clip in clips if clip.speaker not in tested]
        yield Split(fold, train, [clip for clip in clips if clip.speaker in tested])
