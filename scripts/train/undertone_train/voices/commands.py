"""The commands: each is a function of the workspace and the options that `cli` parsed."""

import argparse
import csv
import datetime
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from ..data.corpora import CORPORA, Clip
from ..data.features import FRAMES
from ..evaluation.experiment import WORKERS
from ..export import write_bundle
from ..int8.quantize import calibration_windows, quantize
from ..networks import CnnBiLstm
from ..paths import DOCS
from ..workspace import Workspace
from . import bundles, calibration, report, streams
from .baseline import PRIOR, SHARE
from .corpora import Corpora, Split
from .fit import fit, pretrained
from .outcome import Judged, Outcome, outcome
from .recipe import Recipe

LOG = DOCS / "cross-corpus-log.csv"
MEMORY = 37_500
"""Loud frames that a baseline remembers: ten minutes of speech."""
CALIBRATION = """\
little_speech = {little_speech:.4f}
unknown_voice = {unknown_voice:.4f}

[baseline]
prior = {prior}
share = {share}
memory = {memory}
offset = {offset}
"""


def evaluate(workspace: Workspace, options: argparse.Namespace) -> None:
    """Trains without each fold and without each corpus, and tests on it."""
    tested = _tested(workspace)
    found = report.rows(tested.outcomes, tested.judged, tested.splits)
    _log(found, tested.corpora.recipe)
    print(report.table(found))


def evaluate_int8(workspace: Workspace, options: argparse.Namespace) -> None:
    """Has the program itself evaluate the quantized network of each fold and left-out corpus."""
    tested, work = _tested(workspace), workspace.experiment.work
    print("| tested | baseline | float | int8 | 95 % | named | of these right |")
    print("|---|---|---:|---:|---|---:|---:|")
    found = report.rows(tested.outcomes, tested.judged, tested.splits)
    floats = {(row.split, row.mode): row for row in found}
    for split in tested.splits:
        bundle = _bundle(tested, work, split, workspace.undertone)
        manifest = bundle.with_suffix(".csv")
        bundles.write_manifest(tested.corpora.test(split), manifest)
        for mode in ("none", "running", "own"):
            cells = bundles.evaluate(workspace.undertone, bundle, manifest, mode)
            before = floats[split.name, mode].uar
            print(f"| {split.name} | {mode} | {before:.3f} | {cells} |", flush=True)


def evaluate_streams(workspace: Workspace, options: argparse.Namespace) -> None:
    """Has the program listen to streams of each RAVDESS fold's speakers: how right the first emotion
    is that it names of an utterance, and how often it claims one where there is none.
    """
    tested, work = _tested(workspace), workspace.experiment.work
    print("| tested | baseline | utterances | named | first right | sure | false changes an hour |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for split in tested.splits:
        if split.leaves_out_corpus:
            continue
        bundle = _bundle(tested, work, split, workspace.undertone)
        for mode in ("none", "running"):
            row = _streams_row(tested.corpora.test(split), workspace.undertone, bundle, mode)
            print(f"| {split.name} | {mode} | {row} |", flush=True)


def _streams_row(clips: Sequence[Clip], undertone: Path, bundle: Path, mode: str) -> str:
    first, false, hours = [], 0, 0.0
    for stream in streams.streams(clips, streams.APART, np.random.default_rng(1)):
        first += streams.first_named(streams.listen(undertone, bundle, stream, mode), stream)
    for stream in streams.streams(streams.calm(clips), streams.TOGETHER, np.random.default_rng(2)):
        false += streams.false_changes(streams.listen(undertone, bundle, stream, mode))
        hours += stream.hours
    named = [one for one in first if one]
    right = np.mean([one.right for one in named]) if named else 0.0
    sure = np.mean([one.confidence for one in named]) if named else 0.0
    return f"{len(first)} | {len(named)} | {right:.3f} | {sure:.3f} | {false / hours:.0f}"


def _bundle(tested: "_Tested", work: Path, split: Split, undertone: Path) -> Path:
    """Returns the bundle of a split's quantized network, written anew."""
    network = trained(tested.corpora, work, split)
    parts = report.calibrating(split, tested.splits, tested.judged)
    bundle = _folder(work, tested.corpora.recipe) / f"bundles/{split.name}"
    write(network, tested.corpora, split, parts, bundle, undertone, {})
    return bundle


def export(workspace: Workspace, options: argparse.Namespace) -> None:
    """Writes the bundle of a network that was trained on all speech, calibrated on the splits."""
    tested = _tested(workspace)
    network = trained(tested.corpora, workspace.experiment.work, None)
    parts = report.calibrating(None, tested.splits, tested.judged)
    metrics = report.metrics(report.rows(tested.outcomes, tested.judged, tested.splits))
    write(network, tested.corpora, None, parts, workspace.bundle, workspace.undertone, metrics)


@dataclass(frozen=True)
class _Tested:
    """The outcome of every split, and what it says against every kind of baseline, by name."""

    corpora: Corpora
    splits: list[Split]
    outcomes: dict[str, Outcome]
    judged: dict[str, list[Judged]]


def _tested(workspace: Workspace) -> _Tested:
    """Trains and tests what is not stored yet, two splits side by side."""
    corpora, work = Corpora.of(workspace, Recipe()), workspace.experiment.work
    splits = corpora.splits()
    # Once, before trainings side by side would all begin with it.
    pretrained(corpora.soundless, corpora.recipe, _folder(work, corpora.recipe))
    with ProcessPoolExecutor(WORKERS) as pool:
        found = pool.map(partial(_outcome, corpora, work), splits)
        outcomes = {split.name: one for split, one in zip(splits, found, strict=True)}
    judged = {name: list(one.modes()) for name, one in outcomes.items()}
    return _Tested(corpora, splits, outcomes, judged)


def write(
    network: CnnBiLstm,
    corpora: Corpora,
    split: Split | None,
    parts: Sequence[tuple[Judged, float]],
    folder: Path,
    undertone: Path,
    metrics: dict[str, float],
) -> None:
    """Writes the bundle of a split's quantized network, calibrated on what networks say of others."""
    fitted = calibration.fit(parts)
    clips = [clip for material in corpora.train(split) for clip in material.clips]
    quantized = quantize(network, calibration_windows(corpora.cache.of(FRAMES), clips))
    offset = np.rint(network.offset.detach().numpy() / quantized.logit_scale).astype(int).tolist()
    write_bundle(
        quantized,
        folder,
        undertone,
        version="0.5.1" if split is None else "0.0.0",
        corpora=[_source(name, clips) for name, clips in corpora.clips.items()]
        + [_source("crema-d", material.clips) for material in corpora.soundless],
        temperature=fitted.temperature,
        uncertain_below=calibration.threshold(parts, fitted, report.RIGHT),
        metrics=metrics,
        calibration=CALIBRATION.format(
            little_speech=fitted.little_speech,
            unknown_voice=fitted.unknown_voice,
            prior=PRIOR,
            share=SHARE,
            memory=MEMORY,
            offset=offset,
        ),
    )


def _source(corpus: str, clips: Sequence[Clip]) -> str:
    """Returns a corpus as the manifest names it."""
    known = CORPORA[corpus]
    speakers = len({clip.speaker for clip in clips})
    return f"{known.title}, {speakers} speakers ({known.licence})"


def _outcome(corpora: Corpora, work: Path, split: Split) -> Outcome:
    """Returns what the network of a split says of its test clips, stored when first computed."""
    path = _folder(work, corpora.recipe) / f"{split.name}.npz"
    if not path.exists():
        network = trained(corpora, work, split)
        outcome(network, corpora.test(split), corpora.cache.of(FRAMES)).save(path)
    return Outcome.load(path)


def trained(corpora: Corpora, work: Path, split: Split | None) -> CnnBiLstm:
    """Returns the network of a split, or for None that of all speech."""
    torch.set_num_threads(1)
    path = _folder(work, corpora.recipe) / f"{split.name if split else 'all'}.pt"
    return fit(corpora.train(split), corpora.soundless, corpora.recipe, path)


def _folder(work: Path, recipe: Recipe) -> Path:
    return work / "voices" / recipe.key()


def _log(found: Sequence[report.Row], recipe: Recipe) -> None:
    """Adds the line that every look at a fold or at a left-out corpus leaves."""
    new = not LOG.exists()
    with LOG.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(["time", "tested", "baseline", "uar", "seed", "recipe"])
        time = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        for row in found:
            uar = f"{row.uar:.4f}"
            writer.writerow([time, row.split, row.mode, uar, recipe.seed, recipe.key()])
