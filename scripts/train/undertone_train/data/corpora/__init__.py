"""Labelled speech: where it lies, who speaks, how.

A loader turns a folder, laid out as its corpus is distributed, into clips. Its
module's docstring says where people get the corpus and under which licence.
"""

from .clip import LABELS, Clip
from .crema_d import crema_d
from .emo_db import emo_db
from .folders import folders
from .ravdess import ravdess
from .savee import savee
from .tess import tess

MORE = {"tess": tess, "savee": savee, "emo-db": emo_db, "folders": folders}
"""What can be trained on beside RAVDESS, as if it were part of it: none of its actors speaks."""

__all__ = ["LABELS", "MORE", "Clip", "crema_d", "emo_db", "folders", "ravdess", "savee", "tess"]
