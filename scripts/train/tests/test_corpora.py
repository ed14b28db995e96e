"""The loaders, on made-up miniatures of the layouts in which the corpora are distributed."""

import csv
import lzma
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from undertone_train.data.corpora import CORPORA, EXTRA, LABELS, Clip
from undertone_train.data.corpora.crema_d import INDEX
from undertone_train.data.packed_frames import FRAMES, packed_frames

SHARED = Path(__file__).resolve().parents[4] / "shared/data"

# Corpus, path as distributed, and who speaks how (None: not one of its clips).
NAMES = [
    ("ravdess", "Actor_07/03-01-05-02-01-02-07.wav", ("ravdess", "07", "angry", "01")),
    ("ravdess", "Actor_08/03-02-02-01-02-01-08.wav", ("ravdess-song", "08", "calm", "02")),
    ("ravdess", "Actor_07/01-01-05-02-01-02-07.wav", None),
    ("crema-d", "AudioWAV/1001_DFA_FEA_XX.wav", ("crema-d", "1001", "fearful", "DFA")),
    ("crema-d", "AudioWAV/1040_ITH_SAD_X.wav", ("crema-d", "1040", "sad", "ITH")),
    ("crema-d", "AudioWAV/1076_MTI_SAD_XX.wav", None),
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
    ("nemo", "samples/EB0_anger_1.wav", ("nemo", "EB0", "angry", "1")),
    ("nemo", "samples/WR0_surprised_90.flac", ("nemo", "WR0", "surprised", "90")),
    ("nemo", "samples/WR0_bored_90.wav", None),
    (
        "jl-corpus",
        "Raw JL corpus (unchecked and unannotated)/JL(wav+txt)/female1_angry_10a_1.wav",
        ("jl-corpus", "female1", "angry", "10"),
    ),
    ("jl-corpus", "JL(wav+txt)/male2_anxious_3b_2.wav", None),
    ("jl-corpus", "female1_all_a_1/female1_all_a_1.wav", None),
    ("subesco", "SUBESCO/F_01_OISHI_S_10_ANGRY_5.wav", ("subesco", "F_01", "angry", "10")),
    ("subesco", "SUBESCO/F_02_MONIKA_S_2_SURPRISE_3].wav", ("subesco", "F_02", "surprised", "2")),
    ("mesd", "(MESD)/Anger_C_A_abajo.wav", ("mesd", "C", "angry", "abajo")),
    ("mesd", "(MESD)/Happiness_F_B_buen_dia.wav", ("mesd", "F", "happy", "buen_dia")),
    ("mesd", "naturalness-reduced/Happiness_F_B_L1_abuso.wav", None),
    (
        "thorsten-emotional",
        "thorsten-emotional_v02/disgusted/0a1b.wav",
        ("thorsten-emotional", "thorsten", "disgust", "0a1b"),
    ),
    ("thorsten-emotional", "thorsten-emotional_v02/whisper/0a1b.wav", None),
    ("emovo", "EMOVO/f1/dis-f1-b1.wav", ("emovo", "f1", "disgust", "b1")),
    ("emovo", "EMOVO/m3/gio-m3-n5.wav", ("emovo", "m3", "happy", "n5")),
    ("esd", "0001/Angry/0001_000351.wav", ("esd", "0001", "angry", "zh-1")),
    ("esd", "0011/Surprise/train/0011_001750.wav", ("esd", "0011", "surprised", "en-350")),
    ("esd", "0011/Surprise/train/._0011_001750.wav", None),
]


def touch(folder, *paths):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    return folder


def write_csv(path, header, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def expected(*, votes):
    """Shares over all labels of the ones that were named."""
    return tuple(votes.get(label, 0.0) for label in LABELS)


@pytest.mark.parametrize(("corpus", "path", "want"), NAMES)
def test_names_are_read_as_distributed(tmp_path, corpus, path, want):
    folder = touch(tmp_path / "mine", path, "notes.txt")
    if want is None:
        with pytest.raises(SystemExit, match="no recordings"):
            CORPORA[corpus].load(folder)
    else:
        (clip,) = CORPORA[corpus].load(folder)
        assert (clip.corpus, clip.speaker, clip.label, clip.statement) == want


def test_every_corpus_is_tried():
    assert {corpus for corpus, *_ in NAMES} | {"emozionalmente"} == set(CORPORA)
    assert set(CORPORA) - set(EXTRA) == {"ravdess", "crema-d"}


@pytest.mark.parametrize("corpus", CORPORA.values(), ids=list(CORPORA))
def test_a_corpus_says_where_to_get_it_and_on_what_terms(corpus):
    assert corpus.licence
    assert corpus.name == "folders" or corpus.source.startswith("http")
    assert set(corpus.emotions.values()) - {None} == set(corpus.labels) <= set(LABELS)
    assert "neutral" in corpus.labels


@pytest.mark.parametrize("corpus", CORPORA.values(), ids=list(CORPORA))
def test_a_wrong_folder_is_refused_in_one_sentence(corpus, tmp_path):
    with pytest.raises(SystemExit, match=r"nowhere: no such folder; name the one that holds"):
        corpus.load(tmp_path / "nowhere")
    touch(tmp_path, "a/b/other.wav")
    with pytest.raises(SystemExit) as refused:
        corpus.load(tmp_path)
    assert str(tmp_path) in str(refused.value) and "\n" not in str(refused.value)
    assert "name the folder" in str(refused.value)


def test_clips_know_the_labels_and_language_of_their_corpus(tmp_path):
    touch(tmp_path, "0001/Sad/0001_001051.wav", "0020/Neutral/0020_000001.wav")
    mandarin, english = CORPORA["esd"].load(tmp_path)
    assert mandarin.labels == ("angry", "happy", "neutral", "sad", "surprised")
    assert (mandarin.language, english.language) == ("zh", "en")
    assert not mandarin.is_calm and english.is_calm


def test_sung_clips_have_labels_of_their_own(tmp_path):
    touch(tmp_path, "03-01-05-02-01-02-07.wav", "03-02-05-02-01-02-07.wav")
    spoken, sung = CORPORA["ravdess"].load(tmp_path)
    assert spoken.labels == LABELS
    assert set(LABELS) - set(sung.labels) == {"disgust", "surprised"}


def test_own_recordings_have_the_labels_of_their_folders(tmp_path):
    touch(tmp_path, "happy/ann/one.wav", "calm/ann/one.wav", "notes/one.txt")
    assert {clip.labels for clip in CORPORA["folders"].load(tmp_path)} == {("calm", "happy")}


def test_own_recordings_must_say_who_speaks(tmp_path):
    touch(tmp_path, "sad/one.wav")
    with pytest.raises(SystemExit, match="who speaks"):
        CORPORA["folders"].load(tmp_path)


@pytest.mark.parametrize(
    ("corpus", "paths"),
    [
        ("folders", ["happy/ann/1.wav", "sad/ann/1.wav", "sad/ann/a/1.wav", "sad/ann/b/1.wav"]),
        ("thorsten-emotional", ["angry/0a.wav", "neutral/0a.wav", "surprised/0a.wav"]),
    ],
)
def test_names_are_unique_where_those_of_files_are_not(corpus, paths, tmp_path):
    clips = CORPORA[corpus].load(touch(tmp_path, *paths))
    assert len({clip.name for clip in clips}) == len(clips) == len(paths)


def test_names_of_files_are_kept_where_they_are_unique(tmp_path):
    (clip,) = CORPORA["folders"].load(touch(tmp_path / "mine", "happy/ann/one.wav"))
    assert clip.name == "mine-ann-one"


def test_what_is_left_out_is_counted(tmp_path):
    touch(
        tmp_path,
        "amused/1.wav",
        "amused/2.wav",
        "sleepy/1.wav",
        "angry/1.wav",
        "copy/angry/1.wav",
        "rest/x.wav",
    )
    scan = CORPORA["thorsten-emotional"].scan(tmp_path)
    assert [clip.path for clip in scan.clips] == [tmp_path / "angry/1.wav"]
    assert scan.left_out == Counter(
        {"amused": 2, "sleepy": 1, "second copies": 1, "with other names": 1}
    )
    assert scan.summary() == (
        "1 clips of 1 speakers; left out: 2 amused, 1 second copies, 1 sleepy, 1 with other names"
    )


def test_a_label_that_its_corpus_lacks_is_refused():
    with pytest.raises(ValueError, match="none of"):
        Clip("nemo", Path("a.wav"), "a", "disgust", labels=CORPORA["nemo"].labels)


# CREMA-D's votes by all three kinds of listeners, as its tabulatedVotes.csv has them.
VOTES_HEADER = ["", "A", "D", "F", "H", "N", "S", "fileName", "numResponses"]
VOTES_ROWS = [
    ["100062", 6, 2, 0, 0, 1, 0, "1001_DFA_ANG_XX", 9],
    ["200062", 0, 0, 0, 9, 0, 0, "1001_DFA_ANG_XX", 9],
    ["300062", 0, 0, 0, 0, 0, 9, "1001_DFA_ANG_XX", 9],
]


@pytest.mark.parametrize("named", [".", "AudioWAV"])
def test_crema_d_comes_with_what_was_heard_in_the_voice_alone(named, tmp_path):
    touch(tmp_path, "AudioWAV/1001_DFA_ANG_XX.wav", "AudioWAV/1001_DFA_SAD_XX.wav")
    write_csv(tmp_path / "processedResults/tabulatedVotes.csv", VOTES_HEADER, *VOTES_ROWS)
    heard, unheard = CORPORA["crema-d"].load(tmp_path / named)
    assert heard.votes == expected(votes={"angry": 6 / 9, "disgust": 2 / 9, "neutral": 1 / 9})
    assert unheard.votes == ()


def test_a_table_without_its_columns_is_refused(tmp_path):
    touch(tmp_path, "AudioWAV/1001_DFA_ANG_XX.wav")
    write_csv(tmp_path / "processedResults/tabulatedVotes.csv", ["", "A", "D", "fileName"])
    with pytest.raises(SystemExit, match=r"tabulatedVotes.csv: no column F, H, N, S; get"):
        CORPORA["crema-d"].load(tmp_path)


def emozionalmente(folder):
    touch(folder, "audio/1.wav", "audio/2.wav", "audio/3.wav")
    header = ["file_name", "sentence", "sentence_language", "actor", "emotion_expressed"]
    rows = [["1.wav", "Sono già.", "it", "ann", "joy"], ["2.wav", "Sì.", "it", "bo", "neutrality"]]
    write_csv(folder / "metadata/samples.csv", header, *rows)
    header = ["file_name", "evaluator", "audio_quality", "emotion_recognized"]
    heard = ["joy", "joy", "joy", "surprise", "fear"]
    rows = [["1.wav", f"e{n}", "good", emotion] for n, emotion in enumerate(heard)]
    write_csv(folder / "metadata/evaluations.csv", header, *rows)


@pytest.mark.parametrize("inside", [".", "emozionalmente_dataset"])
def test_emozionalmente_is_read_by_its_tables(inside, tmp_path):
    emozionalmente(tmp_path / inside)
    scan = CORPORA["emozionalmente"].scan(tmp_path)
    happy, neutral = scan.clips
    assert (happy.speaker, happy.label, happy.statement) == ("ann", "happy", "Sono già.")
    assert happy.votes == expected(votes={"happy": 0.6, "surprised": 0.2, "fearful": 0.2})
    assert (neutral.label, neutral.votes, neutral.is_calm) == ("neutral", (), True)
    assert scan.left_out == {"with other names": 1}


def test_emozionalmente_without_its_tables_is_refused(tmp_path):
    touch(tmp_path, "audio/1.wav")
    with pytest.raises(SystemExit, match=r"samples.csv: this table of the corpus is not there"):
        CORPORA["emozionalmente"].load(tmp_path)


def test_packed_frames_are_decibels_below_the_clip(tmp_path):
    levels = np.arange(5 * 64, dtype=np.uint8).reshape(5, 64)
    with lzma.open(tmp_path / FRAMES, "wb") as file:
        np.save(file, levels)
    rows = ["1001_DFA_ANG_XX,1001,DFA,ANG,XX,0,2", "1002_IEO_SAD_HI,1002,IEO,SAD,HI,2,3"]
    header = "name,actor,sentence,emotion,level,first_frame,frames"
    (tmp_path / INDEX).write_text("\n".join([header, *rows]) + "\n")
    clips = CORPORA["crema-d"].load(tmp_path)
    assert [clip.label for clip in clips] == ["angry", "sad"]
    frames = packed_frames(tmp_path, clips)[clips[1].name]
    np.testing.assert_allclose(frames, levels[2:].astype(float) / 255 * 80 - 80, atol=1e-4)


@pytest.mark.parametrize(
    ("corpus", "folder", "clips", "speakers", "left_out"),
    [
        ("ravdess", "ravdess", 1140, 19, {}),
        ("emo-db", "emo_db", 454, 10, {"L": 81}),
        ("nemo", "nemo", 1497, 9, {}),
        ("crema-d", "crema_d", 7432, 91, {}),
    ],
)
def test_corpora_are_read_where_they_lie(corpus, folder, clips, speakers, left_out):
    if not (SHARED / folder).exists():
        pytest.skip("the corpus is not at hand")
    scan = CORPORA[corpus].scan(SHARED / folder)
    assert len(scan.clips) == len({clip.name for clip in scan.clips}) == clips
    assert len({clip.speaker for clip in scan.clips}) == speakers
    assert scan.left_out == left_out
    assert {clip.label for clip in scan.clips} == set(CORPORA[corpus].labels)


def test_listeners_hear_half_of_crema_d_otherwise():
    if not (SHARED / "crema_d").exists():
        pytest.skip("the corpus is not at hand")
    clips = [clip for clip in CORPORA["crema-d"].load(SHARED / "crema_d") if clip.votes]
    assert len(clips) == 7431
    assert np.allclose([sum(clip.votes) for clip in clips], 1.0)
    otherwise = [clip.votes[clip.target] < max(clip.votes) for clip in clips]
    assert 0.5 < np.mean(otherwise) < 0.55
