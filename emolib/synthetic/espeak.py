"""espeak-ng, one fresh process a sentence: the only room that touches the library.

The library keeps one global state a process, and its jitter and noise depend on everything said
before. A process of its own for each sentence (about 30 ms), with the library's clock-seeded noise
given a fixed seed, makes speech a pure function of its arguments, safe in threads and workers, and
keeps a crash of the library out of ours. The child runs
this very file with the standard library alone; samples and phoneme times come back over a pipe.

Source: espeak-ng's `speak_lib.h` (synchronous mode, IPA phoneme events). The library is GPL-3.0,
comes with the optional package `espeakng-loader`, and is loaded at run time only.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from array import array

RATE_WPM, VOLUME, PITCH, PITCH_RANGE = 1, 2, 3, 4  # espeak_PARAMETER
_SYNCHRONOUS = 2
_PHONEME_EVENTS, _PHONEME_IPA = 0x1, 0x2
_UTF8, _END_PAUSE = 0x1, 0x1000
_EVENT_END, _EVENT_PHONEME = 0, 7


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),  # ms
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


def synthesise(
    text: str, voice: str, *, rate_wpm: int, pitch: int, pitch_range: int, timeout_s: float = 60.0
) -> tuple[bytes, int, list[tuple[float, str]]]:
    """Sound and phoneme onsets of `text` in an espeak voice.

    Returns:
        little-endian 16-bit mono samples, their rate in Hz, and (onset in seconds, IPA) pairs in
        order; an empty IPA string marks a pause or the end.

    Raises:
        ModuleNotFoundError: `espeakng-loader` is not installed.
        LookupError: espeak knows no such voice.
        RuntimeError: the child process failed or took longer than `timeout_s`.
    """
    import espeakng_loader

    job = {
        "library": str(espeakng_loader.get_library_path()),
        "data": str(espeakng_loader.get_data_path()),
        "text": text,
        "voice": voice,
        "parameters": {RATE_WPM: rate_wpm, PITCH: pitch, PITCH_RANGE: pitch_range},
    }
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-S", __file__],
            input=json.dumps(job).encode(),
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"espeak took longer than {timeout_s:.0f} s") from error
    head, _, sound = child.stdout.partition(b"\n")
    if child.returncode or not head:
        last = (child.stderr.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
        raise RuntimeError(f"espeak stopped with code {child.returncode}: {last}")
    reply = json.loads(head)
    if reply["unknown_voice"]:
        raise LookupError(voice)
    return sound, reply["rate_hz"], [(ms / 1000, ipa) for ms, ipa in reply["phonemes"]]


def _speak_here(job: dict) -> tuple[dict, bytes]:
    """Say one job with the library loaded into this process."""
    library = ctypes.CDLL(job["library"])
    samples, phonemes = array("h"), []

    def collect(wave, n_samples, events):
        if wave and n_samples > 0:
            samples.frombytes(ctypes.string_at(wave, 2 * n_samples))
        i = 0
        while events[i].type != _EVENT_END:
            if events[i].type == _EVENT_PHONEME:
                ipa = events[i].id.string.decode("utf-8", errors="ignore")
                phonemes.append((events[i].audio_position, ipa))
            i += 1
        return 0

    callback = _Callback(collect)
    flags = _PHONEME_EVENTS | _PHONEME_IPA
    rate_hz = library.espeak_Initialize(_SYNCHRONOUS, 200, job["data"].encode(), flags)
    if rate_hz <= 0:
        raise RuntimeError("espeak found no voice data")
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(job["voice"].encode()) != 0:
        return {"unknown_voice": True}, b""
    library.espeak_ng_SetRandSeed(ctypes.c_long(1))
    for parameter, value in job["parameters"].items():
        library.espeak_SetParameter(int(parameter), int(value), 0)
    library.espeak_Synth.argtypes = [
        *(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
        *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
    ]
    text = job["text"].encode() + b"\0"
    library.espeak_Synth(text, len(text), 0, 1, 0, _UTF8 | _END_PAUSE, None, None)
    library.espeak_Synchronize()
    reply = {"unknown_voice": False, "rate_hz": rate_hz, "phonemes": phonemes}
    return reply, samples.tobytes()


def _child() -> None:
    reply, sound = _speak_here(json.loads(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(json.dumps(reply).encode() + b"\n" + sound)


if __name__ == "__main__":
    _child()
