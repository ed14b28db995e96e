"""Times the front ends against librosa, kaldi-native-fbank and openSMILE.

One thread. In every round each contender does its work twice, in an order drawn anew, and the
second time counts: whatever else the machine does slows all of them alike, and none pays for the
caches that another filled. Medians and their ratios are of one run.
"""

import argparse
import platform
import random
import statistics
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import kaldi_native_fbank
import librosa
import numpy as np
import opensmile
import soundfile
from scipy.signal import resample_poly

ROOT = Path(__file__).resolve().parents[2]
UTTERANCE = ROOT / "tests/data/synthesised-speech.wav"
RATE, CLASSIC_RATE, SECONDS = 16_000, 22_050, 3

Run = Callable[[], float]


def librosa_log_mel(y: np.ndarray, bank: np.ndarray | None = None) -> np.ndarray:
    """The network's 64 levels; with `bank`, without computing that anew."""
    framing = {"n_fft": 1024, "hop_length": 256}
    if bank is None:
        mels = librosa.feature.melspectrogram(y=y, sr=RATE, n_mels=128, **framing)
    else:
        mels = bank @ np.abs(librosa.stft(y, **framing)) ** 2
    return librosa.power_to_db(mels.reshape(64, 2, -1).sum(axis=1), top_db=None)


def librosa_classic(y: np.ndarray) -> np.ndarray:
    """The 193 averages, by the calls that define them."""
    chroma = librosa.feature.chroma_stft(y=y, sr=CLASSIC_RATE, tuning=0)
    families = (
        librosa.feature.mfcc(y=y, sr=CLASSIC_RATE, n_mfcc=40),
        chroma,
        librosa.feature.melspectrogram(y=y, sr=CLASSIC_RATE),
        librosa.feature.spectral_contrast(y=y, sr=CLASSIC_RATE),
        librosa.feature.tonnetz(chroma=chroma),
    )
    return np.concatenate([family.mean(axis=1) for family in families])


def kaldi_log_mel(y: np.ndarray) -> list[np.ndarray]:
    """64 log-mel bands of the same frames, as kaldi-native-fbank defines them."""
    options = kaldi_native_fbank.FbankOptions()
    frames = options.frame_opts
    frames.samp_freq, frames.frame_length_ms, frames.frame_shift_ms = RATE, 64, 16
    frames.window_type, frames.dither, frames.preemph_coeff = "hann", 0, 0
    frames.remove_dc_offset, frames.snip_edges = False, False
    options.mel_opts.num_bins, options.mel_opts.low_freq = 64, 0
    fbank = kaldi_native_fbank.OnlineFbank(options)
    fbank.accept_waveform(RATE, y)
    fbank.input_finished()
    return [fbank.get_frame(frame) for frame in range(fbank.num_frames_ready)]


def timed(work: Callable[[], object]) -> Run:
    """Seconds that a call takes."""

    def run() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return run


class Program:
    """Our front ends, in a process that waits for the name of its next work."""

    def __init__(self, binary: Path, *signals: np.ndarray) -> None:
        self.folder = tempfile.TemporaryDirectory()
        paths = [Path(self.folder.name, f"{len(signal)}.f32") for signal in signals]
        for path, signal in zip(paths, signals, strict=True):
            signal.astype("<f4").tofile(path)
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([binary, *paths], stdin=pipe, stdout=pipe, text=True)

    def run(self, name: str) -> Run:
        """Seconds that the work of a name takes, by the process's own clock."""

        def run() -> float:
            assert self.process.stdin and self.process.stdout
            self.process.stdin.write(f"{name}\n")
            self.process.stdin.flush()
            return int(self.process.stdout.readline()) / 1e9

        return run


def interleaved(contenders: dict[str, Run], rounds: int) -> dict[str, list[float]]:
    """Every contender's seconds."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    order = list(contenders)
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            contenders[name]()
            times[name].append(contenders[name]())
    return times


def table(times: dict[str, list[float]], ours: list[str]) -> str:
    """A Markdown table with each contender's median in those of ours."""
    ratios = " | ".join(f"÷ {name}" for name in ours)
    lines = [f"| {SECONDS} s of sound | least, ms | median, ms | {ratios} |"]
    lines.append("|---|" + "---:|" * (2 + len(ours)))
    medians = {name: statistics.median(took) for name, took in times.items()}
    for name, median in medians.items():
        ratios = " | ".join(f"{median / medians[our]:.1f}" for our in ours)
        least = min(times[name])
        lines.append(f"| {name} | {1e3 * least:.3f} | {1e3 * median:.3f} | {ratios} |")
    return "\n".join(lines)


def processor() -> str:
    """The processor's name, where the system tells."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", type=Path, help="the program of benches/features.rs")
    parser.add_argument("--rounds", type=int, default=100)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")

    spoken, rate = soundfile.read(UTTERANCE, dtype="float32")
    signal = np.ascontiguousarray(spoken[rate : rate + SECONDS * RATE])
    classic_signal = resample_poly(signal, 441, 320).astype(np.float32)[: SECONDS * CLASSIC_RATE]
    program = Program(arguments.binary, signal, classic_signal)
    bank = librosa.filters.mel(sr=RATE, n_fft=1024, n_mels=128)
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02)

    log_mel = {
        "undertone, float": program.run("log-mel"),
        "undertone, integers": program.run("log-mel in integers"),
        "undertone, integers, and pitch": program.run("log-mel and pitch in integers"),
        "undertone, float, tables anew": program.run("log-mel with tables"),
        "librosa": timed(lambda: librosa_log_mel(signal)),
        "librosa, mel bank given": timed(lambda: librosa_log_mel(signal, bank)),
        "kaldi-native-fbank": timed(lambda: kaldi_log_mel(signal)),
        "openSMILE eGeMAPSv02 (other features)": timed(lambda: smile.process_signal(signal, RATE)),
    }
    classic = {
        "undertone": program.run("classic"),
        "undertone, tables anew": program.run("classic with tables"),
        "librosa, the same calls": timed(lambda: librosa_classic(classic_signal)),
    }
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("librosa", "kaldi-native-fbank", "opensmile")
    )
    print(f"{processor()}, one thread, {arguments.rounds} rounds; {versions}\n")
    print("The network's log-mel frames, 188 of 64 levels:\n")
    print(table(interleaved(log_mel, arguments.rounds), list(log_mel)[:2]) + "\n")
    print("The 193 classic features:\n")
    print(table(interleaved(classic, arguments.rounds), list(classic)[:1]))


if __name__ == "__main__":
    main()
