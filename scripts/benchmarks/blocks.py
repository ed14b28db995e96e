"""Counts instructions of networks of one block, and prints the tables of docs/cost-table.md.

Each figure is a difference of two run lengths, which leaves out the process's start and the
network's loading, under QEMU's user emulation with the plugin that counts instructions.
"""

import argparse
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from block_list import BLOCKS, variants
from block_networks import networks
from block_parts import Block, write

SHORT, LONG = 2, 6
FLOAT_KERNELS = ("f32", "f16")
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
            name, _, kernel = line.strip().split("\t")
            name = f"{name} [{kernel}]" if kernel else name
            if name not in names:
                names.append(name)
        return ", ".join(names)

    @property
    def floats(self) -> bool:
        """Whether anything that computes, beyond scales, does it in float."""
        return any(kind in FLOAT_KERNELS for _, kind, _ in map(split, self.lines))


def split(line: str) -> tuple[str, str, str]:
    """A node's operator, type of result and kernel."""
    name, kind, kernel = line.strip().split("\t")
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

    def ratio(self, processor: str) -> str:
        """Integers to float."""
        int8, float_ = (self.costs.get((processor, form), Cost()) for form in ("int8", "float"))
        return f"{int8.run / float_.run:.2f}" if int8.run and float_.run else "—"

    def each(self, processor: str, form: str) -> str:
        """Instructions for a multiply-add."""
        run = self.costs[processor, form].run
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
    return Counted(block, costs, made)


def main() -> None:
    """Counts all blocks and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("arm", "host", "plugin", "folder"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--only", default="", help="blocks whose name contains this")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    programs = Programs(options.arm, options.host, options.plugin)

    chosen = [block for block in [*BLOCKS, *networks()] if options.only in block.name]
    counted = []
    heads = ["block", "shape", "multiply-adds, M"]
    for processor in PROCESSORS:
        heads += [f"{processor.name} int8", "float", "ratio"]
    heads += ["A53 each, int8", "float"]

    def costs() -> Iterable[list[str]]:
        for block in chosen:
            row = count(programs, block, options.folder)
            counted.append(row)
            figures = []
            for processor in PROCESSORS:
                name = processor.name
                figures += [
                    row.costs.get((name, "int8"), Cost(failure="none")).millions(),
                    row.costs[name, "float"].millions(),
                    row.ratio(name),
                ]
            each = [row.each("A53", form) if form in block.forms else "—" for form in FORMS]
            yield [*row.label(), f"{block.products / MILLION:.3f}", *figures, *each]

    print("Millions of instructions a run:\n")
    table(heads, costs(), 2)

    print("Other quantizations:\n")
    others = [count(programs, block, options.folder) for block in variants()]
    heads = ["3x3, 32→48, 47x16/1x2", *(processor.name for processor in PROCESSORS)]
    rows = (
        [row.block.name, *(row.costs[p.name, "int8"].millions() for p in PROCESSORS)]
        for row in others
    )
    table(heads, rows, 1)

    print(
        "Loading, as an A53, with the process's start, in millions; and weights stored as int8:\n"
    )
    forms = ("float", "int8", "stored")
    heads = ["block", "shape", *(f"load {form}" for form in forms), "run float", "run stored"]

    def loads() -> Iterable[list[str]]:
        for row in counted:
            of = [row.costs.get(("A53", form), Cost(failure="none")) for form in forms]
            figures = ["—" if c.failure else f"{c.load / MILLION:.1f}" for c in of]
            yield [*row.label(), *figures, of[0].millions(), of[2].millions()]

    table(heads, loads(), 2)

    print("What tract ran, as an A53:\n")
    seen: dict[tuple[str, str, str], None] = {}
    for row in [*counted, *others]:
        for form, made in row.nodes.items():
            failure = row.costs["A53", form].failure
            seen[row.block.name, form, failure or made.summary] = None
    table(["block", "form", "nodes"], (list(key) for key in seen), 3)


FORMS = ("int8", "float")

if __name__ == "__main__":
    main()
