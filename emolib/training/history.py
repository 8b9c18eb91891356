"""How a network came to be, told from its logs and its corpus: commands, minutes, people.

What is told elsewhere must not depend on where things lay here, so folders are cut off every path.
"""

from __future__ import annotations

import csv
import json
import re
import shlex
from itertools import groupby
from pathlib import Path

from emolib.base.errors import DatasetError

_PART = r"[^\s/\\'\",;]+"
_PATH = re.compile(rf"(?<![\w.:/~])(?:~|[A-Za-z]:)?[/\\](?:{_PART}[/\\])*{_PART}[/\\]?")
_TOLD = ("precision", "processes", "device", "profile", "seed", "torch")


def portable(value):
    """`value` with every absolute path in its texts cut down to its last part.

    Works on text, and inside lists and dicts. Weights keep the name of the run they lie in:
    `/data/me/runs/sync/syncnet.safetensors` becomes `sync/syncnet.safetensors`.
    """
    if isinstance(value, dict):
        return {key: portable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [portable(item) for item in value]
    return _PATH.sub(_last_part, value) if isinstance(value, str) else value


def _last_part(found: re.Match) -> str:
    parts = re.split(r"[/\\]", found[0].rstrip("/\\"))
    keep = 2 if parts[-1].endswith(".safetensors") and len(parts) > 2 else 1
    return "/".join(parts[-keep:])


def minutes_of(rows: list[dict]) -> float:
    """Minutes of training behind a log, all resumed parts together.

    As told where a part ended well; of a part that was killed, its steps alone.
    """
    total_s, part_s, last = 0.0, 0.0, 0
    for row in rows:
        event = row.get("event", "")
        if event in ("started", "resumed"):
            total_s, part_s, last = total_s + part_s, 0.0, row["step"]
        elif "step_s" in row:
            part_s, last = part_s + (row["step"] - last) * row["step_s"], row["step"]
        elif event.startswith("stopped") and "seconds" in row:
            part_s = row["seconds"]
    return round((total_s + part_s) / 60, 1)


def phase_of(rows: list[dict]) -> dict:
    """One run told from its log: command, recipe, steps, minutes, device.

    Raises:
        DatasetError: the log does not tell the command, as where a notebook trained.
    """
    start = next((row for row in rows if row.get("event") == "started"), None)
    if start is None or not start["record"].get("command"):
        raise DatasetError(
            "the log does not tell the command that trained this", fix="train it by emolib train"
        )
    record, settings = start["record"], start["settings"]
    return {
        "command": portable(record["command"]),
        "recipe": settings["recipe"],
        "steps": max(row["step"] for row in rows),
        "batch_size": settings["batch_size"],
        "minutes": minutes_of(rows),
        **{key: record[key] for key in _TOLD if key in record},
    }


def corpus_of(folder: Path) -> dict:
    """A synthetic corpus told from its folder: the commands that film it again, and who is in it.

    Raises:
        DatasetError: no finished synthetic corpus.
    """
    folder = Path(folder)
    try:
        about = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
        with (folder / "SentenceFilenames.csv").open(encoding="utf-8") as file:
            clips = [row["Filename"].split("_") for row in csv.DictReader(file)]
        settings, people = about["settings"], sorted(about["actors"])
    except (OSError, ValueError, KeyError) as error:
        raise DatasetError(
            f"no finished synthetic corpus ({error})", file=folder, fix="run emolib synth again"
        ) from error
    said = {actor: sorted({c[1] for c in clips if c[0] == actor}) for actor in people}
    levels = ",".join(sorted({clip[3] for clip in clips}))
    commands = []
    for sentences, group in groupby(people, key=said.get):
        actors = list(group)
        words = ["emolib", "synth", "--out", "people", "--actors", str(len(actors))]
        words += ["--first-actor", actors[0], "--sentences", ",".join(sentences)]
        words += ["--levels", levels, *(["--paired"] if settings["paired"] else [])]
        words += ["--size", f"{settings['width_px']}x{settings['height_px']}"]
        words += ["--fps", f"{settings['fps']:g}", "--seed", str(settings["seed"])]
        words += ["--quality", str(settings["quality"])]
        if settings["randomise"]:
            words += ["--randomise", ",".join(settings["randomise"])]
        commands.append(shlex.join(words))
    return {
        "what": "synthetic people who do not exist",
        "people": len(people),
        "clips": len(clips),
        "sentences": sorted(about["sentences"]),
        "seed": settings["seed"],
        "commands": [*commands, "emolib prepare people --out store"],
    }
