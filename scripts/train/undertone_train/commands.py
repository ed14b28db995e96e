"""What each command does; `__main__` parses, the other modules compute."""

import argparse
import math
import pickle
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from scipy.special import softmax

from . import export as bundle
from .data.corpora import Clip
from .data.features import FRAMES
from .evaluation import ablation, plots
from .evaluation import baseline as toolkit
from .evaluation import crema_only as free_network
from .evaluation import outer_cv as outer
from .evaluation import report as results
from .evaluation import robustness as hard_tests
from .evaluation.metrics import Predictions, fit_temperature, threshold_for, uar
from .evaluation.outer_cv import Evaluation, Job, statements
from .evaluation.search import SEED
from .int8.quantize import QuantizedNetwork, calibration_windows, quantize
from .networks import CnnBiLstm, Network
from .training.config import Recipe
from .training.loop import fit, logits_of_features
from .workspace import DOCS, Workplace

Options = argparse.Namespace

FIXED = {
    "classic": Recipe(arch="classic", channels=(32, 64), projection=64, epochs=80, crema="none"),
    "cnn-3d": Recipe(
        arch="cnn-3d", channels=(8, 16, 32, 64), projection=64, hidden=0, crema="none"
    ),
}
"""Recipes of the architectures that are there for comparison, chosen by nobody's scores."""
ERROR_SHARE = 0.25
"""Of the labels that are said rather than `uncertain`, this share may be wrong."""


def prepare(place: Workplace, options: Options) -> None:
    """Features of all clips."""
    place.prepare()


def tune(place: Workplace, options: Options) -> None:
    """Tries recipes that were not tried yet."""
    place.search.run(options.candidates)


def evaluate(place: Workplace, options: Options) -> None:
    """Looks at every outer fold."""
    laboratory = place.laboratory
    recipes = {fold: _chosen(place, options.arch, fold) for fold in laboratory.folds()}
    jobs = [
        Job(laboratory, recipe, fold, seed)
        for fold, recipe in recipes.items()
        for seed in range(1, options.seeds + 1)
    ]
    said = outer.evaluate(jobs, DOCS / "outer-log.csv")
    parts = [said[n : n + options.seeds] for n in range(0, len(said), options.seeds)]
    temperatures = [_inner_temperature(place, recipe, fold) for fold, recipe in recipes.items()]
    evaluation = Evaluation(options.arch, recipes, parts, temperatures)
    _keep(place, f"outer-{options.arch}", evaluation)
    clips = [clip for job in jobs[:: options.seeds] for clip in job.split().test]
    rows = np.mean(evaluation.calibrated(), axis=0)
    outer.write_predictions(DOCS / f"outer/{options.arch}.csv", clips, rows)
    print(results.summary(evaluation.seeds()))


def _chosen(place: Workplace, arch: str, fold: int | None) -> Recipe:
    """The recipe for an outer fold, or for all speakers."""
    return FIXED.get(arch) or place.search.best(fold)


def _inner_temperature(place: Workplace, recipe: Recipe, fold: int) -> float:
    """The temperature that suits networks of the recipe on the fold's inner speakers."""
    laboratory = place.laboratory
    pairs = [pair for pair in laboratory.pairs() if fold in pair]
    laboratory.train(recipe, pairs, SEED)
    inner = [laboratory.inner_predictions(recipe, pair, fold, SEED) for pair in pairs]
    return fit_temperature(Predictions.join(inner))


def baseline(place: Workplace, options: Options) -> None:
    """The standard toolkit on the same folds."""
    rows = toolkit.functionals(place.clips, place.work / "features/compare-2016.npy")
    said = toolkit.outer_predictions(place.clips, rows)
    _keep(place, "baseline", said)
    print(results.summary([said]))


def ablate(place: Workplace, options: Options) -> None:
    """What each part of the training brings, by inner speakers."""
    _keep(place, "ablation", ablation.ablate(place.laboratory))


def integers(place: Workplace, options: Options) -> None:
    """The networks of `evaluate` against their forms in integers, fold by fold."""
    evaluation: Evaluation = _kept(place, "outer-cnn-bilstm")
    print("| fold | seed | float | int8 | same label |\n|---|---|---:|---:|---:|")
    parts = []
    for (fold, recipe), floats in zip(evaluation.recipes.items(), evaluation.parts, strict=True):
        parts.append([])
        for seed, before in enumerate(floats, start=1):
            job = Job(place.laboratory, recipe, fold, seed)
            said, same = outer.in_integers(job, DOCS / "outer-log.csv")
            parts[-1].append(said)
            row = f"{uar(before.confusion()):.4f} | {uar(said.confusion()):.4f} | {same:.4f}"
            print(f"| {fold + 1} | {seed} | {row} |", flush=True)
    after = replace(evaluation, arch="cnn-bilstm, int8", parts=parts)
    _keep(place, "outer-cnn-bilstm-int8", after)
    means = " | ".join(f"{results.mean_uar(one.seeds()):.4f}" for one in (evaluation, after))
    print(f"| all | | {means} | |")


def hard(place: Workplace, options: Options) -> None:
    """The tests that are harder, on the networks of `evaluate` with seed 1."""
    found = hard_tests.Hard({}, [], [], _on_crema_d(place, options.arch))
    for fold in place.laboratory.folds():
        job = Job(place.laboratory, _chosen(place, options.arch, fold), fold, SEED)
        clips = job.split().test
        folder = place.work / f"bundles/fold{fold + 1}"
        temperature = _inner_temperature(place, job.recipe, fold)
        bundle.write_bundle(
            _shipped(place, job.network(), job.split().train),
            folder,
            place.undertone,
            version="0.0.0",
            corpora=["RAVDESS speech, without one fold"],
            temperature=temperature,
            uncertain_below=0.0,
            metrics={},
        )
        print(f"fold {fold + 1}: conditions and stream", flush=True)
        for name, heard in hard_tests.in_conditions(place.undertone, folder, clips).items():
            found.conditions.setdefault(name, []).append(heard)
        found.stream.append(hard_tests.in_a_stream(place.undertone, folder, clips))
        found.statements.append(statements(job))
    _keep(place, "hard", found)


def _on_crema_d(place: Workplace, arch: str) -> float:
    """The UAR on CREMA-D of a network that was trained on RAVDESS alone."""
    if place.other is None:
        return math.nan
    # Its log-mels alone tell no pitch, without which the judge knows nothing.
    recipe = replace(_chosen(place, arch, None), crema="none", judge=0.0)
    network = _trained(place, recipe)
    clips = list(place.other.clips)
    rows = [softmax(logits_of_features(network, place.other.frames[c.name]), 1) for c in clips]
    return hard_tests.six_labels(np.stack([row.mean(axis=0) for row in rows]), clips)


def train(place: Workplace, options: Options) -> None:
    """A network on all speakers."""
    _trained(place, _chosen(place, options.arch, None))


def _trained(place: Workplace, recipe: Recipe) -> Network:
    """The network of a recipe on all speakers; trained when first asked for."""
    laboratory = place.laboratory
    path = laboratory.work / f"{recipe.key()}-all-{SEED}.pt"
    if path.exists():
        network = recipe.network()
        network.load_state_dict(torch.load(path))
        return network.eval()
    print(f"training on all {len(place.clips)} clips: {recipe.text()}", flush=True)
    network = laboratory.fit(place.clips, recipe, SEED)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), path)
    return network


def export(place: Workplace, options: Options) -> None:
    """The bundle of the network that `train` left."""
    recipe = _chosen(place, options.arch, None)
    network = _trained(place, recipe)
    shipped = network if options.float else _shipped(place, network, place.clips)
    integers = "-int8" * isinstance(shipped, QuantizedNetwork)
    evaluation: Evaluation = _kept(place, f"outer-{options.arch}{integers}")
    whole = Predictions.join(evaluation.seeds())
    temperature = fit_temperature(whole)
    threshold = threshold_for(whole.probabilities(temperature), whole.targets, ERROR_SHARE)
    bundle.write_bundle(
        shipped,
        place.bundle,
        place.undertone,
        version="0.3.0",
        corpora=["RAVDESS speech, 19 speakers (CC BY-NC-SA 4.0)"]
        + ["CREMA-D, 91 speakers (ODbL 1.0)"] * (recipe.crema != "none")
        + [f"{name}: {folder.name}" for name, folder in place.also],
        temperature=temperature,
        uncertain_below=threshold,
        metrics=results.figures(evaluation),
    )
    if shipped is not network:
        return
    inputs = bundle.inputs(network, place.cache, place.clips[:200])
    worst = bundle.check_onnx(network, place.bundle / "model.onnx", inputs)
    print(f"ONNX Runtime differs from PyTorch by at most {worst:.1e} a logit")


def _shipped(
    place: Workplace, network: Network, clips: Sequence[Clip]
) -> Network | QuantizedNetwork:
    """The form in which bundles carry a network that was trained on these clips: integers where
    there is one.
    """
    if not isinstance(network, CnnBiLstm):
        return network
    return quantize(network, calibration_windows(place.cache.of(FRAMES), clips))


def free(place: Workplace, options: Options) -> None:
    """A bundle of CREMA-D alone, and what it is worth."""
    if place.other is None:
        raise SystemExit("say where CREMA-D is with --crema-d")
    clips, cache = list(place.other.clips), place.crema_cache
    recipe = free_network.recipe_of(_chosen(place, "cnn-bilstm", None))
    said = free_network.evaluate(clips, cache, recipe, SEED)
    print(results.summary([said]))
    network = fit(clips, cache, recipe, SEED)
    theirs = [clip for clip in place.clips if clip.label in free_network.OCCURRING]
    other = free_network.predictions(network, theirs, place.cache)
    print(f"RAVDESS, six labels: UAR {uar(other.confusion()):.3f}")
    temperature = fit_temperature(said)
    rows = said.probabilities(temperature)
    bundle.write_bundle(
        free_network.LevelsOnly(network),
        place.bundle.parent / "crema-d",
        place.undertone,
        version="0.1.0",
        corpora=["CREMA-D, 91 speakers (ODbL 1.0)"],
        temperature=temperature,
        uncertain_below=threshold_for(rows, said.targets, ERROR_SHARE),
        metrics=results.figures(Evaluation("cnn-bilstm", {}, [[said]], [temperature])),
        licence=free_network.LICENCE,
        labels=free_network.OCCURRING,
    )


def report(place: Workplace, options: Options) -> None:
    """Everything that was found, as a page."""
    names = [path.stem for path in sorted((place.laboratory.work / "kept").glob("outer-*.pickle"))]
    evaluations = [_kept(place, name) for name in names]
    page = results.page(
        evaluations, _kept(place, "baseline"), _kept(place, "ablation"), _kept(place, "hard")
    )
    (DOCS / "results.md").write_text(page)
    shipped = _kept(place, "outer-cnn-bilstm")
    plots.reliability(shipped.calibrated(), shipped.seeds()[0].targets, DOCS / "calibration.svg")


def _keep(place: Workplace, name: str, found: object) -> None:
    path = place.laboratory.work / f"kept/{name}.pickle"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(found))


def _kept(place: Workplace, name: str):  # noqa: ANN202 (what `_keep` was given)
    return pickle.loads((place.laboratory.work / f"kept/{name}.pickle").read_bytes())
