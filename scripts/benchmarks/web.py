"""Loads the server, and times its page against a Streamlit page that does the same.

Both pages run on this machine, in the same Chromium, in an order drawn anew in every round, each in
a context without a cache. Times are medians of one run.
"""

import argparse
import http.client
import random
import statistics
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
UTTERANCE = ROOT / "tests/data/synthesised-speech.wav"
CLIENTS = (1, 4, 16, 64)
STREAMLIT_PORT = 8599


def memory(process: subprocess.Popen, field: str) -> float:
    """Resident MiB: `VmRSS` now, or `VmHWM` at most."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def excerpt(folder: Path, seconds: float) -> Path:
    """So much of the utterance, again and again where it is shorter."""
    path = folder / f"{seconds:g}-s.wav"
    with wave.open(str(UTTERANCE)) as spoken, wave.open(str(path), "wb") as file:
        file.setparams(spoken.getparams())
        rest = int(seconds * spoken.getframerate())
        while rest > 0:
            spoken.rewind()
            frames = spoken.readframes(min(rest, spoken.getnframes()))
            file.writeframes(frames)
            rest -= len(frames) // 2
    return path


class Undertone:
    """A running `undertone web`."""

    def __init__(self, binary: Path) -> None:
        command = [binary, "web", "--listen", "127.0.0.1:0"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout
        self.address = self.process.stdout.readline().strip()

    def upload(self, recording: bytes) -> tuple[int, float]:
        """The status of one upload, and the seconds until its result was there."""
        begin = time.perf_counter()
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=300)
        connection.request("POST", "/api/classify", recording)
        response = connection.getresponse()
        response.read()
        return response.status, time.perf_counter() - begin


class Streamlit:
    """The same, as people make it."""

    def __init__(self) -> None:
        script = ROOT / "scripts/benchmarks/streamlit_page.py"
        options = ["--server.headless=true", f"--server.port={STREAMLIT_PORT}"]
        options += ["--server.address=127.0.0.1", "--browser.gatherUsageStats=false"]
        command = [sys.executable, "-m", "streamlit", "run", script, *options]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
        self.address = f"http://127.0.0.1:{STREAMLIT_PORT}/"
        while not self.is_up():
            assert self.process.poll() is None, "Streamlit did not start"
            time.sleep(0.1)

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=5)
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().status == 200
        except OSError:
            return False


def load(undertone: Undertone, recording: Path, uploads: int) -> str:
    """Uploads by several clients at a time, as a table of percentiles."""
    content = recording.read_bytes()
    lines = ["| clients | uploads | a second | p50, ms | p90, ms | p99, ms | peak memory, MiB |"]
    lines.append("|" + "---:|" * 7)
    for clients in CLIENTS:
        begin = time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            outcomes = list(pool.map(lambda _: undertone.upload(content), range(uploads)))
        took = time.perf_counter() - begin
        assert all(status == 200 for status, _ in outcomes), "an upload was refused"
        cuts = statistics.quantiles((1e3 * seconds for _, seconds in outcomes), n=100)
        times = " | ".join(f"{cuts[place - 1]:.0f}" for place in (50, 90, 99))
        peak = memory(undertone.process, "VmHWM")
        lines.append(f"| {clients} | {uploads} | {uploads / took:.1f} | {times} | {peak:.1f} |")
    return "\n".join(lines)


def worst(undertone: Undertone, recording: Path) -> str:
    """The longest recordings that are accepted, more of them than there is memory for."""
    content = recording.read_bytes()
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(undertone.upload(content)[0]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answered, refused = statuses.count(200), statuses.count(503)
    assert answered + refused == len(statuses), statuses
    peak = memory(undertone.process, "VmHWM")
    return (
        f"Eight recordings of {len(content) / 2**20:.1f} MiB at a time: {answered} were answered, "
        f"{refused} refused with 503; peak memory {peak:.1f} MiB."
    )


def visit(browser: Browser, address: str, chooser: str, result: str, file: Path) -> list[float]:
    """Milliseconds to the first paint, until a file can be chosen, and from then to its result."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(120_000)
    begin = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator(chooser).wait_for(state="attached")
    ready = 1e3 * (time.perf_counter() - begin)
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    begin = time.perf_counter()
    page.locator(chooser).set_input_files(file)
    page.locator(result).get_by_text("% sure").first.wait_for()
    took = 1e3 * (time.perf_counter() - begin)
    context.close()
    return [paint, ready, took]


def compare(undertone: Undertone, streamlit: Streamlit, file: Path, rounds: int) -> str:
    """A table of both pages."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"], chromium_sandbox=False
        )
        pages: dict[str, Callable[[], list[float]]] = {
            "undertone web": lambda: visit(
                browser, undertone.address, "#file", "#result-title", file
            ),
            "Streamlit, librosa, ONNX Runtime": lambda: visit(
                browser, streamlit.address, "input[type=file]", "h3", file
            ),
        }
        times: dict[str, list[list[float]]] = {name: [] for name in pages}
        # The first visit pays for what is loaded once.
        for name in pages:
            pages[name]()
        for _ in range(rounds):
            for name in random.sample(list(pages), len(pages)):
                times[name].append(pages[name]())
        browser.close()
    processes = dict(zip(pages, [undertone.process, streamlit.process], strict=True))
    lines = [
        "| page | first paint, ms | ready, ms | result of 3 s, ms | memory of the server, MiB |"
    ]
    lines.append("|---|" + "---:|" * 4)
    for name, rows in times.items():
        medians = " | ".join(f"{statistics.median(row):.0f}" for row in zip(*rows, strict=True))
        lines.append(f"| {name} | {medians} | {memory(processes[name], 'VmRSS'):.0f} |")
    return "\n".join(lines)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", type=Path, help="the program with the page")
    parser.add_argument("without", type=Path, nargs="?", help="the program without it")
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    if arguments.without:
        sizes = [path.stat().st_size / 2**20 for path in (arguments.binary, arguments.without)]
        print(f"Binary: {sizes[0]:.2f} MiB, without the page {sizes[1]:.2f} MiB.\n")
    with TemporaryDirectory() as folder:
        clip = excerpt(Path(folder), 3)
        undertone = Undertone(arguments.binary)
        print(f"Resident before the first request: {memory(undertone.process, 'VmRSS'):.1f} MiB.\n")
        streamlit = Streamlit()
        print(compare(undertone, streamlit, clip, arguments.rounds) + "\n")
        streamlit.process.terminate()
        print(load(undertone, clip, arguments.uploads) + "\n")
        print(worst(undertone, excerpt(Path(folder), 599)))
        undertone.process.terminate()


if __name__ == "__main__":
    main()
