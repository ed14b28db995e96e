"""RAVDESS: 24 actors, two statements, eight emotions, spoken and sung.

S. R. Livingstone, F. A. Russo, "The Ryerson Audio-Visual Database of Emotional
Speech and Song", PLoS ONE 13(5), 2018: https://zenodo.org/records/1188976,
Audio_Speech_Actors_01-24.zip and Audio_Song_Actors_01-24.zip. CC BY-NC-SA 4.0:
networks trained on it are for non-commercial use.
"""

from pathlib import Path

from .clip import Clip, recordings

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
CHANNELS = {"01": "ravdess", "02": "ravdess-song"}


def ravdess(folder: Path) -> list[Clip]:
    """Loads the audio-only clips anywhere below the folder; sung ones get the corpus `ravdess-song`.

    Names are MODALITY-CHANNEL-EMOTION-INTENSITY-STATEMENT-REPETITION-ACTOR, with
    modality 03 for audio only and channel 01 for speech, 02 for song.
    """
    return recordings(folder, "RAVDESS", _read)


def _read(path: Path) -> Clip | None:
    match path.stem.split("-"):
        case ["03", channel, emotion, _, statement, _, actor] if channel in CHANNELS:
            return Clip(CHANNELS[channel], path, actor, EMOTIONS[emotion], statement)
    return None
