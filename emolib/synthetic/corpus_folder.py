"""The folder of a synthetic corpus: whose it is, what is finished in it, and its tables.

`corpus.json` guards a folder against clips of other settings. The two CSVs are CREMA-D's.
"""

from __future__ import annotations

import csv
import json
import shutil
import warnings
from dataclasses import asdict, replace
from pathlib import Path

from emolib import __version__
from emolib.base.config import settings_hash
from emolib.base.errors import ConfigError, EmolibWarning, ResourceError
from emolib.base.files import atomic_path
from emolib.synthetic.sentences import ALL_SENTENCES
from emolib.synthetic.speech import ENGINES, find_engine
from emolib.synthetic.take import FilmSettings, cast, person_seed

CORPUS_FORMAT = 3
KINDS = {"VideoFlash": ".flv", "AudioWAV": ".wav", "Truth": ".npz"}


def is_finished(out: Path, name: str) -> bool:
    """Whether all three files of a clip are there; each appears whole, the truth last."""
    return all((out / kind / (name + suffix)).is_file() for kind, suffix in KINDS.items())


def claim(out: Path, settings: FilmSettings) -> None:
    """Make the folder, or check that it holds a corpus of the same settings."""
    mine, guard, other = identity(settings), out / "corpus.json", "choose another folder"
    try:
        theirs = _told(json.loads(guard.read_text(encoding="utf-8")))
    except FileNotFoundError:
        if out.is_dir() and any(p.name != ".gitignore" for p in out.iterdir()):
            raise ConfigError("the folder holds other files", file=out, fix=other) from None
        return _write_json(guard, mine)
    except OSError as error:  # a file on the way, or the name is too long for the disk
        raise ResourceError(f"cannot write here ({error.strerror})", file=out, fix=other) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError("not a corpus description", file=guard, fix=other) from error
    pairs = [(key, theirs.get(key), value) for key, value in _told(mine).items()]
    differing = "; ".join(f"{key} {was} ≠ {value}" for key, was, value in pairs if was != value)
    if differing:
        raise ConfigError(
            f"the folder holds a corpus of other settings ({differing})",
            file=out,
            fix="use the same settings, or choose another folder",
        )


def _told(content: dict) -> dict:
    """What must be the same in a `corpus.json`."""
    return content["settings"] | {key: content[key] for key in ("format", "emolib")}


def settle_engine(out: Path, settings: FilmSettings) -> FilmSettings:
    """Settings with a speech engine that is here: the one that began the folder, if one did.

    Raises:
        MissingExtra: the engine is not installed.
    """
    wanted = settings.engine
    if wanted == "auto":
        try:
            told = json.loads((out / "corpus.json").read_text(encoding="utf-8"))
            wanted = told["settings"]["engine"]
        except (OSError, ValueError, KeyError, TypeError):
            pass  # no corpus yet; `claim` judges what there is
    engine, reason = find_engine(wanted if wanted in ENGINES else "auto")
    if reason:
        warnings.warn(f"the voices are espeak-ng's: {reason}", EmolibWarning, stacklevel=3)
    return replace(settings, engine=engine)


def sweep(out: Path) -> None:
    """Remove unfinished files that a killed run left behind (hidden temporary names)."""
    for kind, suffix in KINDS.items():
        for left in (out / kind).glob(f".[0-9]*{suffix}"):
            left.unlink(missing_ok=True)


def check_disk(out: Path, n_clips: int, settings: FilmSettings) -> None:
    pixels = settings.width_px * settings.height_px
    needed = n_clips * (2.7 * pixels * 1.5 + 120_000)
    free = shutil.disk_usage(out).free
    if needed > free:
        raise ResourceError(
            f"{n_clips} clips need about {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are free",
            file=out,
            fix="film fewer or smaller clips, or choose another disk",
        )


def identity(settings: FilmSettings) -> dict:
    plain = asdict(settings) | {"randomise": sorted(settings.randomise)}
    return {
        "format": CORPUS_FORMAT,
        "kind": "synthetic",
        "licence": "CC0-1.0",
        "emolib": __version__,
        "settings": plain,
        "settings_hash": settings_hash(CORPUS_FORMAT, plain),
    }


def write_tables(out: Path, settings: FilmSettings) -> None:
    """The two CSVs and the full `corpus.json`, from the clips that are there."""
    names = sorted(p.stem for p in (out / "Truth").glob("[0-9]*.npz") if is_finished(out, p.stem))
    actors = sorted({int(name[:4]) for name in names})
    people = {actor: cast(person_seed(actor, settings.seed)) for actor in actors}
    said: dict[str, dict[str, list[str]]] = {}
    for actor, sentence, emotion in dict.fromkeys(tuple(name.split("_")[:3]) for name in names):
        said.setdefault(actor, {}).setdefault(emotion, []).append(sentence)
    _write_csv(
        out / "VideoDemographics.csv",
        ["ActorID", "Age", "Sex", "Race", "Ethnicity"],
        [[a, p.age, p.sex, p.race, p.ethnicity] for a, p in people.items()],
    )
    _write_csv(
        out / "SentenceFilenames.csv",
        ["Stimulus_Number", "Filename"],
        [[i + 1, name] for i, name in enumerate(names)],
    )
    told = sorted({name.split("_")[1] for name in names} & set(ALL_SENTENCES))
    _write_json(
        out / "corpus.json",
        identity(settings)
        | {
            "n_clips": len(names),
            "sentences": {code: ALL_SENTENCES[code].text for code in told},
            "spoken_by": {engine: told if engine == settings.engine else [] for engine in ENGINES},
            "actors": {
                str(a): {"seed": p.seed, "sex": p.sex, "age": p.age, "said": said[str(a)]}
                for a, p in people.items()
            },
        },
    )


def _write_csv(path: Path, head: list[str], rows: list[list]) -> None:
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])


def _write_json(path: Path, content: dict) -> None:
    with atomic_path(path) as temporary:
        text = json.dumps(content, indent=1, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")
