"""The commands, in the order in which a model is made.

prepare   features of all clips and their variants, by the program itself
tune      inner scores of the candidate recipes, for each outer fold
evaluate  each outer fold's test speakers, with the recipe that its inner
          speakers chose; prints the report, adds to docs/outer-log.csv
train     a network on all speakers, with the recipe that cross-validation
          chose, and its bundle
all       prepare, evaluate and train; what tune found is an input
"""

import argparse
import json
import pickle
from pathlib import Path

import numpy as np
import torch

from . import protocol
from .augment import VARIANTS
from .corpora import Clip, ravdess
from .export import check_onnx, write_bundle
from .features import FeatureCache, prepare
from .fit import Recipe, fit
from .folds import present
from .metrics import (
    Predictions,
    accuracy,
    calibration_error,
    confusion_table,
    fit_temperature,
    negative_log_likelihood,
    speaker_interval,
    uar,
)
from .windows import of_clip

ROOT = Path(__file__).resolve().parents[3]

CANDIDATES = {
    "separable": Recipe(block="separable", channels=(24, 48, 64, 96), projection=96),
    "plain": Recipe(block="plain", channels=(16, 32, 48, 64), projection=80),
}


def main() -> None:
    """Parses the command line and runs one command."""
    options = _parse()
    clips = ravdess(options.ravdess)
    cache = FeatureCache(options.work / "features")
    commands = {"prepare": _prepare, "tune": _tune, "evaluate": _evaluate, "train": _train}
    steps = ["prepare", "evaluate", "train"] if options.command == "all" else [options.command]
    for step in steps:
        commands[step](options, clips, cache)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=["prepare", "tune", "evaluate", "train", "all"])
    parser.add_argument("--ravdess", type=Path, required=True, help="folder of RAVDESS speech")
    parser.add_argument("--work", type=Path, default=ROOT / "target/train", help="caches")
    parser.add_argument("--inner", type=Path, default=ROOT / "docs/inner-scores.json")
    parser.add_argument("--undertone", type=Path, default=ROOT / "target/release/undertone")
    parser.add_argument("--bundle", type=Path, default=ROOT / "models/ravdess")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _prepare(options: argparse.Namespace, clips: list[Clip], cache: FeatureCache) -> None:
    prepare(clips, options.undertone, cache.folder, VARIANTS)


def _tune(options: argparse.Namespace, clips: list[Clip], cache: FeatureCache) -> None:
    results = {}
    for name, recipe in CANDIDATES.items():
        scores = protocol.inner_scores(clips, cache, recipe, options.seed)
        results[name] = {str(fold + 1): round(score, 4) for fold, score in scores.items()}
        print(f"candidate {name}: inner UAR by outer fold {results[name]}", flush=True)
        options.inner.write_text(json.dumps(results, indent=1) + "\n")


def _evaluate(options: argparse.Namespace, clips: list[Clip], cache: FeatureCache) -> None:
    inner = json.loads(options.inner.read_text())
    recipes = {}
    for fold in present(clips):
        best = max(inner, key=lambda name: inner[name][str(fold + 1)])
        recipes[fold] = CANDIDATES[best]
        print(f"fold {fold + 1}: its inner speakers chose {best}", flush=True)
    log = ROOT / "docs/outer-log.csv"
    parts = protocol.outer_predictions(clips, cache, recipes, options.seed, log)
    whole = Predictions.join(parts)
    (options.work / "outer.pickle").write_bytes(pickle.dumps(whole))
    _report(whole)


def _report(whole: Predictions) -> dict[str, float]:
    confusion = whole.confusion()
    low, high = speaker_interval(whole)
    temperature = fit_temperature(whole)
    figures = {
        "uar": uar(confusion),
        "uar_low": low,
        "uar_high": high,
        "accuracy": accuracy(confusion),
        "nll": negative_log_likelihood(whole, temperature),
        "ece": calibration_error(whole, temperature),
    }
    print(confusion_table(confusion))
    print(
        f"UAR {figures['uar']:.3f} (95 % over speakers: {low:.3f} to {high:.3f}), "
        f"accuracy {figures['accuracy']:.3f}, {len(whole.targets)} clips, "
        f"{len(np.unique(whole.speakers))} speakers never trained on"
    )
    return figures | {"temperature": temperature}


def _train(options: argparse.Namespace, clips: list[Clip], cache: FeatureCache) -> None:
    inner = json.loads(options.inner.read_text())
    best = max(inner, key=lambda name: np.mean(list(inner[name].values())))
    figures = _report(pickle.loads((options.work / "outer.pickle").read_bytes()))
    temperature = figures.pop("temperature")
    weights = options.work / f"{best}-seed{options.seed}.pt"
    network = CANDIDATES[best].network()
    print(f"{best}: {sum(p.numel() for p in network.parameters())} parameters")
    if not weights.exists():
        print(f"training {best} on all {len(clips)} clips", flush=True)
        torch.save(fit(clips, cache, CANDIDATES[best], options.seed).state_dict(), weights)
    network.load_state_dict(torch.load(weights))
    write_bundle(
        network,
        options.bundle,
        options.undertone,
        version="0.1.0",
        speakers=len({clip.speaker for clip in clips}),
        temperature=temperature,
        uncertain_below=0.35,
        metrics=figures,
    )
    frames = cache.variant(0)
    windows = np.concatenate([of_clip(frames[clip.name]) for clip in clips[:200]])
    worst = check_onnx(network, options.bundle / "model.onnx", windows)
    print(f"ONNX Runtime differs from PyTorch by at most {worst:.1e}")


if __name__ == "__main__":
    main()
