"""Training on several corpora: targets, priors, the loss over own labels, balanced batches."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from undertone_train.data.corpora import LABELS, Clip
from undertone_train.data.features import FRAMES, WIDTH, FeatureCache, write
from undertone_train.training.batches import Batches, balanced_order
from undertone_train.training.config import TrainingConfig
from undertone_train.training.fit import fit
from undertone_train.training.loss import (
    corpus_cross_entropy,
    cross_entropy,
    label_priors,
    one_hot,
    soft_targets,
)

FEW = ("angry", "happy", "neutral", "sad")
SMALL = TrainingConfig(
    epochs=2, batch=6, channels=(4, 4, 4, 4), projection=8, hidden=8, kinds=("clean",), crema="none"
)


def clip(corpus, label, number=0, labels=LABELS, votes=()):
    path = Path(f"{label}-{number}.wav")
    return Clip(corpus, path, "somebody", label, labels=labels, votes=votes)


def two_corpora():
    """24 clips of one corpus with all labels, and 8 of one with four, mostly neutral."""
    many = [clip("many", label, n) for n in range(3) for label in LABELS]
    few = [clip("few", label, n, FEW) for n, label in enumerate([*FEW, *["neutral"] * 4])]
    return many + few


def plain_loss(logits, targets, priors, weights, smoothing, adjustment):
    """The definition, one clip at a time, over the logits of its own labels alone."""
    losses = []
    for row, target, prior in zip(logits, targets, priors, strict=True):
        own = np.flatnonzero(prior)
        scores = np.exp(row[own]) * prior[own] ** adjustment
        wanted = (1 - smoothing) * target[own] + smoothing / len(own)
        losses.append(-np.sum(weights[own] * wanted * np.log(scores / scores.sum())))
    return np.mean(losses)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("adjustment", [0.0, 1.0])
def test_the_loss_is_that_of_own_labels(smoothing, adjustment):
    rng = np.random.default_rng(1)
    clips = two_corpora()
    targets, priors = one_hot(clips), label_priors(clips, one_hot(clips))
    logits = torch.from_numpy(rng.normal(size=(len(clips), len(LABELS)))).requires_grad_()
    weights = torch.from_numpy(rng.uniform(0.5, 2.0, len(LABELS)))
    loss = corpus_cross_entropy(logits, targets, priors, weights, smoothing, adjustment)
    arrays = [
        values.detach().numpy().astype(float) for values in (logits, targets, priors, weights)
    ]
    assert loss.item() == pytest.approx(plain_loss(*arrays, smoothing, adjustment), rel=1e-6)
    loss.backward()
    assert logits.grad.isfinite().all()
    assert not logits.grad[priors == 0.0].any() and logits.grad[priors > 0.0].all()


def test_the_loss_over_all_labels_is_cross_entropy():
    torch.manual_seed(1)
    logits, targets = torch.randn(5, len(LABELS)), torch.rand(5, len(LABELS)).softmax(dim=1)
    weights, priors = torch.rand(len(LABELS)), torch.full((5, len(LABELS)), 1 / len(LABELS))
    loss = corpus_cross_entropy(logits, targets, priors, weights, 0.1, 0.7)
    torch.testing.assert_close(loss, cross_entropy(logits, targets, weights, 0.1))


def test_priors_are_the_shares_of_each_corpus():
    clips = two_corpora()
    priors = label_priors(clips, one_hot(clips))
    np.testing.assert_allclose(priors[0], np.full(8, 1 / 8))
    want = {"angry": 1 / 8, "happy": 1 / 8, "neutral": 5 / 8, "sad": 1 / 8}
    np.testing.assert_allclose(priors[-1], [want.get(label, 0.0) for label in LABELS])


def test_a_label_that_nobody_trains_on_is_not_impossible():
    clips = [clip("few", "sad", n, FEW) for n in range(3)]
    priors = label_priors(clips, one_hot(clips))[0]
    assert priors[LABELS.index("sad")] == 0.5
    assert (priors > 0).sum() == len(FEW)


def test_targets_are_labels_and_what_was_heard():
    heard = tuple(0.75 if label == "sad" else 0.25 * (label == "calm") for label in LABELS)
    clips = [clip("a", "angry", votes=heard), clip("a", "happy")]
    assert torch.equal(soft_targets(clips, 0.0), one_hot(clips))
    half = soft_targets(clips, 0.5)
    want = {"angry": 0.5, "sad": 0.375, "calm": 0.125}
    np.testing.assert_allclose(half[0], [want.get(label, 0.0) for label in LABELS])
    assert torch.equal(half[1], one_hot(clips)[1])


def test_corpora_are_balanced_in_every_batch():
    corpora = ["big"] * 40 + ["small"] * 7 + ["tiny"] * 2
    order = balanced_order(corpora, 8, 6, np.random.default_rng(2)).reshape(6, 8)
    for batch in order:
        names = [corpora[index] for index in batch]
        counts = Counter(names)
        assert max(counts.values()) - min(counts.values()) <= 1 and len(counts) == 3
        assert sum(a != b for a, b in pairwise(names)) == 2
    times = Counter(order.ravel().tolist())
    for name in set(corpora):
        drawn = [times[index] for index, corpus in enumerate(corpora) if corpus == name]
        assert max(drawn) - min(drawn) <= 1


def test_fewer_places_than_corpora():
    order = balanced_order(["a", "b", "c"], 2, 1, np.random.default_rng(3))
    assert len(set(order.tolist())) == 2


def frames_of(clips):
    rng = np.random.default_rng(0)
    frames = {c.name: rng.uniform(-90, -30, (200, WIDTH)).astype(np.float32) for c in clips}
    for c in clips:
        frames[c.name][:, 8 * c.target : 8 * c.target + 4] += 30.0
    return frames


def test_batches_carry_the_priors_of_what_they_mix():
    clips = two_corpora()
    config = TrainingConfig(**{**SMALL.__dict__, "balanced_corpora": True, "mixup": 0.5})
    batches = Batches(clips, [frames_of(clips)], one_hot(clips), config, np.random.default_rng(4))
    batch = next(iter(batches))
    np.testing.assert_allclose(batch.priors.sum(dim=1), np.ones(6), rtol=1e-6)
    assert not batch.y[batch.priors == 0.0].any()


def test_passes_are_over_all_clips_unless_balanced():
    clips = two_corpora()
    inputs = ([frames_of(clips)], one_hot(clips))
    plain = Batches(clips, *inputs, SMALL, np.random.default_rng(5))
    order = np.random.default_rng(5).permutation(len(clips))
    assert torch.equal(next(iter(plain)).y, inputs[1][order[:6]])


def test_training_on_two_corpora_is_reproducible(tmp_path):
    clips = two_corpora()
    write(frames_of(clips), tmp_path / FRAMES / "clean-0")
    options = {"own_labels": True, "logit_adjustment": 1.0, "balanced_corpora": True, "mixup": 0.2}
    config = TrainingConfig(**{**SMALL.__dict__, **options})
    first, again = (fit(clips, FeatureCache(tmp_path), config, seed=3) for _ in range(2))
    for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(a, b) and a.isfinite().all()


def test_stored_results_keep_their_names():
    # Names of files that were stored before there were options for several corpora.
    assert TrainingConfig().key() == "647dc1410ea7"
    assert TrainingConfig(crema="joint", mixup=0.2).key() == "545937728022"
    assert TrainingConfig(votes=0.5).key() != TrainingConfig().key()
    assert TrainingConfig(votes=0.5).pretraining() != TrainingConfig().pretraining()
