"""Counts how often the stream claims an emotion that nobody has, with and without smoothing.

The recording is an hour or more of RAVDESS's neutral and calm clips, speaker after speaker in an
order drawn once for each pass, with pauses of room noise between the clips. Whatever state it
changes to that is neither neutral, calm, uncertain nor silence is false. The network that ships
has heard these speakers in training, so that strangers will be misheard more often.
"""

import argparse
import json
import random
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

ROOT = Path(__file__).resolve().parents[2]
RATE = 16_000
# The third number of a clip's name is its emotion, the last its speaker.
CALM = ("01", "02")
TRUE = {"neutral", "calm", "uncertain", "silence"}
SHORTEST, LONGEST = 0.2, 4.0
NOISE = 10 ** (-70 / 20)


def clips(folder: Path) -> dict[str, list[Path]]:
    """The neutral and calm clips of each speaker."""
    speakers = defaultdict(list)
    for path in sorted(folder.rglob("03-01-*.*")):
        fields = path.stem.split("-")
        if path.suffix in {".flac", ".wav"} and fields[2] in CALM:
            speakers[fields[-1]].append(path)
    if not speakers:
        raise SystemExit(f"{folder}: no neutral or calm clips of RAVDESS's speech are here")
    return speakers


def write(path: Path, speakers: dict[str, list[Path]], passes: int) -> float:
    """Writes the recording as 16-bit PCM; its hours."""
    chance, noise = random.Random(1), np.random.default_rng(1)
    samples = 0
    with path.open("wb") as file:
        for _ in range(passes):
            for speaker in chance.sample(sorted(speakers), len(speakers)):
                for clip in chance.sample(speakers[speaker], len(speakers[speaker])):
                    y, rate = soundfile.read(clip, dtype="float32", always_2d=True)
                    y = resample_poly(y.mean(axis=1), RATE, rate)
                    pause = int(chance.uniform(SHORTEST, LONGEST) * RATE)
                    sound = np.concatenate([y, np.zeros(pause, np.float32)])
                    sound += NOISE * noise.standard_normal(len(sound), np.float32)
                    pcm = np.clip(np.rint(sound * 32768), -32768, 32767)
                    file.write(pcm.astype("<i2").tobytes())
                    samples += len(sound)
    return samples / RATE / 3600


def bundle(folder: Path, smoothing: bool) -> Path:
    """The shipped bundle, or one that follows each decision at once."""
    source, target = ROOT / "models/ravdess", folder / f"smoothing-{smoothing}"
    target.mkdir()
    for file in source.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    if not smoothing:
        manifest = target / "model.toml"
        lines = manifest.read_text().splitlines()
        off = {"smoothing": "smoothing = 1.0", "margin": "margin = 0.0"}
        manifest.write_text("\n".join(off.get(line.split(" ")[0], line) for line in lines) + "\n")
    return target


def listen(program: str, recording: Path, model: Path) -> list[dict]:
    """The events of the recording."""
    command = [program, "listen", "--input", recording, "--raw", str(RATE), "--model", model]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def main() -> None:
    """Prints a row without smoothing and one with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("ravdess", type=Path)
    parser.add_argument("--passes", type=int, default=4)
    arguments = parser.parse_args()
    speakers = clips(arguments.ravdess)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        recording = folder / "neutral.pcm"
        hours = write(recording, speakers, arguments.passes)
        count = sum(map(len, speakers.values())) * arguments.passes
        print(f"{hours:.2f} h of {count} clips, {len(speakers)} speakers\n")
        print("| smoothing | decisions with speech | changes an hour | false changes an hour |")
        print("|---|---:|---:|---:|")
        for smoothing in (False, True):
            events = listen(arguments.program, recording, bundle(folder, smoothing))
            heard = sum(event["type"] == "emotion" for event in events)
            changes = [event for event in events if event["type"] == "change"]
            false = [event for event in changes if event["to"] not in TRUE]
            on = "on" if smoothing else "off"
            row = f"{heard} | {len(changes) / hours:.0f} | {len(false) / hours:.0f}"
            print(f"| {on} | {row} |", flush=True)


if __name__ == "__main__":
    main()
