"""Plots for the documents."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("svg")
from matplotlib import pyplot

# Identifiers inside of the file would be random otherwise.
matplotlib.rcParams["svg.hashsalt"] = "undertone"

BINS = 10


def reliability(probabilities: Sequence[np.ndarray], targets: np.ndarray, path: Path) -> None:
    """Draws the reliability diagram of the networks of all seeds: accuracy by confidence, and the
    histogram of confidences. `probabilities` are (clips, labels) for each seed.
    """
    confidence = np.concatenate([rows.max(axis=1) for rows in probabilities])
    right = np.concatenate([rows.argmax(axis=1) == targets for rows in probabilities])
    bin_of = np.minimum((confidence * BINS).astype(int), BINS - 1)
    filled = [b for b in range(BINS) if (bin_of == b).any()]
    figure, (curve, counts) = pyplot.subplots(
        2, 1, figsize=(4.5, 5.5), height_ratios=(3, 1), sharex=True, layout="constrained"
    )
    curve.plot([0, 1], [0, 1], color="0.7", linewidth=1, label="calibrated")
    curve.plot(
        [confidence[bin_of == b].mean() for b in filled],
        [right[bin_of == b].mean() for b in filled],
        marker="o",
        label="networks of the outer folds",
    )
    curve.set(ylabel="share that is right", xlim=(0, 1), ylim=(0, 1))
    curve.legend(loc="upper left", frameon=False)
    counts.hist(confidence, bins=np.linspace(0, 1, BINS + 1), rwidth=0.9)
    counts.set(xlabel="confidence", ylabel="clips")
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
