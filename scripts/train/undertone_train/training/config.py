"""Everything that is chosen about a training, by inner speakers alone."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields

from ..networks import ARCHITECTURES, Network


@dataclass(frozen=True)
class Recipe:
    """How a network is built and trained."""

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
    """Power of a label's rarity in its weight: 1 makes all labels weigh alike."""
    averaging: float = 0.998
    """Decay of the exponential moving average of weights that is kept; 0 keeps the last."""

    kinds: tuple[str, ...] = ("clean", "speed", "noise", "room", "line", "microphone")
    """Kinds of augmented recordings, of `augment.KINDS`."""
    warp: float = 0.1
    stretch: float = 0.0
    time_masks: int = 2
    band_masks: int = 2
    mixup: float = 0.0
    """Parameter of the beta distribution; 0 mixes nothing."""

    judge: float = 0.0
    """Strength of the linear judge whose logits are added: the inverse of what holds its weights
    down. Zero adds none."""

    crema: str = "pretrain"
    """`none` trains on RAVDESS alone, `pretrain` on CREMA-D first, `joint` on both at once, with
    a head for each."""
    crema_epochs: int = 15
    """Passes over CREMA-D, before."""
    crema_share: float = 0.5
    """Weight of CREMA-D's loss, in joint training."""

    def network(self) -> Network:
        """An untrained network."""
        return ARCHITECTURES[self.arch](self.channels, self.projection, self.hidden, self.dropout)

    def key(self) -> str:
        """A short name of its values, for files."""
        values = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(values.encode()).hexdigest()[:12]

    def pretraining(self) -> "Recipe":
        """How a network of this size is trained on CREMA-D first: once, whatever comes after."""
        return Recipe(
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
        )

    def text(self) -> str:
        """Every value, for logs."""
        return ";".join(f"{field.name}={getattr(self, field.name)}" for field in fields(self))

    def changes(self) -> str:
        """The values that differ from the defaults, for people."""
        default = Recipe(arch=self.arch)
        changed = (
            f.name for f in fields(self) if getattr(self, f.name) != getattr(default, f.name)
        )
        return " ".join(f"{name}={getattr(self, name)}".replace(" ", "") for name in changed)
