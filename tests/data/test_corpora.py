"""Corpora read from names alone: what is usable, what is not, and why."""

import json
import shutil
from pathlib import Path

import pytest
from corpus_trees import (
    ACTORS,
    STUB,
    add_clip,
    cremad_names,
    make_cremad,
    make_grid,
    make_lrs2,
    make_mead,
    make_ravdess,
    write,
)

from emolib.base.errors import ConfigError, DatasetError
from emolib.data.corpora import (
    CremaD,
    Lrs2,
    Mead,
    Ravdess,
    SyntheticCorpus,
    guess_kind,
    open_corpus,
)
from emolib.data.corpora.clips import identical_files
from emolib.data.corpora.cremad import KNOWN_BAD, all_names


def reasons(corpus) -> dict[str, str]:
    return {problem.name: problem.reason for problem in corpus.problems()}


# CREMA-D


def test_cremad_has_7442_names_of_91_actors():
    names = all_names()
    assert len(names) == 7442
    assert len({name[:4] for name in names}) == 91
    by_emotion = {code: sum(code in name for name in names) for code in ("ANG", "NEU", "SAD")}
    assert by_emotion == {"ANG": 1271, "NEU": 1087, "SAD": 1271}
    assert sum("_IEO_" in name for name in names) == 1456
    assert sum(name.startswith("1011") for name in names) == 82
    assert set(KNOWN_BAD) <= names


def test_cremad_clip_has_all_its_parts(tmp_path):
    clips = CremaD(make_cremad(tmp_path)).clips()
    assert [clip.name for clip in clips] == sorted(cremad_names())
    clip = next(clip for clip in clips if clip.name == "1002_TIE_HAP_XX")
    assert (clip.actor, clip.sentence, clip.emotion, clip.level) == ("1002", "TIE", "HAP", "XX")
    assert clip.sex == "female"
    assert clip.video == tmp_path / "VideoFlash" / "1002_TIE_HAP_XX.flv"
    assert clip.audio == tmp_path / "AudioWAV" / "1002_TIE_HAP_XX.wav"


def test_cremad_report_names_what_is_missing(tmp_path):
    report = CremaD(make_cremad(tmp_path)).verify()
    assert report.n_expected == 7442
    assert report.n_found == report.n_usable == len(cremad_names())
    # 12 of the made-up names were never recorded: IEO without a level, and 1002_TIE_NEU
    assert len(report.missing) == 7442 - len(all_names() & set(cremad_names()))
    assert not report.ok
    assert "7442" in str(report) and "missing" in str(report)


def test_a_stub_is_named_as_one(tmp_path):
    root = make_cremad(tmp_path)
    write(root / "VideoFlash/1001_DFA_ANG_XX.flv", STUB)
    corpus = CremaD(root)
    assert reasons(corpus) == {"1001_DFA_ANG_XX": "lfs_stub"}
    assert "git lfs pull" in corpus.problems()[0].text
    assert "1001_DFA_ANG_XX" not in {clip.name for clip in corpus.clips()}


def test_a_clone_with_videos_only_uses_their_sound_and_says_so_once(tmp_path):
    root = make_cremad(tmp_path)
    shutil.rmtree(root / "AudioWAV")
    corpus = open_corpus(root)
    assert len(corpus.clips()) == corpus.verify().n_found == len(cremad_names())
    assert all(clip.audio == clip.video for clip in corpus.clips())
    assert str(corpus.verify()).count("the sound inside the video is used") == 1


@pytest.mark.parametrize("name", sorted(KNOWN_BAD))
def test_known_bad_clips_are_quarantined(tmp_path, name):
    corpus = CremaD(make_cremad(tmp_path, ["1001_DFA_ANG_XX", name]))
    assert [clip.name for clip in corpus.clips()] == ["1001_DFA_ANG_XX"]
    assert reasons(corpus) == {name: "known_bad"}


def test_bad_names_empty_files_and_lone_sounds(tmp_path):
    root = make_cremad(tmp_path)
    add_clip(root, "holiday in Spain")
    add_clip(root, "1001_DFA_JOY_XX")
    write(root / "AudioWAV/1002_DFA_ANG_XX.wav", "")
    (root / "VideoFlash/1011_DFA_ANG_XX.flv").unlink()
    corpus = CremaD(root)
    assert reasons(corpus) == {
        "holiday in Spain": "bad_name",
        "1001_DFA_JOY_XX": "bad_name",
        "1002_DFA_ANG_XX": "empty_file",
        "1011_DFA_ANG_XX": "no_video",
    }
    assert len(corpus.clips()) == len(cremad_names()) - 2
    assert set(corpus.verify().table().columns) >= {"name", "reason", "text"}


@pytest.mark.parametrize("content", [None, STUB])
def test_a_missing_wav_or_its_pointer_falls_back_to_the_video_never_to_mp3(tmp_path, content):
    root, name = make_cremad(tmp_path), "1001_DFA_ANG_XX"
    wav = root / f"AudioWAV/{name}.wav"
    wav.unlink() if content is None else write(wav, content)
    write(root / f"AudioMP3/{name}.mp3", "mp3")
    corpus = CremaD(root)
    clip = corpus.clips()[0]
    assert clip.name == name and clip.audio == clip.video
    assert reasons(corpus) == {name: "no_wav"} and not corpus.problems()[0].fatal


def test_the_old_suffix_is_accepted_with_a_remark(tmp_path):
    corpus = CremaD(make_cremad(tmp_path, ["1040_ITH_SAD_X"]))
    clip = corpus.clips()[0]
    assert (clip.name, clip.level) == ("1040_ITH_SAD_XX", "XX")
    assert clip.video.name == "1040_ITH_SAD_X.flv"
    assert reasons(corpus) == {"1040_ITH_SAD_XX": "old_suffix"}


def test_doubled_sounds_are_marked_and_named(tmp_path):
    root = make_cremad(tmp_path)
    for name in ("1001_TIE_HAP_XX", "1001_TIE_NEU_XX"):
        write(root / f"AudioWAV/{name}.wav", "the same sound!!")
    corpus = CremaD(root)
    twins = {clip.name: clip.twins for clip in corpus.clips() if clip.twins}
    assert twins == dict.fromkeys(["1001_TIE_HAP_XX", "1001_TIE_NEU_XX"], "1001_TIE_HAP_XX")
    assert set(reasons(corpus).values()) == {"same_audio"}


def test_identical_files_reads_only_equal_sizes(tmp_path):
    paths = [write(tmp_path / n, t) for n, t in (("a", "xy"), ("b", "xy"), ("c", "zz"), ("d", "q"))]
    assert identical_files(paths) == [[tmp_path / "a", tmp_path / "b"]]


@pytest.fixture
def voted(tmp_path) -> Path:
    root = make_cremad(tmp_path)
    votes = dict.fromkeys(cremad_names(), "A")  # viewers see anger everywhere
    votes["1001_DFA_HAP_XX"] = "H"
    votes["1001_DFA_SAD_XX"] = "A:D"  # a tie
    rows = [f"{i},{name},A,50,{vote},50,A,50" for i, (name, vote) in enumerate(votes.items())]
    head = ",FileName,VoiceVote,VoiceLevel,FaceVote,FaceLevel,MultiModalVote,MultiModalLevel"
    write(root / "processedResults/summaryTable.csv", "\n".join([head, *rows]))
    return root


def test_labels_may_come_from_the_viewers(voted):
    seen = {clip.name: clip.emotion for clip in CremaD(voted, labels="face_vote").clips()}
    assert seen["1001_DFA_HAP_XX"] == "HAP"
    assert seen["1001_DFA_FEA_XX"] == "ANG"
    assert "1001_DFA_SAD_XX" not in seen


def test_agreed_labels_keep_only_what_acting_and_seeing_share(voted):
    corpus = CremaD(voted, labels="agreed")
    kept = {clip.name: clip.emotion for clip in corpus.clips()}
    assert set(kept.values()) == {"ANG", "HAP"}
    assert len(kept) == 3 * len(ACTORS) + 1
    assert reasons(corpus)["1001_DFA_SAD_XX"] == "vote_tie"
    assert reasons(corpus)["1001_DFA_FEA_XX"] == "vote_differs"


@pytest.mark.parametrize("data", [b"", b"\0\0\0", b"\xff\xfe\xfa", b"a,b\n1,2,3,4\n5\n", b"a\n1\n"])
def test_a_damaged_table_is_named_in_one_line(voted, data):
    demographics = voted / "VideoDemographics.csv"
    votes = voted / "processedResults/summaryTable.csv"
    for file, labels in ((votes, "agreed"), (demographics, "intended")):
        file.write_bytes(data)
        with pytest.raises(DatasetError) as caught:
            CremaD(voted, labels=labels).clips()
        assert str(file) in str(caught.value) and "\n" not in str(caught.value)
    make_lrs2(voted / "lrs2")
    (voted / "lrs2/mvlrs_v1/train.txt").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(DatasetError, match=r"train\.txt"):
        Lrs2(voted / "lrs2").clips()


def test_votes_need_their_table(tmp_path):
    make_cremad(tmp_path)
    with pytest.raises(DatasetError, match="vote table"):
        CremaD(tmp_path, labels="agreed").clips()
    with pytest.raises(ConfigError, match="face_vote"):
        CremaD(tmp_path, labels="voted")


# the others


def test_synthetic_is_cremad_with_truth_and_shared_sounds(tmp_path):
    root = make_cremad(tmp_path, ["9001_IEO_ANG_HI", "9001_IEO_SAD_HI", "9001_R01_NEU_XX"])
    write(root / "corpus.json", "{}")
    write(root / "Truth/9001_IEO_ANG_HI.npz", "truth")
    for name in ("9001_IEO_ANG_HI", "9001_IEO_SAD_HI"):
        write(root / f"AudioWAV/{name}.wav", "one recording")
    corpus = open_corpus(root)
    assert isinstance(corpus, SyntheticCorpus) and corpus.verify().ok and corpus.problems() == []
    angry, sad, neutral = corpus.clips()
    assert angry.truth == root / "Truth/9001_IEO_ANG_HI.npz"
    assert neutral.truth is None and neutral.sentence == "R01"
    assert angry.twins == sad.twins == "9001_IEO_ANG_HI" and neutral.twins is None


def test_a_synthetic_corpus_tells_its_seed_and_how_many_people(tmp_path):
    root = make_cremad(tmp_path, ["9001_IEO_ANG_HI", "9001_IEO_SAD_HI", "9002_IEO_ANG_HI"])
    about = {"settings": {"paired": True, "seed": 7}}
    write(root / "corpus.json", json.dumps(about))
    corpus = open_corpus(root)
    assert (corpus.name, corpus.title) == ("synthetic", "synthetic (seed 7, 2 people)")
    actors = {str(9001 + k): {} for k in range(120)}
    write(root / "corpus.json", json.dumps(about | {"actors": actors}))
    assert open_corpus(root).title == "synthetic (seed 7, 120 people)"
    write(root / "corpus.json", json.dumps({"settings": {"paired": True}}))
    assert open_corpus(root).title == "synthetic"


def test_ravdess_joins_the_three_copies_of_a_take(tmp_path):
    corpus = Ravdess(make_ravdess(tmp_path))
    assert [clip.name for clip in corpus.clips()] == [
        "01_01-01-01-02-01-01",
        "01_01-03-01-02-01-01",
        "02_01-01-01-02-01-02",
        "02_01-03-01-02-01-02",
    ]
    clip = corpus.clips()[1]
    assert (clip.emotion, clip.level, clip.sentence, clip.sex) == ("HAP", "MD", "S02", "male")
    assert (clip.video.name[:2], clip.audio.name[:2]) == ("01", "03")
    assert set(reasons(corpus).values()) == {"other_emotion"}


def test_mead_reads_one_view_and_its_sound(tmp_path):
    corpus = Mead(make_mead(tmp_path))
    clips = {clip.name: clip for clip in corpus.clips()}
    assert len(clips) == 6
    clip = clips["W009_angry_level_3_001"]
    assert (clip.emotion, clip.level, clip.sentence, clip.sex) == ("ANG", "HI", "ANG001", "female")
    assert clip.audio.suffix == ".m4a" and "front" in clip.video.parts
    assert clips["M003_neutral_level_1_001"].level == "XX"
    assert set(reasons(corpus).values()) == {"other_emotion"}
    with pytest.raises(ConfigError, match="front"):
        Mead(tmp_path, view="behind")


def test_lrs2_has_no_labels_but_lists(tmp_path):
    corpus = Lrs2(make_lrs2(tmp_path))
    assert [clip.name for clip in corpus.clips()] == ["551_00001", "551_00002", "662_00001"]
    assert {clip.emotion for clip in corpus.clips()} == {None}
    assert corpus.official_split()["662_00001"] == "test"
    assert corpus.verify().missing == ("773_00009",)
    write(tmp_path / "mvlrs_v1/main/884/00001.mp4", "stray")
    assert reasons(Lrs2(tmp_path)) == {"884_00001": "not_listed"}


def test_grid_knows_talkers_and_words_by_name(tmp_path):
    corpus = open_corpus(make_grid(tmp_path))
    clips = {clip.name: clip for clip in corpus.clips()}
    assert {name: clip.actor for name, clip in clips.items()} == {
        "s1_bbaf2n": "s1",
        "s2_lgwtza": "s2",
        "s31_pwij3p": "s31",
        "sria1s": "unknown",
    }
    assert clips["s1_bbaf2n"].text == "bin blue"  # as its word times have it
    assert clips["s2_lgwtza"].text == "lay green with t zero again"
    assert {clip.emotion for clip in clips.values()} == {None}
    assert reasons(corpus) == {"s2_lgwtza": "bad_align", "sria1s": "no_talker"}
    assert corpus.verify().ok


def test_one_folder_of_a_grid_talker_is_a_corpus_too(tmp_path):
    make_grid(tmp_path)
    write(tmp_path / "s1/holiday.mpg", "at the sea")
    corpus = open_corpus(tmp_path / "s1")
    assert [(clip.name, clip.actor) for clip in corpus.clips()] == [("s1_bbaf2n", "s1")]
    assert reasons(corpus) == {"holiday": "bad_name"}


def test_still_pictures_are_labelled_by_name_folder_or_table(tmp_path):
    for name in ("001_neutral.jpg", "001_smiling.jpg", "smiling_front/002_08.png", "003.jpg"):
        write(tmp_path / name, name)
    write(tmp_path / "004_x.jpg", "x")
    write(tmp_path / "info.csv", "face_id,face_age,face_gender\n001,24,female\n002,30,Male\n")
    write(tmp_path / "labels.csv", "file,emotion\n004_x.jpg,sad\n")
    corpus = open_corpus(tmp_path, "stills")
    assert [(c.name, c.actor, c.emotion, c.sex, c.audio) for c in corpus.clips()] == [
        ("001_neutral", "001", "NEU", "female", None),
        ("001_smiling", "001", "HAP", "female", None),
        ("003", "003", None, None, None),
        ("004_x", "004", "SAD", None, None),
        ("smiling_front_002_08", "002", "HAP", "male", None),
    ]
    assert reasons(corpus) == {"003": "no_label"}
    write(tmp_path / "labels.csv", "")
    with pytest.raises(DatasetError, match=r"labels\.csv"):
        open_corpus(tmp_path, "stills").clips()


def test_files_that_claim_one_name_are_named_and_one_is_used(tmp_path):
    make_grid(tmp_path / "g")
    again = write(tmp_path / "g/s1/video/bbaf2n.mpg", "a copy of another kind")
    grid = open_corpus(tmp_path / "g")
    assert [clip.name for clip in grid.clips()].count("s1_bbaf2n") == 1
    problem = next(problem for problem in grid.problems() if problem.reason == "same_name")
    assert (problem.file, problem.fatal) == (str(again), False)
    cremad = make_cremad(tmp_path / "c", ["1040_ITH_SAD_XX", "1040_ITH_SAD_X"])
    write(cremad / "VideoFlash/1040_ITH_SAD_XX.mp4", "the same, converted")
    names = [clip.name for clip in CremaD(cremad).clips()]
    assert names == ["1040_ITH_SAD_XX"]
    left_out = [p for p in CremaD(cremad).problems() if p.reason == "same_name"]
    assert len(left_out) == 2
    make_ravdess(tmp_path / "r")
    write(tmp_path / "r/Actor_01/01-01-03-01-02-01-01.wav", "its sound, taken out")
    clip = next(c for c in open_corpus(tmp_path / "r").clips() if c.emotion == "HAP")
    assert clip.video.suffix == ".mp4"


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (make_cremad, "cremad"),
        (make_ravdess, "ravdess"),
        (make_mead, "mead"),
        (make_lrs2, "lrs2"),
        (make_grid, "grid"),
    ],
)
def test_the_kind_is_guessed_from_the_layout(tmp_path, make, kind):
    assert guess_kind(make(tmp_path)) == kind
    assert open_corpus(tmp_path).kind == kind


@pytest.mark.parametrize("make", [make_ravdess, make_grid])
def test_people_may_be_links_to_folders_elsewhere(tmp_path, make):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for person in make(tmp_path / "elsewhere").iterdir():
        (corpus / person.name).symlink_to(person)
    (corpus / ".hidden").symlink_to(tmp_path / "elsewhere")
    linked, real = open_corpus(corpus).clips(), open_corpus(tmp_path / "elsewhere").clips()
    assert [clip.name for clip in linked] == [clip.name for clip in real] != []


def test_wrong_folders_are_explained(tmp_path):
    with pytest.raises(DatasetError, match="no layout I know"):
        open_corpus(tmp_path)
    with pytest.raises(DatasetError, match="no such folder"):
        open_corpus(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="cremad"):
        open_corpus(tmp_path, kind="creamd")
    with pytest.raises(ConfigError, match="a ravdess corpus has no option labels"):
        open_corpus(tmp_path, kind="ravdess", labels="agreed")
    (tmp_path / "VideoFlash").mkdir()
    with pytest.raises(DatasetError, match="git-lfs"):
        open_corpus(tmp_path).clips()


def test_reading_changes_nothing(tmp_path):
    root = make_cremad(tmp_path / "ä b's %20 -x 😀")  # odd names are no obstacle
    before = {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in root.rglob("*")}
    assert open_corpus(root).verify().n_usable == len(cremad_names())
    assert before == {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in root.rglob("*")}
