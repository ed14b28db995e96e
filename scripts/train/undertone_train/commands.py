"""What each command does; `__main__` parses, the other modules compute."""

import argparse
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from . import baseline as toolkit
from . import export as bundle
from . import outer, results
from .fit import fit
from .metrics import Predictions, fit_temperature, threshold_for
from .outer import Job
from .recipe import Recipe
from .search import SEED
from .workplace import DOCS, Workplace

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


@dataclass(frozen=True)
class Evaluation:
    """What was said of each outer fold, by networks of several seeds, a row a fold."""

    arch: str
    recipes: dict[int, Recipe]
    """Of each fold."""
    parts: list[list[Predictions]]
    temperatures: list[float]
    """Of each fold, fitted on its inner speakers."""

    def seeds(self) -> list[Predictions]:
        """All folds' clips, once a seed."""
        return [Predictions.join(list(one)) for one in zip(*self.parts, strict=True)]

    def calibrated(self) -> list[np.ndarray]:
        """Probabilities of all folds' clips, once a seed, each at its fold's temperature."""
        return [
            np.concatenate(
                [p.probabilities(t) for p, t in zip(one, self.temperatures, strict=True)]
            )
            for one in zip(*self.parts, strict=True)
        ]


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
    inner = [
        laboratory.inner_predictions(recipe, pair, fold, SEED)
        for pair in laboratory.pairs()
        if fold in pair
    ]
    return fit_temperature(Predictions.join(inner))


def baseline(place: Workplace, options: Options) -> None:
    """The standard toolkit on the same folds."""
    rows = toolkit.functionals(place.clips, place.work / "features/compare-2016.npy")
    said = toolkit.outer_predictions(place.clips, rows)
    _keep(place, "baseline", said)
    print(results.summary([said]))


def train(place: Workplace, options: Options) -> None:
    """A network on all speakers."""
    recipe = _chosen(place, options.arch, None)
    path = _weights(place, recipe)
    if not path.exists():
        print(f"training on all {len(place.clips)} clips: {recipe.text()}", flush=True)
        network = fit(place.clips, place.cache, recipe, SEED, other=place.other)
        torch.save(network.state_dict(), path)


def _weights(place: Workplace, recipe: Recipe) -> Path:
    return place.work / f"{recipe.key()}-all-{SEED}.pt"


def export(place: Workplace, options: Options) -> None:
    """The bundle of the network that `train` left."""
    recipe = _chosen(place, options.arch, None)
    network = recipe.network()
    network.load_state_dict(torch.load(_weights(place, recipe)))
    evaluation: Evaluation = _kept(place, f"outer-{options.arch}")
    whole = Predictions.join(evaluation.seeds())
    temperature = fit_temperature(whole)
    threshold = threshold_for(whole.probabilities(temperature), whole.targets, ERROR_SHARE)
    bundle.write_bundle(
        network.eval(),
        place.bundle,
        place.undertone,
        version="0.2.0",
        corpora=["RAVDESS speech, 19 speakers (CC BY-NC-SA 4.0)"]
        + ["CREMA-D, 91 speakers (ODbL 1.0)"] * (recipe.crema != "none"),
        temperature=temperature,
        uncertain_below=threshold,
        metrics=results.figures(evaluation),
    )
    inputs = bundle.inputs(network, place.cache, place.clips[:200])
    worst = bundle.check_onnx(network, place.bundle / "model.onnx", inputs)
    print(f"ONNX Runtime differs from PyTorch by at most {worst:.1e} a logit")


def report(place: Workplace, options: Options) -> None:
    """Everything that was found, as a page."""
    names = [path.stem for path in sorted((place.work / "kept").glob("outer-*.pickle"))]
    evaluations = [_kept(place, name) for name in names]
    page = results.page(evaluations, _kept(place, "baseline"))
    (DOCS / "results.md").write_text(page)


def _keep(place: Workplace, name: str, found: object) -> None:
    path = place.work / f"kept/{name}.pickle"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(found))


def _kept(place: Workplace, name: str):  # noqa: ANN202 (what `_keep` was given)
    return pickle.loads((place.work / f"kept/{name}.pickle").read_bytes())
