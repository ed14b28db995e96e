"""The commands: each is a function of the workspace and the options that `cli` parsed."""

import argparse
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from scipy.special import softmax

from .data.corpora import Clip
from .data.features import FRAMES
from .evaluation import ablation, crema_only, inner_cv, outer_cv, plots, report, robustness
from .evaluation import baseline as opensmile_baseline
from .evaluation.calibration import fit_temperature, threshold_for
from .evaluation.metrics import uar
from .evaluation.outer_cv import Evaluation, OuterFold
from .evaluation.predictions import Predictions
from .evaluation.search import SEED
from .export import check_onnx, network_inputs, write_bundle
from .int8.quantize import QuantizedNetwork, calibration_windows, quantize
from .networks import CnnBiLstm, Network
from .networks.inference import feature_logits
from .paths import DOCS
from .training.config import TrainingConfig
from .training.fit import fit
from .voices import commands as voices
from .workspace import Workspace

Options = argparse.Namespace

FIXED = {
    "classic": TrainingConfig(
        arch="classic", channels=(32, 64), projection=64, epochs=80, crema="none"
    ),
    "cnn-3d": TrainingConfig(
        arch="cnn-3d", channels=(8, 16, 32, 64), projection=64, hidden=0, crema="none"
    ),
}
"""The configurations of the architectures for comparison, which no score chose."""
ERROR_SHARE = 0.25
"""The share of the labels that are given, rather than `uncertain`, that may be wrong."""


def prepare(workspace: Workspace, options: Options) -> None:
    """Computes the features of all clips."""
    workspace.prepare()


def tune(workspace: Workspace, options: Options) -> None:
    """Tries configurations that were not tried yet."""
    workspace.search.run(options.candidates)


def evaluate(workspace: Workspace, options: Options) -> None:
    """Evaluates the chosen configurations on every outer fold."""
    experiment = workspace.experiment
    configs = {fold: _chosen(workspace, options.arch, fold) for fold in experiment.folds()}
    jobs = [
        OuterFold(experiment, config, fold, seed)
        for fold, config in configs.items()
        for seed in range(1, options.seeds + 1)
    ]
    found = outer_cv.evaluate(jobs, DOCS / "outer-log.csv")
    parts = [found[n : n + options.seeds] for n in range(0, len(found), options.seeds)]
    temperatures = [_inner_temperature(workspace, config, fold) for fold, config in configs.items()]
    evaluation = Evaluation(options.arch, configs, parts, temperatures)
    workspace.records.save(f"outer-{options.arch}", evaluation)
    clips = [clip for job in jobs[:: options.seeds] for clip in job.split().test]
    rows = np.mean(evaluation.calibrated(), axis=0)
    outer_cv.write_predictions(DOCS / f"outer/{options.arch}.csv", clips, rows)
    print(report.summary(evaluation.seeds()))


def _chosen(workspace: Workspace, arch: str, fold: int | None) -> TrainingConfig:
    """Returns the configuration for an outer fold, or for all speakers."""
    return FIXED.get(arch) or workspace.search.best(fold)


def _inner_temperature(workspace: Workspace, config: TrainingConfig, fold: int) -> float:
    """Returns the temperature fitted on the fold's inner speakers."""
    experiment = workspace.experiment
    pairs = [pair for pair in inner_cv.pairs(experiment.folds()) if fold in pair]
    inner_cv.train(experiment, config, pairs, SEED)
    parts = [inner_cv.inner_predictions(experiment, config, pair, fold, SEED) for pair in pairs]
    return fit_temperature(Predictions.join(parts))


def _evaluation(workspace: Workspace, arch: str, form: str = "") -> Evaluation:
    """Returns what `evaluate`, or for the form `-int8` `integers`, stored."""
    command = "integers" if form else f"evaluate --arch {arch}"
    return workspace.records.load(f"outer-{arch}{form}", Evaluation, command)


def baseline(workspace: Workspace, options: Options) -> None:
    """Evaluates openSMILE's functionals and a linear SVM on the same folds."""
    path = workspace.work / "features/compare-2016.npy"
    rows = opensmile_baseline.compare_functionals(workspace.clips, path)
    predictions = opensmile_baseline.outer_predictions(workspace.clips, rows)
    workspace.records.save("baseline", predictions)
    print(report.summary([predictions]))


def ablate(workspace: Workspace, options: Options) -> None:
    """Scores the training with one part changed at a time, by inner speakers."""
    workspace.records.save("ablation", ablation.ablate(workspace.experiment))


def integers(workspace: Workspace, options: Options) -> None:
    """Compares the networks of `evaluate` with their quantized forms, fold by fold."""
    evaluation = _evaluation(workspace, "cnn-bilstm")
    print("| fold | seed | float | int8 | same label |\n|---|---|---:|---:|---:|")
    parts = []
    for (fold, config), floats in zip(evaluation.configs.items(), evaluation.parts, strict=True):
        parts.append([])
        for seed, before in enumerate(floats, start=1):
            job = OuterFold(workspace.experiment, config, fold, seed)
            predictions, same = outer_cv.quantized(job, DOCS / "outer-log.csv")
            parts[-1].append(predictions)
            row = f"{uar(before.confusion()):.4f} | {uar(predictions.confusion()):.4f} | {same:.4f}"
            print(f"| {fold + 1} | {seed} | {row} |", flush=True)
    after = replace(evaluation, arch="cnn-bilstm, int8", parts=parts)
    workspace.records.save("outer-cnn-bilstm-int8", after)
    means = " | ".join(f"{report.mean_uar(one.seeds()):.4f}" for one in (evaluation, after))
    print(f"| all | | {means} | |")


def evaluate_robustness(workspace: Workspace, options: Options) -> None:
    """Tests the networks of `evaluate` with seed 1 in harder conditions."""
    crema_d = _uar_on_crema_d(workspace, options.arch)
    found = robustness.Robustness({}, [], [], crema_d)
    for fold in workspace.experiment.folds():
        config = _chosen(workspace, options.arch, fold)
        job = OuterFold(workspace.experiment, config, fold, SEED)
        clips = job.split().test
        folder = workspace.work / f"bundles/fold{fold + 1}"
        write_bundle(
            _shipped(workspace, job.network(), job.split().train),
            folder,
            workspace.undertone,
            version="0.0.0",
            corpora=["RAVDESS speech, without one fold"],
            temperature=_inner_temperature(workspace, config, fold),
            uncertain_below=0.0,
            metrics={},
        )
        print(f"fold {fold + 1}: conditions and stream", flush=True)
        results = robustness.classify_in_conditions(workspace.undertone, folder, clips)
        for name, result in results.items():
            found.conditions.setdefault(name, []).append(result)
        stream = robustness.classify_in_stream(workspace.undertone, folder, clips)
        found.stream.append(stream)
        found.statements.append(outer_cv.cross_statement(job))
    workspace.records.save("robustness", found)


def _uar_on_crema_d(workspace: Workspace, arch: str) -> float:
    """Returns the UAR on CREMA-D of a network that was trained on RAVDESS alone."""
    if workspace.auxiliary is None:
        return math.nan
    # Its log-mels alone have no pitch, without which the functionals tell nothing.
    config = replace(_chosen(workspace, arch, None), crema="none", functionals=0.0)
    network = _trained(workspace, config)
    clips, frames = list(workspace.auxiliary.clips), workspace.auxiliary.frames
    rows = [softmax(feature_logits(network, frames[c.name]), 1).mean(axis=0) for c in clips]
    return robustness.uar_of_occurring(np.stack(rows), clips)


def train(workspace: Workspace, options: Options) -> None:
    """Trains a network on all speakers."""
    _trained(workspace, _chosen(workspace, options.arch, None))


def _trained(workspace: Workspace, config: TrainingConfig) -> Network:
    """Returns the network of a configuration on all speakers, trained when first asked for."""
    experiment = workspace.experiment
    path = experiment.work / f"{config.key()}-all-{SEED}.pt"
    if path.exists():
        network = config.network()
        network.load_state_dict(torch.load(path))
        return network.eval()
    print(f"training on all {len(workspace.clips)} clips: {config.text()}", flush=True)
    network = experiment.fit(workspace.clips, config, SEED)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), path)
    return network


def export(workspace: Workspace, options: Options) -> None:
    """Writes the bundle of the network that `train` stored."""
    config = _chosen(workspace, options.arch, None)
    network = _trained(workspace, config)
    shipped = network if options.float else _shipped(workspace, network, workspace.clips)
    form = "-int8" * isinstance(shipped, QuantizedNetwork)
    evaluation = _evaluation(workspace, options.arch, form)
    whole = Predictions.join(evaluation.seeds())
    temperature = fit_temperature(whole)
    threshold = threshold_for(whole.probabilities(temperature), whole.targets, ERROR_SHARE)
    write_bundle(
        shipped,
        workspace.bundle,
        workspace.undertone,
        version="0.3.0",
        corpora=["RAVDESS speech, 19 speakers (CC BY-NC-SA 4.0)"]
        + ["CREMA-D, 91 speakers (ODbL 1.0)"] * (config.crema != "none")
        + [f"{name}: {folder.name}" for name, folder in workspace.also],
        temperature=temperature,
        uncertain_below=threshold,
        metrics=report.figures(evaluation),
    )
    if shipped is not network:
        return
    inputs = network_inputs(network, workspace.cache, workspace.clips[:200])
    worst = check_onnx(network, workspace.bundle / "model.onnx", inputs)
    print(f"ONNX Runtime differs from PyTorch by at most {worst:.1e} a logit")


def _shipped(
    workspace: Workspace, network: Network, clips: Sequence[Clip]
) -> Network | QuantizedNetwork:
    """Returns the form in which bundles carry a network that was trained on these clips: quantized
    where it can be.
    """
    if not isinstance(network, CnnBiLstm):
        return network
    return quantize(network, calibration_windows(workspace.cache.of(FRAMES), clips))


def train_crema_only(workspace: Workspace, options: Options) -> None:
    """Evaluates and writes a bundle of CREMA-D alone."""
    if workspace.auxiliary is None:
        raise SystemExit("say where CREMA-D is with --crema-d")
    clips, cache = list(workspace.auxiliary.clips), workspace.crema_cache
    config = crema_only.config_of(_chosen(workspace, "cnn-bilstm", None))
    predictions = crema_only.evaluate(clips, cache, config, SEED)
    print(report.summary([predictions]))
    network = fit(clips, cache, config, SEED)
    shared = [clip for clip in workspace.clips if clip.label in crema_only.OCCURRING]
    on_ravdess = crema_only.predictions(network, shared, workspace.cache)
    print(f"RAVDESS, six labels: UAR {uar(on_ravdess.confusion()):.3f}")
    temperature = fit_temperature(predictions)
    rows = predictions.probabilities(temperature)
    evaluation = Evaluation("cnn-bilstm", {}, [[predictions]], [temperature])
    write_bundle(
        crema_only.LevelsOnly(network),
        workspace.bundle.parent / "crema-d",
        workspace.undertone,
        version="0.1.0",
        corpora=["CREMA-D, 91 speakers (ODbL 1.0)"],
        temperature=temperature,
        uncertain_below=threshold_for(rows, predictions.targets, ERROR_SHARE),
        metrics=report.figures(evaluation),
        licence=crema_only.LICENCE,
        labels=crema_only.OCCURRING,
    )


def write_report(workspace: Workspace, options: Options) -> None:
    """Writes docs/results.md and its plot from the records of the other commands."""
    records = workspace.records
    evaluations = [records.load(n, Evaluation, "evaluate") for n in records.names("outer-")]
    page = report.page(
        evaluations,
        records.load("baseline", Predictions, "baseline"),
        records.load("ablation", ablation.Ablation, "ablate"),
        records.load("robustness", robustness.Robustness, "robustness"),
    )
    (DOCS / "results.md").write_text(page)
    shipped = _evaluation(workspace, "cnn-bilstm")
    plots.reliability(shipped.calibrated(), shipped.seeds()[0].targets, DOCS / "calibration.svg")


def evaluate_voices(workspace: Workspace, options: Options) -> None:
    """Trains and tests networks that know voices."""
    workspace.prepare()
    voices.evaluate(workspace, options)


def evaluate_voices_int8(workspace: Workspace, options: Options) -> None:
    """Tests them quantized, by the program."""
    workspace.prepare()
    voices.evaluate_int8(workspace, options)


def evaluate_voices_streams(workspace: Workspace, options: Options) -> None:
    """Has the program listen to streams of speakers that its network did not hear."""
    workspace.prepare()
    voices.evaluate_streams(workspace, options)


def export_voices(workspace: Workspace, options: Options) -> None:
    """Writes the bundle of a network that knows voices."""
    workspace.prepare()
    voices.export(workspace, options)
