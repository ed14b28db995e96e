"""Every architecture from PyTorch to the program: the same scores everywhere."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import softmax

from undertone_train import export
from undertone_train.data.corpora import LABELS
from undertone_train.networks import ARCHITECTURES
from undertone_train.networks.inference import feature_logits

ROOT = Path(__file__).resolve().parents[3]
UNDERTONE = Path(os.environ.get("UNDERTONE", ROOT / "target/debug/undertone"))
UTTERANCE = ROOT / "tests/data/synthesised-speech.wav"
TEMPERATURE = 0.7


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_the_program_says_what_pytorch_says(arch, tmp_path):
    torch.manual_seed(5)
    network = ARCHITECTURES[arch]()
    # As training leaves them: norms that are not the identity, a last layer that decides.
    for module in network.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_(0.0, 0.1)
            module.running_var.uniform_(0.5, 2.0)
    network.classify.weight.data *= 20.0
    if arch == "cnn-bilstm":
        network.functionals.weight.normal_(0.0, 0.02)
    if arch == "classic":
        network.mean.fill_(-10.0)
        network.deviation.fill_(50.0)
    bundle = tmp_path / "bundle"
    export.write_bundle(
        network.eval(),
        bundle,
        UNDERTONE,
        version="1.0.0",
        corpora=["nothing"],
        temperature=TEMPERATURE,
        uncertain_below=0.3,
        metrics={"uar": 0.125},
    )
    subprocess.run([UNDERTONE, "model", "check", bundle], check=True, capture_output=True)
    command = [UNDERTONE, "features", "--set", network.feature_set, "-o", tmp_path, UTTERANCE]
    subprocess.run(command, check=True)
    features = np.load(tmp_path / f"{UTTERANCE.stem}.npy")
    if arch == "classic":
        features = features.reshape(1, -1)
    logits = feature_logits(network, features)
    command = [UNDERTONE, "classify", "--json", "--timeline", "--no-gate", "--model", bundle]
    said = subprocess.run([*command, UTTERANCE], check=True, capture_output=True, text=True).stdout
    windows = json.loads(said)["windows"]
    assert len(windows) == len(logits)
    want = softmax(logits.astype(float) / TEMPERATURE, axis=1)
    assert np.ptp(want) > 0.1, "too flat scores hide differences"
    for window, row in zip(windows, want, strict=True):
        assert window["scores"] == pytest.approx(dict(zip(LABELS, row, strict=True)), abs=1e-4)
