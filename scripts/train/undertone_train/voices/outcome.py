"""What a network says of the clips of a split, and the rows of the report that follow from it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ..data.corpora import LABELS, Clip
from ..data.features import Frames
from ..data.windows import clip_windows, to_cells
from ..networks import CnnBiLstm
from ..networks.functionals import speech_frames
from .baseline import Baselines, of_nobody, of_speech, running
from .fragments import clip_means, fragment

ENROLLED = 4
"""Neutral or calm clips that a baseline is enrolled by."""
ORDERS = 3
"""Random orders in which a speaker's clips are heard."""
MODES = ("none", "running", "enrolled", "own")


@dataclass(frozen=True)
class Outcome:
    """A network's rows for every window of a split's clips."""

    speakers: np.ndarray
    """(clips,)"""
    targets: np.ndarray
    """(clips,)"""
    own: np.ndarray
    """True of the labels that the corpus has, (labels,)."""
    clip: np.ndarray
    """The place of each window's clip, (windows,)."""
    fragment: np.ndarray
    """True of windows that show some of a clip alone, (windows,)."""
    rows: np.ndarray
    """(windows, 2 labels)"""
    speech: np.ndarray
    """Loud frames, (windows,)."""
    offset: np.ndarray
    """(labels,)"""

    @classmethod
    def load(cls, path: Path) -> "Outcome":
        """Reads what `save` wrote."""
        with np.load(path) as stored:
            return cls(**stored)

    def save(self, path: Path) -> None:
        """Stores it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **self.__dict__)

    def of_clips(self, values: np.ndarray) -> np.ndarray:
        """Returns the mean over each clip's whole windows of values (windows, columns)."""
        return clip_means(values, self.clip, self.fragment, len(self.targets))

    def judged(self, mode: str, baselines: Baselines) -> "Judged":
        """Returns the logits of all windows against baselines."""
        logits = baselines.judge(self.rows, self.offset)
        return Judged(
            mode, logits, self.speech, baselines.shares, self.targets[self.clip], self.fragment
        )

    def modes(self) -> Iterator["Judged"]:
        """Yields the logits against every kind of baseline, the running one in several orders."""
        rng = np.random.default_rng(0)
        yield self.judged("none", of_nobody(len(self.rows)))
        for _ in range(ORDERS):
            yield self.judged("running", self._by_speaker(lambda mine: self._running(mine, rng)))
        yield self.judged("enrolled", self._enrolled(rng))
        yield self.judged("own", self._by_speaker(self._own))

    def _by_speaker(self, learn: Callable[[np.ndarray], Baselines]) -> Baselines:
        found = of_nobody(len(self.rows))
        for speaker in np.unique(self.speakers):
            mine = np.flatnonzero(self.speakers[self.clip] == speaker)
            part = learn(mine)
            found.means[mine], found.speech[mine] = part.means, part.speech
        return found

    def _heard(self, windows: np.ndarray) -> np.ndarray:
        """Returns the speech of windows that baselines are learned from: whole ones alone."""
        return np.where(self.fragment[windows], 0.0, self.speech[windows])

    def _running(self, mine: np.ndarray, rng: np.random.Generator) -> Baselines:
        order = rng.permutation(np.unique(self.clip[mine]))
        relative = self.rows[mine, len(LABELS) :]
        return running(relative, self._heard(mine), self.clip[mine], order)

    def _own(self, mine: np.ndarray) -> Baselines:
        mean, total = of_speech(self.rows[mine, len(LABELS) :], self._heard(mine))
        return Baselines(np.repeat(mean[None], len(mine), axis=0), np.full(len(mine), total))

    def _enrolled(self, rng: np.random.Generator) -> Baselines:
        found = of_nobody(len(self.rows))
        calm = np.isin(self.targets, [LABELS.index(label) for label in ("neutral", "calm")])
        for clip in range(len(self.targets)):
            same = self.speakers == self.speakers[clip]
            others = np.setdiff1d(np.flatnonzero(calm & same), [clip])
            chosen = rng.choice(others, min(ENROLLED, len(others)), replace=False)
            windows = np.flatnonzero(np.isin(self.clip, chosen))
            mean, total = of_speech(self.rows[windows, len(LABELS) :], self._heard(windows))
            mine = self.clip == clip
            found.means[mine], found.speech[mine] = mean, total
        return found


@dataclass(frozen=True)
class Judged:
    """Logits of windows against one kind of baseline."""

    mode: str
    logits: np.ndarray
    """(windows, labels)"""
    speech: np.ndarray
    shares: np.ndarray
    """The weights of the baselines, (windows,)."""
    targets: np.ndarray
    """(windows,)"""
    fragment: np.ndarray


@torch.no_grad()
def outcome(network: CnnBiLstm, clips: Sequence[Clip], frames: Frames) -> Outcome:
    """Returns what a network says of clips: of their windows as the program cuts them, and of two
    fragments of each.
    """
    rng = np.random.default_rng(0)
    rows, speech, place, little = [], [], [], []
    for number, clip in enumerate(clips):
        own = frames[clip.name]
        windows = clip_windows(own)
        fragments = [to_cells(fragment(own, rng)) for _ in range(2)]
        x = torch.from_numpy(np.stack([*windows, *fragments])[:, None])
        rows.append(network(x).numpy())
        speech.append(speech_frames(x).numpy())
        place += [number] * len(x)
        little += [False] * len(windows) + [True] * len(fragments)
    return Outcome(
        np.array([clip.speaker for clip in clips]),
        np.array([clip.target for clip in clips]),
        np.array([label in clips[0].labels for label in LABELS]),
        np.array(place),
        np.array(little),
        np.concatenate(rows),
        np.concatenate(speech),
        network.offset.numpy(),
    )
