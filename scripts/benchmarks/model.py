"""Times one network in several forms through the program and ONNX Runtime, and counts it for ARM.

All on one thread, one after the other in rounds; a figure is the median of the rounds' medians,
with the smallest and the largest of them.
"""

import argparse
import json
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

import model_forms

ROUNDS, RUNS = 9, 200
PROCESSORS = {"A53": ("cortex-a53", "cortex_a53"), "A76": ("cortex-a76", "any")}
"""What QEMU emulates and what tract is told: user emulation hides the chip's name."""
SHORT, LONG = 4, 12
"""Windows of the two runs whose difference leaves out the start."""
CELLS = 188 * 66
HOP = 64 * 256


def ours(undertone: Path, bundle: Path) -> Callable[[], float]:
    """The median time of the program's runs of a bundle, in microseconds."""
    command = [undertone, "model", "bench", "--json", "--runs", str(RUNS), bundle]

    def measure() -> float:
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)[
            "median_us"
        ]

    return measure


def theirs(network: Path) -> Callable[[], float]:
    """The same of ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(network, options, ["CPUExecutionProvider"])
    shape = session.get_inputs()[0].shape
    window = {"window": np.full(shape, 0.4, np.float32)}

    def measure() -> float:
        times = []
        for _ in range(RUNS + RUNS // 10):
            start = time.perf_counter()
            session.run(None, window)
            times.append(time.perf_counter() - start)
        return 1e6 * statistics.median(times[RUNS // 10 :])

    return measure


def instructions(arguments: argparse.Namespace, bundle: Path, task: str, name: str) -> float:
    """Of a window, in millions."""
    cpu, kind = PROCESSORS[name]
    rng = np.random.default_rng(1)
    counts = []
    for windows in (SHORT, LONG):
        if task == "network":
            words = ["model", "logits", bundle]
            given = rng.integers(0, 256, windows * CELLS, np.uint8)
        else:
            words = ["listen", "--model", bundle, "--input", "-", "--raw", "16000", "--no-gate"]
            given = rng.normal(0.0, 3000.0, windows * HOP).astype(np.int16)
        command = ["qemu-aarch64", "-cpu", cpu, "-L", "/"]
        command += ["-E", f"TRACT_CPU_AARCH64_KIND={kind}", "-plugin", arguments.plugin]
        command += [arguments.arm, *words]
        done = subprocess.run(command, input=given.tobytes(), check=True, capture_output=True)
        counts.append(int(done.stderr.split()[-1]))
    return (counts[1] - counts[0]) / (LONG - SHORT) / 1e6


def print_times(arguments: argparse.Namespace) -> None:
    """A table of times on this machine."""
    folder = arguments.folder
    forms = {f"tract, {name}": ours(arguments.undertone, folder / name) for name in BUNDLES}
    forms["ONNX Runtime, float"] = theirs(folder / "float/model.onnx")
    for path in sorted(folder.glob("QDQ*.onnx")):
        forms[f"ONNX Runtime, {path.stem}"] = theirs(path)
    rounds = [{name: measure() for name, measure in forms.items()} for _ in range(ROUNDS)]
    print("| form | µs | smallest | largest |\n|---|---:|---:|---:|")
    for name in forms:
        times = [one[name] for one in rounds]
        middle = statistics.median(times)
        print(f"| {name} | {middle:.0f} | {min(times):.0f} | {max(times):.0f} |")


BUNDLES = ("int8", "float", "stored")


def print_counts(arguments: argparse.Namespace) -> None:
    """A table of instructions on ARM."""
    print("\n| form | task | A53 | A76 |\n|---|---|---:|---:|")
    for bundle in BUNDLES[:2]:
        for task in ("network", "decision"):
            counts = [
                instructions(arguments, arguments.folder / bundle, task, name)
                for name in PROCESSORS
            ]
            print(f"| {bundle} | {task} | " + " | ".join(f"{c:.2f}" for c in counts) + " |")


def main() -> None:
    """Makes the networks, and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("undertone", "folder"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--arm", type=Path, help="the program for aarch64")
    parser.add_argument("--plugin", type=Path, help="the counter of instructions")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    model_forms.write(arguments.folder, arguments.undertone)
    print_times(arguments)
    if arguments.arm:
        print_counts(arguments)


if __name__ == "__main__":
    main()
