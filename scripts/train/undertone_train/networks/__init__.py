"""The architectures, by the names that `--arch` takes.

Each is a module from a batch of inputs to embeddings (`embed`) and to logits, with the
`input_shape` of one input and the `feature_set` that it reads.
"""

from .classic import ClassicCnnBiLstm
from .cnn_3d import Cnn3d
from .cnn_bilstm import CnnBiLstm

ARCHITECTURES = {
    "cnn-bilstm": CnnBiLstm,
    "classic": ClassicCnnBiLstm,
    "cnn-3d": Cnn3d,
}
Network = CnnBiLstm | ClassicCnnBiLstm | Cnn3d

__all__ = ["ARCHITECTURES", "ClassicCnnBiLstm", "Cnn3d", "CnnBiLstm", "Network"]
