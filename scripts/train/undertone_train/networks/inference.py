"""The logits that a network gives to recordings."""

import numpy as np
import torch

from ..data.corpora import Clip
from ..data.features import FRAMES, FeatureCache
from ..data.windows import clip_windows
from . import Network


def clip_logits(network: Network, clip: Clip, cache: FeatureCache) -> np.ndarray:
    """Returns the logits (windows, labels) of the windows that the program cuts from a clip."""
    return feature_logits(network, cache.of(network.feature_set)[clip.name])


@torch.no_grad()
def feature_logits(network: Network, features: np.ndarray) -> np.ndarray:
    """Returns the logits (windows, labels) of one recording's features."""
    if network.feature_set == FRAMES:
        features = np.stack(clip_windows(features))[:, None]
    return network.eval()(torch.from_numpy(np.array(features, np.float32))).numpy()
