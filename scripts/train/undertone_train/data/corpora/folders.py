"""Your own recordings, in a folder for each label."""

from pathlib import Path

from .clip import LABELS, Clip, recordings


def folders(folder: Path) -> list[Clip]:
    """Loads recordings named LABEL/SPEAKER/….wav or LABEL/SPEAKER_….wav.

    The speaker must be known: figures on speakers that were trained on say nothing. Exits
    where a name lacks it.
    """

    def read(path: Path) -> Clip | None:
        label, *rest = path.relative_to(folder).parts
        if label not in LABELS:
            return None
        if len(rest) == 1 and "_" not in rest[0]:
            raise SystemExit(
                f"{path}: who speaks? Name it {label}/SPEAKER/{rest[0]} or {label}/SPEAKER_{rest[0]}"
            )
        speaker = rest[0] if len(rest) > 1 else rest[0].split("_")[0]
        return Clip(folder.name, path, speaker, label)

    return recordings(folder, "recordings in folders of their labels", read)
