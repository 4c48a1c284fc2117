"""Which of the configured languages a conversation is in, settled on its first lines."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Final

from klankbord.events import Language

# Words of both languages (we, was, me, is), loans (hi, sorry, thanks) and what stands in names (de, van) have no vote.
_STOP_WORDS: Final[dict[str, Language]] = {
    **dict.fromkeys(
        """het een en ik je jij u niet dat ben bent zijn heb hebt heeft wil kan kunt mijn uw voor met naar maar
        ook nog wel dan wat hoe waarom geen graag bedankt alvast goedemiddag goedemorgen hallo mij jullie wordt worden
        deze dit bij zo al er moet moeten gaat aan als mag waar wie wanneer hij ze zij hem haar ons onze te
        uit om nu nooit niets iemand niemand nergens""".split(),
        "nl",
    ),
    **dict.fromkeys(
        """the and i you not that have has my your for with to from but also still then what how why no please hello
        this these are were it's i'm i've i'll don't can't does did would could should there it where who when he she
        his him they you'll you're he's she's we'll we're that's""".split(),
        "en",
    ),
}
# Log-odds of a stop word. Dutch lines are full of English names and titles, English lines hold hardly any Dutch word.
_PER_STOP_WORD: Final[dict[Language, float]] = {"nl": 0.8, "en": 0.1}
# So many stop words of one language and none of the other, and the model is not asked.
_CLEAR_VOTES: Final = 3
# What the model may add: one clear line settles, but a line without a stop word may be somebody's name.
_MOST_BY_MODEL: Final = 2.0
_MOST_WITHOUT_VOTES: Final = 1.0
_FEWEST_WORDS: Final = 3
_FEWEST_LETTERS: Final = 8
# The first words tell; a pasted page costs no more than a line.
_MOST_CHARS: Final = 400


def odds(normal: str, languages: Sequence[Language]) -> float:
    """Log-odds that a line is Dutch rather than English: positive for Dutch, 0 for a line that says nothing."""
    words = list(dict.fromkeys(word for word in map(_bare, normal[:_MOST_CHARS].split()) if word))
    votes = [_STOP_WORDS[word] for word in words if word in _STOP_WORDS]
    dutch, english = votes.count("nl"), votes.count("en")
    if len(votes) >= _CLEAR_VOTES and not (dutch and english):
        return _MOST_BY_MODEL if dutch else -_MOST_BY_MODEL
    voted = _PER_STOP_WORD["nl"] * dutch - _PER_STOP_WORD["en"] * english
    # A name, a postcode or "ok" is in no language: too little to ask about.
    if len(words) < _FEWEST_WORDS or sum(map(len, words)) < _FEWEST_LETTERS:
        return voted
    most = _MOST_BY_MODEL if votes else _MOST_WITHOUT_VOTES
    return voted + max(-most, min(most, _by_model(" ".join(words), tuple(languages))))


def _bare(word: str) -> str:
    """The word without the marks around it; nothing of a number, a code or an address."""
    bare = word.strip("-.,!?;:()[]'\"…*")
    return bare if bare.replace("'", "").replace("-", "").isalpha() else ""


def _by_model(line: str, languages: tuple[Language, ...]) -> float:
    language, share = _identifier(languages)(line)
    certainty = math.log(share / max(1e-9, 1 - share))
    return certainty if language == "nl" else -certainty


@functools.cache
def _identifier(languages: tuple[Language, ...]) -> Callable[[str], tuple[str, float]]:
    # Loading the model takes 0.8 s and 110 MB at its peak: only processes that meet an unmarked conversation pay.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    every = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    every.set_languages(list(languages))
    # One that is restricted keeps the tables of its 97 languages to go back to: 28 MB.
    ours = LanguageIdentifier(
        every.nb_ptc, every.nb_pc, every.nb_classes, every.tk_nextmove, every.tk_output, norm_probs=True,
        tk_row=every.tk_row,
    )  # fmt: skip
    return ours.classify  # type: ignore[no-any-return]  # py3langid has no types
