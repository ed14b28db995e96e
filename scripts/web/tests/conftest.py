"""The server, the service, its microphone, and a browser."""

import contextlib
import itertools
import os
import struct
import subprocess
import tempfile
import threading
import time
import wave
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[3]
UNDERTONE = os.environ.get("UNDERTONE", ROOT / "target/debug/undertone")
DATA = ROOT / "tests/data"
UTTERANCE = DATA / "synthesised-speech.wav"

# Longer than anything that is waited for takes, on a busy machine, too.
PATIENCE = 60
PERIOD, RATE = 512, 16_000


def until(page, expression):
    """Waits until that is true in the page, whose policy forbids Playwright's own way."""
    begin = time.monotonic()
    while not page.evaluate(expression):
        assert time.monotonic() - begin < PATIENCE, expression
        page.wait_for_timeout(20)


class Server:
    """A running `undertone web`."""

    def __init__(self, *options):
        command = [UNDERTONE, "web", *map(str, options)]
        if "--listen" not in options:
            command += ["--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0


class Microphone:
    """An ALSA device that reads a FIFO, fed a period at a time."""

    def __init__(self, folder):
        self.fifo = folder / "mic.fifo"
        self.configuration = folder / "asound.conf"
        os.mkfifo(self.fifo)
        self.configuration.write_text(
            f"""</usr/share/alsa/alsa.conf>
            pcm.micfile {{
                type file slave.pcm {{ type null }} format "raw"
                file "/dev/null" infile "{self.fifo}"
            }}
            pcm.!default {{
                type plug slave {{ pcm "micfile" format S16_LE rate {RATE} channels 1 }}
            }}"""
        )
        # Opened for both, a FIFO does not wait for its other end, and never ends.
        self.mouth = os.open(self.fifo, os.O_RDWR | os.O_NONBLOCK)
        self.ended = threading.Event()
        self.speaker = threading.Thread(target=self.speak, daemon=True)
        self.speaker.start()

    def speak(self):
        with wave.open(str(UTTERANCE)) as file:
            speech = file.readframes(file.getnframes())
        size = 2 * PERIOD
        periods = [speech[at : at + size] for at in range(0, len(speech) - size, size)]
        begin = time.monotonic()
        for number, period in enumerate(itertools.cycle(periods), 1):
            # While the device is closed, nobody hears it.
            with contextlib.suppress(BlockingIOError):
                os.write(self.mouth, period)
            due = begin + number * PERIOD / RATE
            if self.ended.wait(max(0, due - time.monotonic())):
                return

    def stop(self):
        self.ended.set()
        self.speaker.join()
        os.close(self.mouth)


class Service:
    """A running `undertone listen --socket`, with a microphone."""

    def __init__(self, microphone, folder):
        self.socket = folder / "events.sock"
        self.environment = os.environ | {
            "ALSA_CONFIG_PATH": str(microphone.configuration),
            "STATE_DIRECTORY": str(folder),
        }
        self.configuration = folder / "undertone.toml"
        self.configuration.touch()
        self.process = None

    def start(self):
        command = [UNDERTONE, "listen", "--no-stdout", "--config", self.configuration]
        command += ["--socket", self.socket]
        self.process = subprocess.Popen(command, env=self.environment)

    def stop(self):
        if self.process:
            self.process.terminate()
            assert self.process.wait(PATIENCE) == 0
            self.process = None


@pytest.fixture
def folder():
    # A socket's path must be short.
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def service(folder):
    microphone = Microphone(folder)
    service = Service(microphone, folder)
    yield service
    service.stop()
    microphone.stop()


@pytest.fixture
def server(folder):
    server = Server("--socket", folder / "events.sock", "--max-size", 1, "--max-duration", 20)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def spoken(tmp_path_factory):
    """The utterance as a file that Chromium takes for its microphone: 48 kHz."""
    path = tmp_path_factory.mktemp("microphone") / "spoken.wav"
    with wave.open(str(UTTERANCE)) as file:
        samples = struct.unpack(f"<{file.getnframes()}h", file.readframes(file.getnframes()))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(b"".join(struct.pack("<h", sample) * 3 for sample in samples))
    return path


@pytest.fixture(scope="session")
def browser(spoken):
    """Debian's Chromium, whose microphone plays a file."""
    flags = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}",
        "--autoplay-policy=no-user-gesture-required",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=flags, chromium_sandbox=os.getuid() != 0
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser, server):
    """The page, which must do without errors and stay within its policy."""
    context = browser.new_context(permissions=["microphone"])
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.complaints = complaints
    page.goto(server.address)
    yield page
    context.close()
    # That a request was refused is the server's to say, and the browser repeats it.
    wrong = [text for text in complaints if "Failed to load resource" not in text]
    assert not wrong
