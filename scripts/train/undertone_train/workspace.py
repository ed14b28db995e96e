"""Where everything is: corpora, caches, the program, what is written."""

import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .data.corpora import MORE, Clip, crema_d, ravdess
from .data.corpora.crema_d import INDEX, packed_frames
from .data.features import FRAMES, FeatureCache, prepare, write
from .evaluation.inner_cv import Laboratory
from .evaluation.search import Search
from .training.loop import OtherCorpus

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"


@dataclass(frozen=True)
class Workplace:
    """The folders that the command line names."""

    ravdess: Path
    crema_d: Path | None
    work: Path
    undertone: Path
    bundle: Path
    also: tuple[tuple[str, Path], ...] = ()
    """Further corpora to train on, each with its name among `MORE`."""

    @cached_property
    def clips(self) -> list[Clip]:
        """Spoken clips of RAVDESS."""
        return [clip for clip in ravdess(self.ravdess) if clip.corpus == "ravdess"]

    @property
    def cache(self) -> FeatureCache:
        """Features of RAVDESS, and of what is trained on beside it."""
        return FeatureCache(self.work / "features", tuple(self._features_of(*a) for a in self.also))

    @cached_property
    def more(self) -> list[Clip]:
        """Clips that are trained on beside RAVDESS."""
        return [clip for name, folder in self.also for clip in MORE[name](folder)]

    def prepare(self) -> None:
        """Computes or unpacks what is not in the caches yet."""
        prepare(self.clips, self.undertone, self.cache.folder)
        for name, folder in self.also:
            prepare(MORE[name](folder), self.undertone, self._features_of(name, folder))
        if self.crema_d is None:
            return
        clips, path = crema_d(self.crema_d), self._crema_features / FRAMES / "clean-0"
        if path.with_suffix(".json").exists():
            return
        if (self.crema_d / INDEX).exists():
            write(packed_frames(self.crema_d, clips), path)
        else:
            prepare(clips, self.undertone, self._crema_features, {"clean": 1})

    def _features_of(self, name: str, folder: Path) -> Path:
        return self.work / "features" / _tag(name, folder)

    @property
    def _crema_features(self) -> Path:
        return self.work / "features/crema-d"

    @cached_property
    def other(self) -> OtherCorpus | None:
        """CREMA-D, where it is there."""
        if self.crema_d is None:
            return None
        frames = self.crema_cache.of(FRAMES)
        return OtherCorpus(crema_d(self.crema_d), frames, self.work / "pretrained")

    @property
    def crema_cache(self) -> FeatureCache:
        """Features of CREMA-D."""
        return FeatureCache(self._crema_features)

    @cached_property
    def laboratory(self) -> Laboratory:
        """What recipes are tried in."""
        # Networks that heard more are kept apart from those that did not.
        work = self.work.joinpath(*(_tag(*also) for also in self.also))
        return Laboratory(self.clips, self.cache, self.other, work, self.more)

    @cached_property
    def search(self) -> Search:
        """The stored search."""
        return Search(self.laboratory, DOCS / "search.jsonl")


def _tag(name: str, folder: Path) -> str:
    """A name of a corpus in a folder, for files."""
    return f"{name}-{zlib.crc32(str(folder.resolve()).encode()):08x}"
