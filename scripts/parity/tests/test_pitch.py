"""The pitch that networks read: against the truth where it is known, and against pYIN.

pYIN (Mauch & Dixon 2014, `librosa.pyin`) finds pitch by another principle and
smooths it over time, so agreement on speech says that both are right.
"""

import librosa
import numpy as np

RATE = 16_000
HOP = 256


def _pitch(features, folder, name):
    """The pitch of each frame in hertz, and which frames are voiced."""
    rows = features(folder, "--set", "log-mel-pitch")[name]
    return 50.0 * 2.0 ** (rows[:, 64] / 12.0), rows[:, 65] > 0.5


def _semitones(found, truth):
    return 12.0 * np.abs(np.log2(found / truth))


def test_a_gliding_voice_is_followed(recordings, features):
    folder, samples = recordings(RATE)
    hertz, voiced = _pitch(features, folder, "voice")
    time = np.arange(len(hertz)) * HOP / RATE
    truth = 140.0 + 60.0 * np.sin(2.0 * np.pi * 0.7 * time)
    # The voice's own loudness falls to nothing three times.
    loud = np.sin(np.pi * time / 1.1) ** 2 > 0.05
    loud &= time < len(samples["voice"]) / RATE - 0.05
    off = _semitones(hertz, truth)[loud]
    print(f"voiced {voiced[loud].mean():.3f}, within a quarter tone {(off < 0.5).mean():.3f}")
    assert voiced[loud].mean() > 0.95
    assert (off < 0.5).mean() > 0.97


def test_speech_is_heard_as_pyin_hears_it(recordings, features):
    folder, samples = recordings(RATE)
    hertz, ours = _pitch(features, folder, "speech")
    theirs, voiced, _ = librosa.pyin(
        samples["speech"], fmin=60, fmax=560, sr=RATE, frame_length=1024, hop_length=HOP
    )
    both = voiced & ours
    off = _semitones(hertz[both], theirs[both])
    print(f"{both.sum()} frames, within a quarter tone {(off < 0.5).mean():.3f}, "
          f"an octave off {(abs(off - 12) < 0.5).mean():.3f}")  # fmt: skip
    assert both.sum() > 0.7 * voiced.sum()
    assert (off < 0.5).mean() > 0.8
