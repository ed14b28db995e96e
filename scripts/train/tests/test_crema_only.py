"""The network of CREMA-D alone."""

from pathlib import Path

import numpy as np
import torch

from undertone_train import export
from undertone_train.data.corpora import LABELS, Clip
from undertone_train.data.features import BANDS, FRAMES, FeatureCache, write
from undertone_train.data.windows import WINDOW
from undertone_train.evaluation import crema_only
from undertone_train.evaluation.splits import by_speaker
from undertone_train.training.config import TrainingConfig

SMALL = TrainingConfig(channels=(4, 4, 4, 4), projection=8, hidden=8, crema_epochs=1)


def test_everybody_is_tested_by_strangers(tmp_path):
    clips = [
        Clip("crema-d", Path(f"{speaker}-{label}.wav"), str(speaker), label)
        for speaker in range(10)
        for label in crema_only.OCCURRING
    ]
    rng = np.random.default_rng(0)
    frames = {c.name: rng.uniform(-90, -30, (100, BANDS)).astype(np.float32) for c in clips}
    write(frames, tmp_path / FRAMES / "clean-0")
    splits = list(by_speaker(clips, crema_only.FOLDS))
    assert sorted(c.name for split in splits for c in split.test) == sorted(c.name for c in clips)
    for split in splits:
        assert {c.speaker for c in split.train}.isdisjoint(c.speaker for c in split.test)
    config = crema_only.config_of(SMALL)
    said = crema_only.evaluate(clips, FeatureCache(tmp_path), config, seed=1)
    assert len(said.targets) == len(clips)
    unknown = [LABELS.index(label) for label in ("calm", "surprised")]
    assert not said.probabilities()[:, unknown].any()


def test_what_is_exported_reads_levels_and_has_six_labels(tmp_path):
    torch.manual_seed(1)
    network = crema_only.LevelsOnly(SMALL.network().eval())
    window = torch.rand(1, 1, WINDOW, BANDS)
    assert network(window).shape == (1, len(crema_only.OCCURRING))
    export.write_onnx(network, tmp_path / "model.onnx")
    assert export.check_onnx(network, tmp_path / "model.onnx", window.numpy()) < 1e-5
