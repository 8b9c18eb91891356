"""How fast a corpus is filmed, and how long 1,000 clips would take.

    python benchmarks/film_speed.py [--clips 12] [--workers 2]

Times are CPU seconds of one process (other programs do not count), and the wall clock of the same
clips with `--workers`. The parts add up: speech, acting, dressing the stage, rendering, encoding.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from emolib.base.runtime import peak_memory_bytes, run_record
from emolib.media.video import write_video
from emolib.synthetic.film import FilmSettings, clip_names, film_clip, write_clip, write_corpus
from emolib.synthetic.people import Person, Stage
from emolib.synthetic.performance import perform
from emolib.synthetic.sentences import parse_sentences
from emolib.synthetic.speech import Voice, speak


def cpu_s(work, times: int = 1) -> float:
    """CPU seconds of this process that one call takes."""
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    settings = FilmSettings()
    sentences = parse_sentences("MTI,TIE")
    names = clip_names([9001, 9002], sentences)[: args.clips]
    person = Person.from_seed(0)
    voice = Voice.from_seed(0, person.sex)
    take = film_clip(9001, "MTI", "HAP", "XX", settings)
    list(take.frames())  # everything compiled
    with tempfile.TemporaryDirectory() as folder:
        frames = list(take.frames())
        out = Path(folder) / "clip.flv"
        parts = {
            "acting": cpu_s(lambda: perform(take.speech, "HAP", "XX", seed=0), 5),
            "dressing the stage (once a person)": cpu_s(lambda: Stage(person, 480, 360)),
            "rendering": cpu_s(lambda: list(take.frames())),
            "landmarks": cpu_s(take.landmarks),
            "encoding": cpu_s(
                lambda: write_video(out, frames, 30, take.speech.samples, overwrite=True)
            ),
        }
        speech = speak(take.speech.text, voice)
        speak.cache_clear()
        parts["speech"] = cpu_s(lambda: speak(take.speech.text, voice))
        start = time.process_time()
        for name in names:
            actor, sentence, emotion, level = name.split("_")
            write_clip(Path(folder), film_clip(int(actor), sentence, emotion, level, settings))
        clip_cpu_s = (time.process_time() - start) / len(names)
        start = time.perf_counter()
        write_corpus(
            Path(folder) / "corpus",
            actors=2,
            sentences=sentences,
            settings=settings,
            workers=args.workers,
        )
        clip_wall_s = (time.perf_counter() - start) / (12 * len(sentences))
    result = {
        "frames_in_clip": len(take),
        "seconds_of_parts": {part: round(value, 4) for part, value in parts.items()},
        "render_frames_per_cpu_s": round(len(take) / parts["rendering"], 1),
        "speech_cpu_s_per_s": round(parts["speech"] / speech.duration_s, 2),
        "speech_engine": speech.engine,
        "clip_cpu_s": round(clip_cpu_s, 2),
        "thousand_clips_one_core_min": round(clip_cpu_s * 1000 / 60, 1),
        f"clip_wall_s_{args.workers}_workers": round(clip_wall_s, 2),
        "peak_memory_mib": round(peak_memory_bytes() / 2**20),
        **run_record(corpus="synthetic", seed=0),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
