"""The customer asks for a person, a superior or a court of appeal."""

from collections.abc import Iterator
from typing import Final

from klankbord.events import Role
from klankbord.phrases import Phrases
from klankbord.signals import Finding, Turn, of_effort
from klankbord.tone import tells

_NL_SUPERIORS: Final = ("leidinggevende", "manager", "supervisor", "teamleider", "chef", "baas", "verantwoordelijke")
_NL_PEOPLE: Final = ("mens", "echt mens", "echte persoon", "medewerker", "echte medewerker", "levend persoon")
_EN_SUPERIORS: Final = ("supervisor", "manager", "team leader", "boss", "superior")
_EN_PEOPLE: Final = ("human", "person", "real person", "real human", "human being", "live agent", "actual person")


def _asked_nl() -> Iterator[tuple[str, float]]:
    for who, strength in (*((s, 1.0) for s in _NL_SUPERIORS), *((p, 0.9) for p in _NL_PEOPLE)):
        yield from ((f"{a} {who} spreken", strength) for a in ("een", "uw", "je", "jullie", "de"))
        yield from (
            (f"{ask} een {who}", strength) for ask in ("wil", "wil graag", "mag ik", "geef me", "kan ik", "wens")
        )
        yield from ((f"{a} {who} aan de lijn", strength) for a in ("een", "uw", "je"))
        yield f"spreken met een {who}", strength
        yield f"met een {who} spreken", strength
        yield f"met een {who} praten", strength
        yield f"praten met een {who}", strength
        yield f"een {who} nodig", strength
        yield f"een {who} aub", strength


def _asked_en() -> Iterator[tuple[str, float]]:
    for who, strength in (*((s, 1.0) for s in _EN_SUPERIORS), *((p, 0.9) for p in _EN_PEOPLE)):
        for ask in ("speak to", "speak with", "talk to", "talk with", "get me", "want", "need", "put me through to"):
            yield from ((f"{ask} {a} {who}", strength) for a in ("a", "your", "the", "an"))
        yield f"{who} please", strength


PHRASES: Final = Phrases.listed(
    nl={
        **dict(_asked_nl()),
        "leidinggevende": 0.7,
        "ook maar een mens": 0.0,
        "ook maar mensen": 0.0,
        "iemand anders spreken": 0.8,
        "iemand spreken die": 0.9,
        "iemand die er wel over gaat": 0.9,
        "iemand die mij wel kan helpen": 0.9,
        "iemand die verstand van zaken": 0.9,
        "niet met een robot": 0.9,
        "niet met een bot": 0.9,
        "geen robot": 0.8,
        "geen chatbot": 0.8,
        "menselijk contact": 0.9,
        "echt iemand": 0.8,
        "bel mij terug": 0.5,
        "klacht indienen": 0.9,
        "klacht in te dienen": 0.9,
        "dien een klacht in": 0.9,
        "officiële klacht": 1.0,
        "een klacht": 0.6,
        "klachtenafdeling": 0.9,
        "klachtencommissie": 0.9,
        "geschillencommissie": 1.0,
        "ombudsman": 1.0,
        "ombudsdienst": 1.0,
        "consumentenbond": 0.9,
        "test aankoop": 0.9,
        "mijn advocaat": 0.7,
        "advocaat inschakelen": 1.0,
        "naar een advocaat": 1.0,
        "hoort van mijn advocaat": 1.0,
        "advocaat op afsturen": 1.0,
        "mijn rechtsbijstand": 0.7,
        "rechtsbijstand inschakelen": 1.0,
        "aangifte tegen jullie": 1.0,
        "naar de rechter": 1.0,
        "juridische stappen": 1.0,
        "ingebrekestelling": 1.0,
        "naar de krant": 0.8,
        "naar de media": 0.8,
    },
    en={
        **dict(_asked_en()),
        "need a human": 0.9,
        "get me a human": 0.9,
        "human agent": 0.8,
        "human please": 0.9,
        "omg. human": 0.9,
        "real person": 0.8,
        "someone else please": 0.7,
        "someone who can": 0.6,
        "put me through to someone who can": 0.9,
        "transfer me to someone who can": 0.9,
        "speak to someone who can": 0.9,
        "talk to someone who can": 0.9,
        "someone in charge": 1.0,
        "someone higher up": 1.0,
        "someone senior": 1.0,
        "not a bot": 0.8,
        "not a robot": 0.8,
        "stop the bot": 0.9,
        "escalate this": 0.9,
        "escalate it": 0.9,
        "file a complaint": 0.9,
        "make a complaint": 0.9,
        "raise a complaint": 0.9,
        "lodge a complaint": 0.9,
        "formal complaint": 1.0,
        "official complaint": 1.0,
        "complaints department": 0.9,
        "complaints team": 0.8,
        "ombudsman": 1.0,
        "trading standards": 1.0,
        "to the regulator": 0.9,
        "my lawyer": 0.7,
        "hear from my lawyer": 1.0,
        "get a lawyer": 1.0,
        "lawyer involved": 1.0,
        "my solicitor": 0.7,
        "hear from my solicitor": 1.0,
        "my attorney": 0.7,
        "hear from my attorney": 1.0,
        "legal action": 1.0,
        "small claims": 1.0,
        "take you to court": 1.0,
        "see you in court": 1.0,
        "call the press": 0.8,
        "go to the press": 0.8,
    },
)


def find(turn: Turn) -> Finding | None:
    words = turn.said_by(Role.CUSTOMER)
    return None if words is None else tells(words, "wants_human", PHRASES)


asks_for_human: Final = of_effort("asks_for_human", find, cues=(PHRASES, "wants_human"))
