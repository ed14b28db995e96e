"""The functionals against NumPy and SciPy, and their names against docs/functionals.csv."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.fft import dct

from undertone_train.data.features import BANDS, PITCH, SEMITONES, VOICING, WIDTH
from undertone_train.data.windows import WINDOW
from undertone_train.int8 import functionals as int8_functionals
from undertone_train.int8.functionals import cosine_table, exponential_table, units
from undertone_train.networks.functionals import (
    COUNT,
    FunctionalsClassifier,
    functionals,
    named_functionals,
)

with (Path(__file__).resolve().parents[3] / "docs/functionals.csv").open(newline="") as table:
    NAMES = [row["name"] for row in csv.DictReader(table)]


@pytest.fixture
def cells():
    """A window in which a voice comes and goes, in steps of 1/255."""
    rng = np.random.default_rng(2)
    cells = rng.integers(0, 120, (WINDOW, WIDTH))
    cells[30:150, 20] = rng.integers(100, 256, 120)
    cells[60, 20] = 255
    walk = np.cumsum(rng.integers(-7, 8, WINDOW))
    cells[:, PITCH] = np.clip(130 + walk, 0, 255)
    cells[:, VOICING] = rng.integers(60, 256, WINDOW)
    return cells


def window(cells):
    """Cells as the float network reads them."""
    return torch.from_numpy((cells / 255.0).astype(np.float32))[None, None]


def of_floats(cells):
    """The float network's functionals by name."""
    return {name: value.item() for name, value in named_functionals(window(cells)).items()}


def of_integers(cells):
    """The quantized network's functionals, 2^-16 of their units, by name."""
    window = (cells - 128).astype(np.int8)
    found = int8_functionals.named_functionals(window, exponential_table())
    return found | int8_functionals.named_cepstral(window, cosine_table(BANDS))


def assert_close(found, want, tolerance):
    """Names the functionals that differ by more than the tolerance, relative and absolute."""
    different = {
        name: (found[name], value)
        for name, value in zip(NAMES, want, strict=True)
        if not abs(found[name] - value) <= tolerance * (1.0 + abs(value))
    }
    assert not different


def test_names_are_those_of_the_table(cells):
    assert len(NAMES) == len(set(NAMES)) == COUNT
    assert list(of_floats(cells)) == NAMES
    assert list(of_integers(cells)) == NAMES


def test_named_functionals_are_the_classifiers_columns(cells):
    found = functionals(window(cells))
    assert found.shape == (1, COUNT)
    assert found[0].tolist() == list(of_floats(cells).values())


def test_functionals_are_scipys(cells):
    loud = cells[:, :BANDS].max(axis=1) > 255 * (1 - 35 / 80)
    voiced = loud & (cells[:, VOICING] > 127)
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
    strength = cells[:, VOICING] / 25.5
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
    cepstrum = dct(groups, axis=1)[:, 1:9] / 8.0
    moved = np.abs(cepstrum[2:] - cepstrum[:-2])[loud[2:] & loud[:-2]]
    want += [*np.sqrt(cepstrum[loud].var(axis=0) + 0.01), *moved.mean(axis=0)]
    assert_close(of_floats(cells), want, 2e-4)


def test_a_silent_window_has_finite_functionals():
    assert torch.isfinite(functionals(torch.zeros(1, 1, WINDOW, WIDTH))).all()


def test_a_classifier_finds_what_it_was_fitted_to():
    rng = np.random.default_rng(0)
    targets = np.repeat(np.arange(8), 30)
    rows = rng.standard_normal((240, COUNT)) * rng.uniform(0.1, 30.0, COUNT)
    rows[:, 3] += 200.0 * (targets == 5)
    classifier = FunctionalsClassifier()
    classifier.fit(rows, targets, 0.1)
    logits = rows @ classifier.weight.numpy().T + classifier.bias.numpy()
    predicted = logits.argmax(axis=1)
    assert (predicted[targets == 5] == 5).mean() > 0.9
    assert (predicted[targets != 5] == 5).mean() < 0.1


def test_the_integer_form_has_the_same_functionals(cells):
    in_units = np.array(list(of_integers(cells).values())) * units(WINDOW, BANDS)
    found = dict(zip(NAMES, in_units, strict=True))
    assert_close(found, of_floats(cells).values(), 2e-3)


def test_a_silent_window_has_integer_functionals():
    found = of_integers(np.zeros((WINDOW, WIDTH), int))
    assert list(found) == NAMES
