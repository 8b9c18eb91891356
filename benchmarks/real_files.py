"""Every face file of a folder × every voice × six emotions: what holds, and how good it is.

    python benchmarks/real_files.py FOLDER [--checkpoint lite] [--emotions all] [--seconds 3]
        [--out out/real_files] [--json data/results/real_files.json] [--browser [CHROMIUM]]

Faces are the videos and pictures of FOLDER, voices its sound files. The films and the contact
sheets (input on top, an emotion a row, every fifth frame; 96-pixel paste beside native painting) go
to `--out`, the numbers to `--json`. There, faces are called by their kind only.

What must hold, else the exit code is 1: as many frames as the sound lasts, sound and picture start
together, no pixel outside the face's box differs (before encoding), the label is seen, `verify`
says "signed", and with `--browser` headless Chromium plays the film (needs playwright).
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
from dataclasses import dataclass
from pathlib import Path

import cv2
import matplotlib

matplotlib.use("Agg")

import numpy as np
import torch
from scipy import signal

from emolib.base.config import AUDIO, VIDEO
from emolib.base.emotions import COLOURS, EMOTIONS, NAMES, parse_emotion
from emolib.base.errors import CheckpointError, MediaError
from emolib.base.files import project_root, results_dir
from emolib.base.results import save_result
from emolib.base.runtime import progress, run_record
from emolib.evaluation.emotion import ExpressionJudge, score_emotions
from emolib.evaluation.landmarks import motion_of_frames
from emolib.evaluation.sync import lse_expert
from emolib.evaluation.visual import detail, features_of
from emolib.figures.sheets import contact_sheet, every_nth
from emolib.figures.style import caption, use_style
from emolib.generate import TalkingFace
from emolib.media.audio import load_audio
from emolib.media.faces import FaceMesh
from emolib.media.files import open_media
from emolib.media.provenance import write_labelled
from emolib.media.verify import verify
from emolib.models.checkpoint import find_checkpoint, load_checkpoint
from emolib.models.face_nets import (
    SAME_PERSON,
    ExpressionNet,
    IdentityNet,
    identity_distance,
)

VIDEOS, STILLS = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".flv"), (".png", ".jpg", ".jpeg")
VOICES = (".wav", ".mp3", ".flac", ".m4a", ".ogg")
CLOSE_UP = 0.4  # of the picture's shorter side, from which a face counts as close
MAX_LAG_S, SEARCH_S = 0.02, 0.5  # a sound may be so late; is looked for so far
CROP_PX = 160  # what the judges look at: the standard face square
FLOOR_DB = 50.0  # below the loudest moment all is silence
STILL = 0.01  # a mouth whose opening varies less (in distances of the eye corners) is at rest
IDENTITY_STRIDE = 5
RATE_HZ = AUDIO.sample_rate_hz
CROP_MARGIN = 0.12  # of the face square, around it, in the sheets
COLUMNS = 13
SHEET_DPI = 110


@dataclass(frozen=True, eq=False)
class FilmJudges:
    """Who looks at a film: expression judge, identity network, landmark mesh."""

    expression: ExpressionJudge
    identity: IdentityNet
    mesh: FaceMesh


@dataclass(frozen=True, eq=False)
class FaceSeen:
    """One clip's face through the judges' eyes.

    Attributes:
        probs: (6,) the judge's probabilities in `EMOTIONS` order.
        lips: (T,) opening in distances of the outer eye corners; None if the mesh sees no face.
        descriptors: (n, 128) of every fifth frame.
        detail: see `evaluation.visual.detail`.
    """

    probs: np.ndarray
    lips: np.ndarray | None
    descriptors: np.ndarray
    detail: float


@dataclass
class Given:
    """One face and one voice: what all their clips share."""

    face: Path
    voice: np.ndarray  # (n,) at 16 kHz
    voice_name: str
    sources: np.ndarray  # (T, H, W, 3) the frames as they are
    seen: FaceSeen  # the source through the judges' eyes
    kind: str


@dataclass
class Made:
    """What is kept of a generated clip: cut-outs of some frames, and what was found."""

    emotion: str
    shown: list[np.ndarray]
    middle: tuple[np.ndarray, np.ndarray]  # source and generated, the face in the middle frame
    row: dict


def look_at(faces: np.ndarray, judges: FilmJudges) -> FaceSeen:
    """Judge face crops (T, S, S, 3) uint8 RGB of the standard face square."""
    try:
        lips = motion_of_frames(faces, judges.mesh).lips
    except MediaError:
        lips = None
    descriptors = features_of(judges.identity, faces[::IDENTITY_STRIDE])
    return FaceSeen(judges.expression.probs(faces), lips, descriptors, detail(faces))


def read_film(path: Path, intended: np.ndarray, rate_hz: int) -> tuple[int, float, float]:
    """A film's pictures, first sound after first picture (s), lag of its sound (s; NaN: silent)."""
    with open_media(path) as container:
        starts = {s.type: float((s.start_time or 0) * s.time_base) for s in container.streams}
        n_frames = sum(1 for _ in container.decode(video=0))
    heard = load_audio(path, None, rate_hz)
    n = min(len(heard), len(intended))
    if not heard[:n].any() or not intended[:n].any():
        return n_frames, starts["audio"] - starts["video"], float("nan")
    match = signal.correlate(heard[:n], intended[:n])
    match[np.abs(lags := signal.correlation_lags(n, n)) > SEARCH_S * rate_hz] = -np.inf
    return n_frames, starts["audio"] - starts["video"], float(lags[match.argmax()]) / rate_hz


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


def loudness_db(samples: np.ndarray, n_frames: int, rate_hz: int) -> np.ndarray:
    """Level around each frame, over two frames' time: (n_frames,) dB below the loudest, to -50."""
    step = rate_hz / VIDEO.fps
    power = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    centre = np.rint((np.arange(n_frames) + 0.5) * step).astype(int)
    first, last = (np.clip(centre + d, 0, len(samples)) for d in (-round(step), round(step)))
    level = 10 * np.log10((power[last] - power[first]) / np.maximum(last - first, 1) + 1e-12)
    return np.maximum(level - level.max(), -FLOOR_DB)


def follows(opening: np.ndarray, loudness: np.ndarray) -> float:
    """Correlation (T,) with (T,); NaN for a mouth, or a sound, that rests throughout."""
    if opening.std() < STILL or loudness.std() == 0:
        return float("nan")
    return float(np.corrcoef(opening, loudness)[0, 1])


def files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Files of a folder by their suffixes, in order."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)


def kind_of(path: Path, box: np.ndarray, shape: tuple[int, ...]) -> str:
    """What a face file is called in the results, so that nobody is named."""
    if path.suffix.lower() in STILLS:
        return "painting" if "paint" in path.stem.lower() else "picture"
    share = (box[2] - box[0]) / min(shape[:2])
    return "close-up video" if share >= CLOSE_UP else "full-body video"


def crops(stream, pictures: np.ndarray) -> np.ndarray:
    """The standard face square of every frame: (T, S, S, 3)."""
    places = (stream.track.transform(int(k)) for k in stream.plan)
    return np.stack([p.crop(picture, CROP_PX) for p, picture in zip(places, pictures, strict=True)])


def open_pair(talker, face: Path, voice_name: str, voice: np.ndarray, judges) -> Given:
    """A face and a voice, with the source looked at once."""
    stream = talker.stream(face, voice, "NEU")
    sources = np.stack(list(stream.source.frames(stream.plan)))
    kind = kind_of(face, stream.boxes[0], sources.shape[1:])
    seen = look_at(crops(stream, sources), judges)
    return Given(face, voice, voice_name, sources, seen, kind)


def make(talker, given: Given, code: str, out: Path, tools: tuple, native: bool = True) -> Made:
    """Generate one clip, write it, check what must hold, and measure it."""
    start_s = time.process_time()
    stream = talker.stream(given.face, given.voice, code, native=native)
    frames = np.stack(list(stream))
    generated_s = time.process_time() - start_s
    facts = talker.facts(stream)
    written = write_labelled(out, frames, stream.audio, facts, fps=stream.fps, overwrite=True)
    n_frames, apart_s, lag_s = read_film(out, stream.audio, stream.sound.rate_hz)
    verdict = verify(out)
    change = outside_change(frames, given.sources, stream.boxes)
    holds = {
        "frames_as_sound": abs(n_frames / stream.fps - len(given.voice) / RATE_HZ) <= 0.04,
        "starts_together": abs(apart_s) <= MAX_LAG_S and not abs(lag_s) > MAX_LAG_S,
        "outside_untouched": change == 0,
        "label_seen": any("label: seen" in note for note in verdict.notes),
        "signed": written.signed and verdict.state == "signed",
    }
    row = {
        "face": given.kind,
        "voice": given.voice_name,
        "emotion": code,
        "face_px": round(float(np.median(stream.boxes[:, 2] - stream.boxes[:, 0]))),
        "holds": holds,
        "frames": n_frames,
        "sound_lag_ms": round(1000 * lag_s, 2),
        "outside_change": change,
        "generate_cpu_s": round(generated_s, 2),
        "missing_frames": int((~stream.track.found[stream.plan]).sum()),
    }
    row |= measure(crops(stream, frames), code, given, *tools)
    box, k = stream.boxes, len(frames) // 2
    middle = around(given.sources[k], box[k]), around(frames[k], box[k])
    shown = [around(frame, box[0]) for frame in every_nth(frames, 5, COLUMNS)]
    return Made(code, [picture.copy() for picture in shown], tuple(map(np.copy, middle)), row)


def measure(faces: np.ndarray, code: str, given: Given, judges: FilmJudges, expert) -> dict:
    """What is measured of the face crops (T, S, S, 3) of a clip."""
    seen, loud = look_at(faces, judges), loudness_db(given.voice, len(faces), RATE_HZ)
    source, index = given.seen, EMOTIONS.index(code)
    own = None if source.lips is None else follows(source.lips, loud)
    found = {
        "probs": [round(float(p), 4) for p in seen.probs],
        "named": EMOTIONS[int(seen.probs.argmax())],
        "prob": round(float(seen.probs[index]), 4),
        "prob_of_source": round(float(source.probs[index]), 4),
        "mouth_follows": plain(None if seen.lips is None else follows(seen.lips, loud)),
        "mouth_follows_source": plain(own),
        "mouth_opening_std": plain(None if seen.lips is None else seen.lips.std()),
        "identity_distance": plain(identity_distance(seen.descriptors, source.descriptors).mean()),
        "detail": round(seen.detail / source.detail, 3),
    }
    if expert is not None:
        small = np.stack([cv2.resize(f, (96, 96), interpolation=cv2.INTER_AREA) for f in faces])
        sync = lse_expert(expert, small, given.voice)
        found |= {"lse_c_expert": plain(sync.confidence), "offset_expert": int(sync.offset)}
    return found


def plain(value) -> float | None:
    """A number for JSON: None where it could not be measured."""
    return None if value is None or not np.isfinite(value) else round(float(value), 4)


def around(frame: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The face with some room around it."""
    margin = CROP_MARGIN * (box[2] - box[0])
    x0, y0 = (max(int(edge - margin), 0) for edge in box[:2])
    x1, y1 = (int(edge + margin) for edge in box[2:])
    return frame[y0:y1, x0:x1]


def sheet(given: Given, clips: list[Made], box: np.ndarray, out: Path, talker) -> None:
    """Input on top, one emotion a row, every fifth frame."""
    top = [around(frame, box) for frame in every_nth(given.sources, 5, COLUMNS)]
    labels = ["input", *(NAMES[clip.emotion] for clip in clips)]
    colours = ["#222222", *(COLOURS[clip.emotion] for clip in clips)]
    fig = contact_sheet([top, *(clip.shown for clip in clips)], labels, label_colours=colours)
    save(fig, out, f"{given.kind} says {given.voice_name}; every fifth frame", talker)


def save(fig, out: Path, told: str, talker) -> None:
    """A sheet as PNG, with its caption."""
    told = f"{told}; generator {talker.name} ({talker.meta.recipe})"
    caption(fig, told, corpus="a user's own files", profile=talker.meta.profile)
    fig.savefig(out, dpi=SHEET_DPI)
    matplotlib.pyplot.close(fig)


def plays(films: list[Path], chromium: str) -> dict[str, bool]:
    """Whether headless Chromium plays each film: decoded, advancing, of the right size."""
    from playwright.sync_api import sync_playwright

    wait = (
        "() => { const v = document.querySelector('video'); return v.error || v.currentTime > 0.4 }"
    )
    state = "() => { const v = document.querySelector('video');" + (
        " return [v.error === null, v.readyState, v.currentTime, v.videoWidth] }"
    )
    found = {}
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        for film in films:
            html = Path(folder) / "page.html"
            html.write_text(f'<video src="{film.resolve().as_uri()}" autoplay muted></video>')
            page.goto(html.as_uri())
            page.wait_for_function(wait, timeout=20_000)
            fine, ready, time_s, width = page.evaluate(state)
            found[film.name] = bool(fine and ready >= 2 and time_s > 0 and width > 0)
        browser.close()
    return found


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


def load_expert(name: str):
    """The sync expert, if its checkpoint is there."""
    try:
        return load_checkpoint(find_checkpoint(name, "syncnet"), "syncnet")[0].eval()
    except CheckpointError:
        return None


def run_all(options, talker) -> tuple[list[dict], list[Path]]:
    """All rows, and one film for each face and voice."""
    judges = FilmJudges(ExpressionJudge(ExpressionNet.load()), IdentityNet.load(), FaceMesh())
    tools, out = (judges, load_expert("lite")), options.out
    names = NAMES.values() if options.emotions == "all" else options.emotions.split(",")
    codes = [parse_emotion(name) for name in names]
    voices = {path.stem: load_audio(path) for path in files(options.folder, VOICES)}
    rows, compared, films = [], {}, []
    for face in progress(files(options.folder, VIDEOS + STILLS), desc="faces"):
        for voice_name, sound in voices.items():
            given = open_pair(
                talker, face, voice_name, sound[: round(options.seconds * RATE_HZ)], judges
            )
            stem = f"{face.stem}-{voice_name}"
            paths = [out / f"{stem}-{NAMES[code]}.mp4" for code in codes]
            clips = [make(talker, given, *each, tools) for each in zip(codes, paths, strict=True)]
            box = talker.stream(face, given.voice, codes[0]).boxes[0]
            sheet(given, clips, box, out / f"sheet-{stem}.png", talker)
            if face not in compared:
                soft = make(talker, given, codes[-1], out / f"{stem}-96.mp4", tools, native=False)
                clips[-1].row["detail_96"] = soft.row["detail"]
                label = f"{given.kind}\n{soft.row['face_px']} px"
                compared[face] = label, [soft.middle[0], soft.middle[1], clips[-1].middle[1]]
            films.append(paths[0])
            rows += [clip.row for clip in clips]
    columns = ["source", "96 pixels, pasted", "native resolution"]
    labels, pictures = zip(*compared.values(), strict=True)
    fig = contact_sheet(pictures, labels, columns, cell_inches=3.2)
    save(fig, out / "sheet-96-against-native.png", "One frame, two ways back", talker)
    return rows, films


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--checkpoint", default="lite")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--emotions", default="all", help="e.g. happiness,sadness")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each voice")
    parser.add_argument("--out", type=Path, default=project_root() / "out" / "real_files")
    parser.add_argument("--json", type=Path, default=results_dir() / "real_files.json")
    parser.add_argument("--browser", nargs="?", const="/usr/bin/chromium", help="play the films")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1), cv2.setNumThreads(1)
    use_style()
    options.out.mkdir(parents=True, exist_ok=True)
    start_s = time.process_time()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["EMOLIB_CACHE"] = cache  # nothing about these faces is kept
        talker = TalkingFace.load(options.checkpoint, device=options.device)
        rows, films = run_all(options, talker)
    played = plays(films, options.browser) if options.browser else {}
    cpu_s = time.process_time() - start_s
    kinds = dict.fromkeys(row["face"] for row in rows)
    groups = {kind: summary([row for row in rows if row["face"] == kind]) for kind in kinds}
    groups["all"] = summary(rows)
    for kind, found in groups.items():
        print(f"{kind}: " + ", ".join(f"{k} {v}" for k, v in found.items() if k != "confusion"))
    broken = [row for row in rows if not all(row["holds"].values())]
    for row in broken:
        print(f"does not hold: {row['face']}, {row['voice']}, {row['emotion']}: {row['holds']}")
    print(f"played in the browser: {sum(played.values())} of {len(played)}; {cpu_s:.0f} s CPU time")
    numbers = {
        "checkpoint": talker.name,
        "recipe": talker.meta.recipe,
        "trained_on": talker.meta.corpus,
        "seconds_of_each_voice": options.seconds,
        "judge": ExpressionJudge.note,
        "played_in_browser": [sum(played.values()), len(played)],
        "groups": groups,
        "rows": rows,
    }
    record = run_record(corpus="real files, not in the repository", seed=None, seconds=cpu_s)
    save_result(options.json, numbers, record | {"profile": talker.meta.profile})
    sys.exit(bool(broken) or not all(played.values()))


if __name__ == "__main__":
    main()
