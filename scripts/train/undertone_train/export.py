"""The export of a network to a model bundle."""

import hashlib
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from .data.corpora import LABELS, Clip
from .data.features import BANDS, FRAMES, WIDTH, FeatureCache
from .data.windows import HOP, RANGE_DB, WINDOW, clip_windows
from .int8.quantize import QuantizedNetwork
from .networks import Network
from .networks.classic import COEFFICIENTS

MANIFEST = """\
format = 1
name = "{name}"
version = "{version}"
licence = "{licence}"
training_data = [{corpora}]
labels = [{labels}]

[network]
file = "model.onnx"
sha256 = "{sha256}"
{quantization}

{features}
[decision]
temperature = {temperature:.4f}
uncertain_below = {uncertain_below:.2f}
smoothing = 0.5
margin = 0.1
{calibration}
[metrics]
{metrics}
"""

NON_COMMERCIAL = "CC BY-NC-SA 4.0"
"""The licence of RAVDESS, and so of networks that are trained on it."""


def _frames(feature_set: str, width: int) -> str:
    return f"""\
[features]
set = "{feature_set}"
version = 1
sample_rate = 16000
fft = 1024
hop = 256
mel_bands = 128
bands = {width}
range_db = {RANGE_DB}

[window]
frames = {WINDOW}
hop = {HOP}
"""


FEATURES = {
    FRAMES: _frames(FRAMES, WIDTH),
    "log-mel": _frames("log-mel", BANDS),
    "classic-mfcc": f"""\
[features]
set = "classic-mfcc"
version = 1
sample_rate = 22050
fft = 2048
hop = 512
mel_bands = 128
bands = {COEFFICIENTS}
range_db = 80.0
""",
}
"""The manifest's sections about a network's input, by its feature set."""


def write_onnx(network: nn.Module, path: Path) -> None:
    """Writes the ONNX file of a network for one input, with its batch norms folded."""
    network = network.eval().to(memory_format=torch.contiguous_format)
    torch.onnx.export(
        network,
        (torch.rand(1, *network.input_shape),),
        path,
        input_names=["window"],
        output_names=["logits"],
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(path)
    onnx.checker.check_model(model)
    del model.metadata_props[:]
    model.doc_string = ""
    onnx.save(model, path)


def network_inputs(network: Network, cache: FeatureCache, clips: Sequence[Clip]) -> np.ndarray:
    """Returns the network's inputs of clips, (inputs, *input_shape)."""
    features = cache.of(network.feature_set)
    if network.feature_set != FRAMES:
        return np.concatenate([features[clip.name] for clip in clips])
    return np.concatenate([clip_windows(features[clip.name]) for clip in clips])[:, None]


def check_onnx(network: Network, path: Path, rows: np.ndarray) -> float:
    """Returns the largest difference of a logit between PyTorch and ONNX Runtime on inputs
    (inputs, *input_shape). Exits if it is above 1e-4.
    """
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    worst = 0.0
    for row in rows[:, None]:
        with torch.no_grad():
            want = network.eval()(torch.from_numpy(row)).numpy()
        got = session.run(None, {"window": row})[0]
        worst = max(worst, float(np.abs(got - want).max()))
    if worst > 1e-4:
        raise SystemExit(f"{path}: ONNX Runtime differs from PyTorch by {worst}")
    return worst


def _write(network: nn.Module | QuantizedNetwork, path: Path) -> tuple[str, str]:
    """Writes the ONNX file; returns the manifest's lines about its numbers, and its feature set."""
    if isinstance(network, QuantizedNetwork):
        onnx.save(network.model, path)
        scale = np.format_float_positional(np.float32(network.logit_scale), trim="-")
        width = network.model.graph.input[0].type.tensor_type.shape.dim[3].dim_value
        feature_set = FRAMES if width == WIDTH else "log-mel"
        return f'quantization = "int8"\nlogit_scale = {scale}', feature_set
    write_onnx(network, path)
    return 'quantization = "float32"', network.feature_set


def write_bundle(
    network: nn.Module | QuantizedNetwork,
    folder: Path,
    undertone: Path,
    *,
    version: str,
    corpora: Sequence[str],
    temperature: float,
    uncertain_below: float,
    metrics: dict[str, float],
    licence: str = NON_COMMERCIAL,
    labels: Sequence[str] = LABELS,
    calibration: str = "",
) -> None:
    """Writes a bundle: network, manifest, and the golden values that the program computes.

    `calibration` are further lines of the manifest's section `decision`, and sections behind it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.onnx"
    quantization, feature_set = _write(network, path)
    manifest = MANIFEST.format(
        name=folder.name,
        version=version,
        corpora=", ".join(f'"{corpus}"' for corpus in corpora),
        licence=licence,
        features=FEATURES[feature_set],
        quantization=quantization,
        labels=", ".join(f'"{label}"' for label in labels),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        temperature=temperature,
        uncertain_below=uncertain_below,
        calibration=calibration,
        metrics="\n".join(f"{key} = {value:.4f}" for key, value in metrics.items()),
    )
    (folder / "model.toml").write_text(manifest)
    (folder / "golden.json").unlink(missing_ok=True)
    command = [undertone, "model", "golden", folder]
    golden = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (folder / "golden.json").write_text(json.dumps(json.loads(golden), indent=1) + "\n")
