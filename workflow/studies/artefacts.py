"""What networks do to rooms they never saw: green that leaks in, and isolated black dots.

People of a corpus with other backgrounds look calm; each network is asked for all six emotions.
Both numbers are differences to the source, person by person:

- green: how far the upper corners of the crop, which show the room, moved towards green: the mean
  of G - (R + B) / 2 in grey levels.
- specks: isolated dark pixels a frame, see `influence.specks`.

Paper: §5.1, §5.2, §6 ("undesirable green background", "black dot artifacts"), without a number.
"""

from __future__ import annotations

import numpy as np
from studies.bench import Bench
from studies.influence import specks

from emolib.base.config import VIDEO
from emolib.base.emotions import EMOTIONS
from emolib.evaluation.regenerate import regenerate
from emolib.models.checkpoint import load_checkpoint

CORNER_PX = 12
N_FRAMES = 2 * VIDEO.n_frames
FROM = VIDEO.fps  # a second in, people speak


def make(bench: Bench) -> None:
    """`methods`: recipe → people, green, specks (lists of one number a person)."""
    clips = bench.store.split("test")
    table = clips.clips
    calm = table.index[(table["emotion"] == "NEU") & (table["n_frames"] >= FROM + N_FRAMES)]
    people = {table["actor"][i]: i for i in reversed(calm)}  # the first calm clip of each
    sources = {actor: np.array(clips[i].frames[FROM:][:N_FRAMES]) for actor, i in people.items()}
    first_mel = round(FROM * 3.2)
    methods = {}
    for recipe, path in bench.generators.items():
        network, meta = load_checkpoint(path, "generator", device=bench.device)
        network, one = network.fused(), {"people": list(people), "green": [], "specks": []}
        for actor, i in people.items():
            mel, source = clips[i].mel[:, first_mel:], sources[actor]
            made = [regenerate(network, source, mel, code, meta.input_rules) for code in EMOTIONS]
            one["green"].append(float(np.mean([green(frames) for frames in made]) - green(source)))
            one["specks"].append(specks(np.stack(made)) - specks(source))
        methods[recipe] = one | {"step": meta.steps}
    bench.save({"methods": methods, "frames": N_FRAMES, "corner_px": CORNER_PX})


def green(frames: np.ndarray) -> float:
    """Greenness of the upper corners of frames (T, S, S, 3) uint8, in grey levels."""
    corners = [frames[:, :CORNER_PX, :CORNER_PX], frames[:, :CORNER_PX, -CORNER_PX:]]
    r, g, b = np.mean([part.mean((0, 1, 2)) for part in corners], axis=0)
    return float(g - (r + b) / 2)
