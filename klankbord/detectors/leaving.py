"""The customer means to leave: to end as a customer, or to take the business elsewhere."""

from collections.abc import Iterator
from typing import Final

from klankbord.phrases import Phrases
from klankbord.signals import CustomerWords, Finding, of_intent
from klankbord.tone import NEED_FROM, hears

_NL_TIES: Final = (
    "abonnement", "contract", "lidmaatschap", "rekening", "verzekering", "polis", "account", "pakket", "de boel",
    "alles",
)  # fmt: skip
_EN_TIES: Final = (
    "contract", "subscription", "membership", "account", "policy", "plan", "service", "broadband", "insurance",
)  # fmt: skip
# What is called off without leaving anybody.
_NL_ONCE: Final = ("bestelling", "afspraak", "order", "reservering", "boeking", "levering", "reis", "ticket",
                   "betaling",
                   "bezorging", "aanvraag", "monteur", "retour")  # fmt: skip
_EN_ONCE: Final = ("order", "appointment", "booking", "reservation", "delivery", "trip", "ticket", "payment", "meeting",
                   "engineer", "flight", "visit", "refund", "return")  # fmt: skip
_AWAY: Final = 0.9
_ENDING: Final = 0.5  # asked plainly, without a threat: some only wonder, some move house


def _going_nl() -> Iterator[str]:
    for you in ("jullie", "u", "je", "dit bedrijf", "deze bank", "deze verzekeraar", "deze club", "deze tent"):
        yield from (f"weg bij {you}", f"vertrek bij {you}", f"weg van {you}", f"klaar met {you}", f"stop bij {you}")
        yield from (f"stop met {you}", f"af van {you}", f"vertrekken bij {you}", f"nooit meer bij {you}")
    for place in ("een ander", "een andere aanbieder", "een andere provider", "de concurrent", "de concurrentie",
                  "een concurrent", "een andere bank", "een andere verzekeraar", "een andere leverancier",
                  "een andere winkel", "iemand anders", "de buren", "een ander bedrijf"):  # fmt: skip
        yield from (f"naar {place}", f"bij {place} afsluiten", f"bij {place} kopen", f"bij {place} bestellen")
        yield from (f"over naar {place}", f"dan naar {place}", f"bij {place} ben ik", f"wel bij {place}")


def _going_en() -> Iterator[str]:
    for go in ("take", "taking", "move", "moving"):
        yield from (f"{go} {my} business {away}" for my in ("my", "our") for away in ("elsewhere", "somewhere else"))
        yield from (f"{go} {my} custom {away}" for my in ("my", "our") for away in ("elsewhere", "somewhere else"))
    for switch in ("switch", "switching", "move", "moving", "go", "going", "change", "changing", "off"):
        yield from (f"{switch} to {place}" for place in ("a competitor", "your competitor", "your competitors",
                    "another provider", "another company", "another supplier", "another bank", "a different provider",
                    "a different company", "a different bank", "a different supplier", "the competition",
                    "one of your competitors", "a rival", "another insurer"))  # fmt: skip
    for end in ("leave", "leaving", "quit", "quitting", "ditch", "ditching", "done with", "finished with"):
        yield from (f"{end} {you}" for you in ("you", "you guys", "you lot", "this company", "your company"))


PHRASES: Final = Phrases.listed(
    nl={
        **dict.fromkeys(_going_nl(), _AWAY),
        **{f"{weg} mijn {tie} {op}": _ENDING for weg in ("ik wil", "wil", "ik wil graag", "graag", "ik ga", "kan ik",
           "hoe kan ik", "wil ik") for tie in _NL_TIES for op in ("opzeggen", "beëindigen", "stopzetten", "stoppen",
           "annuleren", "laten stoppen", "opheffen", "sluiten")},
        **{f"mijn {tie} {op}": _ENDING for tie in _NL_TIES for op in ("opzeggen", "beëindigen", "stopzetten",
           "opheffen", "op te zeggen", "stop te zetten", "te beëindigen", "per direct opzeggen", "wil opzeggen")},
        **{f"het {tie} {op}": _ENDING for tie in _NL_TIES for op in ("opzeggen", "beëindigen", "stopzetten",
           "op te zeggen", "te beëindigen")},
        **{f"{tie} opzeggen": 0.5 for tie in _NL_TIES},
        **{f"zeg ik {mijn} {tie} op": 0.8 for mijn in ("mijn", "het", "dit", "de") for tie in _NL_TIES},
        **{f"ik zeg {mijn} {tie} op": 0.8 for mijn in ("mijn", "het", "dit", "de") for tie in _NL_TIES},
        "opzeggen": 0.4,
        "opzegging": 0.4,
        "opzegtermijn": 0.4,
        "anders zeg ik op": 0.9,
        "dan zeg ik op": 0.9,
        "ik zeg op": 0.8,
        "zeg alles op": 0.9,
        "alles opzeggen": 0.8,
        "overstappen": 0.6,
        "stap over": 0.8,
        "ik stap over": 0.9,
        "overgestapt naar": 0.7,
        "over te stappen": 0.7,
        "ga overstappen": 0.9,
        "stap ik over": 0.9,
        "ik stap op": 0.8,
        "stap ik op": 0.8,
        "ik ben weg": 0.8,
        "ik ga weg": 0.7,
        "dan ben ik weg": 0.9,
        "ben ik weg hier": 0.9,
        "klant af": 0.9,
        "geen klant meer": 0.9,
        "niet langer klant": 0.9,
        "klant kwijt": 0.9,
        "klant verliezen": 0.9,
        "klant verloren": 0.8,
        "klant geweest": 0.7,
        "als klant kwijt": 0.9,
        "de langste tijd klant": 1.0,
        "ga ergens anders": 0.9,
        "ga ik ergens anders": 0.9,
        "ergens anders heen": 0.8,
        "elders": 0.4,
        "ga elders": 0.9,
        "elders afsluiten": 0.9,
        "wel elders": 0.8,
        "ergens anders kopen": 0.8,
        "haal mijn geld": 0.6,
        "ga ik naar": 0.3,
        "laat de automatische incasso stoppen": 0.5,
        "uitschrijven": 0.3,
        "account verwijderen": 0.5,
        "account opheffen": 0.5,
        "nooit meer zaken": 0.9,
        "nooit meer iets bestellen": 0.9,
        "nooit meer bestellen": 0.9,
        "bestel hier nooit meer": 0.9,
        "jullie zien mij niet meer": 0.9,
        "mij zien jullie niet": 0.9,
        "mij zijn jullie kwijt": 0.9,
        "dan houdt het op": 0.7,
        "goedkoper bij": 0.5,
        "ergens anders goedkoper": 0.6,
        "goedkoper uit bij": 0.6,
        "aanbod van de concurrent": 0.7,
        "wanneer loopt mijn contract af": 0.4,
        "hoe lang loopt mijn contract": 0.4,
        "contract loopt af": 0.3,
        "wil van jullie af": 0.9,
        "van jullie af": 0.8,
        "nummer meenemen naar": 0.5,
        # Called off, but nobody is left.
        **{f"{what} opzeggen": 0.0 for what in _NL_ONCE},
        **{f"{what} annuleren": 0.0 for what in _NL_ONCE},
        **{f"{niet} opzeggen": 0.0 for niet in ("niet", "niets", "nog niet", "zonder", "hoef niet", "wil niet")},
        "niet overstappen": 0.0,
        "wil niet weg bij jullie": 0.0,
        "niet weg bij jullie": 0.0,
        "ik ben weg van": 0.7,
        "overstappen op de trein": 0.0,
        "overstappen op een ander abonnement": 0.2,
        "overstappen in": 0.0,
        "overstappen op": 0.2,
        "trein naar": 0.0,
        "het gesprek beëindigen": 0.0,
        "pakket annuleren": 0.2,
        "even klaar met u": 0.2,
        **{f"{me} naar een ander": 0.0 for me in ("me", "mij", "ons", "u", "iedereen", "weer", "steeds", "telkens")},
        "naar een ander doorverbonden": 0.0,
        "naar een ander gestuurd": 0.0,
        "naar een ander adres": 0.0,
        "naar een ander nummer": 0.0,
        "naar een ander rekeningnummer": 0.0,
        "naar een ander filiaal": 0.0,
        "naar een ander tijdstip": 0.0,
        "naar een ander moment": 0.0,
        "naar een ander e-mailadres": 0.0,
        "naar een ander pakket": 0.0,
        "naar een ander abonnement": 0.0,
        "naar een andere datum": 0.0,
        "naar een ander telefoonnummer": 0.0,
        "naar iemand anders": 0.0,
        "naar de buren": 0.0,
    },
    en={
        **dict.fromkeys(_going_en(), _AWAY),
        **{f"cancel {my} {tie}": _ENDING for my in ("my", "our", "the", "this", "your") for tie in _EN_TIES},
        **{f"{end} my {tie}": _ENDING for end in ("cancelling", "canceling", "close", "closing", "end", "ending",
           "terminate", "terminating", "stop", "get out of") for tie in _EN_TIES},
        "cancel everything": 0.8,
        "cancel with you": 0.8,
        "i want to cancel": 0.4,
        "i'd like to cancel": 0.4,
        "i would like to cancel": 0.4,
        "i'm cancelling": 0.8,
        "i'm canceling": 0.8,
        "i am cancelling": 0.8,
        "or i'll cancel": 0.9,
        "or i cancel": 0.9,
        "then i'll cancel": 0.9,
        "i will be cancelling": 0.8,
        "i'll be cancelling": 0.9,
        "i'll be leaving": 0.9,
        "i will be leaving": 0.9,
        "i'm leaving": 0.7,
        "i'm out": 0.5,
        "i'm off to": 0.4,
        "i'm gone": 0.7,
        "cancellation": 0.4,
        "notice period": 0.4,
        "go elsewhere": 0.9,
        "going elsewhere": 0.9,
        "look elsewhere": 0.8,
        "looking elsewhere": 0.8,
        "go somewhere else": 0.9,
        "going somewhere else": 0.9,
        "somewhere else for": 0.6,
        "elsewhere": 0.4,
        "switch provider": 0.8,
        "switch providers": 0.8,
        "switching provider": 0.8,
        "switching providers": 0.8,
        "change provider": 0.8,
        "change providers": 0.8,
        "find another provider": 0.8,
        "find a new provider": 0.8,
        "find another supplier": 0.8,
        "find another bank": 0.8,
        "lose a customer": 0.9,
        "losing a customer": 0.9,
        "lost a customer": 0.9,
        "lost me as a customer": 1.0,
        "lose me as a customer": 1.0,
        "losing me as a customer": 1.0,
        "lost my business": 0.9,
        "lost my custom": 0.9,
        "no longer be a customer": 0.9,
        "no longer a customer": 0.9,
        "won't be a customer": 0.9,
        "never using you again": 0.9,
        "never use you again": 0.9,
        "never order from you": 0.9,
        "never ordering from you": 0.9,
        "never buy from you": 0.9,
        "never buying from": 0.9,
        "never shop": 0.7,
        "never shopping": 0.7,
        "last time i order": 0.9,
        "last time i use": 0.9,
        "last order with you": 0.9,
        "not renewing": 0.8,
        "won't be renewing": 0.9,
        "won't renew": 0.9,
        "not going to renew": 0.9,
        "don't want to renew": 0.7,
        "thinking of leaving": 0.8,
        "thinking about leaving": 0.8,
        "considering leaving": 0.8,
        "better offer from": 0.6,
        "better deal from": 0.6,
        "better deal elsewhere": 0.8,
        "cheaper elsewhere": 0.7,
        "cheaper with": 0.5,
        "match the price": 0.4,
        "price match": 0.3,
        "pac code": 0.6,
        "when does my contract end": 0.4,
        "when is my contract up": 0.4,
        "delete my account": 0.5,
        "take my money out": 0.6,
        "done with you people": 0.9,
        "had enough of you": 0.6,
        # Called off, but nobody is left.
        "it done with you": 0.0,
        **{f"cancel {my} {what}": 0.0 for my in ("my", "the", "this", "an", "our", "that") for what in _EN_ONCE},
        **{f"{ask} cancel {my} {what}": 0.0 for ask in ("i want to", "i'd like to", "i would like to") for my in
           ("my", "the", "this", "an", "our", "that") for what in _EN_ONCE},
        **{f"{no} cancel": 0.0 for no in ("don't", "not", "do not", "didn't", "don't want to", "not want to")},
        **{f"{no} {go}": 0.0 for no in ("not", "don't want to be") for go in ("leaving you", "cancelling",
            "switching")},
        "i don't want to leave you": 0.0,
        "leave you my": 0.0,
        "leave you to": 0.0,
        "leave you a": 0.0,
        "leave you with": 0.0,
        "leave you in peace": 0.0,
        "leave you good": 0.0,
        "leaving you a": 0.0,
        "leaving you my": 0.0,
        "i'm leaving home": 0.0,
        "i'm leaving for": 0.0,
        "i'm leaving work": 0.0,
        "i'm leaving now": 0.0,
        "i'm leaving the house": 0.0,
        "i'm leaving my number": 0.0,
        "i'm leaving tomorrow": 0.0,
        "i'm leaving on": 0.0,
        "cancellation email": 0.2,
        "flight cancellation": 0.0,
        "end of my contract": 0.4,
    },
)  # fmt: skip


def said(words: CustomerWords) -> Finding | None:
    """What was said outright."""
    found = PHRASES.best(words.normal, words.language)
    return None if found is None else Finding(found.strength, (found.start, found.end))


def find(words: CustomerWords) -> Finding | None:
    return said(words) or hears(words, "leaving", at_least=NEED_FROM)


leaving: Final = of_intent("leaving", find, cues=(PHRASES, "leaving"))
