"""A store's folder: one process at a time, one set of settings, and nothing half-finished.

The order of steps is what makes a kill harmless: settings first, then parts one by one, then the
packed files beside them, and `store.json`, which says "finished", last.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from emolib import __version__
from emolib.base.config import settings_hash
from emolib.base.emotions import EMOTIONS
from emolib.base.errors import ConfigError, ResourceError
from emolib.base.files import write_json
from emolib.data.corpora.base import Corpus
from emolib.data.corpora.clips import Clip
from emolib.data.parts import COLUMNS, FORMAT, pack, part_path, read_info, read_part, read_table
from emolib.data.store import ClipStore

PACKED = ("frames.npy", "mel.npy", "boxes.npy", "clips.csv")
OWN = {*PACKED, "store.json", "parts", ".lock", ".owner", ".packing", ".gitignore"}


@contextmanager
def locked(out: Path, wait_s: float) -> Iterator[None]:
    """Hold the store's folder for this process.

    Raises:
        ResourceError: another process holds it still after `wait_s`; or it cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / ".lock", timeout=wait_s)
        lock.acquire()
    except Timeout as problem:
        raise ResourceError(
            f"{_owner(out)} is preparing this store",
            file=out,
            fix="wait for it (--wait SECONDS), or stop it and run again",
        ) from problem
    except OSError as problem:
        raise ResourceError(
            f"cannot write here ({problem.strerror})", file=out, fix="choose a writable folder"
        ) from problem
    try:
        note = f"process {os.getpid()} on {socket.gethostname()}"
        (out / ".owner").write_text(note, encoding="utf-8")
        yield
    finally:
        (out / ".owner").unlink(missing_ok=True)
        lock.release()


def _owner(out: Path) -> str:
    try:
        return (out / ".owner").read_text(encoding="utf-8")
    except OSError:
        return "another process"


def claim(out: Path, identity: dict) -> None:
    """Begin or continue a store with these settings.

    Args:
        identity: everything that decides what the store holds, as plain values.

    Raises:
        ConfigError: the folder holds other files, or a store of other settings: names each field.
    """
    foreign = sorted(path.name for path in out.iterdir() if path.name not in OWN)
    if foreign:
        raise ConfigError(
            f"the folder holds other files ({', '.join(foreign[:3])})",
            file=out,
            fix="choose a new or empty folder",
        )
    for file in (out / "store.json", out / "parts" / "settings.json"):
        if not file.is_file():
            continue
        try:
            theirs = json.loads(file.read_text(encoding="utf-8"))["settings"]
            fields = sorted(identity.keys() | theirs.keys())
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise ConfigError(
                "not a store description", file=file, fix="choose another folder"
            ) from problem
        differing = [
            f"{field} {theirs.get(field)!r} ≠ {identity.get(field)!r}"
            for field in fields
            if theirs.get(field) != identity.get(field)
        ]
        if differing:
            raise ConfigError(
                f"the folder holds a store of other settings ({'; '.join(differing)})",
                file=out,
                fix="use the same settings, or choose another folder",
            )
    parts = out / "parts"
    parts.mkdir(exist_ok=True)
    write_json(parts / "settings.json", {"settings": identity})
    sweep(out)


def sweep(out: Path) -> None:
    """Remove what a killed run left half-written; finish what it had begun to publish."""
    if (out / ".packing" / "store.json").is_file():
        publish(out)
        (out / "parts").mkdir()
    shutil.rmtree(out / ".packing", ignore_errors=True)
    for left in (out / "parts").glob(".*.npz"):
        left.unlink(missing_ok=True)


def publish(out: Path) -> None:
    """Put the files of `.packing` in place, `store.json` last, and remove the parts."""
    packing = out / ".packing"
    (out / "store.json").unlink(missing_ok=True)
    for name in (*PACKED, "store.json"):
        if (packing / name).is_file():  # else it is in place already
            with (packing / name).open("rb") as file:
                os.fsync(file.fileno())
            (packing / name).replace(out / name)
    shutil.rmtree(packing)
    shutil.rmtree(out / "parts")


def packed_clips(out: Path) -> dict[str, dict]:
    """Meta of the clips that the finished store in `out` already holds."""
    if not (out / "store.json").is_file():
        return {}
    info, table = read_info(out), read_table(out)
    remarks = info["remarks"]
    return {
        row["clip"]: {
            "sha256": row["sha256"],
            "silent": row["silent"],
            "remarks": remarks.get(row["clip"], []),
            "n_frames": row["n_frames"],
            "n_mels": row["n_mels"],
        }
        for row in table.to_dict("records")
    }


def index_row(clip: Clip, root: Path, split: dict[str, str], meta: dict, fps: int) -> dict:
    """What `clips.csv` says of a clip, but for its place in the arrays."""
    return {
        "clip": clip.name,
        "actor": clip.actor,
        "sentence": clip.sentence,
        "emotion": clip.emotion or "",
        "level": clip.level,
        "split": split[clip.name],
        "n_frames": meta["n_frames"],
        "n_mels": meta["n_mels"],
        "fps": fps,
        "source": Path(os.path.relpath(clip.video, root)).as_posix(),
        "sha256": meta["sha256"],
        "silent": meta["silent"],
    }


def describe(
    corpus: Corpus, identity: dict, rows: list[dict], metas: dict[str, dict], skipped: list[dict]
) -> dict:
    """The content of `store.json`: no times and no paths, so equal runs give equal bytes."""
    return {
        "format": FORMAT,
        "emolib": __version__,
        "corpus": corpus.name,
        "told": corpus.title,
        "kind": corpus.kind,
        "paired": bool(getattr(corpus, "paired", False)),
        "emotions": list(EMOTIONS),
        "settings": identity,
        "settings_hash": settings_hash(identity),
        "counts": {
            "clips": len(rows),
            "actors": len({row["actor"] for row in rows}),
            "frames": sum(row["n_frames"] for row in rows),
            "mels": sum(row["n_mels"] for row in rows),
            "splits": dict(sorted(Counter(row["split"] for row in rows).items())),
        },
        "remarks": {clip: m["remarks"] for clip, m in metas.items() if m["remarks"]},
        "skipped": skipped,
    }


def finish(out: Path, rows: list[dict], info: dict, old: dict[str, dict]) -> None:
    """Pack and publish, unless the store already holds exactly this.

    Args:
        rows: of `index_row`, in order.
        info: of `describe`.
        old: `packed_clips` of the store as it is; clips not in it come from their parts.

    Raises:
        ResourceError: too little disk.
    """
    if old and _is_same(out, rows, info):
        shutil.rmtree(out / "parts")
        return
    packing = out / ".packing"
    packing.mkdir()
    pack(packing, rows, _arrays(out, rows, old), info["settings"]["crop_px"])
    write_json(packing / "store.json", info)  # from here on a killed run is finished by the next
    publish(out)


def _is_same(out: Path, rows: list[dict], info: dict) -> bool:
    plain = json.loads(json.dumps(info))
    columns = [name for name in COLUMNS if not name.startswith("first_")]
    table = read_table(out)[columns].to_dict("records")
    known = {"told": plain["told"]} | read_info(out)  # older stores do not tell
    return known == plain and table == [{k: row[k] for k in columns} for row in rows]


def _arrays(out: Path, rows: list[dict], old: dict[str, dict]) -> Iterator[dict]:
    """The arrays of each row's clip, from its part or from the store as it is."""
    store = ClipStore(out) if old else None
    places = {} if store is None else {name: k for k, name in enumerate(store.clips["clip"])}
    for row in rows:
        name = row["clip"]
        if name in old and old[name]["sha256"] == row["sha256"]:
            clip = store[places[name]]
            yield {"frames": clip.frames, "mel": clip.mel.T, "boxes": clip.boxes}
        else:
            yield read_part(part_path(out / "parts", name), row["sha256"])
