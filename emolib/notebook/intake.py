"""Files that a reader brings into a notebook: whole and readable, or not kept at all.

A file arrives in pieces, because a notebook server drops messages over 10 MiB and phone videos are
larger. It gets a name of ours (the reader's own is only shown, never used as a path), is looked
into once it is complete, and is deleted again when it is not what was asked for.
"""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from emolib.base.config import AUDIO
from emolib.base.errors import AudioError, ConfigError, EmolibError, EmolibWarning, MediaError
from emolib.base.files import atomic_path
from emolib.media.audio import check_speech, load_audio, write_wav
from emolib.media.probe import probe

KINDS = ("face", "voice")
MAX_BYTES = 1 << 29  # 512 MiB
SUFFIXES = (
    *(".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".flv"),
    *(".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"),
    *(".wav", ".mp3", ".m4a", ".ogg", ".opus", ".flac", ".aac"),
)
MAX_LETTERS = 300
LANGUAGES = {"English": "en", "Hindi": "hi", "German": "de", "French": "fr", "Spanish": "es"}


@dataclass(frozen=True)
class Taken:
    """A file that has been looked into: where it is, how to call it, and what it holds."""

    path: Path
    name: str
    about: str


def take(path: Path, kind: str, name: str) -> Taken:
    """Look into a complete file; one that is no face or no voice is deleted.

    Args:
        path: a file of ours.
        kind: "face" (a video or picture) or "voice" (sound, or a video with sound).
        name: how the reader calls it, used in messages.

    Raises:
        MediaError, AudioError: it is not what was asked for; the message names `name`.
    """
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always", EmolibWarning)
            about = _look(path) if kind == "face" else _listen(path)
    except EmolibError as error:
        path.unlink(missing_ok=True)
        raise _called(error, name) from error
    said = [str(note.message).partition(": ")[2] for note in heard]
    return Taken(path, name, "; ".join([about, *said]))


def say(text: str, sex: str, language: str, folder: Path) -> Taken:
    """A typed sentence as a voice: a WAV file in `folder`.

    Args:
        text: up to 300 letters.
        sex: "female" or "male", of the voice.
        language: one of the values of `LANGUAGES`.

    Raises:
        AudioError: nothing to say, too long, or a language the synthesiser does not know.
        MissingExtra: the speech synthesiser is not installed.
    """
    from emolib.synthetic.speech import Voice, speak

    if len(text) > MAX_LETTERS:
        raise AudioError(f"the sentence has {len(text)} letters", expected=f"at most {MAX_LETTERS}")
    speech = speak(text, Voice.from_seed(1, sex), language=language)
    path = fresh(folder, "said", ".wav")
    write_wav(path, speech.samples)
    return Taken(path, f"“{speech.text}”", f"{speech.duration_s:.1f} s of synthetic speech")


class Arrival:
    """A file on its way: pieces are added, then it is `take`n or dropped.

    Args:
        folder: where it will lie.
        kind: "face" or "voice".
        name: the reader's own name for it.
        size: bytes announced.

    Raises:
        ConfigError: unknown kind.
        MediaError: empty, or larger than `MAX_BYTES`.
    """

    def __init__(self, folder: Path, kind: str, name: str, size: int):
        if kind not in KINDS:
            raise ConfigError(f"unknown kind {kind!r}", expected=" or ".join(KINDS))
        self.kind, self.size, self.n_bytes = kind, size, 0
        self.name = " ".join(Path(name.replace("\\", "/")).name.split())[:80] or kind
        if size < 1:
            raise MediaError("empty file (0 bytes)", file=self.name, fix="choose another file")
        if size > MAX_BYTES:
            raise MediaError(
                f"the file has {size / 1e6:.0f} MB",
                file=self.name,
                expected=f"at most {MAX_BYTES / 1e6:.0f} MB",
                fix="cut it to the part you need",
            )
        suffix = Path(self.name).suffix.lower()
        self.path = fresh(folder, kind, suffix if suffix in SUFFIXES else ".bin")
        self._stack = ExitStack()
        temporary = self._stack.enter_context(atomic_path(self.path))
        self._stream = self._stack.enter_context(temporary.open("wb"))

    def add(self, piece: bytes) -> float:
        """Append a piece; returns the share that is here, 0 to 1.

        Raises:
            MediaError: more bytes than were announced; the file is dropped.
        """
        self.n_bytes += len(piece)
        if self.n_bytes > self.size:
            self.drop()
            raise MediaError("more bytes than announced", file=self.name, fix="choose it again")
        self._stream.write(piece)
        return self.n_bytes / self.size

    def finish(self) -> Taken:
        """The complete file, looked into.

        Raises:
            MediaError, AudioError: bytes are missing, or `take` refuses it; it is gone then.
        """
        if self.n_bytes < self.size:
            self.drop()
            raise MediaError(
                f"only {self.n_bytes} of {self.size} bytes arrived",
                file=self.name,
                fix="choose it again",
            )
        self._stack.close()
        return take(self.path, self.kind, self.name)

    def drop(self) -> None:
        """Forget it; nothing stays on disk."""
        stop = MediaError("dropped", file=self.name)
        self._stack.__exit__(type(stop), stop, None)


class Reception:
    """What is said to the page that sends files: one answer to each of its messages.

    The page says `begin` (with name and size), `piece` (with bytes) and `end`, and may say `drop`.
    Answers are dictionaries with `kind` "more" (send on; `share` is here), "done" or "refused"
    (with `text`, one line), and the page's own `id` of the transfer.

    Args:
        folder: where files will lie.
        kind: "face" or "voice".
    """

    def __init__(self, folder: Path, kind: str):
        self.folder, self.kind = folder, kind
        self.taken: Taken | None = None
        self._arrivals: dict[str, Arrival] = {}

    def hear(self, message: dict, pieces: list) -> dict | None:
        """The answer to one message, or None if it needs none."""
        told, key = message.get("kind"), str(message.get("id"))
        try:
            answer = self._hear(told, key, message, pieces)
        except EmolibError as error:
            self._arrivals.pop(key, None)
            answer = {"kind": "refused", "text": str(error)}
        return answer and {**answer, "id": message.get("id")}

    def _hear(self, told, key: str, message: dict, pieces: list) -> dict | None:
        if told == "begin":
            name, size = str(message.get("name") or ""), int(message.get("size") or 0)
            self._arrivals[key] = Arrival(self.folder, self.kind, name, size)
            return {"kind": "more", "share": 0.0}
        arrival = self._arrivals.get(key)
        if arrival is None:
            return None  # refused before, or of an older page
        if told == "piece":
            share = arrival.add(b"".join(bytes(piece) for piece in pieces))
            return {"kind": "more", "share": share}
        del self._arrivals[key]
        if told == "drop":
            arrival.drop()
            return None
        self.taken = arrival.finish()
        return {"kind": "done", "text": f"{self.taken.name}: {self.taken.about}"}


def fresh(folder: Path, stem: str, suffix: str) -> Path:
    """The first of `stem.suffix`, `stem-2.suffix`, … that does not exist in `folder`."""
    names = (f"{stem}{suffix}" if k == 1 else f"{stem}-{k}{suffix}" for k in count(1))
    return next(folder / name for name in names if not (folder / name).exists())


def _look(path: Path) -> str:
    info = probe(path)
    size = f"{info.width}×{info.height}"
    if info.still:
        return f"a picture, {size}"
    length = f", {info.duration_s:.1f} s" if info.duration_s else ""
    return f"a video, {size}{length}, {'with' if info.has_audio else 'without'} sound"


def _listen(path: Path) -> str:
    samples = load_audio(path)
    check_speech(samples, path)
    return f"{len(samples) / AUDIO.sample_rate_hz:.1f} s of sound"


def _called(error: EmolibError, name: str) -> EmolibError:
    """The same error, about `name` instead of our own file name."""
    parts = {"where": error.where, "expected": error.expected, "fix": error.fix}
    return type(error)(error.problem, file=name, **parts)
