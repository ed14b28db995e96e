"""Counts instructions of networks of one block, and prints the tables of docs/cost-table.md.

Each figure is a difference of two run lengths, which leaves out the process's start and the
network's loading, under QEMU's user emulation with the plugin that counts instructions. Beside them stands the shortest run on this machine itself,
whose x86 kernels may be others than QEMU's processor has.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from block_list import BLOCKS, variants
from block_networks import networks
from block_parts import Block, network_name, write

SHORT, LONG = 2, 6
FORMS = ("int8", "float")
ROUNDS = 3
FLOATS_WITHIN = ("OptSumPool",)
"""Operators that convert bytes to floats and back inside."""
MILLION = 1e6


@dataclass(frozen=True)
class Processor:
    """What QEMU emulates, and what tract is told, as user emulation hides the chip's name."""

    name: str
    emulator: tuple[str, ...]
    tract: str
    arm: bool = True


PROCESSORS = (
    Processor("A53", ("qemu-aarch64", "-cpu", "cortex-a53", "-L", "/usr/aarch64-linux-gnu"), "a53"),
    Processor("A76", ("qemu-aarch64", "-cpu", "cortex-a76", "-L", "/usr/aarch64-linux-gnu"), "any"),
    Processor("x86", ("qemu-x86_64", "-cpu", "max"), "any", arm=False),
)


@dataclass(frozen=True)
class Programs:
    """The program that is counted, for both machines, and the plugin that counts."""

    arm: Path
    host: Path
    plugin: Path

    def run(self, processor: Processor, *arguments: str) -> subprocess.CompletedProcess:
        """Runs the program as that processor."""
        command = [
            *processor.emulator,
            *("-E", f"TRACT_CPU_AARCH64_KIND={processor.tract}", "-plugin", self.plugin),
            self.arm if processor.arm else self.host,
            *arguments,
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def time(self, network: Path) -> float:
        """Microseconds on this machine itself, with the kernels that it has."""
        done = subprocess.run([self.host, network, "time"], capture_output=True, text=True)
        return float(done.stdout) if done.returncode == 0 else 0.0


@dataclass(frozen=True)
class Cost:
    """Instructions of a run and of all that precedes the first; or why there are none."""

    run: float = 0.0
    load: float = 0.0
    failure: str = ""

    def millions(self, places: int = 2) -> str:
        """Of a run, for a table."""
        return "—" if self.failure else f"{self.run / MILLION:.{places}f}"


def cost(programs: Programs, processor: Processor, network: Path) -> Cost:
    """Counts a network."""
    counts = []
    for runs in (SHORT, LONG):
        done = programs.run(processor, str(network), str(runs))
        if done.returncode != 0:
            return Cost(failure=done.stderr.strip().splitlines()[0])
        counts.append(int(done.stderr.split()[-1]))
    run = (counts[1] - counts[0]) / (LONG - SHORT)
    return Cost(run, counts[0] - SHORT * run)


@dataclass(frozen=True)
class Nodes:
    """What tract made of a network."""

    lines: tuple[str, ...]

    @property
    def summary(self) -> str:
        """Operators in their order, repeated ones once, kernels of products in brackets."""
        names: list[str] = []
        for line in self.lines:
            name, _, kernel = split(line)
            name = f"{name} [{kernel}]" if kernel else name
            if name not in names:
                names.append(name)
        return ", ".join(names)

    @property
    def floats(self) -> bool:
        """Whether any of it computes in float."""
        return any(
            kind == "f32" or name in FLOATS_WITHIN for name, kind, _ in map(split, self.lines)
        )


def split(line: str) -> tuple[str, str, str]:
    """A node's operator, type of result and kernel."""
    name, kind, kernel = line.lstrip(" ").split("\t")
    return name, kind.lower(), kernel


def nodes(programs: Programs, network: Path) -> Nodes:
    """Asks tract, as an A53, what it made of a network."""
    done = programs.run(PROCESSORS[0], str(network), "nodes")
    return Nodes(tuple(done.stdout.splitlines()))


def table(heads: Iterable[str], rows: Iterable[Iterable[str]], words: int) -> None:
    """Prints Markdown; all columns but the first `words` are numbers."""
    heads = list(heads)
    print("| " + " | ".join(heads) + " |")
    print("|" + "|".join(["---"] * words + ["---:"] * (len(heads) - words)) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)
    print()


@dataclass(frozen=True)
class Counted:
    """A block with its costs and nodes by form."""

    block: Block
    costs: dict[tuple[str, str], Cost]
    nodes: dict[str, Nodes]
    times: dict[str, float]

    def cost(self, processor: str, form: str) -> Cost:
        """The cost of a form, also of one that there is not."""
        return self.costs.get((processor, form), Cost(failure="none"))

    def ratio(self, processor: str) -> str:
        """Integers to float."""
        int8, float_ = (self.cost(processor, form) for form in FORMS)
        return f"{int8.run / float_.run:.2f}" if int8.run and float_.run else "—"

    def each(self, processor: str, form: str) -> str:
        """Instructions for a multiply-add."""
        run = self.cost(processor, form).run
        return f"{run / self.block.products:.2f}" if run else "—"

    def label(self) -> list[str]:
        """Name, shape, and a mark where int8 is not int8 throughout."""
        mark = " ᶠ" if "int8" in self.nodes and self.nodes["int8"].floats else ""
        return [self.block.name + mark, self.block.shape]


def count(programs: Programs, block: Block, folder: Path) -> Counted:
    """Counts a block in its forms; `stored` only on the first processor, where it is loaded."""
    costs, made = {}, {}
    for form in block.forms:
        network = write(block, form, folder)
        made[form] = nodes(programs, network)
        for processor in PROCESSORS[: 1 if form == "stored" else None]:
            costs[processor.name, form] = cost(programs, processor, network)
    networks = {form: folder / network_name(block, form) for form in FORMS if form in block.forms}
    times = [{form: programs.time(path) for form, path in networks.items()} for _ in range(ROUNDS)]
    shortest = {form: min(time[form] for time in times) for form in networks}
    return Counted(block, costs, made, shortest)


def print_arm(rows: Iterable[Counted]) -> None:
    """The price list."""
    names = [processor.name for processor in PROCESSORS if processor.arm]
    heads = ["block", "shape", "M products"]
    for name in names:
        heads += [f"{name} int8", "float", "ratio", "int8 each", "float each"]

    def lines() -> Iterable[list[str]]:
        for row in rows:
            figures = [f"{row.block.products / MILLION:.3f}"]
            for name in names:
                figures += [row.cost(name, form).millions() for form in FORMS]
                figures += [row.ratio(name), *(row.each(name, form) for form in FORMS)]
            yield [*row.label(), *figures]

    print("Millions of instructions a run, and instructions for each multiply-add:\n")
    table(heads, lines(), 2)


def print_x86(rows: Iterable[Counted]) -> None:
    """The same on x86: counted without VNNI, and timed with what this machine has."""
    heads = ["block", "shape", "M instructions int8", "float", "ratio", "µs int8", "float", "ratio"]

    def lines() -> Iterable[list[str]]:
        for row in rows:
            counts = [row.cost("x86", form).millions() for form in FORMS]
            times = [row.times.get(form, 0.0) for form in FORMS]
            shown = [f"{time:.0f}" if time else "—" for time in times]
            ratio = f"{times[0] / times[1]:.2f}" if all(times) else "—"
            yield [*row.label(), *counts, row.ratio("x86"), *shown, ratio]

    print("x86-64: counted with AVX2, and timed on this machine:\n")
    table(heads, lines(), 2)


def print_loads(rows: Iterable[Counted]) -> None:
    """Loading, and what weights that are stored as int8 change."""
    forms = ("float", "int8", "stored")
    heads = ["block", "shape", *(f"load {form}" for form in forms), "run float", "run stored"]

    def lines() -> Iterable[list[str]]:
        for row in rows:
            costs = [row.cost("A53", form) for form in forms]
            loads = ["—" if c.failure else f"{c.load / MILLION:.1f}" for c in costs]
            yield [*row.label(), *loads, costs[0].millions(), costs[2].millions()]

    print("Millions of instructions as an A53, from the process's start to the first run:\n")
    table(heads, lines(), 2)


def print_nodes(rows: Iterable[Counted]) -> None:
    """What became of each form, once where several shapes became the same."""
    lines: dict[tuple[str, str, str], None] = {}
    for row in rows:
        for form, made in row.nodes.items():
            failure = row.cost("A53", form).failure
            lines[row.block.name, form, failure or made.summary] = None
    print("What tract ran, as an A53:\n")
    table(["block", "form", "nodes"], lines, 3)


def main() -> None:
    """Counts all blocks and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("arm", "host", "plugin", "folder"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--only", default="", help="blocks whose name contains this")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    programs = Programs(options.arm, options.host, options.plugin)

    rows = []
    for block in [*BLOCKS, *networks(), *variants()]:
        if options.only in block.name:
            print(f"counting {block.name}, {block.shape}", file=sys.stderr)
            rows.append(count(programs, block, options.folder))
    print_arm(rows)
    print_x86(rows)
    print_loads(row for row in rows if "stored" in row.block.forms)
    print_nodes(rows)


if __name__ == "__main__":
    main()
