from pathlib import Path

import pytest

from undertone_train.data.corpora import LABELS, Clip
from undertone_train.evaluation import splits


def clips_of(speakers):
    return [
        Clip("ravdess", Path(f"{s}-{n}.wav"), s, LABELS[n % 8]) for s in speakers for n in range(8)
    ]


ALL = [f"{actor:02}" for actor in range(1, 25)]


def test_every_actor_is_in_exactly_one_fold():
    members = [actor for fold in splits.RAVDESS_FOLDS for actor in fold]
    assert sorted(members) == ALL


@pytest.mark.parametrize("held_back", [set(), {"08", "17", "21", "23", "24"}, {"01", "02"}])
def test_no_speaker_is_on_both_sides(held_back):
    clips = clips_of(set(ALL) - held_back)
    found = list(splits.leave_one_fold_out(clips))
    assert len(found) == len(splits.available_folds(clips)) > 0
    tested = [clip.speaker for split in found for clip in split.test]
    assert not held_back & set(tested)
    for split in found:
        assert {c.speaker for c in split.train}.isdisjoint({c.speaker for c in split.test})


def test_a_leak_is_refused():
    clips = clips_of(["01"])
    with pytest.raises(ValueError, match="both sides"):
        splits.Split(0, clips, clips)
