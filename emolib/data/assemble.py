"""From prepared parts to a finished store: the index, the last checks, and one pass of packing."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from emolib import __version__
from emolib.base.config import settings_hash
from emolib.base.emotions import EMOTIONS
from emolib.data.corpora.base import Clip, Corpus
from emolib.data.format import COLUMNS, FORMAT, read_info, read_table
from emolib.data.guard import publish, write_json
from emolib.data.parts import pack, part_path, read_part
from emolib.data.store import ClipStore


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
        "told": corpus.told,
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
