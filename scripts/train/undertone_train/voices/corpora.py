"""The corpora that are trained on, and the splits that test: folds of RAVDESS, and whole corpora."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..data.corpora import Clip
from ..data.features import FRAMES, FeatureCache
from ..evaluation.splits import RAVDESS_FOLDS, available_folds
from ..workspace import Workspace
from .batches import Material
from .recipe import Recipe


@dataclass(frozen=True)
class Corpora:
    """Clips by corpus with their features; those without sound apart, as they are never tested."""

    clips: dict[str, list[Clip]]
    cache: FeatureCache
    soundless: Sequence[Material]
    recipe: Recipe

    @classmethod
    def of(cls, workspace: Workspace, recipe: Recipe) -> "Corpora":
        """Returns the corpora that a command line names."""
        found: dict[str, list[Clip]] = {}
        for clip in [*workspace.clips, *workspace.extra]:
            found.setdefault(clip.corpus, []).append(clip)
        auxiliary = workspace.auxiliary
        soundless = [Material(auxiliary.clips, [auxiliary.frames])] if auxiliary else []
        return cls(found, workspace.cache, soundless, recipe)

    def splits(self) -> list["Split"]:
        """Returns the folds of RAVDESS and every corpus, which is left out by turns."""
        folds = [
            Split(f"fold{number + 1}", "ravdess", RAVDESS_FOLDS[number])
            for number in available_folds(self.clips["ravdess"])
        ]
        return [*folds, *(Split(name, name) for name in self.clips if len(self.clips) > 1)]

    def train(self, split: "Split | None") -> list[Material]:
        """Returns what a split trains on; everything for None."""
        kept = {
            name: [clip for clip in clips if split is None or not split.tests(clip)]
            for name, clips in self.clips.items()
        }
        variants = [
            self.cache.of(FRAMES, kind, number)
            for kind, count in self.recipe.kinds
            for number in range(count)
        ]
        return [Material(clips, variants) for clips in kept.values() if clips]

    def test(self, split: "Split") -> list[Clip]:
        """Returns the clips of a split."""
        return [clip for clip in self.clips[split.corpus] if split.tests(clip)]


@dataclass(frozen=True)
class Split:
    """What is tested: some speakers of a corpus, or the whole of it."""

    name: str
    corpus: str
    speakers: frozenset[str] = frozenset()
    """The speakers; empty for all."""

    @property
    def leaves_out_corpus(self) -> bool:
        """True if nothing of the corpus is trained on."""
        return not self.speakers

    def tests(self, clip: Clip) -> bool:
        """Returns whether a clip is tested, and so never trained on."""
        own = clip.corpus == self.corpus
        return own and (self.leaves_out_corpus or clip.speaker in self.speakers)
