"""The report: every corpus by itself, with every kind of baseline, float and int8 side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..data.corpora import LABELS
from ..evaluation.bootstrap import PERCENTILES
from ..evaluation.calibration import calibration_error
from ..evaluation.metrics import uar
from . import calibration
from .calibration import Calibration
from .corpora import Split
from .outcome import MODES, Judged, Outcome

RIGHT = 0.65
"""The share of what is named that is to be right."""
LITTLE = 62
"""Loud frames, 1 s: fragments with at most so many are little speech."""
DRAWS = 1000


@dataclass(frozen=True)
class Row:
    """The figures of one split with one kind of baseline."""

    split: str
    mode: str
    uar: float
    low: float
    high: float
    error: float
    """Expected calibration error."""
    right: float
    """The share of named clips that are right."""
    named: float
    """The share of clips that are named at all."""
    too_sure: float
    """By how much confidences of little speech exceed the share that is right."""


def rows(
    outcomes: Mapping[str, Outcome],
    judged: Mapping[str, list[Judged]],
    splits: Sequence[Split],
) -> list[Row]:
    """Returns the rows of all splits, each calibrated on the others.

    `judged` are the outcomes' `modes`.
    """
    found = []
    for split in splits:
        parts = calibrating(split, splits, judged)
        if not parts:
            continue
        fitted = calibration.fit(parts)
        least = calibration.threshold(parts, fitted, RIGHT)
        for mode in MODES:
            several = [one for one in judged[split.name] if one.mode == mode]
            found.append(_row(split, outcomes[split.name], several, fitted, least))
    return found


def calibrating(
    split: Split | None, splits: Sequence[Split], judged: Mapping[str, list[Judged]]
) -> list[tuple[Judged, float]]:
    """Returns what calibrates a split, with weights: corpora alike, the folds together as one; none
    of the split's own speakers, and nothing of a corpus that it leaves out.
    """
    folds = sum(not other.leaves_out_corpus for other in splits)
    parts = []
    for other in splits:
        if split is not None and (other == split or _shares_speakers(split, other)):
            continue
        weight = 1.0 if other.leaves_out_corpus else 1.0 / folds
        modes = {one.mode: one for one in judged[other.name]}
        parts += [(modes[mode], weight) for mode in ("none", "running")]
    return parts


def _shares_speakers(split: Split, other: Split) -> bool:
    same = split.corpus == other.corpus
    return same and (split.leaves_out_corpus or other.leaves_out_corpus)


def _row(
    split: Split, outcome: Outcome, several: Sequence[Judged], fitted: Calibration, least: float
) -> Row:
    """Returns the means over several orders of one mode."""
    figures = []
    for judged in several:
        windows = fitted.probabilities(judged)
        clips = outcome.of_clips(windows)
        confidence, said = clips.max(axis=1), clips.argmax(axis=1)
        named, hit = confidence >= least, said == outcome.targets
        little = judged.fragment & (judged.speech <= LITTLE)
        sure = windows[little].max(axis=1).mean()
        right = (windows[little].argmax(axis=1) == judged.targets[little]).mean()
        matrices = confusions(outcome, clips)
        figures.append(
            [
                uar(matrices.sum(axis=0)),
                *_interval(matrices),
                calibration_error(clips, outcome.targets),
                hit[named].mean() if named.any() else np.nan,
                named.mean(),
                sure - right,
            ]
        )
    return Row(split.name, several[0].mode, *np.mean(figures, axis=0).tolist())


def confusions(outcome: Outcome, clips: np.ndarray) -> np.ndarray:
    """Returns each speaker's confusion matrix; only the corpus's labels can be said."""
    said = np.where(outcome.own, clips, -1.0).argmax(axis=1)
    names, speaker = np.unique(outcome.speakers, return_inverse=True)
    matrices = np.zeros((len(names), len(LABELS), len(LABELS)), int)
    np.add.at(matrices, (speaker, outcome.targets, said), 1)
    return matrices


def _interval(matrices: np.ndarray) -> tuple[float, float]:
    """Returns the 95 % interval by bootstrap over speakers."""
    chosen = np.random.default_rng(0).integers(0, len(matrices), (DRAWS, len(matrices)))
    low, high = np.percentile([uar(matrices[d].sum(axis=0)) for d in chosen], PERCENTILES)
    return float(low), float(high)


def metrics(found: Sequence[Row]) -> dict[str, float]:
    """Returns the figures that a manifest states: UARs of folds and of left-out corpora."""
    stated = {}
    for name, folds in (("ravdess", True), ("left_out", False)):
        for mode in ("none", "running"):
            of = [r.uar for r in found if r.mode == mode and r.split.startswith("fold") == folds]
            stated[f"uar_{name}_{mode}"] = float(np.mean(of))
    return stated


def table(found: Sequence[Row]) -> str:
    """Returns a Markdown table: the splits, then the means over folds and over left-out corpora."""
    lines = [
        "| tested | baseline | UAR | 95 % | ECE | named | of these right | little speech: too sure |",
        "|---|---|---:|---|---:|---:|---:|---:|",
    ]
    lines += [_line(row) for row in found]
    for title, chosen in (("folds of RAVDESS, mean", True), ("left-out corpora, mean", False)):
        for mode in MODES:
            of = [r for r in found if r.mode == mode and r.split.startswith("fold") == chosen]
            if of:
                lines.append(_line(_mean(title, mode, of)))
    return "\n".join(lines) + "\n"


def _mean(title: str, mode: str, found: Sequence[Row]) -> Row:
    names = ("uar", "error", "right", "named", "too_sure")
    means = {name: float(np.nanmean([getattr(row, name) for row in found])) for name in names}
    return Row(title, mode, low=np.nan, high=np.nan, **means)


def _line(row: Row) -> str:
    interval = "" if np.isnan(row.low) else f"{row.low:.3f} to {row.high:.3f}"
    return (
        f"| {row.split} | {row.mode} | {row.uar:.3f} | {interval} | {row.error:.3f} | "
        f"{row.named:.3f} | {row.right:.3f} | {row.too_sure:+.3f} |"
    )
