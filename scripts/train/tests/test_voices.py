"""Training against baselines, held to plain formulas."""

from pathlib import Path

import numpy as np
import pytest
import torch

from undertone_train.data.corpora import LABELS, Clip
from undertone_train.data.features import BANDS, WIDTH
from undertone_train.data.windows import WINDOW, clip_windows
from undertone_train.networks.functionals import functionals, needs_pitch
from undertone_train.voices import baseline, calibration, report
from undertone_train.voices.batches import Material, batches, own_labels
from undertone_train.voices.corpora import Corpora, Split
from undertone_train.voices.fragments import fragment
from undertone_train.voices.functionals import fit_functionals
from undertone_train.voices.loss import group_baselines, own_cross_entropy
from undertone_train.voices.outcome import Judged, Outcome
from undertone_train.voices.recipe import Recipe
from undertone_train.voices.streams import Named, Stream, false_changes, first_named

RNG = np.random.default_rng(5)
COUNT = len(LABELS)
SMALL = Recipe(channels=(4, 4, 4, 4), projection=8, hidden=8, kinds=(("clean", 1),))


def clips(corpus="a", speakers=3, labels=LABELS, each=2):
    return [
        Clip(corpus, Path(f"{label}-{n}.wav"), f"s{speaker}", label, labels=labels)
        for speaker in range(speakers)
        for label in labels
        for n in range(each)
    ]


def frames_of(some):
    def one(number):
        frames = np.zeros((120 + number % 150, WIDTH), np.float32)
        frames[:, :BANDS] = RNG.uniform(-80.0, -20.0, (len(frames), BANDS))
        frames[:, BANDS] = RNG.integers(0, 250, len(frames)) / 6.0
        frames[:, BANDS + 1] = RNG.integers(0, 256, len(frames)) / 255.0
        return frames

    return {clip.name: one(number) for number, clip in enumerate(some)}


def test_a_linear_layer_less_its_mean_is_the_layer_of_inputs_less_theirs():
    weights, inputs = RNG.normal(size=(COUNT, 20)), RNG.normal(size=(9, 20))
    relative, speech = inputs @ weights.T, RNG.uniform(1, 100, 9)
    mean, total = baseline.of_speech(relative, speech)
    assert total == pytest.approx(speech.sum())
    voice = (speech[:, None] * inputs).sum(axis=0) / speech.sum()
    np.testing.assert_allclose(relative - mean, (inputs - voice) @ weights.T, atol=1e-12)


def test_shares_follow_the_speech_that_is_known():
    known = baseline.Baselines(np.ones((3, COUNT)), np.array([0.0, 200.0, 1800.0]))
    rows, offset = RNG.normal(size=(3, 2 * COUNT)), RNG.normal(size=COUNT)
    found = known.judge(rows, offset)
    for window, share in enumerate((0.0, 0.5 * baseline.SHARE, 0.9 * baseline.SHARE)):
        relative = rows[window, COUNT:] - 1.0 + offset
        want = (1 - share) * rows[window, :COUNT] + share * relative
        np.testing.assert_allclose(found[window], want)


def test_running_baselines_are_causal():
    relative, speech = RNG.normal(size=(8, COUNT)), RNG.uniform(1, 9, 8)
    of_clip, order = np.array([0, 0, 1, 2, 2, 2, 3, 3]), [2, 0, 3, 1]
    found = baseline.running(relative, speech, of_clip, order)
    for place, clip in enumerate(order):
        before = np.isin(of_clip, order[:place])
        mean, total = baseline.of_speech(relative[before], speech[before])
        np.testing.assert_allclose(
            found.means[of_clip == clip], np.tile(mean, (sum(of_clip == clip), 1))
        )
        np.testing.assert_allclose(found.speech[of_clip == clip], total)


def test_groups_never_see_themselves_nor_others():
    members, windows = 4, 12
    rows = torch.zeros(windows, 2 * COUNT)
    rows[:, COUNT] = 2.0 ** torch.arange(windows)
    allowed = torch.ones(windows, dtype=torch.bool)
    allowed[1] = False
    generator = torch.Generator().manual_seed(0)
    counts = torch.full((windows,), 9.0)
    means, shares = group_baselines(rows, members, counts, allowed, generator)
    for window in range(windows):
        group = range(window // members * members, window // members * members + members)
        others = [n for n in group if n != window and n != 1]
        assert means[window, 0].item() == pytest.approx(np.mean([2.0**n for n in others]))
        assert shares[window].item() == pytest.approx(len(others) / (len(others) + 2))
    _, none = group_baselines(rows, members, torch.zeros(windows), allowed, generator)
    assert not none.any()


def test_the_loss_knows_only_a_corpuss_own_labels():
    logits, own = torch.randn(5, COUNT), torch.ones(5, COUNT, dtype=torch.bool)
    own[:, 1] = False
    targets = torch.eye(COUNT)[[0, 2, 3, 4, 5]]
    kept = [0, *range(2, COUNT)]
    want = torch.nn.functional.cross_entropy(logits[:, kept], targets[:, kept], label_smoothing=0.1)
    assert own_cross_entropy(logits, targets, own, 0.1).item() == pytest.approx(
        want.item(), abs=1e-6
    )
    moved = logits + 50.0 * (~own)
    assert own_cross_entropy(moved, targets, own, 0.1).item() == pytest.approx(
        want.item(), abs=1e-6
    )


def test_fragments_hold_some_of_the_speech():
    frames = frames_of(clips()[:1]).popitem()[1]
    frames[:30, :BANDS] = frames[-20:, :BANDS] = -100.0
    spoken = {row.tobytes() for row in frames[30:-20]}
    lengths = set()
    for seed in range(60):
        window = fragment(frames, np.random.default_rng(seed))
        kept = sum(row.tobytes() in spoken for row in window)
        assert window.shape == (WINDOW, WIDTH) and 25 <= kept <= len(spoken)
        lengths.add(kept)
    assert len(lengths) > 20


def test_batches_are_voices_and_corpora_take_turns():
    some, other = clips("a", each=1), clips("b", labels=LABELS[2:6], each=3)
    materials = [Material(c, [frames_of(c)]) for c in (some, other)]
    batch = next(batches(materials, SMALL, np.random.default_rng(0)))
    assert batch.x.shape == (32, 1, WINDOW, WIDTH) and batch.targets.shape == (32, COUNT)
    own = batch.own.unflatten(0, (4, 8))
    assert own[0].all() and own[2].all()
    assert own[1].any(dim=0).tolist() == [label in LABELS[1:6] for label in LABELS]
    # A voice's eight clips are one of each label where there are eight labels.
    assert batch.targets[:8].sum(dim=0).tolist() == [1.0] * COUNT
    assert batch.calm[:8].sum() == 2


def test_functionals_tell_labels_apart_that_pitch_tells_apart():
    some = clips(labels=("angry", "sad"), each=6)
    frames = frames_of(some)
    rng = np.random.default_rng(1)
    for clip in some:
        own = frames[clip.name]
        height = 25.0 if clip.label == "angry" else 12.0
        own[:, :BANDS] = rng.uniform(-50.0, -20.0, (len(own), BANDS))
        own[:, BANDS] = height + 2.0 * rng.normal(size=len(own))
        own[:, BANDS + 1] = rng.uniform(0.6, 0.9, len(own))
    network = SMALL.network()
    fit_functionals(network, [Material(some, [frames])], [], SMALL)
    right = []
    for clip in some:
        window = torch.from_numpy(np.stack(clip_windows(frames[clip.name])))[:, None]
        rows = network.functionals(window)[0, :COUNT]
        right.append(rows[0] > rows[6] if clip.label == "angry" else rows[6] > rows[0])
        assert functionals(window).isfinite().all()
    assert np.mean(right) > 0.9
    assert 0 < needs_pitch().sum() < len(needs_pitch())


def test_calm_is_wrong_where_a_corpus_calls_calm_speech_neutral():
    few = clips("b", labels=("angry", "neutral"))
    known = dict(zip(LABELS, own_labels(few), strict=True))
    assert {label for label, own in known.items() if own} == {"angry", "calm", "neutral"}
    assert own_labels(clips("a")).all()


def outcome(speakers, targets):
    windows = len(targets)
    rows = RNG.normal(size=(windows, 2 * COUNT))
    rows[np.arange(windows), targets] += 2.0
    return Outcome(
        np.array(speakers),
        np.array(targets),
        np.ones(COUNT, bool),
        np.arange(windows),
        np.zeros(windows, bool),
        rows,
        np.full(windows, 80.0),
        np.zeros(COUNT),
    )


def test_nothing_of_a_split_calibrates_it():
    splits = [
        Split("fold1", "a", frozenset({"x"})),
        Split("fold2", "a", frozenset({"y"})),
        Split("a", "a"),
        Split("b", "b"),
    ]
    judged = {s.name: list(outcome(["x", "y"] * 8, [*range(COUNT)] * 2).modes()) for s in splits}
    used = {
        split.name: {
            name
            for name, modes in judged.items()
            for part, _ in report.calibrating(split, splits, judged)
            if any(part is mode for mode in modes)
        }
        for split in splits
    }
    assert used == {
        "fold1": {"fold2", "b"},
        "fold2": {"fold1", "b"},
        "a": {"b"},
        "b": {"fold1", "fold2", "a"},
    }


def test_calibration_finds_what_was_put_in():
    windows = 20_000
    truth = calibration.Calibration(1.5, 1.0, 0.5)
    speech, shares = RNG.uniform(0, 150, windows), RNG.uniform(0, 1, windows)
    scaled = 2.0 * RNG.normal(size=(windows, COUNT))
    chances = np.exp(scaled) / np.exp(scaled).sum(axis=1, keepdims=True)
    targets = (chances.cumsum(axis=1) > RNG.random((windows, 1))).argmax(axis=1)
    logits = scaled * truth.temperatures(speech, shares)[:, None]
    judged = Judged("none", logits, speech, shares, targets, np.zeros(windows, bool))
    found = calibration.fit([(judged, 1.0)])
    for name in ("temperature", "little_speech", "unknown_voice"):
        assert getattr(found, name) == pytest.approx(getattr(truth, name), rel=0.15)
    least = calibration.threshold([(judged, 1.0)], found, 0.8)
    sure = found.probabilities(judged).max(axis=1) >= least
    right = found.probabilities(judged).argmax(axis=1) == targets
    assert right[sure].mean() == pytest.approx(0.8, abs=0.03)


def test_splits_hold_out_what_they_test():
    some = {"ravdess": clips("ravdess"), "b": clips("b", labels=("angry", "sad"))}
    corpora = Corpora(some, None, [], SMALL)
    fold, whole = Split("fold1", "ravdess", frozenset({"s1"})), Split("b", "b")
    object.__setattr__(corpora, "cache", type("Cache", (), {"of": lambda *_: {}})())
    trained = [clip for material in corpora.train(fold) for clip in material.clips]
    assert {c.voice for c in trained}.isdisjoint({c.voice for c in corpora.test(fold)})
    assert len(trained) + len(corpora.test(fold)) == sum(map(len, some.values()))
    assert {c.corpus for m in corpora.train(whole) for c in m.clips} == {"ravdess"}


def test_the_first_emotion_of_an_utterance_is_what_is_named_first():
    stream = Stream(np.zeros(0), [(4.0, 6.0, "happy"), (10.0, 12.0, "sad"), (16.0, 17.0, "angry")])

    def window(end, label):
        return {
            "type": "emotion",
            "start": end - 3.0,
            "end": end,
            "label": label,
            "confidence": 0.7,
        }

    events = [
        {"type": "hello"},
        window(4.5, "uncertain"),
        window(5.5, "happy"),
        window(6.5, "fearful"),
        window(11.0, "happy"),
        window(12.0, "sad"),
    ]
    assert first_named(events, stream) == [Named(0.7, True), Named(0.7, False), None]


def test_changes_to_an_emotion_are_false_where_nobody_has_one():
    states = ["neutral", "sad", "uncertain", "calm", "silence", "angry"]
    events = [{"type": "change", "to": state} for state in states]
    assert false_changes([*events, {"type": "emotion", "label": "angry"}]) == 2
