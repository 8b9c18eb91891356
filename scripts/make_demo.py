"""The demo: a bundled person says a bundled sentence in six emotions.

Run from the project's root by `make demo`. Writes `out/demo/{anger,…,sadness}.mp4`, each labelled
as generated, and `out/demo/contact_sheet.png`: rows are emotions, columns every fifth frame, as in
the paper's figures.
"""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")  # no window is opened, whatever the machine

from emolib.base.emotions import COLOURS, EMOTIONS, NAMES
from emolib.base.files import data_dir, project_root
from emolib.base.runtime import Stopwatch
from emolib.figures.sheets import contact_sheet, every_nth
from emolib.figures.style import caption, use_style
from emolib.generate import TalkingFace
from emolib.media.video import read_video

FACE = "9001_MTI_NEU_XX"  # a calm face …
SPEECH = "9001_IEO_NEU_XX"  # … and another sentence for it to say
COLUMNS = 10
CROP_MARGIN = 0.08  # of the face square, around it, in the sheet


def main() -> None:
    watch = Stopwatch()
    sample, out = data_dir() / "sample", project_root() / "out" / "demo"
    face = sample / "VideoFlash" / f"{FACE}.flv"
    speech = sample / "AudioWAV" / f"{SPEECH}.wav"
    talker = TalkingFace.load("lite")
    source, _ = read_video(face)
    rows, labels, colours = [], [], []
    for code in EMOTIONS:
        clip = talker.generate(face, speech, code)
        written = clip.save(out / f"{NAMES[code]}.mp4", overwrite=True)
        print(f"{written.path.relative_to(project_root())}  {len(clip.frames) / clip.fps:.1f} s")
        rows.append([_around(frame, clip.boxes[0]) for frame in every_nth(clip.frames, 5, COLUMNS)])
        labels.append(NAMES[code])
        colours.append(COLOURS[code])
    box = clip.boxes[0]
    rows.insert(0, [_around(frame, box) for frame in every_nth(source, 5, COLUMNS)])
    use_style()
    sheet = contact_sheet(rows, ["input", *labels], label_colours=["#222222", *colours])
    told = f"{FACE} says {SPEECH}; every fifth frame; generator {talker.name}"
    caption(sheet, told, corpus="synthetic sample", profile=talker.meta.profile)
    sheet.savefig(out / "contact_sheet.png", dpi=150)
    print(f"{(out / 'contact_sheet.png').relative_to(project_root())}")
    print(f"done in {watch.seconds:.0f} s")


def _around(frame, box):
    """The face with some room around it, the same window in every frame."""
    margin = CROP_MARGIN * (box[2] - box[0])
    x0, y0 = (max(int(edge - margin), 0) for edge in box[:2])
    x1, y1 = (int(edge + margin) for edge in box[2:])
    return frame[y0:y1, x0:x1]


if __name__ == "__main__":
    main()
