"""The small network of the program's tests, and the bundles in tests/data that are made of it.

    UNDERTONE=PROGRAM PYTHONPATH=scripts/train python -m undertone_train.int8.fixture

writes them: tests/data/integers with the quantized network, and the functionals and the logits
that the reference gives to noise, and tests/data/floats with the network before quantization.
"""

import json
import os
from pathlib import Path

import numpy as np
import torch

from .. import export
from ..data.features import BANDS, WIDTH
from ..data.windows import WINDOW
from ..networks import CnnBiLstm
from ..networks.functionals import FunctionalsClassifier
from ..paths import ROOT
from . import reference
from .functionals import (
    cosine_table,
    exponential_table,
    named_cepstral,
    named_functionals,
    units,
)
from .quantize import QuantizedNetwork, quantize

FOLDER = ROOT / "tests/data/integers"
WINDOWS = 6
"""Windows of noise whose functionals and logits are stored."""


def noise(seed: int) -> np.ndarray:
    """Returns a window of random cells, (1, 1, WINDOW, WIDTH), by the linear congruential generator
    that the program's tests have, too.
    """
    state, cells = seed, np.empty(WINDOW * WIDTH, np.uint8)
    for index in range(len(cells)):
        state = (state * 1_664_525 + 1_013_904_223) % 2**32
        cells[index] = state >> 24
    return (cells.astype(np.int16) - 128).astype(np.int8).reshape(1, 1, WINDOW, WIDTH)


def network() -> CnnBiLstm:
    """Returns a network of random weights whose sizes are no multiples of a vector register's."""
    torch.manual_seed(3)
    network = CnnBiLstm(channels=(6, 11, 12, 21), projection=27, hidden=13)
    for module in network.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_(0.0, 0.1)
            module.running_var.uniform_(0.1, 0.5)
    network.attend.weight.data *= 20.0
    network.classify.weight.data *= 20.0
    randomize(network.functionals)
    return network.eval()


def randomize(classifier: FunctionalsClassifier) -> None:
    """Draws weights with which each functional contributes about as much, seldom more than 1."""
    scale = units(WINDOW, BANDS) * 2.0**16
    classifier.weight.normal_(0.0, 0.02)
    classifier.weight.div_(torch.from_numpy(scale * 255.0 ** (scale < 0.9)).float())
    classifier.bias.normal_()


def quantized() -> QuantizedNetwork:
    """Returns the network in integers, calibrated on noise."""
    windows = [(noise(seed).astype(np.float32) + 128.0) / 255.0 for seed in range(100, 108)]
    return quantize(network(), np.concatenate(windows))


def stored_functionals() -> dict[str, list[int]]:
    """Returns each functional's values in the windows of noise, by its name."""
    exponential, cosines = exponential_table(), cosine_table(BANDS)
    cells = [noise(seed)[0, 0] for seed in range(WINDOWS)]
    windows = [named_functionals(c, exponential) | named_cepstral(c, cosines) for c in cells]
    return {name: [window[name] for window in windows] for name in windows[0]}


def main() -> None:
    """Writes both bundles."""
    undertone = Path(os.environ.get("UNDERTONE", ROOT / "target/debug/undertone"))
    made = quantized()
    for form, folder in ((made, FOLDER), (network(), FOLDER.parent / "floats")):
        export.write_bundle(
            form,
            folder,
            undertone,
            version="1.0.0",
            corpora=[],
            temperature=1.0,
            uncertain_below=0.3,
            metrics={},
        )
    logits = [reference.run(made.model, noise(seed))[0].tolist() for seed in range(WINDOWS)]
    (FOLDER / "logits.json").write_text(json.dumps(logits) + "\n")
    rows = [f"{json.dumps(name)}: {values}" for name, values in stored_functionals().items()]
    (FOLDER / "functionals.json").write_text("{" + ",\n ".join(rows) + "}\n")


if __name__ == "__main__":
    main()
