"""The price list: which blocks are counted, and at which shapes."""

import numpy as np

from block_parts import Block, Convolution, line, plane
from block_products import integer_product, mean_over_time, pool, projection, recurrence

BLOCKS = [
    plane(1, 16, (188, 64), 5, (2, 2)).block("stem"),
    plane(1, 24, (188, 64), 5, (2, 2)).block("stem"),
    plane(1, 16, (64, 188), 5, (2, 2)).block("stem, time last"),
    plane(1, 16, (64, 188), 3, (2, 2)).block("stem, time last"),
    plane(16, 32, (94, 32), 3).block("plain"),
    plane(16, 32, (94, 32), 3, (2, 2)).block("plain"),
    plane(32, 48, (47, 16), 3).block("plain"),
    plane(32, 48, (47, 16), 3, (1, 2)).block("plain"),
    plane(48, 64, (47, 8), 3).block("plain"),
    plane(48, 64, (47, 8), 3, (1, 2)).block("plain"),
    plane(64, 64, (47, 4), 3).block("plain"),
    plane(16, 32, (32, 94), 3, (2, 2)).block("plain, time last"),
    plane(32, 48, (16, 47), 3).block("plain, time last"),
    plane(32, 48, (16, 47), 3, (2, 1)).block("plain, time last"),
    plane(48, 64, (8, 47), 3, (2, 1)).block("plain, time last"),
    plane(64, 64, (4, 47), 3).block("plain, time last"),
    plane(32, 48, (47, 16), 3, (1, 2), 4).block("grouped by 4"),
    plane(48, 64, (47, 8), 3, (1, 2), 4).block("grouped by 4"),
    plane(48, 64, (8, 47), 3, (2, 1), 4).block("grouped by 4, time last"),
    plane(16, 32, (94, 32), 1).block("pointwise"),
    plane(32, 48, (47, 16), 1).block("pointwise"),
    plane(48, 64, (47, 8), 1).block("pointwise"),
    plane(64, 96, (47, 4), 1).block("pointwise"),
    plane(16, 16, (94, 32), 3, groups=16).block("depthwise"),
    plane(24, 24, (94, 32), 3, (2, 2), 24).block("depthwise"),
    plane(32, 32, (47, 16), 3, groups=32).block("depthwise"),
    plane(48, 48, (47, 8), 3, (1, 2), 48).block("depthwise"),
    plane(32, 32, (16, 47), 3, groups=32).block("depthwise, time last"),
    plane(48, 48, (8, 47), 3, (2, 1), 48).block("depthwise, time last"),
    line(64, 64, 188, 5, 2).block("over time"),
    line(64, 64, 94, 3).block("over time"),
    line(64, 64, 94, 5).block("over time"),
    line(64, 128, 94, 3, 2).block("over time"),
    line(64, 128, 94, 5, 2).block("over time"),
    line(64, 64, 47, 3).block("over time"),
    line(64, 128, 47, 3).block("over time"),
    line(64, 128, 47, 5).block("over time"),
    line(128, 128, 47, 3).block("over time"),
    line(256, 80, 47, 1).block("over time"),
    line(64, 64, 94, 5, groups=64).block("over time, depthwise"),
    pool("MaxPool", 32, (94, 32), (2, 2)),
    pool("MaxPool", 48, (47, 16), (1, 2)),
    pool("AveragePool", 32, (94, 32), (2, 2)),
    mean_over_time(47, 128),
    projection(47, 256, 80),
    projection(47, 384, 96),
    integer_product(47, 80, 512),
    integer_product(1, 64, 256),
    recurrence("LSTM", 47, 80, 64),
    recurrence("LSTM", 47, 80, 48),
    recurrence("LSTM", 47, 80, 32),
    recurrence("LSTM", 24, 80, 64),
    recurrence("LSTM", 47, 80, 64, 1),
    recurrence("GRU", 47, 80, 64),
]
"""The price list."""


def variants() -> list[Block]:
    """One convolution in other quantizations than the cheapest."""
    shape = (32, 48, (16, 47), 3, (2, 1))
    kinds = {
        "u8 activations": Convolution(*shape, activation=np.uint8),
        "weights' zero point not 0": Convolution(*shape, weight_zero=3),
        "a scale a channel": Convolution(*shape, scale_per_channel=True),
        "scale and zero point a channel": Convolution(
            *shape, scale_per_channel=True, zero_per_channel=True
        ),
    }
    return [
        Block(f"as int8, but {name}", "3x3, 32→48, 16x47/2x1", kind.products, {"int8": kind.int8})
        for name, kind in kinds.items()
    ]
