"""Corpora of labelled speech, one module each.

A loader turns a folder, laid out as its corpus is distributed, into clips. Its module's
docstring says where to get the corpus and under which licence.
"""

from .clip import LABELS, Clip
from .crema_d import crema_d
from .emo_db import emo_db
from .folders import folders
from .ravdess import ravdess
from .savee import savee
from .tess import tess

EXTRA = {"tess": tess, "savee": savee, "emo-db": emo_db, "folders": folders}
"""Loaders of the corpora that can be added to the training data of RAVDESS. They share no
speaker with it and are never tested on."""

__all__ = ["EXTRA", "LABELS", "Clip", "crema_d", "emo_db", "folders", "ravdess", "savee", "tess"]
