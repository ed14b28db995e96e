"""Streams of speakers that a network never heard, as a microphone hears them."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from ..data.corpora import Clip
from ..data.corpora.clip import CALM

RATE = 16_000
NOISE_DB = -70.0
"""The level of the noise of a quiet room, under speech and in pauses."""
APART = (4.0, 4.0)
"""The shortest and longest pause, in seconds, after which each utterance has windows of its own."""
TOGETHER = (0.2, 4.0)
"""The same of somebody who talks on."""
NOBODY = {"uncertain", "silence"}


@dataclass(frozen=True)
class Stream:
    """Clips of one speaker, one after another."""

    samples: np.ndarray
    """16-bit samples at RATE."""
    spoken: list[tuple[float, float, str]]
    """Each clip's start and end in seconds, and its label."""

    @property
    def hours(self) -> float:
        """How long it lasts."""
        return len(self.samples) / RATE / 3600.0


@dataclass(frozen=True)
class Named:
    """The first emotion that was named of an utterance."""

    confidence: float
    right: bool


def streams(
    clips: Sequence[Clip], pauses: tuple[float, float], rng: np.random.Generator
) -> Iterator[Stream]:
    """Yields a stream for each speaker, whose clips come in a random order."""
    for speaker in sorted({clip.speaker for clip in clips}):
        own = [clip for clip in clips if clip.speaker == speaker]
        yield _stream([own[place] for place in rng.permutation(len(own))], pauses, rng)


def calm(clips: Sequence[Clip]) -> list[Clip]:
    """Returns the neutral and calm ones."""
    return [clip for clip in clips if clip.is_calm]


def _stream(clips: Sequence[Clip], pauses: tuple[float, float], rng: np.random.Generator) -> Stream:
    parts, spoken, place = [], [], 0
    for clip in clips:
        quiet = np.zeros(int(rng.uniform(*pauses) * RATE))
        samples = _read(clip.path)
        start = place + len(quiet)
        place = start + len(samples)
        spoken.append((start / RATE, place / RATE, clip.label))
        parts += [quiet, samples]
    sound = np.concatenate([*parts, np.zeros(int(pauses[1] * RATE))])
    sound += 10.0 ** (NOISE_DB / 20.0) * rng.standard_normal(len(sound))
    return Stream(np.clip(np.rint(sound * 32768.0), -32768, 32767).astype("<i2"), spoken)


def _read(path: Path) -> np.ndarray:
    samples, rate = soundfile.read(path, always_2d=True)
    return resample_poly(samples.mean(axis=1), RATE, rate)


def listen(undertone: Path, bundle: Path, stream: Stream, mode: str) -> list[dict]:
    """Returns the program's events of a stream, with a running baseline or (`none`) without."""
    command = [undertone, "listen", "--input", "-", "--raw", str(RATE), "--model", bundle]
    found = subprocess.run(
        [*command, "--baseline", "none"] if mode == "none" else command,
        input=stream.samples.tobytes(),
        capture_output=True,
        check=True,
    )
    return [json.loads(line) for line in found.stdout.splitlines()]


def first_named(events: Sequence[dict], stream: Stream) -> list[Named | None]:
    """Returns the first emotion named of each utterance, None where none was."""
    windows = [e for e in events if e["type"] == "emotion" and e["label"] not in NOBODY]
    found: list[Named | None] = []
    for start, end, label in stream.spoken:
        mine = [w for w in windows if w["start"] < end and w["end"] > start]
        first = mine[0] if mine else None
        found.append(first and Named(first["confidence"], first["label"] == label))
    return found


def false_changes(events: Sequence[dict]) -> int:
    """Returns how often the state became an emotion, in a stream in which nobody has one."""
    changes = [event["to"] for event in events if event["type"] == "change"]
    return sum(to not in NOBODY | CALM for to in changes)
