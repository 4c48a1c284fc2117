"""Lines that only spell something out, as customers do when asked for it: a number, a date, a time, letters."""

import re
from functools import lru_cache
from typing import Final

_NUMBERS_NL: Final = (
    "nul een één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien "
    "achttien negentien twintig dertig veertig vijftig zestig zeventig tachtig negentig honderd duizend"
)
_NUMBERS_EN: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand "
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth twentieth thirtieth"
)
_BETWEEN: Final = frozenset(
    (
        "de van en dubbel punt komma streep streepje apenstaartje uur half kwart voor over "
        "the of and oh double dot dash hyphen slash at past to o'clock am pm "
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag "
        "monday tuesday wednesday thursday friday saturday sunday "
        "januari februari maart april mei juni juli augustus september oktober november december "
        "january february march april may june july august september october november december"
    ).split()
)
_AS_A_WORD: Final = frozenset(("een", "één", "one"))
_MOST: Final = 200  # characters: nobody spells more out in one breath


def _any(words: str) -> str:
    return "|".join(sorted(words.split(), key=len, reverse=True))


# Dutch numbers are written as one word: "negentienvijfentachtig", "eenentwintigste".
_DUTCH: Final = rf"(?:{_any(_NUMBERS_NL)})(?:(?:en|ën)?(?:{_any(_NUMBERS_NL)}))*(?:ste|de)?"
_NUMBER: Final = re.compile(rf"{_DUTCH}|{_any(_NUMBERS_EN)}")
# Figures with letters at their end, and codes that begin with letters; "gr8" is a word.
_CODE: Final = re.compile(r"\d+[a-z]{0,2}|[a-z]{1,2}\d[a-z\d]+")
_POSTCODE: Final = re.compile(r"\d{4} [a-z]{2}")
_WORD: Final = re.compile(r"[^\s.,:-]+")
_LETTERS: Final = 3  # of them in a row are no words


@lru_cache(maxsize=2)  # every head of an emotion asks for the same line
def spells_out(normal: str) -> bool:
    """Whether a line in lower case only spells something out: how its speaker feels is not in it."""
    if len(normal) > _MOST:
        return False
    before = ""
    words = codes = letters = numbers = 0
    for found in _WORD.finditer(normal):
        word = found.group()
        words += 1
        if len(word) == 1 and word.isalpha():
            letters += 1
        elif not word.isalpha() and _CODE.fullmatch(word):
            codes += 1
        elif _NUMBER.fullmatch(word):
            numbers += word not in _AS_A_WORD
        elif word not in _BETWEEN and not (len(word) == 2 and _POSTCODE.fullmatch(f"{before} {word}")):
            return False
        before = word
    return codes > 0 or letters >= _LETTERS or (numbers > 0 and words > 1)
