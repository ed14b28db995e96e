"""Bundles of splits, evaluated by the program itself."""

import csv
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ..data.corpora import Clip


def write_manifest(clips: Sequence[Clip], path: Path) -> None:
    """Writes the list of labelled recordings that `undertone evaluate` reads."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["path", "label", "speaker"])
        for clip in clips:
            writer.writerow([clip.path.resolve(), clip.label, clip.speaker])


def evaluate(undertone: Path, bundle: Path, manifest: Path, mode: str) -> str:
    """Returns the cells of a table: UAR over the labels that occur, its interval, the share that is
    named, and how much of that is right.
    """
    with manifest.open(newline="") as file:
        labels = sorted({row["label"] for row in csv.DictReader(file)})
    command = [undertone, "evaluate", manifest, "--model", bundle, "--baseline", mode, "--json"]
    few = _run([*command, "--labels", ",".join(labels)])
    every = _run(command)
    low, high = few["interval"]["low"], few["interval"]["high"]
    named = every["calibration"]["uncertain"]
    shares = f"{named['coverage']:.3f} | {named['accuracy'] or 0.0:.3f}"
    return f"{few['uar']:.3f} | {low:.3f} to {high:.3f} | {shares}"


def _run(command: Sequence[object]) -> dict:
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(found)
