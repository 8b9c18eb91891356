"""Every face file of a folder × every voice × six emotions: what holds, and how good it is.

    python benchmarks/real_files.py FOLDER [--checkpoint lite] [--emotions all] [--seconds 3]
        [--out out/real_files] [--json data/results/real_files.json]

Faces are the videos and pictures of FOLDER, voices its sound files. The films and the contact
sheets (input on top, an emotion a row, every fifth frame) go to `--out`, the numbers to `--json`.
There, faces are called by their kind only.

What must hold, else the exit code is 1: as many frames as the sound lasts, both start together, no
pixel outside the face's box differs before encoding, the label is seen, `verify` says "signed".
What is measured: how often a judge trained on real faces names the emotion (and how its probability
moves from the source's), how the mouth follows the loudness (and how the source's own does), the
identity distance to the source, and fine detail against the source's. About 4 minutes on one core.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import cv2
import matplotlib

matplotlib.use("Agg")

import numpy as np
import torch

from emolib.base.config import AUDIO, VIDEO
from emolib.base.emotions import COLOURS, EMOTIONS, NAMES, parse_emotion
from emolib.base.errors import MediaError
from emolib.base.files import project_root, results_dir
from emolib.base.results import save_result
from emolib.base.runtime import progress, run_record
from emolib.evaluation.emotion import ExpressionJudge, score_emotions
from emolib.evaluation.landmarks import motion_of_frames
from emolib.evaluation.sync import lse_expert
from emolib.evaluation.visual import detail, features_of
from emolib.figures.sheets import contact_sheet, every_nth
from emolib.figures.style import INK, caption, use_style
from emolib.generate import TalkingFace
from emolib.media.audio import load_audio
from emolib.media.faces import FaceMesh
from emolib.media.files import open_media
from emolib.media.provenance import write_labelled
from emolib.media.verify import verify
from emolib.models.checkpoint import find_checkpoint, load_checkpoint
from emolib.models.face_nets import SAME_PERSON, ExpressionNet, IdentityNet, identity_distance
from emolib.models.syncnet import SyncNet

VIDEOS, STILLS = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".flv"), (".png", ".jpg", ".jpeg")
VOICES = (".wav", ".mp3", ".flac", ".m4a", ".ogg")
CLOSE_UP = 0.4  # of the picture's shorter side, from which a face counts as close
MAX_LAG_S = 0.02  # a sound may be so late
CROP_PX = 160  # what the judges look at: the standard face square
FLOOR_DB = 50.0  # below the loudest moment all is silence
STILL = 0.01  # a mouth whose opening varies less (in distances of the eye corners) is at rest
IDENTITY_STRIDE = 5
RATE_HZ = AUDIO.sample_rate_hz
CROP_MARGIN = 0.12  # of the face square, around it, in the sheets
COLUMNS = 13
SHEET_DPI = 110


class FilmJudges(NamedTuple):
    """Who looks at a film."""

    expression: ExpressionJudge
    identity: IdentityNet
    mesh: FaceMesh
    expert: SyncNet  # on lip sync


class FaceSeen(NamedTuple):
    """One clip's face."""

    probs: np.ndarray  # (6,)
    lips: np.ndarray  # (T,) opening in distances of the outer eye corners, NaN if no face is seen
    descriptors: np.ndarray  # (n, 128) of every fifth frame
    detail: float


class Given(NamedTuple):
    """One face and one voice: what all their clips share."""

    face: Path
    voice: np.ndarray  # (n,) at 16 kHz
    voice_name: str
    sources: np.ndarray  # (T, H, W, 3) the frames as they are
    seen: FaceSeen  # in them
    kind: str


def look_at(faces: np.ndarray, judges: FilmJudges) -> FaceSeen:
    """Judge face crops (T, S, S, 3) uint8 RGB of the standard face square."""
    try:
        lips = motion_of_frames(faces, judges.mesh).lips
    except MediaError:
        lips = np.full(len(faces), np.nan)
    descriptors = features_of(judges.identity, faces[::IDENTITY_STRIDE])
    return FaceSeen(judges.expression.probs(faces), lips, descriptors, detail(faces))


def read_film(path: Path) -> tuple[int, float]:
    """A film's pictures, and its first sound after the first picture in seconds."""
    with open_media(path) as container:
        starts = {s.type: float((s.start_time or 0) * s.time_base) for s in container.streams}
        n_frames = sum(1 for _ in container.decode(video=0))
    return n_frames, starts["audio"] - starts["video"]


def outside_change(frames: np.ndarray, sources: np.ndarray, boxes: np.ndarray) -> int:
    """Largest change of any pixel that the face's box does not touch, in grey levels.

    Args:
        frames, sources: (T, H, W, 3) uint8, before any encoding.
        boxes: (T, 4) x0, y0, x1, y1 in pixels.
    """
    worst = 0
    for frame, source, box in zip(frames, sources, boxes, strict=True):
        change = cv2.absdiff(frame, source).max(axis=2)
        x0, y0 = np.floor(box[:2]).astype(int).clip(0)
        x1, y1 = np.ceil(box[2:]).astype(int).clip(0)
        change[y0:y1, x0:x1] = 0
        worst = max(worst, int(change.max()))
    return worst


def loudness_db(samples: np.ndarray, n_frames: int) -> np.ndarray:
    """Level around each frame, over two frames' time: (n_frames,) dB below the loudest, to -50."""
    step = RATE_HZ / VIDEO.fps
    power = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    centre = np.rint((np.arange(n_frames) + 0.5) * step).astype(int)
    first, last = (np.clip(centre + d, 0, len(samples)) for d in (-round(step), round(step)))
    level = 10 * np.log10((power[last] - power[first]) / np.maximum(last - first, 1) + 1e-12)
    return np.maximum(level - level.max(), -FLOOR_DB)


def follows(opening: np.ndarray, loudness: np.ndarray) -> float:
    """Correlation (T,) with (T,); NaN for a mouth, or a sound, that rests or is not seen."""
    if not opening.std() >= STILL or loudness.std() == 0:
        return float("nan")
    return float(np.corrcoef(opening, loudness)[0, 1])


def files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Files of a folder by their suffixes, in order."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)


def crops(stream, pictures: np.ndarray) -> np.ndarray:
    """The standard face square of every frame: (T, S, S, 3)."""
    places = (stream.track.transform(int(k)) for k in stream.plan)
    return np.stack([p.crop(picture, CROP_PX) for p, picture in zip(places, pictures, strict=True)])


def open_pair(talker, face: Path, voice_name: str, voice: np.ndarray, judges) -> Given:
    """A face, called by its kind so that nobody is named, and a voice; the source seen once."""
    stream = talker.stream(face, voice, "NEU")
    sources = np.stack(list(stream.source.frames(stream.plan)))
    share = (stream.boxes[0, 2] - stream.boxes[0, 0]) / min(sources.shape[1:3])
    kind = "close-up video" if share >= CLOSE_UP else "full-body video"
    if face.suffix.lower() in STILLS:
        kind = "painting" if "paint" in face.stem.lower() else "picture"
    seen = look_at(crops(stream, sources), judges)
    return Given(face, voice, voice_name, sources, seen, kind)


def make(talker, given: Given, code: str, out: Path, judges: FilmJudges, native: bool = True):
    """Generate one clip, write it, check what must hold, and measure it.

    Returns:
        its row of numbers, and cut-outs of every fifth frame.
    """
    start_s = time.process_time()
    stream = talker.stream(given.face, given.voice, code, native=native)
    frames = np.stack(list(stream))
    generated_s = time.process_time() - start_s
    facts = talker.facts(stream)
    written = write_labelled(out, frames, stream.audio, facts, fps=stream.fps, overwrite=True)
    n_frames, apart_s = read_film(out)
    verdict = verify(out)
    change = outside_change(frames, given.sources, stream.boxes)
    row = {
        "face": given.kind,
        "voice": given.voice_name,
        "emotion": code,
        "face_px": round(float(np.median(stream.boxes[:, 2] - stream.boxes[:, 0]))),
        "holds": {
            "frames_as_sound": abs(n_frames / stream.fps - len(given.voice) / RATE_HZ) <= 0.04,
            "starts_together": abs(apart_s) <= MAX_LAG_S,
            "outside_untouched": change == 0,
            "label_seen": any("label: seen" in note for note in verdict.notes),
            "signed": written.signed and verdict.state == "signed",
        },
        "frames": n_frames,
        "outside_change": change,
        "generate_cpu_s": round(generated_s, 2),
        "missing_frames": int((~stream.track.found[stream.plan]).sum()),
    }
    row |= measure(crops(stream, frames), code, given, judges)
    shown = every_nth(frames, 5, COLUMNS)
    return row, [around(frame, stream.boxes[0]).copy() for frame in shown]


def measure(faces: np.ndarray, code: str, given: Given, judges: FilmJudges) -> dict:
    """What is measured of the face crops (T, S, S, 3) of a clip."""
    seen, loud = look_at(faces, judges), loudness_db(given.voice, len(faces))
    source, index = given.seen, EMOTIONS.index(code)
    small = np.stack([cv2.resize(f, (96, 96), interpolation=cv2.INTER_AREA) for f in faces])
    sync = lse_expert(judges.expert, small, given.voice)
    return {
        "probs": [round(float(p), 4) for p in seen.probs],
        "named": EMOTIONS[int(seen.probs.argmax())],
        "prob": round(float(seen.probs[index]), 4),
        "prob_of_source": round(float(source.probs[index]), 4),
        "mouth_follows": plain(follows(seen.lips, loud)),
        "mouth_follows_source": plain(follows(source.lips, loud)),
        "mouth_opening_std": plain(seen.lips.std()),
        "identity_distance": plain(identity_distance(seen.descriptors, source.descriptors).mean()),
        "detail": round(seen.detail / source.detail, 3),
        "lse_c_expert": plain(sync.confidence),
        "offset_expert": int(sync.offset),
    }


def plain(value: float) -> float | None:
    """A number for JSON: None where it could not be measured."""
    return round(float(value), 4) if np.isfinite(value) else None


def around(frame: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The face with some room around it."""
    margin = CROP_MARGIN * (box[2] - box[0])
    x0, y0 = (max(int(edge - margin), 0) for edge in box[:2])
    x1, y1 = (int(edge + margin) for edge in box[2:])
    return frame[y0:y1, x0:x1]


def summary(rows: list[dict]) -> dict:
    """Means over a group of rows, and EmoAcc."""

    def mean(key: str) -> float | None:
        values = [row[key] for row in rows if row.get(key) is not None]
        return round(float(np.mean(values)), 4) if values else None

    probs = np.array([row["probs"] for row in rows])
    score = score_emotions(probs, np.array([EMOTIONS.index(row["emotion"]) for row in rows]))
    keys = ("prob", "prob_of_source", "mouth_follows", "mouth_follows_source", "mouth_opening_std")
    keys += ("identity_distance", "detail", "detail_96", "lse_c_expert", "generate_cpu_s")
    distances = [row["identity_distance"] for row in rows]
    return {
        "clips": len(rows),
        "emoacc": round(score.accuracy, 4),
        "per_emotion": score.per_emotion,
        "confusion": score.confusion.tolist(),
        "same_person": round(float(np.mean([d < SAME_PERSON for d in distances])), 4),
        "all_hold": all(all(row["holds"].values()) for row in rows),
        **{key: mean(key) for key in keys},
    }


def run_all(options, talker) -> list[dict]:
    """All rows; films and sheets go to `options.out`."""
    expert = load_checkpoint(find_checkpoint("lite", "syncnet"), "syncnet")[0].eval()
    judges = FilmJudges(
        ExpressionJudge(ExpressionNet.load()), IdentityNet.load(), FaceMesh(), expert
    )
    names = NAMES.values() if options.emotions == "all" else options.emotions.split(",")
    codes, out = [parse_emotion(name) for name in names], options.out
    voices = {path.stem: load_audio(path) for path in files(options.folder, VOICES)}
    rows, compared = [], set()
    for face in progress(files(options.folder, VIDEOS + STILLS), desc="faces"):
        for voice_name, sound in voices.items():
            voice, stem = sound[: round(options.seconds * RATE_HZ)], f"{face.stem}-{voice_name}"
            given = open_pair(talker, face, voice_name, voice, judges)
            paths = [out / f"{stem}-{NAMES[code]}.mp4" for code in codes]
            clips = [make(talker, given, *each, judges) for each in zip(codes, paths, strict=True)]
            box = talker.stream(face, voice, codes[0]).boxes[0]
            top = [around(frame, box) for frame in every_nth(given.sources, 5, COLUMNS)]
            cells, labels = [top, *(shown for _, shown in clips)], ["input", *map(NAMES.get, codes)]
            colours = [INK, *map(COLOURS.get, codes)]
            fig = contact_sheet(cells, labels, label_colours=colours)
            told = f"{given.kind} says {voice_name}; every fifth frame; generator {talker.name}"
            caption(fig, told, corpus="a user's own files", profile=talker.meta.profile)
            fig.savefig(out / f"sheet-{stem}.png", dpi=SHEET_DPI)
            matplotlib.pyplot.close(fig)
            if face not in compared:
                compared.add(face)
                path = out / f"{stem}-96.mp4"
                soft, _ = make(talker, given, codes[-1], path, judges, native=False)
                clips[-1][0]["detail_96"] = soft["detail"]
            rows += [row for row, _ in clips]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--checkpoint", default="lite")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--emotions", default="all", help="e.g. happiness,sadness")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each voice")
    parser.add_argument("--out", type=Path, default=project_root() / "out" / "real_files")
    parser.add_argument("--json", type=Path, default=results_dir() / "real_files.json")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1), cv2.setNumThreads(1)
    use_style()
    options.out.mkdir(parents=True, exist_ok=True)
    start_s = time.process_time()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["EMOLIB_CACHE"] = cache  # nothing about these faces is kept
        talker = TalkingFace.load(options.checkpoint, device=options.device)
        rows = run_all(options, talker)
    cpu_s = time.process_time() - start_s
    kinds = dict.fromkeys(row["face"] for row in rows)
    groups = {kind: summary([row for row in rows if row["face"] == kind]) for kind in kinds}
    groups["all"] = summary(rows)
    for kind, found in groups.items():
        print(f"{kind}: " + ", ".join(f"{k} {v}" for k, v in found.items() if k != "confusion"))
    broken = [row for row in rows if not all(row["holds"].values())]
    for row in broken:
        print(f"does not hold: {row['face']}, {row['voice']}, {row['emotion']}: {row['holds']}")
    print(f"{cpu_s:.0f} s CPU time")
    numbers = {
        "checkpoint": talker.name,
        "recipe": talker.meta.recipe,
        "trained_on": talker.meta.corpus,
        "seconds_of_each_voice": options.seconds,
        "judge": ExpressionJudge.note,
        "groups": groups,
        "rows": rows,
    }
    record = run_record(corpus="real files, not in the repository", seed=None, seconds=cpu_s)
    save_result(options.json, numbers, record | {"profile": talker.meta.profile})
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
