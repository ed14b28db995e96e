"""Where everything is: corpora, caches, the program, what is written."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .corpora import Clip, crema_d, ravdess
from .corpora.crema_d import INDEX, packed_frames
from .features import FRAMES, FeatureCache, prepare, write
from .fit import OtherCorpus
from .inner import Laboratory
from .search import Search

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

    @cached_property
    def clips(self) -> list[Clip]:
        """Spoken clips of RAVDESS."""
        return [clip for clip in ravdess(self.ravdess) if clip.corpus == "ravdess"]

    @property
    def cache(self) -> FeatureCache:
        """Features of RAVDESS."""
        return FeatureCache(self.work / "features")

    def prepare(self) -> None:
        """Computes or unpacks what is not in the caches yet."""
        prepare(self.clips, self.undertone, self.cache.folder)
        if self.crema_d is None:
            return
        clips, path = crema_d(self.crema_d), self._crema_features / FRAMES / "clean-0"
        if path.with_suffix(".json").exists():
            return
        if (self.crema_d / INDEX).exists():
            write(packed_frames(self.crema_d, clips), path)
        else:
            prepare(clips, self.undertone, self._crema_features, {"clean": 1})

    @property
    def _crema_features(self) -> Path:
        return self.work / "features/crema-d"

    @cached_property
    def other(self) -> OtherCorpus | None:
        """CREMA-D, where it is there."""
        if self.crema_d is None:
            return None
        frames = FeatureCache(self._crema_features).of(FRAMES)
        return OtherCorpus(crema_d(self.crema_d), frames, self.work / "pretrained")

    @cached_property
    def laboratory(self) -> Laboratory:
        """What recipes are tried in."""
        return Laboratory(self.clips, self.cache, self.other, self.work)

    @cached_property
    def search(self) -> Search:
        """The stored search."""
        return Search(self.laboratory, DOCS / "search.jsonl")
