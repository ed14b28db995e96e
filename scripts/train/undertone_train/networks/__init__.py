"""The architectures, by the names that `--arch` takes.

Each is a module from a batch of inputs to `embed`dings and to logits, with an
`input_shape` and the name of the feature set that it reads.
"""

from .classic import ClassicCnnBiLstm
from .cnn_3d import SegmentsCnn3d
from .cnn_bilstm import CnnBiLstm

ARCHITECTURES = {
    "cnn-bilstm": CnnBiLstm,
    "classic": ClassicCnnBiLstm,
    "cnn-3d": SegmentsCnn3d,
}
Network = CnnBiLstm | ClassicCnnBiLstm | SegmentsCnn3d

__all__ = ["ARCHITECTURES", "ClassicCnnBiLstm", "CnnBiLstm", "Network", "SegmentsCnn3d"]
