"""Makes the bundle in tests/data/integers: a small network, and what the reference says of noise;
and that in tests/data/floats: the network that it was.

    python scripts/train/tests/integer_bundle.py

from the root, with scripts/train in PYTHONPATH and the program in UNDERTONE.
"""

import json
import os
from pathlib import Path

import numpy as np
import torch

from undertone_train import export
from undertone_train.data.features import BANDS, WIDTH
from undertone_train.data.windows import WINDOW
from undertone_train.int8 import reference as integer_reference
from undertone_train.int8.functionals import units
from undertone_train.int8.quantize import QuantizedNetwork, quantize
from undertone_train.networks import CnnBiLstm
from undertone_train.networks.functionals import Judge

ROOT = Path(__file__).resolve().parents[4]
FOLDER = ROOT / "tests/data/integers"
WINDOWS = 6


def noise(seed: int) -> np.ndarray:
    """A window of cells, (1, 1, WINDOW, WIDTH), that `tests/integers.rs` makes, too."""
    state, cells = seed, np.empty(WINDOW * WIDTH, np.uint8)
    for place in range(len(cells)):
        state = (state * 1_664_525 + 1_013_904_223) % 2**32
        cells[place] = state >> 24
    return (cells.astype(np.int16) - 128).astype(np.int8).reshape(1, 1, WINDOW, WIDTH)


def network() -> CnnBiLstm:
    """A network whose sizes no vector register divides, with random weights."""
    torch.manual_seed(3)
    network = CnnBiLstm(channels=(6, 11, 12, 21), projection=27, hidden=13)
    for module in network.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_(0.0, 0.1)
            module.running_var.uniform_(0.1, 0.5)
    network.attend.weight.data *= 20.0
    network.classify.weight.data *= 20.0
    judge_at_random(network.judge)
    return network.eval()


def judge_at_random(judge: Judge) -> None:
    """Gives the judge weights with which each statistic says about as much, seldom more than 1."""
    scale = units(WINDOW, BANDS) * 2.0**16
    judge.weight.normal_(0.0, 0.02)
    judge.weight.div_(torch.from_numpy(scale * 255.0 ** (scale < 0.9)).float())
    judge.bias.normal_()


def quantized() -> QuantizedNetwork:
    """The network in integers."""
    windows = [(noise(seed).astype(np.float32) + 128.0) / 255.0 for seed in range(100, 108)]
    return quantize(network(), np.concatenate(windows))


def main() -> None:
    """Writes the bundle."""
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
    logits = [integer_reference.run(made.model, noise(seed))[0].tolist() for seed in range(WINDOWS)]
    (FOLDER / "logits.json").write_text(json.dumps(logits) + "\n")


if __name__ == "__main__":
    main()
