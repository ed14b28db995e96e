"""The parts that train, on a few clips made of noise."""

from pathlib import Path

import numpy as np
import pytest
import torch

from undertone_train.data.corpora import LABELS, Clip
from undertone_train.data.features import BANDS, FRAMES, PITCH, VOICING, WIDTH, FeatureCache, write
from undertone_train.data.windows import time_stretch
from undertone_train.evaluation import inner_cv
from undertone_train.evaluation.experiment import Experiment
from undertone_train.evaluation.search import SPACE, candidate, config_of
from undertone_train.evaluation.splits import RAVDESS_FOLDS
from undertone_train.networks import ARCHITECTURES, cost
from undertone_train.networks.inference import clip_logits
from undertone_train.training.auxiliary import AuxiliaryCorpus
from undertone_train.training.config import TrainingConfig
from undertone_train.training.fit import fit

SMALL = TrainingConfig(
    epochs=2,
    batch=4,
    channels=(4, 4, 4, 4),
    projection=8,
    hidden=8,
    kinds=("clean",),
    crema="none",
)


def clips_of(speakers, corpus="ravdess"):
    return [
        Clip(corpus, Path(f"{s}-{n}.wav"), s, label)
        for s in speakers
        for n, label in enumerate(LABELS)
    ]


@pytest.fixture
def experiment(tmp_path):
    actors = sorted(frozenset().union(*(RAVDESS_FOLDS[n] for n in (0, 1, 2, 4))))
    clips = clips_of(actors)
    rng = np.random.default_rng(0)
    frames = {c.name: rng.uniform(-90, -30, (200, WIDTH)).astype(np.float32) for c in clips}
    for clip in clips:
        # Each label has a band of its own.
        frames[clip.name][:, 8 * clip.target : 8 * clip.target + 4] += 30.0
        frames[clip.name][:, PITCH] = rng.integers(60, 180, 200) / 6.0
        frames[clip.name][:, VOICING] = rng.integers(0, 256, 200) / 255.0
    write(frames, tmp_path / FRAMES / "clean-0")
    others = clips_of(["x", "y"], "crema-d")
    levels = frames[clips[0].name][:, :BANDS]
    auxiliary = AuxiliaryCorpus(others, {c.name: levels for c in others}, tmp_path / "pre")
    return Experiment(clips, FeatureCache(tmp_path), auxiliary, tmp_path)


def test_rounds_meet_every_pair_once(experiment):
    rounds = inner_cv.rounds(experiment.folds())
    assert sorted(pair for one in rounds for pair in one) == [
        (0, 1), (0, 2), (0, 4), (1, 2), (1, 4), (2, 4)
    ]  # fmt: skip
    assert all(len({fold for pair in one for fold in pair}) == 4 for one in rounds)


@pytest.mark.parametrize("crema", ["none", "pretrain", "joint"])
def test_nobody_of_a_pair_is_trained_on(experiment, monkeypatch, crema):
    heard = []

    def spy(clips, *rest, **other):
        heard.extend(clip.speaker for clip in clips)
        return fit(clips, *rest, **other)

    monkeypatch.setattr("undertone_train.evaluation.experiment.fit", spy)
    tried = TrainingConfig(**{**SMALL.__dict__, "crema": crema, "crema_epochs": 1})
    pair = (0, 4)
    said = inner_cv.pair_predictions(experiment, tried, pair, seed=1)
    tested = RAVDESS_FOLDS[0] | RAVDESS_FOLDS[4]
    assert set(said.speakers) == tested and tested.isdisjoint(heard) and heard
    inner = inner_cv.inner_predictions(experiment, tried, pair, 0, seed=1)
    assert set(inner.speakers) == RAVDESS_FOLDS[4]


def test_what_is_trained_on_beside_is_in_every_training(experiment, tmp_path, monkeypatch):
    more = clips_of(["somebody"], "folders")
    write({clip.name: np.full((200, WIDTH), -40.0, np.float32) for clip in more},
          tmp_path / "more" / FRAMES / "clean-0")  # fmt: skip
    heard = []

    def spy(clips, cache, *rest, **other):
        heard.extend(clips)
        return fit(clips, cache, *rest, **other)

    monkeypatch.setattr("undertone_train.evaluation.experiment.fit", spy)
    cache = FeatureCache(tmp_path, (tmp_path / "more",))
    with_more = Experiment(experiment.clips, cache, None, tmp_path / "results", more)
    said = inner_cv.pair_predictions(with_more, SMALL, (0, 4), seed=1)
    assert set(more) < set(heard)
    assert "somebody" not in said.speakers


def test_training_is_reproducible_and_learns(experiment):
    clips = experiment.clips[:16]
    tried = TrainingConfig(**{**SMALL.__dict__, "epochs": 30, "learning_rate": 1e-2, "dropout": 0.0, "mixup": 0.0, "warp": 0.0,
                      "stretch": 0.0, "time_masks": 0, "band_masks": 0, "averaging": 0.0})  # fmt: skip
    first, again = (fit(clips, experiment.cache, tried, seed=3) for _ in range(2))
    for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    right = [clip_logits(first, c, experiment.cache).mean(0).argmax() == c.target for c in clips]
    assert all(right)


def test_candidates_fit_the_space_and_do_not_depend_on_each_other():
    for number in range(20):
        parameters = candidate(number)
        assert parameters == candidate(number)
        assert all(space._contains(space.to_internal_repr(parameters[name]))
                   for name, space in SPACE.items())  # fmt: skip
        assert config_of(parameters).network()


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_architectures_give_a_logit_a_label(arch):
    network = ARCHITECTURES[arch]().eval()
    assert network(torch.rand(3, *network.input_shape)).shape == (3, len(LABELS))


def test_costs_are_counted():
    # By hand: a stem of 25 taps over 94 x 32 places, three convolutions of 9 taps, a projection
    # of 256 numbers over 47 steps, a BiLSTM's four gates, attention, the last layer,
    # the classifier of functionals.
    convolutions = 94 * 32 * 16 * 25 + 9 * 47 * (16 * 16 * 32 + 8 * 32 * 48 + 4 * 48 * 64)
    rest = 47 * 256 * 80 + 47 * 2 * 4 * 64 * (80 + 64) + 47 * 128 + 128 * 8 + 93 * 8
    network = ARCHITECTURES["cnn-bilstm"]()
    assert cost.multiply_adds(network) == convolutions + rest
    assert cost.parameters(ARCHITECTURES["classic"](hidden=8)) == (
        5 * 32
        + 2 * 32
        + 5 * 32 * 64
        + 2 * 64
        + 2 * 4 * 8 * (64 + 8 + 2)
        + 160 * 64
        + 64
        + 64 * 8
        + 8
    )


def test_stretching_keeps_the_ends():
    frames = np.linspace(0.0, 1.0, 100, dtype=np.float32)[:, None] * np.ones(64, np.float32)
    longer = time_stretch(frames, 1.2)
    assert len(longer) == 120
    np.testing.assert_allclose(longer[:, 0], np.linspace(0.0, 1.0, 120), atol=1e-6)
