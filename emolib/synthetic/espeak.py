"""espeak-ng, one fresh process a sentence: the only room that touches the library.

It speaks, and it gives the phonemes that `kokoro` speaks.

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
_IPA = 0x2  # of espeak_TextToPhonemes


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
    parameters = {RATE_WPM: rate_wpm, PITCH: pitch, PITCH_RANGE: pitch_range}
    reply, sound = _ask({"text": text, "voice": voice, "parameters": parameters}, timeout_s)
    return sound, reply["rate_hz"], [(ms / 1000, ipa) for ms, ipa in reply["phonemes"]]


def transcribe(text: str, voice: str, *, timeout_s: float = 60.0) -> list[tuple[str, str]]:
    """IPA of `text`, clause by clause.

    Returns:
        (IPA, the text of the clause) pairs. Sounds are parted by "_", words by spaces, stress is
        marked before the vowel: ("ɪ_t_s ᵻ_l_ˈɛ_v_ə_n", "It's eleven,").

    Raises:
        as `synthesise`.
    """
    return [tuple(pair) for pair in _ask({"text": text, "voice": voice}, timeout_s)[0]["clauses"]]


def _ask(job: dict, timeout_s: float) -> tuple[dict, bytes]:
    """Have a fresh process do a job: its reply, and the sound it made."""
    import espeakng_loader

    job["library"] = str(espeakng_loader.get_library_path())
    job["data"] = str(espeakng_loader.get_data_path())
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
        raise LookupError(job["voice"])
    return reply, sound


def _do_here(job: dict) -> tuple[dict, bytes]:
    """Do one job with the library loaded into this process."""
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
    if "parameters" not in job:
        return {"unknown_voice": False, "clauses": _clauses(library, job["text"])}, b""
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


def _clauses(library, text: str) -> list[tuple[str, str]]:
    translate = library.espeak_TextToPhonemes
    translate.restype = ctypes.c_char_p
    translate.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int]
    raw = text.encode()
    buffer = ctypes.create_string_buffer(raw)
    begin = ctypes.addressof(buffer)
    at, clauses = ctypes.c_void_p(begin), []
    while at.value:
        first = at.value - begin
        ipa = translate(ctypes.byref(at), _UTF8, _IPA | ord("_") << 8).decode(errors="ignore")
        end = at.value - begin if at.value else len(raw)
        clauses.append((ipa, raw[first:end].decode(errors="ignore")))
    return clauses


def _child() -> None:
    reply, sound = _do_here(json.loads(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(json.dumps(reply).encode() + b"\n" + sound)


if __name__ == "__main__":
    _child()
