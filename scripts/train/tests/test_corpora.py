from pathlib import Path

import numpy as np
import pytest

from undertone_train.data import corpora
from undertone_train.data.corpora.crema_d import FRAMES, INDEX, packed_frames

# Corpus, path as distributed, and who speaks how (None: not one of its clips).
NAMES = [
    ("ravdess", "Actor_07/03-01-05-02-01-02-07.wav", ("ravdess", "07", "angry", "01")),
    ("ravdess", "Actor_08/03-02-02-01-02-01-08.wav", ("ravdess-song", "08", "calm", "02")),
    ("ravdess", "Actor_07/01-01-05-02-01-02-07.wav", None),
    ("crema-d", "AudioWAV/1001_DFA_FEA_XX.wav", ("crema-d", "1001", "fearful", "DFA")),
    ("tess", "OAF_Pleasant_surprise/OAF_back_ps.wav", ("tess", "OAF", "surprised", "back")),
    ("tess", "OAF_Fear/OA_bite_fear.wav", ("tess", "OAF", "fearful", "bite")),
    ("savee", "DC/sa07.wav", ("savee", "DC", "sad", "07")),
    ("savee", "ALL/KL_su15.wav", ("savee", "KL", "surprised", "15")),
    ("savee", "DC/x07.wav", None),
    ("emo-db", "wav/03a01Fa.wav", ("emo-db", "03", "happy", "a01")),
    ("emo-db", "wav/16b10Lb.wav", None),
    ("folders", "happy/ann/one.wav", ("mine", "ann", "happy", "")),
    ("folders", "happy/bob_two.flac", ("mine", "bob", "happy", "")),
    ("folders", "noise/bob_two.flac", None),
]


@pytest.mark.parametrize(("corpus", "path", "want"), NAMES)
def test_names_are_read_as_distributed(tmp_path, corpus, path, want):
    folder = tmp_path / "mine"
    (folder / path).parent.mkdir(parents=True)
    (folder / path).touch()
    (folder / "notes.txt").touch()
    load = getattr(corpora, corpus.replace("-", "_"))
    if want is None:
        with pytest.raises(SystemExit, match="no recordings"):
            load(folder)
    else:
        (clip,) = load(folder)
        assert (clip.corpus, clip.speaker, clip.label, clip.statement) == want


def test_own_recordings_must_say_who_speaks(tmp_path):
    (tmp_path / "sad").mkdir()
    (tmp_path / "sad/one.wav").touch()
    with pytest.raises(SystemExit, match="who speaks"):
        corpora.folders(tmp_path)


def test_packed_frames_are_decibels_below_the_clip(tmp_path):
    import lzma

    levels = np.arange(5 * 64, dtype=np.uint8).reshape(5, 64)
    with lzma.open(tmp_path / FRAMES, "wb") as file:
        np.save(file, levels)
    rows = ["1001_DFA_ANG_XX,1001,DFA,ANG,XX,0,2", "1002_IEO_SAD_HI,1002,IEO,SAD,HI,2,3"]
    header = "name,actor,sentence,emotion,level,first_frame,frames"
    (tmp_path / INDEX).write_text("\n".join([header, *rows]) + "\n")
    clips = corpora.crema_d(tmp_path)
    assert [clip.label for clip in clips] == ["angry", "sad"]
    frames = packed_frames(tmp_path, clips)[clips[1].name]
    np.testing.assert_allclose(frames, levels[2:].astype(float) / 255 * 80 - 80, atol=1e-4)


def test_crema_d_is_read_where_it_lies():
    folder = Path(__file__).resolve().parents[4] / "shared/data/crema_d"
    if not folder.exists():
        pytest.skip("the corpus is not at hand")
    clips = corpora.crema_d(folder)
    assert len(clips) == len({clip.name for clip in clips}) == 7432
    assert len({clip.speaker for clip in clips}) == 91
