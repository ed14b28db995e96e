"""The recipe by which a network is trained on several corpora against baselines."""

from dataclasses import asdict, dataclass

from ..data.corpora import LABELS
from ..networks import CnnBiLstm
from ..training.config import hash_of


@dataclass(frozen=True)
class Recipe:
    """The network's shape and every hyper-parameter of its training."""

    channels: tuple[int, ...] = (16, 32, 48, 64)
    projection: int = 80
    hidden: int = 64
    dropout: float = 0.3

    pretraining_steps: int = 2400
    """Steps on corpora without sound alone, which come first."""
    steps: int = 7800
    """Steps on all corpora."""
    voices: int = 4
    """Voices in a batch, of the corpora by turns."""
    members: int = 8
    """Windows of each voice in a batch."""
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.1
    averaging: float = 0.997
    """The decay of the exponential moving average of the weights, which is what is kept."""

    kinds: tuple[tuple[str, int], ...] = (
        ("clean", 1), ("speed", 2), ("noise", 1), ("room", 1), ("line", 1), ("microphone", 1),
    )  # fmt: skip
    """Kinds of augmented recordings, of `augment.KINDS`, and how many of each."""
    warp: float = 0.1
    """The strength of vocal-tract warping, one factor a voice."""
    tilt_db: float = 6.0
    """The largest tilt of a voice's spectrum from its lowest to its highest band."""
    ripple_db: float = 2.0
    """The deviation of a smooth curve that is added to a voice's spectrum."""
    masks: int = 1
    """Masks over time and over bands in each window."""
    fragments: float = 0.3
    """The share of windows that show some of an utterance: its beginning, its end, a word."""
    votes: float = 0.5
    """The weight of what listeners heard in a clip's target, against what the actor meant."""

    unknown: float = 0.35
    """The share of windows that are judged without a baseline."""
    calm: float = 0.5
    """The share of voices whose baselines are learned from neutral and calm speech alone."""

    functionals_decay: float = 1e-3
    """The L2 penalty of the classifier of functionals."""
    functionals_weight: float = 1.0
    """The weight of its logits beside the network's."""
    seed: int = 1

    def network(self) -> CnnBiLstm:
        """Returns an untrained network with two rows a label."""
        rows = 2 * len(LABELS)
        return CnnBiLstm(self.channels, self.projection, self.hidden, self.dropout, rows)

    def key(self) -> str:
        """Returns a hash of the values, for names of files."""
        return hash_of(asdict(self))
