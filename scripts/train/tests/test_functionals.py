"""The statistics that the judge looks at, against NumPy and SciPy."""

import numpy as np
import pytest
import torch
from scipy import stats

from undertone_train.data.features import BANDS, PITCH, SEMITONES, STRENGTH, WIDTH
from undertone_train.data.windows import WINDOW
from undertone_train.int8 import functionals as integer_judge
from undertone_train.int8.functionals import exponential_table, units
from undertone_train.networks.functionals import COUNT, Judge, statistics


@pytest.fixture
def cells():
    """A window in which a voice comes and goes, in steps of 1/255."""
    rng = np.random.default_rng(2)
    cells = rng.integers(0, 120, (WINDOW, WIDTH))
    cells[30:150, 20] = rng.integers(100, 256, 120)
    cells[60, 20] = 255
    walk = np.cumsum(rng.integers(-7, 8, WINDOW))
    cells[:, PITCH] = np.clip(130 + walk, 0, 255)
    cells[:, STRENGTH] = rng.integers(60, 256, WINDOW)
    return cells


def test_statistics_are_scipys(cells):
    found = statistics(torch.from_numpy((cells / 255.0).astype(np.float32))[None, None])
    assert found.shape == (1, COUNT)
    found = found[0].double().numpy()
    loud = cells[:, :BANDS].max(axis=1) > 255 * (1 - 35 / 80)
    voiced = loud & (cells[:, STRENGTH] > 127)
    assert 20 < voiced.sum() < loud.sum() < WINDOW
    semitones = cells[:, PITCH] / 255.0 * SEMITONES
    np.testing.assert_allclose(semitones, cells[:, PITCH] / 6.0)

    def moments(values):
        deviation = np.sqrt(values.var() + 0.01)
        scale = values.std() / deviation
        return [
            values.mean(),
            deviation,
            stats.skew(values) * scale**3,
            stats.kurtosis(values, fisher=False) * scale**4,
        ]

    def movement(stride, steps):
        pairs = [
            (t, t + stride) for t in range(WINDOW - stride) if voiced[t] and voiced[t + stride]
        ]
        cell = np.array([cells[b, PITCH] - cells[a, PITCH] for a, b in pairs])
        shares = [(way * cell >= step).mean() for step in steps for way in (1, -1)]
        rise = cell / 6.0
        return [rise.mean(), np.sqrt((rise**2).mean() + 0.01), np.abs(rise).mean(), *shares]

    time = np.linspace(-1.0, 1.0, WINDOW)[voiced]
    pitch = semitones[voiced]
    covariance = np.cov(time, pitch, bias=True)[0, 1]
    strength = cells[:, STRENGTH] / 25.5
    want = [
        *moments(pitch),
        *moments(2.0 ** (pitch / 12.0)),
        *movement(1, (1, 2, 4, 8, 16, 31)),
        *movement(4, (4, 7, 13, 25)),
        covariance,
        covariance / np.sqrt(time.var() + 1e-4),
        *moments(strength[loud])[:3],
        strength[voiced].mean(),
        voiced.sum() / loud.sum(),
        voiced.mean(),
        loud.mean(),
        np.abs(np.diff(voiced.astype(int))).mean(),
        np.abs(np.diff(loud.astype(int))).mean(),
    ]
    groups = cells[:, :BANDS].reshape(WINDOW, BANDS // 4, 4).mean(axis=2) / 25.5
    want += [*groups[loud].mean(axis=0), *np.sqrt(groups[loud].var(axis=0) + 0.01)]
    np.testing.assert_allclose(found, want, rtol=2e-4, atol=2e-4)


def test_a_silent_window_has_finite_statistics():
    assert torch.isfinite(statistics(torch.zeros(1, 1, WINDOW, WIDTH))).all()


def test_a_judge_finds_what_it_was_fitted_to():
    rng = np.random.default_rng(0)
    targets = np.repeat(np.arange(8), 30)
    rows = rng.standard_normal((240, COUNT)) * rng.uniform(0.1, 30.0, COUNT)
    rows[:, 3] += 200.0 * (targets == 5)
    judge = Judge()
    judge.fit(rows, targets, 0.1)
    logits = rows @ judge.weight.numpy().T + judge.bias.numpy()
    said = logits.argmax(axis=1)
    assert (said[targets == 5] == 5).mean() > 0.9
    assert (said[targets != 5] == 5).mean() < 0.1


def test_the_form_in_integers_has_the_same_statistics(cells):
    found = integer_judge.statistics((cells - 128).astype(np.int8), exponential_table())
    found = np.array(found) * units(WINDOW, BANDS)
    want = statistics(torch.from_numpy((cells / 255.0).astype(np.float32))[None, None])
    np.testing.assert_allclose(found, want[0].double().numpy(), rtol=2e-3, atol=2e-3)
