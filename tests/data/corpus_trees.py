"""Fake corpora for tests: the right names, a few bytes in each file."""

from pathlib import Path

ACTORS = ("1001", "1002", "1011", "1012")
SEX = {"1001": "Male", "1002": "Female", "1011": "Male", "1012": "Female"}
SENTENCES = ("DFA", "IEO", "TIE")
EMOTIONS = ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")
STUB = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def cremad_names(actors=ACTORS) -> list[str]:
    return [f"{a}_{s}_{e}_XX" for a in actors for s in SENTENCES for e in EMOTIONS]


def add_clip(root: Path, name: str) -> None:
    write(root / "VideoFlash" / f"{name}.flv", "video of " + name)
    write(root / "AudioWAV" / f"{name}.wav", "sound of " + name)


def make_cremad(root: Path, names: list[str] | None = None) -> Path:
    for name in names or cremad_names():
        add_clip(root, name)
    rows = [f"{actor},40,{sex},Asian,Not Hispanic" for actor, sex in SEX.items()]
    write(root / "VideoDemographics.csv", "\n".join(["ActorID,Age,Sex,Race,Ethnicity", *rows]))
    return root


def make_ravdess(root: Path) -> Path:
    for actor in ("01", "02"):
        for emotion in ("01", "02", "03", "08"):
            for modality, suffix in (("01", "mp4"), ("02", "mp4"), ("03", "wav")):
                name = f"{modality}-01-{emotion}-01-02-01-{actor}.{suffix}"
                write(root / f"Actor_{actor}" / name, name)
            song = f"01-02-{emotion}-01-02-01-{actor}.mp4"
            write(root / f"Actor_{actor}" / song, song)
    return root


def make_mead(root: Path) -> Path:
    for actor in ("M003", "W009"):
        for feeling, level in (("angry", 1), ("angry", 3), ("neutral", 1), ("contempt", 2)):
            for view in ("front", "left_30"):
                path = f"{actor}/video/{view}/{feeling}/level_{level}/001.mp4"
                write(root / path, path)
            path = f"{actor}/audio/{feeling}/level_{level}/001.m4a"
            write(root / path, path)
    return root


def make_lrs2(root: Path) -> Path:
    for name in ("551/00001", "551/00002", "662/00001"):
        write(root / "mvlrs_v1/main" / f"{name}.mp4", name)
        write(root / "mvlrs_v1/main" / f"{name}.txt", "Text:  HELLO\nConf: 3\n")
    write(root / "mvlrs_v1/train.txt", "551/00001\n551/00002\n")
    write(root / "mvlrs_v1/test.txt", "662/00001 NF\n773/00009 MV\n")
    return root


def make_grid(root: Path) -> Path:
    for place in ("s1/bbaf2n", "s2/video/lgwtza", "s31_pwij3p", "sria1s"):
        write(root / f"{place}.mpg", place)
    write(root / "s1/bbaf2n.align", "0 900 sil\n900 1800 bin\n1800 2700 blue\n2700 3000 sp\n")
    write(root / "s2/align/lgwtza.align", "0 900\n")
    write(root / "s2/video/._lgwtza.mpg", "of a Mac")
    return root
