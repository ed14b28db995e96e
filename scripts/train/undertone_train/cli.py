"""The commands, in the order in which a model is made.

prepare     features of all clips and their variants, by the program itself
tune        the hyper-parameter search inside each outer fold and over all speakers;
            stored in docs/search.jsonl and resumed from there
evaluate    networks with the configuration that inner speakers chose, on each outer
            fold; adds to docs/outer-log.csv, stores the predictions
baseline    openSMILE's ComParE functionals and a linear SVM on the same folds
integers    the networks of evaluate against their quantized forms, on the outer folds
ablate      inner scores with one part of the training changed at a time
robustness  noise, rooms, the telephone, a stream, unseen statements, another corpus
            (`hard` is the same)
train       a network on all speakers, with the configuration that all of them chose
export      the bundle: network (quantized where it can be), manifest, golden values
crema-only  a second bundle, models/crema-d, of CREMA-D alone: evaluated and written
            (`free` is the same)
voices      networks of several corpora against baselines: on each fold of RAVDESS and on
            each corpus, left out by turns; with --also and --crema-d
voices-int8 the same by the program itself, with the networks quantized
voices-streams how right the first emotion is that it names of an utterance, and how often
               it claims one where there is none, on streams of unheard speakers
voices-export  the bundle of a network of all speech
report      docs/results.md, from the records of evaluate, baseline, ablate, robustness
all         prepare, evaluate, integers, baseline, train, export; the search that tune
            stored is an input
"""

import argparse
from pathlib import Path

from .data.corpora import EXTRA
from .paths import ROOT

# Help needs none of the packages that training needs, so nothing of them is imported before the
# command line is parsed; corpora need none.
COMMANDS = {
    "prepare": "prepare",
    "tune": "tune",
    "evaluate": "evaluate",
    "baseline": "baseline",
    "integers": "integers",
    "ablate": "ablate",
    "robustness": "evaluate_robustness",
    "train": "train",
    "export": "export",
    "crema-only": "train_crema_only",
    "voices": "evaluate_voices",
    "voices-int8": "evaluate_voices_int8",
    "voices-streams": "evaluate_voices_streams",
    "voices-export": "export_voices",
    "report": "write_report",
}
"""The functions of `commands`, by the names of the command line."""
ALIASES = {"hard": "robustness", "free": "crema-only"}
"""Former names of commands."""
ALL = ["prepare", "evaluate", "integers", "baseline", "train", "export"]
ARCHITECTURES = ("cnn-bilstm", "classic", "cnn-3d")


def main() -> None:
    """Parses the command line and runs the commands that it names."""
    options = _parse()
    from . import commands
    from .workspace import Workspace

    workspace = Workspace(
        options.ravdess,
        options.crema_d,
        options.work,
        options.undertone,
        options.bundle,
        tuple(options.also),
    )
    command = ALIASES.get(options.command, options.command)
    for name in ALL if command == "all" else [command]:
        getattr(commands, COMMANDS[name])(workspace, options)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/train/run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=[*COMMANDS, "all", *ALIASES], metavar="command")
    parser.add_argument("--ravdess", type=Path, required=True, help="folder of RAVDESS speech")
    parser.add_argument("--crema-d", type=Path, help="folder of CREMA-D, or of its log-mel frames")
    parser.add_argument(
        "--also",
        type=_corpus,
        action="append",
        default=[],
        metavar="CORPUS=FOLDER",
        help=f"trained on as well, and never tested: {', '.join(EXTRA)}; `folders` are your own "
        "recordings, LABEL/SPEAKER/….wav",
    )
    parser.add_argument("--arch", choices=ARCHITECTURES, default="cnn-bilstm")
    parser.add_argument("--candidates", type=int, default=16, help="configurations that tune tries")
    parser.add_argument("--seeds", type=int, default=3, help="networks a fold in evaluate")
    parser.add_argument("--float", action="store_true", help="export the network in floats")
    parser.add_argument("--work", type=Path, default=ROOT / "target/train", help="caches")
    parser.add_argument("--undertone", type=Path, default=ROOT / "target/release/undertone")
    parser.add_argument("--bundle", type=Path, default=ROOT / "models/ravdess")
    return parser.parse_args()


def _corpus(text: str) -> tuple[str, Path]:
    name, _, folder = text.partition("=")
    if name not in EXTRA or not Path(folder).is_dir():
        known = ", ".join(EXTRA)
        raise argparse.ArgumentTypeError(f"{text}: not one of {known}, an equals sign, a folder")
    return name, Path(folder)
