"""The commands: prepare, tune, train, evaluate, export."""

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from . import protocol
from .augment import VARIANTS
from .corpora import ravdess
from .features import FeatureCache, prepare
from .fit import Recipe
from .folds import present
from .metrics import Predictions, accuracy, confusion_table, speaker_interval, uar

ROOT = Path(__file__).resolve().parents[3]
CANDIDATES = {
    "base": {},
    "unmixed": {"mixup": 0.0},
}


def main() -> None:
    """Parses the command line and runs one command."""
    options = _parse()
    clips = ravdess(options.ravdess)
    cache = FeatureCache(options.work / "features")
    {"prepare": _prepare, "tune": _tune, "evaluate": _evaluate}[options.command](
        options, clips, cache
    )


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/train", description=__doc__)
    parser.add_argument("command", choices=["prepare", "tune", "evaluate"])
    parser.add_argument("--ravdess", type=Path, required=True, help="folder of RAVDESS speech")
    parser.add_argument("--work", type=Path, default=ROOT / "target/train", help="caches and results")
    parser.add_argument("--undertone", type=Path, default=ROOT / "target/release/undertone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="tune: one candidate")
    return parser.parse_args()


def _prepare(options, clips, cache) -> None:
    prepare(clips, options.undertone, cache.folder, VARIANTS)


def _tune(options, clips, cache) -> None:
    path = options.work / "inner.json"
    for name, change in CANDIDATES.items():
        if options.only and name != options.only:
            continue
        print(f"candidate {name}", flush=True)
        scores = protocol.inner_scores(clips, cache, replace(Recipe(), **change), options.seed)
        results = json.loads(path.read_text()) if path.exists() else {}
        results[name] = {str(fold): score for fold, score in scores.items()}
        path.write_text(json.dumps(results, indent=1))
        print(f"candidate {name}: inner UAR {np.mean(list(scores.values())):.4f} {scores}", flush=True)


def _evaluate(options, clips, cache) -> None:
    results = json.loads((options.work / "inner.json").read_text())
    recipes = {}
    for fold in present(clips):
        best = max(results, key=lambda name: results[name][str(fold)])
        recipes[fold] = replace(Recipe(), **CANDIDATES[best])
        print(f"fold {fold + 1} uses {best}")
    parts = protocol.outer_predictions(
        clips, cache, recipes, options.seed, ROOT / "docs/outer-log.csv"
    )
    whole = Predictions.join(parts)
    confusion = whole.confusion()
    low, high = speaker_interval(whole)
    print(confusion_table(confusion))
    print(f"UAR {uar(confusion):.3f} [{low:.3f}, {high:.3f}], accuracy {accuracy(confusion):.3f}")


if __name__ == "__main__":
    main()
