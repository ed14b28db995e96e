"""Times one network in several forms through the program and ONNX Runtime, and counts it for ARM.

All on one thread, one after the other in rounds; a figure is the median of the rounds' medians,
with the smallest and the largest of them.
"""

import argparse
import json
import re
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

import model_forms

ROUNDS, RUNS = 9, 200
PROCESSORS = {
    "A53": (
        "cortex-a53",
        "cortex_a53",
        "0xd03",
        "fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid",
    ),
    "A76": (
        "cortex-a76",
        "any",
        "0xd0b",
        "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp",
    ),
}
"""What QEMU emulates, what tract is told, and the part and features that ONNX Runtime reads: user
emulation hides the chip's name."""
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


def ours_counted(arguments: argparse.Namespace, bundle: Path, task: str, name: str) -> float:
    """Instructions of a window, in millions."""
    _, kind, *_ = PROCESSORS[name]
    rng = np.random.default_rng(1)

    def run(windows: int) -> tuple[list, bytes]:
        if task == "network":
            given = rng.integers(0, 256, windows * CELLS, np.uint8)
            return ["model", "logits", bundle], given.tobytes()
        given = rng.normal(0.0, 3000.0, windows * HOP).astype(np.int16)
        words = ["listen", "--model", bundle, "--input", "-", "--raw", "16000", "--no-gate"]
        return words, given.tobytes()

    def command(windows: int) -> tuple[list, bytes]:
        words, given = run(windows)
        return ["-L", "/", "-E", f"TRACT_CPU_AARCH64_KIND={kind}", arguments.arm, *words], given

    return _counted(arguments, name, command)


THEIRS = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy, onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
options.log_severity_level = 3
session = onnxruntime.InferenceSession(sys.argv[2], options, ["CPUExecutionProvider"])
window = numpy.full(session.get_inputs()[0].shape, 0.4, numpy.float32)
for _ in range(int(sys.argv[3])):
    session.run(None, {"window": window})
"""


def theirs_counted(arguments: argparse.Namespace, network: Path, name: str) -> float:
    """The same of ONNX Runtime."""
    folder = arguments.arm_onnxruntime.resolve()
    _, _, part, features = PROCESSORS[name]
    (folder / "root/proc/cpuinfo").write_text(
        f"processor\t: 0\nBogoMIPS\t: 38.40\nFeatures\t: {features}\nCPU implementer\t: 0x41\n"
        f"CPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: {part}\nCPU revision\t: 4\n\n"
    )

    def command(windows: int) -> tuple[list, bytes]:
        python = folder / "root/usr/bin/python3"
        words = [python, "-c", THEIRS, folder / "site", network.resolve(), str(windows)]
        return ["-L", folder / "root", *words], b""

    return _counted(arguments, name, command)


def _counted(arguments: argparse.Namespace, name: str, command: Callable) -> float:
    counts = []
    for windows in (SHORT, LONG):
        words, given = command(windows)
        words = ["qemu-aarch64", "-cpu", PROCESSORS[name][0], "-plugin", arguments.plugin, *words]
        done = subprocess.run(words, input=given, check=True, capture_output=True)
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


def print_footprint(undertone: Path) -> None:
    """Size, time from the process's start to its greeting, and memory after a minute of sound."""
    starts, resident = [], []
    sound = np.random.default_rng(1).normal(0.0, 3000.0, 60 * 16_000).astype(np.int16).tobytes()
    for _ in range(ROUNDS):
        command = [undertone, "listen", "--input", "-", "--raw", "16000", "--no-gate"]
        begun = time.perf_counter()
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
            program.stdout.readline()
            starts.append(1e3 * (time.perf_counter() - begun))
            reader = threading.Thread(target=program.stdout.read)
            reader.start()
            program.stdin.write(sound)
            program.stdin.flush()
            status = Path(f"/proc/{program.pid}/status").read_text()
            resident.append(int(re.search(r"VmHWM:\s+(\d+)", status)[1]))
            program.stdin.close()
            reader.join()
    print(f"\nbinary {undertone.stat().st_size / 1e6:.1f} MB")
    print(f"start to greeting {statistics.median(starts):.0f} ms (longest {max(starts):.0f})")
    print(f"resident while listening {statistics.median(resident)} KiB (most {max(resident)})")


BUNDLES = ("int8", "float", "stored")


def print_counts(arguments: argparse.Namespace) -> None:
    """A table of instructions on ARM."""
    folder = arguments.folder
    print("\n| millions of instructions | A53 | A76 |\n|---|---:|---:|")

    def row(name: str, count: Callable[[str], float]) -> None:
        print(f"| {name} | " + " | ".join(f"{count(cpu):.2f}" for cpu in PROCESSORS) + " |")

    for bundle in BUNDLES:
        for task in ("network", "decision"):
            row(
                f"{bundle}, {task}",
                lambda cpu, b=bundle, t=task: ours_counted(arguments, folder / b, t, cpu),
            )
    networks = {"float": folder / "float/model.onnx"}
    networks |= {path.stem: path for path in sorted(folder.glob("QDQ*.onnx"))}
    for name, path in networks.items():
        row(f"ONNX Runtime, {name}", lambda cpu, p=path: theirs_counted(arguments, p, cpu))


def main() -> None:
    """Makes the networks, and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("undertone", "folder"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--arm", type=Path, help="the program for aarch64")
    parser.add_argument("--arm-onnxruntime", type=Path, help="ONNX Runtime for aarch64")
    parser.add_argument("--plugin", type=Path, help="the counter of instructions")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    model_forms.write(arguments.folder, arguments.undertone)
    print_times(arguments)
    print_footprint(arguments.undertone)
    if arguments.arm:
        print_counts(arguments)


if __name__ == "__main__":
    main()
