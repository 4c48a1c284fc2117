"""The customer cannot pay now: a need for an arrangement."""

from collections.abc import Iterator
from typing import Final

from klankbord.phrases import Phrases, denied
from klankbord.signals import CustomerWords, Finding, of_need
from klankbord.tone import NEED_FROM, hears

_NL_BILLS: Final = (
    "", "het ", "dit ", "dat ", "die ", "'t ", "ze ", "alles ", "de rekening ", "mijn rekening ", "die rekening ",
    "de factuur ", "mijn factuur ", "die factuur ", "de huur ", "mijn huur ", "het bedrag ", "dat bedrag ",
    "zo'n bedrag ",
    "de premie ", "het voorschot ", "zoveel ", "de rekeningen ", "de boete ", "het eigen risico ", "de naheffing ",
)  # fmt: skip
_NL_NOT: Final = (
    "niet", "niet meer", "nu niet", "even niet", "nu even niet", "gewoon niet", "echt niet", "momenteel niet",
    "deze maand niet", "helemaal niet", "niet allemaal", "niet in een keer", "niet in één keer", "onmogelijk",
    "absoluut niet", "nog niet", "nie",
)  # fmt: skip
_EN_CANNOT: Final = (
    "can't", "cannot", "can not", "couldn't", "unable to", "not able to", "can no longer", "can't really",
    "can't possibly", "simply can't", "no way i can", "won't be able to",
)  # fmt: skip


def _unpaid_nl() -> Iterator[str]:
    for bill in _NL_BILLS:
        yield from (f"{can} {bill}{no} betalen" for can in ("kan", "kan ik", "kunnen we") for no in _NL_NOT)
        yield from (f"{bill}niet {can} {pay}" for can in ("kan", "kunnen") for pay in ("betalen", "opbrengen"))
        yield f"{bill}niet betalen kan"
        yield f"kan {bill}niet opbrengen"
        if bill:
            yield from (f"{bill}{no} betalen" for no in _NL_NOT)


_NL: Final = {
    **dict.fromkeys(_unpaid_nl(), 0.9),
    "niet meer betalen": 0.6,
    "moeite met betalen": 0.8,
    "moeite om te betalen": 0.8,
    "later betalen": 0.5,
    "geen geld": 0.8,
    "geen geld meer": 0.9,
    "geen geld voor": 0.8,
    "geld heb ik niet": 0.9,
    "geld heb ik gewoon niet": 0.9,
    "geld hebben wij niet": 0.9,
    "geld hebben wij gewoon niet": 0.9,
    "geld hebben we niet": 0.9,
    "heb het geld niet": 0.9,
    "heb dat geld niet": 0.9,
    "heb het gewoon niet liggen": 0.7,
    "heb ik niet liggen": 0.7,
    "mijn geld is op": 0.9,
    "geld is op": 0.8,
    "door mijn geld heen": 0.9,
    "geen cent": 0.8,
    "geen rooie cent": 0.9,
    "te weinig geld": 0.8,
    "niet rondkomen": 0.9,
    "niet meer rondkomen": 0.9,
    "niet rond te komen": 0.9,
    "kom niet rond": 0.9,
    "kom niet meer rond": 0.9,
    "komen niet rond": 0.9,
    "rond te komen": 0.6,
    "eindjes aan elkaar": 0.9,
    "touwtjes aan elkaar": 0.7,
    "ik ben blut": 0.8,
    "platzak": 0.8,
    "niet veroorloven": 0.8,
    "uitstel van betaling": 0.8,
    "betaaluitstel": 0.8,
    "uitstel krijgen": 0.5,
    "betalingsregeling": 0.8,
    "betaalregeling": 0.8,
    "regeling treffen": 0.7,
    "afbetalingsplan": 0.8,
    "afbetalingsregeling": 0.8,
    "in termijnen betalen": 0.6,
    "in stukjes betalen": 0.7,
    "in delen betalen": 0.6,
    "gespreid betalen": 0.6,
    "geen inkomen": 0.8,
    "geen inkomsten": 0.8,
    "baan kwijt": 0.8,
    "baan verloren": 0.8,
    "mijn werk kwijt": 0.8,
    "ontslagen": 0.5,
    "werkloos": 0.7,
    "moet leven van": 0.6,
    "van een uitkering": 0.7,
    "kinderen geen eten": 0.9,
    "geen eten kopen": 0.9,
}
_EN: Final = {
    **{
        f"{cannot} {do}": 0.9
        for cannot in _EN_CANNOT
        for do in (
            "pay",
            "afford",
            "make ends meet",
            "make this month",
            "keep up with the payments",
            "keep up with my payments",
            "cover the",
            "cover it",
        )
    },
    "can't make the payments": 0.9,
    "don't have the money": 0.9,
    "do not have the money": 0.9,
    "haven't got the money": 0.9,
    "don't have any money": 0.9,
    "don't have enough money": 0.9,
    "don't have money": 0.9,
    "haven't got any money": 0.9,
    "no money": 0.8,
    "not enough money": 0.8,
    "out of money": 0.8,
    "i'm broke": 0.8,
    "i am broke": 0.8,
    "flat broke": 0.8,
    "skint": 0.8,
    "penniless": 0.8,
    "struggling to pay": 0.9,
    "struggle to pay": 0.9,
    "difficulty paying": 0.9,
    "trouble paying": 0.9,
    "hard to pay": 0.6,
    "make ends meet": 0.9,
    "payment plan": 0.7,
    "payment arrangement": 0.7,
    "payment holiday": 0.8,
    "pay in instalments": 0.6,
    "pay in installments": 0.6,
    "pay it off in": 0.6,
    "pay a bit each": 0.7,
    "pay a little each": 0.7,
    "more time to pay": 0.8,
    "extra time to pay": 0.8,
    "extension on my payment": 0.8,
    "until payday": 0.7,
    "till payday": 0.7,
    "until i get paid": 0.7,
    "till i get paid": 0.7,
    "lost my job": 0.8,
    "out of work": 0.8,
    "unemployed": 0.8,
    "made redundant": 0.8,
    "laid off": 0.8,
    "no income": 0.8,
    "on benefits": 0.7,
    "on universal credit": 0.8,
    "between heating and eating": 0.9,
    "heating or eating": 0.9,
    "heat or eat": 0.9,
    "feed my kids": 0.7,
    "feed my children": 0.7,
}
# Paying that fails or is refused for another reason than money; and money that we owe.
_NL_HOW: Final = (
    "met",
    "via",
    "per",
    "in de app",
    "op de site",
    "op de website",
    "online",
    "want de",
    "omdat de",
    "bij",
)
_EN_HOW: Final = ("by", "with", "via", "through", "online", "using", "on the", "in the app", "because the", "at the",
                  "for someone", "attention")  # fmt: skip

PHRASES: Final = Phrases.listed(
    nl={
        **_NL,
        **{f"{can} {bill}{no} betalen {how}": 0.0 for can in ("kan", "kan ik", "kunnen we") for bill in _NL_BILLS
           for no in ("niet", "nu niet", "nog niet") for how in _NL_HOW},
        **{f"{bill}niet betalen {how}": 0.0 for bill in _NL_BILLS[1:] for how in _NL_HOW},
        **{f"{will} {bill}{no}": 0.0 for will in ("ga", "ga ik", "wil", "wil ik", "hoef", "hoef ik", "zal", "weiger",
                                                  "we gaan")
           for bill in _NL_BILLS for no in ("niet betalen", "niet te betalen", "echt niet betalen", "nooit betalen",
                                            "dus niet betalen", "gewoon niet betalen", "niet meer betalen")},
        **{f"geen geld {what}": 0.0 for what in ("terug", "teruggekregen", "teruggehad", "ontvangen", "gekregen",
                                                 "teruggestort", "gestort", "van jullie", "teruggezien",
                                                 "overgemaakt")},
        "geen geld meer terug": 0.0,
        "niet ontslagen": 0.0,
        "ontslagen uit het ziekenhuis": 0.0,
    },
    en={
        **_EN,
        **{f"{cannot} pay {how}": 0.0 for cannot in _EN_CANNOT for how in _EN_HOW},
        **{f"{cannot} afford {what}": 0.0 for cannot in _EN_CANNOT for what in ("to wait", "to lose you", "more delays",
                                                                               "another delay", "to miss", "the time")},
        **{f"no money {what}": 0.0 for what in ("back", "returned", "refunded", "was taken", "came out",
                                                "has arrived")},
        **denied(("made redundant", "unemployed", "skint"), "not"),
    },
)  # fmt: skip


def said(words: CustomerWords) -> Finding | None:
    """What was said outright."""
    found = PHRASES.best(words.normal, words.language)
    return None if found is None else Finding(found.strength, (found.start, found.end))


def find(words: CustomerWords) -> Finding | None:
    return said(words) or hears(words, "cannot_pay", at_least=NEED_FROM)


cannot_pay: Final = of_need("cannot_pay", find, cues=(PHRASES, "cannot_pay"))
