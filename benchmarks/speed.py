"""What each part of the package costs on this machine, and how true faces are found.

    python benchmarks/speed.py PART [SOURCE] [--json FILE]

Parts, with what SOURCE is (default: of `data/sample`, or made here):
    decode    reading an hour of video; memory must not grow   (SOURCE: the film to make or reuse)
    faces     finding, following, cropping, pasting            (a video; budget: 60 frames/s in all)
    accuracy  boxes and landmarks against the known truth      (a synthetic corpus)
    people    do networks trained on real people take the synthetic ones for people?
    store     preparing a corpus with one and two workers      (a corpus)
    windows   training windows, with and without augmentation  (a store)
    forward   the generator, plain and folded, each width
    evaluate  one generated clip, by group of metrics
    render    synthetic people, each hair style, everything on
    film      a synthetic corpus, from speech to file

Frames, windows and clips are counted by CPU time of one thread (on a GPU by the clock), so that a
busy machine changes little. Lines are "what: number".
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import torch

from emolib.base.config import AUDIO, VIDEO
from emolib.base.emotions import EMOTIONS
from emolib.base.files import data_dir, write_json
from emolib.base.results import save_result
from emolib.base.runtime import peak_memory_bytes, progress, run_record, seed_everything
from emolib.data.corpora import open_corpus
from emolib.media.faces import jitter_px, make_detector, track_faces
from emolib.media.video import VideoWriter, read_frames, write_video

SAMPLE = data_dir() / "sample"
CREMA_D_HOURS, HELD_OUT_CLIPS = 5.26, 144
BONES = [27, 28, 29, 30, 36, 39, 42, 45]  # iBUG: bridge of the nose, corners of the eyes
SAME_POINT = {33: 36, 133: 39, 362: 42, 263: 45, 61: 48, 291: 54, 13: 62, 14: 66, 168: 27}
ASTRONAUT_FACE = np.array([161.7, 62.0, 285.2, 185.5])  # in scikit-image's picture
OVERLAP, MARGIN = 0.3, 0.35  # of boxes that count as found; around landmarks for the identity


def cpu_s(work: Callable[[], object], repeats: int = 3) -> float:
    """Best of a few runs, CPU seconds."""
    spent = []
    for _ in range(repeats):
        start_s = time.process_time()
        work()
        spent.append(time.process_time() - start_s)
    return min(spent)


def decode(source: Path | None) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        found, film = {}, source or Path(folder) / "hour.mp4"
        if not film.exists():
            y, x = np.mgrid[:240, :320]
            back = np.stack([x % 256, y % 256, np.full_like(x, 90)], axis=-1).astype(np.uint8)
            start_s = time.process_time()
            with VideoWriter(film, VIDEO.fps, quality=35, overwrite=True) as out:
                for k in range(3600 * VIDEO.fps):
                    frame = back.copy()
                    frame[100:140, k % 280 : k % 280 + 40] = 250
                    out.write(frame)
            spent_s = time.process_time() - start_s
            found["encode 320×240, frames/s"] = 3600 * VIDEO.fps / spent_s
        n_frames, start_s = 0, time.process_time()
        for _ in read_frames(film):
            n_frames += 1
            if n_frames % 15_000 == 500:
                pages = int(Path("/proc/self/statm").read_text().split()[1])
                found[f"MB after {n_frames} frames"] = pages * resource.getpagesize() / 1e6
        found["decode, frames/s"] = n_frames / (time.process_time() - start_s)
        noise = np.random.default_rng(0).integers(0, 60, (360, 480, 3), np.uint8)
        for clip in (Path(folder) / "cremad.flv", Path(folder) / "cremad.mp4"):
            frames = [np.roll(noise, k, axis=1) + np.uint8(k) for k in range(90)]
            spent_s = cpu_s(lambda c=clip, f=frames: write_video(c, f, 30), repeats=1)
            found[f"{clip.name}, encode 480×360, frames/s"] = 90 / spent_s
            spent_s = cpu_s(lambda c=clip: list(read_frames(c)))
            found[f"{clip.name}, decode, frames/s"] = 90 / spent_s
    return found


def faces(source: Path | None) -> dict:
    frames = list(read_frames(source or open_corpus(SAMPLE).clips()[0].video))
    detector = make_detector()
    track = track_faces(frames, detector)
    places = [track.transform(i) for i in range(len(frames))]
    crops = [place.crop(frame, VIDEO.face_px) for place, frame in zip(places, frames, strict=True)]

    def crop(places=places) -> None:
        for place, frame in zip(places, frames, strict=True):
            place.crop(frame, VIDEO.face_px)

    def paste() -> None:
        for place, frame, face in zip(places, frames, crops, strict=True):
            place.paste(frame, face)

    def everything() -> None:
        found = track_faces(frames, detector)
        crop([found.transform(i) for i in range(len(frames))])

    works = {
        "detect every frame": lambda: [detector.detect(frame) for frame in frames],
        "detect and track": lambda: track_faces(frames, detector),
        **{"crop": crop, "paste": paste, "detect, track and crop": everything},
    }
    return {f"{name}, frames/s": len(frames) / cpu_s(work) for name, work in works.items()}


def accuracy(source: Path | None) -> dict:
    """Pixels, after taking out the constant offset: a crop may lie anywhere, if it stays there."""
    detector, rows = make_detector(), []
    for clip in open_corpus(source or SAMPLE).clips():
        if not clip.truth:
            continue
        frames = list(read_frames(clip.video))
        track = track_faces(frames, detector, keep_landmarks=True)
        truth = np.load(clip.truth)["landmarks"].astype(np.float64)[: len(frames)]
        n = len(truth)
        head = truth[:, BONES].mean(axis=1)  # (N, 2)
        off = track.poses[:n, :2] - head
        off -= off.mean(axis=0)
        boxes = np.stack([detector.detect(frame)[0].box for frame in frames[:n]])
        points = track.landmarks[:n, list(SAME_POINT), :2] - truth[:, list(SAME_POINT.values())]
        steady = points - points.mean(axis=0)
        rows.append(
            {
                "face size": track.poses[:, 2].mean(),
                "box off by, rms": np.sqrt((off**2).mean()),
                "box off by at the ends, rms": np.sqrt((off[[0, 1, -2, -1]] ** 2).mean()),
                "box jitter": jitter_px(off),
                "box jitter, detector alone": jitter_px((boxes[:, :2] + boxes[:, 2:]) / 2 - head),
                "head's own jitter": jitter_px(head),
                "size jitter, %": 100 * jitter_px(np.log(track.poses[:, 2:3])),
                "landmarks off by, mean": np.linalg.norm(points, axis=2).mean(),
                "landmarks off by, offsets out": np.linalg.norm(steady, axis=2).mean(),
            }
        )
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def people(source: Path | None, n_people: int = 50, every: int = 5) -> dict:
    """Speaking clips with head motion, every emotion in turn; `source` is not used."""
    from emolib.media.face import iou
    from emolib.models.face_nets import SAME_PERSON, IdentityNet, identity_distance
    from emolib.synthetic.film import FilmSettings, film_clip
    from emolib.synthetic.take import FIRST_ACTOR

    settings, detector, identity = FilmSettings(seed=7, fps=25), make_detector(), IdentityNet.load()
    found, descriptors = [], []
    for actor in progress(range(FIRST_ACTOR, FIRST_ACTOR + n_people)):
        shown = []
        for emotion in EMOTIONS:
            take = film_clip(actor, "IWW", emotion, "XX", settings)
            middle = every * (len(take) // (2 * every))
            for k, (frame, points) in enumerate(zip(take.frames(), take.landmarks(), strict=True)):
                if k % every:
                    continue
                low, high = points.min(axis=0), points.max(axis=0)
                half = (high - low).max() / 2 * (1 + MARGIN / 2)
                x0, y0 = (low + high) / 2 - half
                square = np.array([x0, y0, x0 + 2 * half, y0 + 2 * half])
                boxes = [face.box for face in detector.detect(frame)]
                found.append(bool(boxes) and iou(square, np.stack(boxes)).max() > OVERLAP)
                if k == middle:
                    scale = 150 / (2 * half)
                    matrix = np.array([[scale, 0, -scale * x0], [0, scale, -scale * y0]])
                    face = cv2.warpAffine(frame, matrix, (150, 150), borderMode=1)
                    shown.append(torch.from_numpy(face).permute(2, 0, 1).float() / 255)
        with torch.inference_mode():
            descriptors.append(identity(torch.stack(shown)))  # (6, 128)
    apart = {
        "same person": [
            float(identity_distance(one[a], one[b]))
            for one in descriptors
            for a, b in combinations(range(len(EMOTIONS)), 2)
        ],
        "different people": [
            float(identity_distance(a[k], b[k]))
            for a, b in combinations(descriptors, 2)
            for k in range(len(EMOTIONS))
        ],
    }
    numbers = {"frames in which the face is found, %": 100 * float(np.mean(found))}
    for name, distances in apart.items():
        for p in (5, 25, 50, 75, 95):
            numbers[f"distance, {name}, percentile {p}"] = float(np.percentile(distances, p))
        share = float(np.mean(np.array(distances) < SAME_PERSON))
        numbers[f"{name} below {SAME_PERSON}, %"] = 100 * share
    return numbers


def _prepare(corpus: Path, workers: int, answers) -> None:
    """One preparation in a fresh process; answers with frames, seconds, CPU seconds, peak MB."""
    from emolib.data.prepare import prepare
    from emolib.data.store import ClipStore

    with tempfile.TemporaryDirectory() as folder:
        start_s = time.perf_counter()
        report = prepare(open_corpus(corpus), Path(folder) / "store", workers=workers)
        wall_s = time.perf_counter() - start_s
        n_frames = ClipStore(report.store).statistics()["frames"]
        if workers > 1:  # loky's workers end with the process that started them
            from joblib.externals.loky import get_reusable_executor

            get_reusable_executor().shutdown(wait=True)
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        spent_s = sum(one.ru_utime + one.ru_stime for one in used)
        answers.put((n_frames, wall_s, spent_s, max(one.ru_maxrss for one in used) / 1e3))


def store(source: Path | None) -> dict:
    context, found = multiprocessing.get_context("spawn"), {}
    for workers in (1, 2):
        answers = context.Queue()
        child = context.Process(target=_prepare, args=(source or SAMPLE, workers, answers))
        child.start()
        n_frames, wall_s, spent_s, peak_mb = answers.get()
        child.join()
        found |= {
            f"{workers} workers, frames/s of the clock": n_frames / wall_s,
            f"{workers} workers, frames/s of CPU time": n_frames / spent_s,
            f"{workers} workers, peak MB of a process": peak_mb,
            f"{workers} workers, hours for CREMA-D": CREMA_D_HOURS * 25 / n_frames * spent_s,
        }
    return found


def random_store(folder: Path, n_actors: int = 10, n_frames: int = 62):
    """Ten actors, two sentences, six emotions: 7,440 frames, about 200 MB."""
    from emolib.data.parts import pack

    rng, n_mels, rows = np.random.default_rng(0), 1 + n_frames * 80 // 25, []
    fixed = {"level": "XX", "split": "train", "fps": 25, "source": "none", "sha256": "0"}
    fixed |= {"silent": 0, "n_frames": n_frames, "n_mels": n_mels}
    for actor in range(9001, 9001 + n_actors):
        for sentence in ("IEO", "MTI"):
            for code in EMOTIONS:
                name = {"clip": f"{actor}_{sentence}_{code}_XX", "actor": str(actor)}
                rows.append(name | {"sentence": sentence, "emotion": code} | fixed)
    arrays = (
        {
            "frames": rng.integers(0, 255, (n_frames, 96, 96, 3), np.uint8),
            "mel": rng.normal(size=(n_mels, AUDIO.n_mels)).astype(np.float32),
            "boxes": np.zeros((n_frames, 4), np.float32),
        }
        for _ in rows
    )
    pack(folder, rows, arrays, 96)
    counts = {"clips": len(rows), "frames": len(rows) * n_frames, "mels": len(rows) * n_mels}
    info = {"format": 1, "corpus": "random", "paired": True, "emotions": list(EMOTIONS)}
    write_json(folder / "store.json", {**info, "counts": counts, "settings": {"crop_px": 96}})


def windows(source: Path | None) -> dict:
    from emolib.data.augment import Augment
    from emolib.data.store import ClipStore
    from emolib.data.windows import EmotionWindows, GeneratorSettings, GeneratorWindows, SyncWindows

    def per_s(draw: Callable[[int], object], seconds: float = 3.0) -> float:
        for k in range(20):
            draw(k)
        n, start_s = 0, time.process_time()
        while time.process_time() - start_s < seconds:
            draw(n)
            n += 1
        return n / (time.process_time() - start_s)

    found, other = {}, GeneratorSettings("other_emotion")
    with tempfile.TemporaryDirectory() as folder:
        if source is None:
            random_store(Path(folder))
        clips = ClipStore(source or folder)
        kinds = {
            "sync": lambda augment: SyncWindows(clips, augment=augment),
            "emotion": lambda augment: EmotionWindows(clips, augment=augment),
            "generator, same clip": lambda augment: GeneratorWindows(clips, augment=augment),
            "generator, other emotion": lambda augment: GeneratorWindows(clips, other, 0, augment),
        }
        for name, make in kinds.items():
            plain, augmented = make(None), make(Augment())
            for told, data in (("bytes", plain), ("augmented", augmented)):
                rate = per_s(lambda k, data=data: data.item(k // len(data), k % len(data)))
                found[f"{name}, {told}, windows/s"] = rate
            rate = per_s(lambda k, data=plain: data[k % len(data)])
            found[f"{name}, finished floats, windows/s"] = rate
    return found


def forward(source: Path | None, n_frames: int = 25, rounds: int = 5) -> dict:
    """ "plain": as PyTorch runs it in eval mode; "fused": batch norms folded. The variants take
    turns; "× plain" is the median of paired ratios. `source` is not used."""
    from emolib.models.cost import trace
    from emolib.models.generator import Generator, GeneratorConfig

    found = {}
    for device in ["cpu"] + (["cuda"] if torch.cuda.is_available() else []):
        clock = time.perf_counter if device == "cuda" else time.process_time

        def seconds(net, inputs, device=device, clock=clock) -> float:
            start = clock()
            net(*inputs)
            if device == "cuda":
                torch.cuda.synchronize()
            return clock() - start

        for width in (1 / 8, 1 / 4, 1.0):
            torch.manual_seed(0)
            net = Generator(GeneratorConfig(width=width)).eval().requires_grad_(False).to(device)
            last = Generator(net.config).eval().requires_grad_(False).to(device)
            inputs = (
                torch.rand(n_frames // 5, 5, 1, 80, 16),
                torch.rand(n_frames // 5, 5, 6, 96, 96),
            )
            inputs = [x.to(device) for x in (*inputs, torch.rand(n_frames // 5, 6))]
            macs = trace(net, *(x[:1, :1] if x.ndim > 2 else x[:1] for x in inputs))[-1].macs
            table = {
                "plain fp32": net,
                "channels_last fp32": last.to(memory_format=torch.channels_last),
                "fused fp32": net.fused(),
                "fused bf16": net.fused(torch.bfloat16),
            }
            if device == "cuda":
                fused = net.fused(torch.bfloat16)
                table["fused bf16 compiled"] = torch.compile(fused, dynamic=False)
            times = {name: [] for name in table}
            with torch.inference_mode():
                for variant in table.values():  # warm up
                    seconds(variant, inputs), seconds(variant, inputs)
                for _ in range(rounds):
                    for name, variant in table.items():
                        times[name].append(seconds(variant, inputs))
            head = f"{device}, width {width:g}"
            found[f"{head}, GMAC a frame"] = macs / 1e9
            for name, taken in times.items():
                ratios = [p / t for p, t in zip(times["plain fp32"], taken, strict=True)]
                found[f"{head}, {name}, frames/s"] = n_frames / statistics.median(taken)
                found[f"{head}, {name}, × plain"] = statistics.median(ratios)
    return found


def evaluate(source: Path | None, width: float = 0.25, n_frames: int = 60) -> dict:
    """CPU seconds of a clip by group of metrics; "first" counts true clip and source, too, which
    are remembered for the next checkpoint. Random weights; `source` is not used."""
    from skimage import data

    from emolib.evaluation.clip_features import METRICS, Instruments, extract
    from emolib.evaluation.emotion import ExpressionJudge, WindowJudge
    from emolib.evaluation.measure import Material, measure
    from emolib.evaluation.regenerate import regenerate
    from emolib.media.faces import FaceMesh, crop_face
    from emolib.media.mel import melspectrogram
    from emolib.models.emotion import EmotionClassifier, EmotionClassifierConfig
    from emolib.models.face_nets import ExpressionNet, IdentityNet
    from emolib.models.generator import Generator, GeneratorConfig
    from emolib.models.syncnet import SyncNet, SyncNetConfig

    seed_everything(0)
    rng, clips = np.random.default_rng(0), {}
    for name, gain in (("generated", 1.0), ("truth", 0.9), ("copy", 0.8)):
        boxes = [ASTRONAUT_FACE + 0.1 * k for k in range(n_frames)]
        frames = np.stack([crop_face(data.astronaut(), box, 96) for box in boxes])
        noise = rng.normal(0, 3, frames.shape)
        clips[name] = (gain * frames + noise).clip(0, 255).astype(np.uint8)
    sound = (0.1 * rng.standard_normal(n_frames * 640)).clip(-1, 1).astype(np.float32)
    mel = melspectrogram(sound)
    generator = Generator(GeneratorConfig(width=width, head="composite")).eval().fused()
    classifier = EmotionClassifier(EmotionClassifierConfig(width=width)).eval()
    networks = {
        "expert": SyncNet(SyncNetConfig(width=width)).eval(),
        "judges": (WindowJudge(classifier, "classifier"),),
        "expression": ExpressionJudge(ExpressionNet.load()),
        "identity": IdentityNet.load(),
        "mesh": FaceMesh(),
    }

    def see(name: str, tools: Instruments):
        against = None if name == "truth" else clips["truth"]
        return extract(clips[name], tools, mel=mel, against=against)

    spent = {"generate": cpu_s(lambda: regenerate(generator, clips["copy"], mel, "HAP"))}
    for group in METRICS:
        asks = group in ("emotion", "crowd")
        used = {k: v for k, v in networks.items() if k != "expression" or asks}
        tools = Instruments(**used, metrics=(group,))
        spent[group] = cpu_s(lambda tools=tools: see("generated", tools))
    tools = Instruments(**networks)
    seen = {name: see(name, tools) for name in clips}
    spent["compare"] = cpu_s(lambda: measure(Material(clips, seen, paired=True)))
    spent["all"] = spent["generate"] + spent["compare"] + cpu_s(lambda: see("generated", tools))
    spent["first"] = spent["all"] + 2 * cpu_s(lambda: see("truth", tools))
    found = {f"{name}, ms a clip of {n_frames} frames": 1000 * s for name, s in spent.items()}
    minutes = {name: HELD_OUT_CLIPS * spent[name] / 60 for name in ("first", "all")}
    return found | {f"{HELD_OUT_CLIPS} clips, {name}, min": m for name, m in minutes.items()}


def render(source: Path | None, n_frames: int = 60) -> dict:
    """A moving face of 480×360; `source` is not used."""
    from emolib.synthetic.hair import STYLES
    from emolib.synthetic.head import UNITS
    from emolib.synthetic.people import Person, Stage

    rng = np.random.default_rng(0)
    weights = np.clip(rng.normal(0, 0.3, (n_frames, len(UNITS))), 0, 1).astype(np.float32)
    poses = rng.normal(0, 0.08, (n_frames, 6)).astype(np.float32) * (1, 1, 1, 0.3, 0.3, 0.3)
    found, someone = {}, {}
    for seed in range(400):
        person = Person.from_seed(seed)
        someone.setdefault(person.hair.style, person)
    Stage(next(iter(someone.values())), 480, 360).render(weights[0], poses[0])  # compile
    for style in STYLES:
        start_s = time.process_time()
        stage = Stage(someone[style], 480, 360)
        found[f"{style}, set-up s"] = time.process_time() - start_s
        start_s = time.process_time()
        for w, p in zip(weights, poses, strict=True):
            stage.render(w, p)
        found[f"{style}, frames/s"] = n_frames / (time.process_time() - start_s)
    speeds = [value for name, value in found.items() if name.endswith("frames/s")]
    mean = len(speeds) / sum(1 / speed for speed in speeds)
    return found | {"mean, frames/s": mean, "peak MiB": peak_memory_bytes() / 2**20}


def film(source: Path | None, n_clips: int = 12, workers: int = 2) -> dict:
    """Speech, acting, dressing the stage, rendering, encoding; `source` is not used."""
    from emolib.synthetic.film import FilmSettings, clip_names, film_clip, write_clip, write_corpus
    from emolib.synthetic.people import Person, Stage
    from emolib.synthetic.performance import perform
    from emolib.synthetic.sentences import parse_sentences
    from emolib.synthetic.speech import Voice, speak

    settings, sentences = FilmSettings(), parse_sentences("MTI,TIE")
    person = Person.from_seed(0)
    voice = Voice.from_seed(0, person.sex)
    take = film_clip(9001, "MTI", "HAP", "XX", settings)
    frames = list(take.frames())  # everything compiled
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "clip.flv"
        parts = {
            "acting": lambda: perform(take.speech, "HAP", "XX", seed=0),
            "dressing the stage": lambda: Stage(person, 480, 360),
            "rendering": lambda: list(take.frames()),
            "landmarks": take.landmarks,
            "encoding": lambda: write_video(out, frames, 30, take.speech.samples, overwrite=True),
            "speech": lambda: (speak.cache_clear(), speak(take.speech.text, voice)),
        }
        found = {f"{part}, s": cpu_s(work, repeats=1) for part, work in parts.items()}
        found["rendering, frames/s"] = len(take) / found["rendering, s"]
        names = clip_names([9001, 9002], sentences)[:n_clips]
        start_s = time.process_time()
        for name in names:
            actor, sentence, emotion, level = name.split("_")
            write_clip(Path(folder), film_clip(int(actor), sentence, emotion, level, settings))
        found["a clip, CPU s"] = (time.process_time() - start_s) / len(names)
        start_s, options = time.perf_counter(), {"settings": settings, "workers": workers}
        write_corpus(Path(folder) / "corpus", actors=2, sentences=sentences, **options)
        wall_s = (time.perf_counter() - start_s) / (12 * len(sentences))
    found[f"a clip with {workers} workers, s of the clock"] = wall_s
    found["1,000 clips, min of one core"] = found["a clip, CPU s"] * 1000 / 60
    return found | {"peak MiB": peak_memory_bytes() / 2**20}


PARTS = (decode, faces, accuracy, people, store, windows, forward, evaluate, render, film)


def main() -> None:
    parts = {part.__name__: part for part in PARTS}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=parts)
    parser.add_argument("source", type=Path, nargs="?", help="a file or folder, see above")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args()
    if options.part != "forward":
        torch.set_num_threads(1), cv2.setNumThreads(1)
    found = parts[options.part](options.source)
    for name, value in found.items():
        print(f"{name}: {value:.4g}")
    if options.json:
        corpus = str(options.source.name if options.source else "sample or made here")
        save_result(options.json, found, run_record(corpus=corpus, seed=0))


if __name__ == "__main__":
    main()
