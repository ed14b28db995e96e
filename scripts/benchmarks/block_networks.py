"""Whole networks of the blocks of `block_parts`, up to what follows the recurrence."""

from dataclasses import dataclass
from math import prod

import numpy as np

from block_parts import BYTES, FLOATS, RESULT, Block, Builder, Convolution, Graph, line, plane
from block_products import GATES, dense_float, dense_int8, recurrent_float

HIDDEN = 64


@dataclass(frozen=True)
class Network:
    """Convolutions, a projection at every step, and perhaps a recurrence after it.

    Time is the first axis, or the last: then the numbers of a step are channels already, and the
    projection is a convolution of one tap. The recurrence is float in every form, as tract has no
    other that is cheaper: in `int8` it is what remains.
    """

    name: str
    layers: tuple[Convolution, ...]
    projection: int
    operator: str = ""

    @property
    def time_last(self) -> bool:
        """Whether time is the last axis."""
        size = self.layers[0].size
        return size[-1] == max(size)

    @property
    def steps(self) -> int:
        """Steps that the projection sees."""
        size = self.layers[-1].out_size
        return size[-1] if self.time_last else size[0]

    @property
    def dense(self) -> int:
        """Numbers a step that the projection sees."""
        last = self.layers[-1]
        return last.outputs * prod(last.out_size) // self.steps

    @property
    def products(self) -> int:
        """Multiply-adds."""
        total = sum(layer.products for layer in self.layers)
        total += self.steps * self.dense * self.projection
        if self.operator:
            rows = 2 * GATES[self.operator] * HIDDEN
            total += self.steps * rows * (self.projection + HIDDEN)
        return total

    def by_step(self, b: Builder, x: str) -> str:
        """Brings the numbers of a step side by side."""
        shape = [1, self.dense, self.steps]
        if not self.time_last:
            x = b.node("Transpose", [x], perm=[0, 2, 1, 3])
            shape = [1, self.steps, self.dense]
        return b.node("Reshape", [x, b.constant(np.array(shape))])

    def pointwise(self) -> Convolution:
        """The projection where time is last."""
        return line(self.dense, self.projection, self.steps, 1)

    def finish(self, b: Builder, y: str, kinds: tuple[int, int], stored: bool) -> Graph:
        """Adds the recurrence to the projection's result, and makes the network."""
        if self.operator:
            if kinds == BYTES:
                y = b.node("DequantizeLinear", [y, b.scale(RESULT), b.zero(-128)])
                kinds = (kinds[0], FLOATS[1])
            y = b.node("Transpose", [y], perm=[2, 0, 1] if self.time_last else [1, 0, 2])
            size = (self.projection, HIDDEN, 2)
            y = recurrent_float(b, self.operator, y, size, stored)
        first = self.layers[0]
        return b.block((1, first.inputs, *first.size), y, kinds, 4 if self.operator else 3)

    def float(self, stored: bool = False) -> Graph:
        """In single precision."""
        b, x = Builder(), "x"
        for layer in self.layers:
            x = layer.add_float(b, x, stored)
        x = self.by_step(b, x)
        if self.time_last:
            x = self.pointwise().add_float(b, x, stored)
        else:
            x = dense_float(b, x, self.dense, self.projection, stored)
        return self.finish(b, x, FLOATS, stored)

    def int8(self) -> Graph:
        """Between 8-bit tensors, up to the recurrence."""
        b, x = Builder(), "x"
        for layer in self.layers:
            x = layer.add_int8(b, x)
        x = self.by_step(b, x)
        if self.time_last:
            x = self.pointwise().add_int8(b, x)
        else:
            x = dense_int8(b, x, self.dense, self.projection)
        return self.finish(b, x, BYTES, stored=True)

    def block(self) -> Block:
        """The network as a row of the table."""
        forms = {"float": self.float, "int8": self.int8, "stored": lambda: self.float(stored=True)}
        widths = "-".join(str(layer.outputs) for layer in self.layers if layer.groups == 1)
        shape = f"{widths}, →{self.projection}" + (f", Bi{self.operator}" if self.operator else "")
        return Block(f"network: {self.name}", shape, self.products, forms)


def networks() -> list[Block]:
    """Whole networks, whose costs show whether those of their blocks add up."""
    stems = plane(1, 16, (188, 64), 5, (2, 2)), plane(1, 24, (188, 64), 5, (2, 2))
    plain = (
        stems[0],
        plane(16, 32, (94, 32), 3, (2, 2)),
        plane(32, 48, (47, 16), 3, (1, 2)),
        plane(48, 64, (47, 8), 3, (1, 2)),
    )
    separable = (
        stems[1],
        plane(24, 24, (94, 32), 3, (2, 2), 24),
        plane(24, 48, (47, 16), 1),
        plane(48, 48, (47, 16), 3, (1, 2), 48),
        plane(48, 64, (47, 8), 1),
        plane(64, 64, (47, 8), 3, (1, 2), 64),
        plane(64, 96, (47, 4), 1),
    )
    time_last = tuple(layer.transposed() for layer in plain)
    separable_last = tuple(layer.transposed() for layer in separable)
    over_time = (line(64, 96, 188, 5, 2), line(96, 128, 94, 5, 2), line(128, 128, 47, 3))
    return [
        Network("plain", plain, 80).block(),
        Network("plain, time last", time_last, 80).block(),
        Network("plain, time last", time_last, 80, "LSTM").block(),
        Network("plain, time last", time_last, 80, "GRU").block(),
        Network("separable", separable, 96).block(),
        Network("separable, time last", separable_last, 96).block(),
        Network("over time", over_time, 80).block(),
    ]
