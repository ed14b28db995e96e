"""The configuration of a training: everything that is chosen by inner speakers alone."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields

from ..networks import ARCHITECTURES, Network

ADDED_OPTIONS = frozenset({"own_labels", "logit_adjustment", "balanced_corpora", "votes"})
"""Options that came after results were stored under keys that do not count them."""


@dataclass(frozen=True)
class TrainingConfig:
    """The network's shape and every hyper-parameter of its training."""

    arch: str = "cnn-bilstm"
    channels: tuple[int, ...] = (16, 32, 48, 64)
    projection: int = 80
    hidden: int = 64
    dropout: float = 0.3

    epochs: int = 80
    batch: int = 16
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.1
    balance: float = 0.0
    """The power of a label's rarity in its weight: 1 makes all labels weigh alike."""
    averaging: float = 0.998
    """The decay of the exponential moving average of the weights, which is what is kept; 0
    keeps the last weights."""

    kinds: tuple[str, ...] = ("clean", "speed", "noise", "room", "line", "microphone")
    """Kinds of augmented recordings, of `augment.KINDS`."""
    warp: float = 0.1
    """The strength of vocal-tract warping."""
    stretch: float = 0.0
    """The largest share by which windows are stretched in time."""
    time_masks: int = 2
    band_masks: int = 2
    mixup: float = 0.0
    """The parameter of mixup's beta distribution; 0 mixes nothing."""

    functionals: float = 0.0
    """The inverse strength of regularisation (scikit-learn's C) of the linear classifier of
    functionals, whose logits are added; 0 adds none."""

    crema: str = "pretrain"
    """The use of CREMA-D: `none`, `pretrain` before RAVDESS, or `joint` training with a head
    for each corpus."""
    crema_epochs: int = 15
    """Passes over CREMA-D in pre-training."""
    crema_share: float = 0.5
    """The weight of CREMA-D's loss in joint training."""

    own_labels: bool = False
    """If the loss of a clip runs over the labels of its own corpus alone."""
    logit_adjustment: float = 0.0
    """The temperature of logit adjustment by the corpora's shares of labels, with `own_labels`."""
    balanced_corpora: bool = False
    """If every batch has equally many clips of each corpus."""
    votes: float = 0.0
    """The weight of what listeners heard in a clip's target, against what the actor meant."""

    def network(self) -> Network:
        """Returns an untrained network."""
        return ARCHITECTURES[self.arch](self.channels, self.projection, self.hidden, self.dropout)

    def key(self) -> str:
        """Returns a hash of the values, for names of files.

        Options that were added later count where they are used, so stored results keep their names.
        """
        added = {f.name: f.default for f in fields(self) if f.name in ADDED_OPTIONS}
        used = {k: v for k, v in asdict(self).items() if k not in added or v != added[k]}
        return hash_of(used)

    def pretraining(self) -> "TrainingConfig":
        """Returns the configuration of the pre-training on CREMA-D of a network of this size. It
        depends on nothing but the size and the votes, so one pre-training serves many trainings.
        """
        return TrainingConfig(
            arch=self.arch,
            channels=self.channels,
            projection=self.projection,
            hidden=self.hidden,
            epochs=self.crema_epochs,
            batch=32,
            learning_rate=3e-3,
            stretch=0.1,
            mixup=0.2,
            kinds=("clean",),
            votes=self.votes,
        )

    def text(self) -> str:
        """Returns every value in one line, for logs."""
        return ";".join(f"{field.name}={getattr(self, field.name)}" for field in fields(self))

    def changes(self) -> str:
        """Returns the values that differ from the defaults, for tables."""
        default = TrainingConfig(arch=self.arch)
        changed = (
            f.name for f in fields(self) if getattr(self, f.name) != getattr(default, f.name)
        )
        return " ".join(f"{name}={getattr(self, name)}".replace(" ", "") for name in changed)


def hash_of(values: dict[str, object]) -> str:
    """Returns a hash of a configuration's values by name, for names of files."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]
