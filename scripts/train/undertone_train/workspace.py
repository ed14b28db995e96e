"""A workspace: the corpora, caches and results in the folders that the command line names."""

import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .data.corpora import CORPORA, EXTRA, Clip
from .data.corpora.crema_d import INDEX
from .data.features import FRAMES, FeatureCache, prepare, write
from .data.packed_frames import packed_frames
from .evaluation.experiment import Experiment
from .evaluation.records import RecordStore
from .evaluation.search import Search
from .paths import DOCS
from .training.auxiliary import AuxiliaryCorpus


@dataclass(frozen=True)
class Workspace:
    """The folders, and what is loaded from them when first used."""

    ravdess: Path
    crema_d: Path | None
    work: Path
    undertone: Path
    bundle: Path
    also: tuple[tuple[str, Path], ...] = ()
    """Further corpora to train on: names among `EXTRA`, and folders."""

    @cached_property
    def clips(self) -> list[Clip]:
        """The spoken clips of RAVDESS."""
        return [clip for clip in CORPORA["ravdess"].load(self.ravdess) if clip.corpus == "ravdess"]

    @cached_property
    def extra(self) -> list[Clip]:
        """The clips that are trained on beside RAVDESS."""
        return [clip for name, folder in self.also for clip in EXTRA[name].load(folder)]

    @property
    def cache(self) -> FeatureCache:
        """The features of RAVDESS and of the clips that are trained on beside it."""
        return FeatureCache(self.work / "features", tuple(self._features_of(*a) for a in self.also))

    @property
    def crema_cache(self) -> FeatureCache:
        """The features of CREMA-D."""
        return FeatureCache(self.work / "features/crema-d")

    @cached_property
    def auxiliary(self) -> AuxiliaryCorpus | None:
        """CREMA-D, if its folder was named."""
        if self.crema_d is None:
            return None
        frames = self.crema_cache.of(FRAMES)
        return AuxiliaryCorpus(
            CORPORA["crema-d"].load(self.crema_d), frames, self.work / "pretrained"
        )

    @cached_property
    def experiment(self) -> Experiment:
        """The experiment that trainings belong to."""
        # Networks that were trained on further corpora are stored apart from those that were not.
        work = self.work.joinpath(*(_tag(*also) for also in self.also))
        return Experiment(self.clips, self.cache, self.auxiliary, work, self.extra)

    @cached_property
    def search(self) -> Search:
        """The stored search."""
        return Search(self.experiment, DOCS / "search.jsonl")

    @property
    def records(self) -> RecordStore:
        """What one command stores for another."""
        return RecordStore(self.experiment.work / "kept")

    def prepare(self) -> None:
        """Computes or unpacks the features that are not in the caches yet."""
        prepare(self.clips, self.undertone, self.cache.folder)
        for name, folder in self.also:
            scan = EXTRA[name].scan(folder)
            print(f"{name}: {scan.summary()}", flush=True)
            prepare(scan.clips, self.undertone, self._features_of(name, folder))
        if self.crema_d is not None:
            self._prepare_crema(self.crema_d)

    def _prepare_crema(self, folder: Path) -> None:
        clips, path = CORPORA["crema-d"].load(folder), self.crema_cache.folder / FRAMES / "clean-0"
        if path.with_suffix(".json").exists():
            return
        if (folder / INDEX).exists():
            write(packed_frames(folder, clips), path)
        else:
            prepare(clips, self.undertone, self.crema_cache.folder, {"clean": 1})

    def _features_of(self, name: str, folder: Path) -> Path:
        return self.work / "features" / _tag(name, folder)


def _tag(name: str, folder: Path) -> str:
    """Returns a name of a corpus in a folder, for files."""
    return f"{name}-{zlib.crc32(str(folder.resolve()).encode()):08x}"
