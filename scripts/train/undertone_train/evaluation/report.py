"""Figures as text: a summary for the terminal, and the page docs/results.md."""

from collections.abc import Sequence

import numpy as np

from ..networks import cost
from .ablation import Ablation
from .bootstrap import paired_bootstrap, speaker_interval
from .calibration import calibration_error, coverage, negative_log_likelihood
from .metrics import accuracy, confusion_table, uar
from .outer_cv import Evaluation
from .predictions import Predictions
from .robustness import ConditionResult, Robustness


def mean_uar(seeds: Sequence[Predictions]) -> float:
    """Returns the UAR, the mean over seeds."""
    return float(np.mean([uar(one.confusion()) for one in seeds]))


def mean_accuracy(seeds: Sequence[Predictions]) -> float:
    """Returns the accuracy, the mean over seeds."""
    return float(np.mean([accuracy(one.confusion()) for one in seeds]))


def summary(seeds: Sequence[Predictions]) -> str:
    """Returns the confusion matrix over all seeds, and a line of figures."""
    low, high = speaker_interval(seeds)
    return (
        f"{confusion_table(np.sum([one.confusion() for one in seeds], axis=0))}\n"
        f"UAR {mean_uar(seeds):.3f} (95 % over speakers: {low:.3f} to {high:.3f}), "
        f"accuracy {mean_accuracy(seeds):.3f}; {len(seeds[0].targets)} clips of "
        f"{len(np.unique(seeds[0].speakers))} speakers never trained on, "
        f"{len(seeds)} networks a fold"
    )


def figures(evaluation: Evaluation) -> dict[str, float]:
    """Returns the figures of a manifest's section `metrics`."""
    seeds, rows = evaluation.seeds(), evaluation.calibrated()
    low, high = speaker_interval(seeds)
    targets = seeds[0].targets
    return {
        "uar": mean_uar(seeds),
        "uar_low": low,
        "uar_high": high,
        "accuracy": mean_accuracy(seeds),
        "nll": float(np.mean([negative_log_likelihood(row, targets) for row in rows])),
        "ece": float(np.mean([calibration_error(row, targets) for row in rows])),
    }


def page(
    evaluations: Sequence[Evaluation],
    baseline: Predictions,
    ablation: Ablation,
    robustness: Robustness,
) -> str:
    """Returns the page docs/results.md."""
    return "\n".join(
        [
            "# Results",
            "",
            "By `scripts/train/run evaluate`, `baseline` and `report`: RAVDESS speech, the outer "
            "folds whose actors are at hand, every choice made by inner speakers (`tune`). "
            "Intervals are over speakers.",
            "",
            *_systems(evaluations, baseline),
            "![Confidence against the share that is right](calibration.svg)",
            "",
            *_robustness(robustness),
            *_ablation(ablation.scores),
            *(line for one in evaluations for line in _details(one)),
        ]
    )


def _robustness(found: Robustness) -> list[str]:
    """Returns the section of harder tests: networks of seed 1, all folds together."""

    def row(name: str, confusion: np.ndarray, silent: int | str) -> str:
        return f"| {name} | {uar(confusion):.3f} | {accuracy(confusion):.3f} | {silent} |"

    def condition(name: str, parts: Sequence[ConditionResult]) -> str:
        whole = np.sum([part.confusion for part in parts], axis=0)
        return row(name, whole, sum(part.silent for part in parts))

    statements = Predictions.join(found.statements).confusion()
    return [
        "## Harder tests",
        "",
        "The networks of seed 1, by `scripts/train/run robustness`: the program itself hears the "
        "clips, its voice gate included; those in which it hears nobody count as wrong.",
        "",
        "| | UAR | accuracy | heard as silence |",
        "|---|---:|---:|---:|",
        *(condition(name, parts) for name, parts in found.conditions.items()),
        condition("clips joined with pauses, one stream", found.stream),
        row("the statement never heard", statements, "–"),
        f"| RAVDESS alone to CREMA-D, six labels | {found.crema_d:.3f} | | – |",
        "",
    ]


def _ablation(scores: dict[str, float]) -> list[str]:
    whole = scores["nothing"]
    return [
        "## What each part brings",
        "",
        "Mean inner UAR of the plain recipe with one thing changed, by `scripts/train/run "
        "ablate`; differences below 0.02 are noise of one seed.",
        "",
        "| changed | inner UAR | difference |",
        "|---|---:|---:|",
        *(f"| {name} | {uar:.3f} | {uar - whole:+.3f} |" for name, uar in scores.items()),
        "",
    ]


def _systems(evaluations: Sequence[Evaluation], baseline: Predictions) -> list[str]:
    lines = [
        "| system | parameters | multiply-adds | UAR | 95 % | accuracy | above openSMILE by (95 %) | p |",
        "|---|---:|---:|---:|---|---:|---|---:|",
        _row("openSMILE ComParE_2016, linear SVM", "– | –", [baseline], "–", "–"),
    ]
    for one in evaluations:
        gain, low, high, share = paired_bootstrap(one.seeds(), baseline)
        networks = [config.network() for config in one.configs.values()]
        size = _range([cost.parameters(network) / 1e3 for network in networks], "k")
        size += " | " + _range([cost.multiply_adds(network) / 1e6 for network in networks], "M")
        above = f"{gain:+.3f} ({low:+.3f} to {high:+.3f})"
        lines.append(_row(one.arch, size, one.seeds(), above, f"{share:.4f}"))
    return [*lines, ""]


def _range(values: Sequence[float], unit: str) -> str:
    return " or ".join(f"{value:.1f} {unit}" for value in sorted(set(values)))


def _row(name: str, size: str, seeds: Sequence[Predictions], above: str, share: str) -> str:
    low, high = speaker_interval(seeds)
    return (
        f"| {name} | {size} | {mean_uar(seeds):.3f} | {low:.3f} to {high:.3f} "
        f"| {mean_accuracy(seeds):.3f} | {above} | {share} |"
    )


def _details(one: Evaluation) -> list[str]:
    found = figures(one)
    rows = np.mean(one.calibrated(), axis=0)
    return [
        f"## {one.arch}",
        "",
        "| outer fold | recipe chosen by its inner speakers | UAR of each seed | temperature |",
        "|---|---|---|---:|",
        *(
            f"| {fold + 1} | `{config.changes() or 'the defaults'}` | "
            f"{', '.join(f'{uar(seed.confusion()):.3f}' for seed in part)} | {temperature:.2f} |"
            for (fold, config), part, temperature in zip(
                one.configs.items(), one.parts, one.temperatures, strict=True
            )
        ),
        "",
        f"Calibration, at temperatures fitted on inner speakers: NLL {found['nll']:.3f}, "
        f"ECE {found['ece']:.3f} after subtracting a perfect classifier's.",
        "",
        "Confusion, all seeds together (rows: truth):",
        "",
        "```",
        confusion_table(np.sum([one.confusion() for one in one.seeds()], axis=0)),
        "```",
        "",
        "Accuracy of the clips whose confidence (mean over seeds) reaches a threshold:",
        "",
        "| threshold | clips | accuracy |",
        "|---:|---:|---:|",
        *(
            f"| {threshold:.2f} | {share:.2f} | {right:.3f} |"
            for threshold, share, right in coverage(rows, one.seeds()[0].targets)[::2]
        ),
        "",
    ]
