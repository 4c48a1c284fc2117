"""Which of the configured languages a conversation is in, settled on its first lines."""

import functools
from collections.abc import Callable, Sequence
from typing import Final

from klankbord.events import Language

_STOP_WORDS: Final[dict[str, Language]] = {
    **dict.fromkeys(
        """de het een en ik je jij u niet dat ben bent zijn heb hebt heeft wil kan kunt mijn uw voor met naar van maar
        ook nog wel dan wat hoe waarom geen graag bedankt alvast goedemiddag goedemorgen hallo mij jullie wordt worden
        deze dit bij zo al er moet moeten gaat""".split(),
        "nl",
    ),
    **dict.fromkeys(
        """the and i you not that have has my your for with to from but also still then what how why no please thanks
        hello hi me we this these are was were been it's i'm don't can't do does did would could should there been
        it""".split(),
        "en",
    ),
}
# A stop word is worth this many log-odds; py3langid's answer at least as many, by its margin, at most 2.
_PER_STOP_WORD: Final = 0.8


def odds(normal: str, languages: Sequence[Language]) -> float:
    """Log-odds that a line is Dutch rather than English: positive for Dutch, 0 for a line that says nothing."""
    words = normal.split()
    votes = [_STOP_WORDS[w] for w in (word.strip('.,!?;:()"') for word in words[:60]) if w in _STOP_WORDS]
    dutch, english = votes.count("nl"), votes.count("en")
    if abs(dutch - english) >= 2:
        return _PER_STOP_WORD * (dutch - english)
    letters = sum(c.isalpha() for c in normal[:400])
    # A name, a postcode or "ok" is in no language: too few letters to ask about.
    if len(words) < 3 or letters < 10:
        return _PER_STOP_WORD * (dutch - english)
    language, share = _identifier(tuple(languages))(normal[:400])
    certainty = max(0.0, share - 0.5) * 4
    return certainty if language == "nl" else -certainty


@functools.cache
def _identifier(languages: tuple[Language, ...]) -> Callable[[str], tuple[str, float]]:
    # Loading the model takes some 0.1 s and 30 MB: only processes that meet an unmarked conversation pay.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(languages))
    return identifier.classify  # type: ignore[no-any-return]  # py3langid has no types
