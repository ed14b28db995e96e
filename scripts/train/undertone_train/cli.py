"""The commands, in the order in which a model is made.

prepare   features of all clips and their variants, by the program itself
tune      the search inside each outer fold and over all speakers; stored in
          docs/search.jsonl, and gone on with from there
evaluate  each outer fold's speakers, by networks of the recipe that their inner
          speakers chose; adds to docs/outer-log.csv, keeps what was said
baseline  the same folds by openSMILE's ComParE functionals and a linear SVM
integers  the networks of evaluate against their forms in integers, on the outer folds
ablate    inner scores with one thing changed at a time
hard      noise, rooms, the telephone, a stream, another statement, another corpus
train     a network on all speakers, by the recipe that the search over all chose
export    the bundle: network (in integers where it can be), manifest, golden values
free      a second bundle, models/crema-d, of CREMA-D alone: evaluated and written
report    docs/results.md, from what evaluate, baseline, ablate and hard left
all       prepare, evaluate, baseline, train and export; what tune found is an input
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from . import commands
from .data.corpora import MORE
from .networks import ARCHITECTURES
from .workspace import ROOT, Workplace

COMMANDS: dict[str, Callable[[Workplace, argparse.Namespace], None]] = {
    "prepare": commands.prepare,
    "tune": commands.tune,
    "evaluate": commands.evaluate,
    "baseline": commands.baseline,
    "integers": commands.integers,
    "ablate": commands.ablate,
    "hard": commands.hard,
    "train": commands.train,
    "export": commands.export,
    "free": commands.free,
    "report": commands.report,
}
ALL = ["prepare", "evaluate", "integers", "baseline", "train", "export"]


def main() -> None:
    """Parses the command line and runs the commands it names."""
    options = _parse()
    place = Workplace(
        options.ravdess,
        options.crema_d,
        options.work,
        options.undertone,
        options.bundle,
        tuple(options.also),
    )
    for name in ALL if options.command == "all" else [options.command]:
        COMMANDS[name](place, options)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/train/run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=[*COMMANDS, "all"])
    parser.add_argument("--ravdess", type=Path, required=True, help="folder of RAVDESS speech")
    parser.add_argument("--crema-d", type=Path, help="folder of CREMA-D, or of its log-mel frames")
    parser.add_argument(
        "--also",
        type=_corpus,
        action="append",
        default=[],
        metavar="CORPUS=FOLDER",
        help=f"trained on as well, and never tested: {', '.join(MORE)}; `folders` are your own "
        "recordings, LABEL/SPEAKER/….wav",
    )
    parser.add_argument("--arch", choices=ARCHITECTURES, default="cnn-bilstm")
    parser.add_argument("--candidates", type=int, default=16, help="recipes that tune tries")
    parser.add_argument("--seeds", type=int, default=3, help="networks a fold in evaluate")
    parser.add_argument("--float", action="store_true", help="export the network in floats")
    parser.add_argument("--work", type=Path, default=ROOT / "target/train", help="caches")
    parser.add_argument("--undertone", type=Path, default=ROOT / "target/release/undertone")
    parser.add_argument("--bundle", type=Path, default=ROOT / "models/ravdess")
    return parser.parse_args()


def _corpus(text: str) -> tuple[str, Path]:
    name, _, folder = text.partition("=")
    if name not in MORE or not Path(folder).is_dir():
        known = ", ".join(MORE)
        raise argparse.ArgumentTypeError(f"{text}: not one of {known}, an equals sign, a folder")
    return name, Path(folder)
