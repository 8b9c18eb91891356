"""What the synthetic people say: CREMA-D's twelve sentences and a list of our own.

CREMA-D's codes and texts are facts of the corpus (Cao et al., 2014). Ours are written for this
project: short, everyday, and rich in the sounds that lips show (p b m, f v, w and rounded vowels,
sh and ch, th). English codes begin with R and Hindi codes with H, which no CREMA-D code does.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from emolib.base.errors import ConfigError


@dataclass(frozen=True)
class Sentence:
    """One line to say: three-letter code, text, language ("en", "hi")."""

    code: str
    text: str
    language: str = "en"


_CREMAD = {
    "IEO": "It's eleven o'clock.",
    "TIE": "That is exactly what happened.",
    "IOM": "I'm on my way to the meeting.",
    "IWW": "I wonder what this is about.",
    "TAI": "The airplane is almost full.",
    "MTI": "Maybe tomorrow it will be cold.",
    "IWL": "I would like a new alarm clock.",
    "ITH": "I think I have a doctor's appointment.",
    "DFA": "Don't forget a jacket.",
    "ITS": "I think I've seen this before.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}
_RICH_ENGLISH = (
    "My mother bought five warm pies.",
    "Both boats moved past the foggy shore.",
    "Would you wash the blue plum for me?",
    "Choose a thick brush and show me how.",
    "Every Friday we bump into Bob at the pool.",
    "The wolf put its paw above the moss.",
    "Few people believe the whole fable.",
    "Why are the maps still in the van?",
    "Her voice was soft but very brave.",
    "Move the lamp from the shelf, please.",
    "The chef wove a basket for the peaches.",
    "Pam's piano playing amuses the whole village.",
    "We both thought the march would be shorter.",
    "Open the window before the fumes build up.",
    "Joe measured the tube with his thumb.",
    "Five fat bees buzzed over the warm jam.",
    "Watch the puppy jump over the mop.",
    "The moon above the farm was huge.",
    "Should we bring more food for the game?",
    "Nobody was home when the paper came.",
    "Put the vase beside the yellow book.",
    "A mouse ran up the wooden beam.",
    "Their thumbs were numb from the frost.",
    "Who moved my favourite woolly jumper?",
)
_HINDI = (
    "अभी ग्यारह बजे हैं।",
    "मुझे लगता है मैं बीमार हूँ।",
    "मेरी माँ बाज़ार से फल लाई।",
    "हम पाँच मिनट में पहुँच जाएँगे।",
    "वह मुझसे बहुत प्यार करता है।",
    "आप कब वापस आओगे?",
)
SENTENCES = {code: Sentence(code, text) for code, text in _CREMAD.items()}
RICH_SENTENCES = {
    **{f"RA{chr(65 + i)}": Sentence(f"RA{chr(65 + i)}", t) for i, t in enumerate(_RICH_ENGLISH)},
    **{f"HA{chr(65 + i)}": Sentence(f"HA{chr(65 + i)}", t, "hi") for i, t in enumerate(_HINDI)},
}
ALL_SENTENCES = {**SENTENCES, **RICH_SENTENCES}


def parse_sentences(wanted: str | int) -> tuple[Sentence, ...]:
    """The sentences meant by a count (`2`: the first two) or by codes (`"IEO,MTI"`).

    Counts run through CREMA-D's twelve, then our English and Hindi lists, 42 in all. `"cremad"` and
    `"rich"` name the whole lists.

    Raises:
        ConfigError: the count is out of range, a code is unknown (the message names the nearest) or
            given twice.
    """
    text = str(wanted).strip()
    named = {"CREMAD": SENTENCES, "RICH": RICH_SENTENCES, "ALL": ALL_SENTENCES}.get(text.upper())
    if named is not None:
        return tuple(named.values())
    if text.lstrip("+-").isdecimal():
        count = int(text)
        if not 1 <= count <= len(ALL_SENTENCES):
            raise ConfigError(
                f"there are no {count} sentences to say",
                expected=f"1 to {len(ALL_SENTENCES)}, or codes such as IEO,MTI",
            )
        return tuple(ALL_SENTENCES.values())[:count]
    codes = [part.strip().upper() for part in text.split(",") if part.strip()]
    if not codes:
        raise ConfigError("no sentences were asked for", expected="a count, or codes such as IEO")
    for code in codes:
        if code not in ALL_SENTENCES:
            near = max(ALL_SENTENCES, key=lambda known: _likeness(code, known))
            raise ConfigError(
                f"unknown sentence code {code!r}",
                expected=" ".join(SENTENCES) + ", RAA to RAX or HAA to HAF",
                fix=f"did you mean {near} ({ALL_SENTENCES[near].text})?",
            )
        if codes.count(code) > 1:
            raise ConfigError(f"sentence {code} is asked for twice", fix="name it once")
    return tuple(ALL_SENTENCES[code] for code in codes)


def _likeness(wrong: str, code: str) -> tuple[int, float]:
    in_place = sum(a == b for a, b in zip(wrong, code, strict=False))
    return in_place, SequenceMatcher(None, wrong, code).ratio()
