"""The hyper-parameter search, inside each outer fold and once more over all speakers.

Candidates are drawn from SPACE by their number alone: no score of any speaker decides which are
tried. Each outer fold has a study of its own, in which a candidate is pruned, or wins, by the
scores of the fold's inner speakers; the study `all`, for the network that ships, takes the mean
over all. They are stored in one journal and resumed from it.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from ..training.config import TrainingConfig
from .experiment import Experiment
from .inner_cv import Pair, inner_score, rounds, train

SPACE: dict[str, BaseDistribution] = {
    "size": CategoricalDistribution(["20 M", "12 M"]),
    "epochs": CategoricalDistribution([80, 40]),
    "learning_rate": CategoricalDistribution([1e-3, 2e-3]),
    "dropout": CategoricalDistribution([0.3, 0.15]),
    "mixup": CategoricalDistribution([0.0, 0.2]),
    "stretch": CategoricalDistribution([0.0, 0.1]),
    "masks": CategoricalDistribution([2, 1]),
    "balance": CategoricalDistribution([0.0, 0.5]),
}
SIZES = {
    "20 M": {"channels": (16, 32, 48, 64), "projection": 80, "hidden": 64},
    "12 M": {"channels": (16, 24, 32, 48), "projection": 64, "hidden": 48},
}
"""Sizes of networks, by their multiply-adds a window."""
SEED = 1
FUNCTIONALS = 0.03
"""The regularisation of the classifier of functionals that the winner gets: it is fitted after the
network, and alone."""

optuna.logging.set_verbosity(optuna.logging.WARNING)


def candidate(number: int) -> dict:
    """Returns the parameters of a candidate; the first has the first of all choices."""
    if number == 0:
        return {name: space.choices[0] for name, space in SPACE.items()}
    rng = np.random.default_rng(number)
    return {name: space.choices[rng.integers(len(space.choices))] for name, space in SPACE.items()}


def config_of(parameters: dict) -> TrainingConfig:
    """Returns the configuration that parameters of SPACE stand for."""
    rest = {k: v for k, v in parameters.items() if k not in ("size", "masks")}
    masks = parameters["masks"]
    return TrainingConfig(**SIZES[parameters["size"]], time_masks=masks, band_masks=masks, **rest)


class Search:
    """The studies of all outer folds, on one set of trainings."""

    def __init__(self, experiment: Experiment, journal: Path) -> None:
        storage = JournalStorage(JournalFileBackend(str(journal)))
        pruner = optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=0)
        self.experiment = experiment
        known = optuna.get_all_study_names(storage)
        self.studies: dict[int | None, Study] = {}
        for outer in [*experiment.folds(), None]:
            name = _name(outer)
            # Creating one that is there already would leave a line in the journal.
            self.studies[outer] = (
                optuna.load_study(study_name=name, storage=storage, pruner=pruner)
                if name in known
                else optuna.create_study(
                    study_name=name, storage=storage, direction="maximize", pruner=pruner
                )
            )

    def best(self, outer: int | None) -> TrainingConfig:
        """Returns the configuration with the best inner scores for an outer fold, or for all
        speakers. Exits if no search is stored.
        """
        study = self.studies[outer]
        if not study.get_trials(states=(TrialState.COMPLETE,)):
            raise SystemExit("no search is stored: run `tune` first")
        return replace(config_of(study.best_params), functionals=FUNCTIONALS)

    def run(self, candidates: int) -> None:
        """Tries the candidates up to this number that were not tried yet."""
        while (number := self._tried()) < candidates:
            self._try(number)

    def _tried(self) -> int:
        """Returns the number of candidates that every study has completed or pruned; those that were
        interrupted are tried again.
        """
        counts = []
        for study in self.studies.values():
            for trial in study.get_trials(states=(TrialState.RUNNING,)):
                study.tell(trial.number, state=TrialState.FAIL)
            counts.append(len(_ended(study)))
        return min(counts)

    def _try(self, number: int) -> None:
        parameters = candidate(number)
        trials = {}
        for outer, study in self.studies.items():
            if len(_ended(study)) <= number:
                study.enqueue_trial(parameters)
                trials[outer] = study.ask(SPACE)
        scores: dict[int | None, list[float]] = {outer: [] for outer in trials}
        for step, pairs in enumerate(rounds(self.experiment.folds())):
            wanted = [pair for pair in pairs if None in trials or set(pair) & trials.keys()]
            found = self._scores(config_of(parameters), wanted)
            for outer in list(trials):
                new = [score for (fold, score) in found if outer in (None, fold)]
                scores[outer] += new
                if new and self._pruned(trials[outer], step, float(np.mean(scores[outer]))):
                    self.studies[outer].tell(trials.pop(outer), state=TrialState.PRUNED)
        for outer, trial in trials.items():
            self.studies[outer].tell(trial, float(np.mean(scores[outer])))
        means = {_name(outer): round(float(np.mean(s)), 4) for outer, s in scores.items()}
        print(f"candidate {number}: {parameters}: {means}", flush=True)

    def _pruned(self, trial: Trial, step: int, score: float) -> bool:
        trial.report(score, step)
        return trial.should_prune()

    def _scores(self, config: TrainingConfig, pairs: Sequence[Pair]) -> list[tuple[int, float]]:
        """Returns outer folds and the inner scores for them, of networks trained side by side."""
        train(self.experiment, config, pairs, SEED)
        return [
            (outer, inner_score(self.experiment, config, pair, outer, SEED))
            for pair in pairs
            for outer in pair
        ]


def _ended(study: Study) -> list[FrozenTrial]:
    return study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))


def _name(outer: int | None) -> str:
    return "all" if outer is None else f"outer fold {outer + 1}"
