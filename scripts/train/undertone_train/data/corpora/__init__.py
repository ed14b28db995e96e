"""Corpora of labelled speech, one module each.

A module defines `CORPUS`: where to get it, under which licence, its labels and how its
recordings are named. Its docstring says what to know before training on it. Nothing else lists
the corpora.
"""

from importlib import import_module
from pkgutil import iter_modules

from .clip import LABELS, Clip
from .corpus import Corpus


def _defined() -> dict[str, Corpus]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    corpora = [module.CORPUS for module in modules if hasattr(module, "CORPUS")]
    return {corpus.name: corpus for corpus in corpora}


CORPORA = _defined()
"""The corpora by name."""
EXTRA = {name: corpus for name, corpus in CORPORA.items() if name not in ("ravdess", "crema-d")}
"""The corpora that can be added to the training data of RAVDESS. They share no speaker with it
and are never tested on."""

__all__ = ["CORPORA", "EXTRA", "LABELS", "Clip", "Corpus"]
