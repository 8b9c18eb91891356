"""What the synthetic people say: CREMA-D's twelve sentences and a list of our own.

CREMA-D's codes and texts are facts of the corpus (Cao et al., 2014). Ours are written for this
project, short and everyday. One list is rich in the sounds that lips show (p b m, f v, w and
rounded vowels, sh and ch, th). Sixty more are phonetically balanced: their sounds are about as
frequent as in English (correlation 0.94 with the 1,500 most frequent words, weighted by
frequency), and each occurs four times or more. English codes begin with R and Hindi codes with H,
which no CREMA-D code does.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import eq

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
_BALANCED = (
    "She left her keys on the kitchen table again.",
    "The children are playing in the yard next door.",
    "Can you turn the music down a little?",
    "We should leave before the traffic gets worse.",
    "His brother works at the hospital on weekends.",
    "I usually drink two cups of coffee a day.",
    "The train was late, so we missed the show.",
    "They measured the garage and it was too small.",
    "Thank you for watching the dog yesterday.",
    "My uncle has just bought a used car.",
    "Nothing in this drawer belongs to me.",
    "Her English teacher enjoys long bicycle rides.",
    "The doctor told him to stay in bed.",
    "I have an idea about what we can cook.",
    "Do you know which bus goes to the station?",
    "The boy with the yellow hat is my cousin.",
    "Winter came early and the lake froze over.",
    "There was a huge storm on Thursday night.",
    "You could hear the ocean from our window.",
    "Please put those boxes in the back room.",
    "He changed the batteries in the smoke alarm.",
    "Both of her sisters live in Chicago.",
    "I can't find the other shoe anywhere.",
    "It took an hour and a half to drive back.",
    "Let's meet at the corner at half past nine.",
    "The judge asked the lawyer a simple question.",
    "A small brown bird landed on the fence.",
    "You should have seen the look on his face.",
    "They usually go hiking in the hills in July.",
    "My phone died in the middle of the call.",
    "The paint on the north wall is still wet.",
    "What time does the museum close on Sunday?",
    "She poured hot water over the tea leaves.",
    "There's a good chance of rain this evening.",
    "We took the wrong exit and got lost.",
    "The mechanic says it's just a loose wire.",
    "I thought the second half was rather dull.",
    "He put too much salt in the stew.",
    "The baby finally fell asleep in the car.",
    "Did anybody remember to feed the fish?",
    "Our flight was delayed for three hours.",
    "That cat has never even been outside.",
    "I'd rather walk than wait for a taxi.",
    "Their house is near the edge of town.",
    "She won the first prize for her drawing.",
    "Don't worry about it, we have plenty.",
    "The shop on the corner sells fresh flowers.",
    "My father taught me how to fix a bike.",
    "He joined the choir to meet new people.",
    "The water in the pool was freezing cold.",
    "Could you pass me the butter, please?",
    "A stranger helped us push the van uphill.",
    "The recipe calls for half a cup of sugar.",
    "We watched the stars come out over the valley.",
    "They were voting on the budget all morning.",
    "Your sweater is exactly the same as mine.",
    "That joke wasn't as funny as you think.",
    "The vision test took only ten minutes.",
    "He treasures the watch his grandfather gave him.",
    "Someone has to move that van tonight.",
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


def _coded(first: str, group: str, texts: tuple[str, ...], language: str = "en"):
    """Sentences by code: RAA, RAB, …; after RAZ comes RBA."""
    codes = (f"{first}{chr(ord(group) + i // 26)}{chr(65 + i % 26)}" for i in range(len(texts)))
    return {c: Sentence(c, text, language) for c, text in zip(codes, texts, strict=True)}


RICH_SENTENCES = _coded("R", "A", _RICH_ENGLISH) | _coded("H", "A", _HINDI, "hi")
BALANCED_SENTENCES = _coded("R", "B", _BALANCED)
ALL_SENTENCES = SENTENCES | RICH_SENTENCES | BALANCED_SENTENCES
_LISTS = {
    "CREMAD": SENTENCES,
    "RICH": RICH_SENTENCES,
    "BALANCED": BALANCED_SENTENCES,
    "ALL": ALL_SENTENCES,
}


def parse_sentences(wanted: str | int) -> tuple[Sentence, ...]:
    """The sentences meant by a count (`2`: the first two) or by codes (`"IEO,MTI"`).

    Counts run through CREMA-D's twelve, our English and Hindi lists and the balanced list, 102 in
    all. `"cremad"`, `"rich"`, `"balanced"` and `"all"` name whole lists.

    Raises:
        ConfigError: the count is out of range, a code is unknown (the message names the nearest) or
            given twice.
    """
    text = str(wanted).strip()
    named = _LISTS.get(text.upper())
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
            near = max(ALL_SENTENCES, key=lambda known: sum(map(eq, code, known)))
            raise ConfigError(
                f"unknown sentence code {code!r}",
                expected=" ".join(SENTENCES) + ", RAA to RAX, HAA to HAF or RBA to RDH",
                fix=f"did you mean {near} ({ALL_SENTENCES[near].text})?",
            )
        if codes.count(code) > 1:
            raise ConfigError(f"sentence {code} is asked for twice", fix="name it once")
    return tuple(ALL_SENTENCES[code] for code in codes)
