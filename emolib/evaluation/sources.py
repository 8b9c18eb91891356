"""What a corpus folder adds to a clip store: sound, known truth, and the film around the face."""

from __future__ import annotations

import os
from itertools import islice

import numpy as np

from emolib.base.errors import DatasetError
from emolib.data.corpora import open_corpus
from emolib.data.store import ClipArrays, ClipStore
from emolib.evaluation.clip_features import Film
from emolib.evaluation.lse_inputs import tight_boxes
from emolib.evaluation.truth import Truth, load_truth
from emolib.media.audio import load_audio
from emolib.media.compose import paste_face
from emolib.media.video import read_frames


class Sources:
    """The clips of a store in their corpus folder, if there is one.

    Args:
        corpus: the folder that the store was prepared from, or None.

    Raises:
        DatasetError: clips of the store are not in it.
    """

    def __init__(self, clips: ClipStore, corpus: str | os.PathLike | None):
        self.files, self.notes = {}, []
        self.geometry = clips.info["settings"].get("geometry", "box")
        if corpus is None:
            self.notes.append(
                "No corpus folder: lips are compared with the mesh's own reading of the true"
                " frames, and the published LSE lacks its sound."
            )
            return
        self.files = {clip.name: clip for clip in open_corpus(corpus).clips()}
        missing = set(clips.clips["clip"]) - set(self.files)
        if missing:
            raise DatasetError(
                f"{len(missing)} clips of the store are not in it, such as {min(missing)}",
                file=corpus,
                fix="give the folder that the store was prepared from",
            )

    @property
    def has_films(self) -> bool:
        """Whether whole pictures are there, with faces in upright boxes."""
        return bool(self.files) and self.geometry in ("box", "tight")

    def audio(self, name: str) -> np.ndarray | None:
        """(n,) float at 16 kHz; None where there is no file, or nothing to hear."""
        path = self.files[name].audio if name in self.files else None
        return load_audio(path) if path else None

    def truth(self, name: str, n_frames: int) -> Truth | None:
        """What a synthetic corpus knows of a clip."""
        clip = self.files.get(name)
        return load_truth(clip.truth, n_frames) if clip is not None and clip.truth else None

    def film(
        self, clip: ClipArrays, n_frames: int, faces: np.ndarray | None = None, shift: int = 0
    ) -> Film | None:
        """The whole picture of a clip, with other faces (T, 96, 96, 3) pasted in if given.

        Args:
            shift: which frame comes first; those before it follow at the end.

        Raises:
            DatasetError: the video has fewer frames than the store's clip.
        """
        if not self.has_films:
            return None
        file = self.files[clip.name].video
        frames = list(islice(read_frames(file), n_frames))
        if len(frames) < n_frames:
            raise DatasetError(
                f"{len(frames)} frames", file=file, expected=f"{n_frames}, as in the clip store"
            )
        boxes = np.roll(np.asarray(clip.boxes[:n_frames], np.float64), -shift, axis=0)
        frames = frames[shift:] + frames[:shift]
        if faces is not None:
            changed = zip(frames, faces, boxes, strict=True)
            frames = [paste_face(frame, face, box) for frame, face, box in changed]
        return Film(np.stack(frames), self._tight(boxes))

    def _tight(self, boxes: np.ndarray) -> np.ndarray:
        """Hairline to chin, whichever way the store's crops were cut."""
        if self.geometry == "tight":
            return boxes
        centre, side = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:3] - boxes[:, :1]
        return tight_boxes(np.concatenate([centre, side, np.zeros_like(side)], axis=1))
