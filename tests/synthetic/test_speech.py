"""Speech: the same every time, levelled, with phonemes where the sound is."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from emolib.base.errors import AudioError, ConfigError, MissingExtra
from emolib.synthetic import espeak, speech
from emolib.synthetic.prosody import Prosody, level_strength, prosody_for
from emolib.synthetic.sentences import ALL_SENTENCES, RICH_SENTENCES, SENTENCES, parse_sentences
from emolib.synthetic.speech import Voice, speak

TEXT = "Maybe tomorrow it will be cold."


def test_cremad_has_twelve_sentences_and_our_codes_cannot_clash():
    assert len(SENTENCES) == 12
    assert not {code[0] for code in SENTENCES} & {code[0] for code in RICH_SENTENCES}
    assert all(len(code) == 3 and code.isalpha() and code.isupper() for code in ALL_SENTENCES)
    assert {s.language for s in RICH_SENTENCES.values()} == {"en", "hi"}
    assert len({s.text for s in ALL_SENTENCES.values()}) == len(ALL_SENTENCES)


def test_sentences_by_count_and_by_code():
    assert [s.code for s in parse_sentences(2)] == ["IEO", "TIE"]
    assert [s.code for s in parse_sentences(" mti, IEO ")] == ["MTI", "IEO"]
    assert len(parse_sentences("all")) == 42
    with pytest.raises(ConfigError, match="did you mean IEO"):
        parse_sentences("IEP")
    for wrong in (0, -3, 1000, "", "IEO,IEO"):
        with pytest.raises(ConfigError):
            parse_sentences(wrong)


def test_speech_is_sixteen_kilohertz_mono_between_minus_one_and_one():
    said = speak(TEXT, Voice.from_seed(3, "female"))
    assert said.samples.dtype == np.float32 and said.samples.ndim == 1
    assert 0.05 < np.abs(said.samples).max() <= 0.9
    assert 1.5 < said.duration_s < 4.0


def test_silence_leads_in_and_out_and_phones_lie_between():
    voice = Voice.from_seed(5, "Male")
    said = speak(TEXT, voice)
    rms = np.sqrt(np.mean(said.samples**2))
    assert said.phonemes[0].start_s >= voice.lead_s - 0.13
    before = said.samples[: int((said.phonemes[0].start_s - 0.02) * 16_000)]
    assert 0.12 < len(before) / 16_000 < 0.5
    assert 0 < np.sqrt(np.mean(before**2)) < 0.03 * rms
    after_s = said.duration_s - said.phonemes[-1].end_s
    assert 0.2 <= after_s <= 0.55


def test_phones_are_in_order_without_overlap():
    phones = speak(TEXT, Voice.from_seed(2, "female")).phonemes
    assert len(phones) > 15
    for phone in phones:
        assert phone.start_s < phone.end_s and phone.start_s <= phone.release_s <= phone.end_s
        assert "ˈ" not in phone.ipa and "(" not in phone.ipa
    for first, second in pairwise(phones):
        assert first.end_s <= second.start_s + 1e-6


def test_vowels_are_louder_than_closures():
    """The times belong to the sound: a stop's closure is quieter than the vowel after it."""
    said = speak("A papa, a papa, a papa.", Voice.from_seed(1, "male"))
    power = said.samples.astype(float) ** 2

    def level(a_s, b_s):
        return np.sqrt(power[int(a_s * 16_000) : int(b_s * 16_000)].mean())

    pairs = [
        (level(p.start_s, p.release_s), level(v.start_s, v.end_s))
        for p, v in pairwise(said.phonemes)
        if p.ipa.startswith("p")
    ]
    assert len(pairs) == 6
    assert all(closure < 0.25 * vowel for closure, vowel in pairs)


def test_same_arguments_same_samples_whatever_was_said_before():
    voice = Voice.from_seed(4, "female")
    speak.cache_clear()
    first = speak(TEXT, voice).samples
    speak("Something else entirely.", Voice.from_seed(9, "male"))
    speak.cache_clear()
    assert np.array_equal(first, speak(TEXT, voice).samples)
    assert not first.flags.writeable


def test_people_have_different_voices():
    voices = {Voice.from_seed(seed, "male") for seed in range(20)}
    assert len(voices) == 20
    assert Voice.from_seed(7, "male") == Voice.from_seed(7, "Male")
    with pytest.raises(ConfigError, match="sex"):
        Voice.from_seed(0, "robot")


def test_emotion_changes_pace_and_loudness_and_neutral_does_not():
    voice = Voice.from_seed(0, "female")
    neutral, angry, sad = (
        speak(TEXT, voice, prosody=prosody_for(e, "HI")) for e in ("NEU", "ANG", "SAD")
    )
    assert angry.duration_s < neutral.duration_s < sad.duration_s
    assert np.std(angry.samples) > 1.3 * np.std(neutral.samples) > 1.3 * np.std(sad.samples)
    assert prosody_for("neutral", "HI") == prosody_for("NEU", "XX") == Prosody()


def test_pitch_follows_the_prosody():
    import librosa

    voice = Voice.from_seed(1, "female")
    heights = []
    for semitones in (-3.0, 0.0, 3.0):
        samples = speak(TEXT, voice, prosody=Prosody(pitch_st=semitones)).samples
        f0 = librosa.yin(samples.astype(float), fmin=80, fmax=400, sr=16_000)
        loud = librosa.feature.rms(y=samples, frame_length=2048, hop_length=512)[0][: len(f0)]
        heights.append(float(np.median(f0[loud > 0.5 * loud.max()])))
    assert heights[0] < heights[1] < heights[2]
    assert 4 < 12 * np.log2(heights[2] / heights[0]) < 9


def test_levels_grow():
    assert 0 < level_strength("LO") < level_strength("md") < level_strength("HI") == 1
    with pytest.raises(ConfigError, match="LO, MD, HI or XX"):
        level_strength("VERY")


def test_hindi_and_its_switches_of_language():
    said = speak("अभी ग्यारह बजे हैं।", Voice.from_seed(6, "female"), language="hi")
    assert {"ɡ", "ɟ"} <= {p.ipa for p in said.phonemes}


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
    with pytest.raises(AudioError, match="synthesiser failed"):
        speak("Another sentence that nobody has said before.")


def test_room_tone_and_level_are_those_of_a_recording():
    levels = []
    for seed in range(6):
        samples = speak(TEXT, Voice.from_seed(seed, "male")).samples
        levels.append(20 * np.log10(np.sqrt(np.mean(samples**2))))
    assert min(levels) > -36 and max(levels) < -22
    assert speech.SPEECH_LEVEL_DB == -26.0
