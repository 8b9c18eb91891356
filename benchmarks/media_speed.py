"""Decoding a one-hour video: frames a second of CPU time, and memory, which must not grow.

Run: python benchmarks/media_speed.py [--minutes 60] [--keep FILE]
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from emolib.media.video import VideoWriter, probe, read_frames, write_video


def make_film(path: Path, minutes: float, fps: int = 25, width: int = 320, height: int = 240):
    """A slowly changing picture with a moving square; small files, real decoding."""
    y, x = np.mgrid[:height, :width]
    back = np.stack([x % 256, y % 256, np.full_like(x, 90)], axis=-1).astype(np.uint8)
    with VideoWriter(path, fps, quality=35, overwrite=True) as out:
        for k in range(round(minutes * 60 * fps)):
            frame = back.copy()
            left = k % (width - 40)
            frame[100:140, left : left + 40] = 250
            out.write(frame)


def rss_mb() -> float:
    """Memory of this process now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--keep", type=Path, help="make or reuse the film under this name")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "hour.mp4"
        if not path.exists():
            start_s = time.process_time()
            make_film(path, options.minutes)
            n_frames = probe(path).n_frames
            encoded = n_frames / (time.process_time() - start_s)
            print(f"encode 320x240 h264: {encoded:.0f} frames/s of CPU time")
        marks, n_frames, start_s = [], 0, time.process_time()
        for _ in read_frames(path):
            n_frames += 1
            if n_frames % 15_000 == 500:
                marks.append(rss_mb())
        seconds = time.process_time() - start_s
        print(f"decode 320x240 h264: {n_frames} frames, {n_frames / seconds:.0f}/s of CPU time")
        print("memory after 20 s, then every 10 min (MB):", " ".join(f"{m:.0f}" for m in marks))
        for name in ("cremad.flv", "cremad.mp4"):
            clip = Path(folder) / name
            rng = np.random.default_rng(0)
            noise = rng.integers(0, 60, (360, 480, 3), np.uint8)
            start_s = time.process_time()
            write_video(clip, (np.roll(noise, k, axis=1) + np.uint8(k) for k in range(90)), 30)
            encode_s = time.process_time() - start_s
            start_s = time.process_time()
            n_frames = sum(1 for _ in read_frames(clip))
            decode_s = time.process_time() - start_s
            print(
                f"{name} 480x360, 3 s at 30 fps: encode {90 / encode_s:.0f}, "
                f"decode {90 / decode_s:.0f} source frames/s of CPU time ({n_frames} at 25 fps)"
            )


if __name__ == "__main__":
    main()
