"""Your own recordings, in a folder for each label: LABEL/SPEAKER/….wav or LABEL/SPEAKER_….wav.

Folders below a speaker's may be of any depth. The speaker must be known: figures on speakers that were trained on say nothing. The labels that
such a corpus has are those for which there is a folder.
"""

from pathlib import Path

from .clip import LABELS
from .corpus import Corpus, Read, Utterance


def _reader(folder: Path) -> Read:
    labels = tuple(label for label in LABELS if (folder / label).is_dir())

    def read(path: Path) -> Utterance | None:
        label, *rest = path.relative_to(folder).parts
        if label not in LABELS:
            return None
        if len(rest) == 1 and "_" not in rest[0]:
            raise SystemExit(
                f"{path}: who speaks? Name it {label}/SPEAKER/{rest[0]} or {label}/SPEAKER_{rest[0]}"
            )
        speaker = rest[0] if len(rest) > 1 else rest[0].split("_")[0]
        take = "-".join([*rest[1:-1], path.stem]) if len(rest) > 2 else ""
        return Utterance(speaker, label, corpus=folder.name, labels=labels, take=take)

    return read


CORPUS = Corpus(
    name="folders",
    title="recordings in folders of their labels",
    language="",
    source="your own",
    licence="your own",
    emotions={label: label for label in LABELS},
    example="happy/ann/one.wav",
    reader=_reader,
)
