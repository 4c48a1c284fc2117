"""Why a customer makes contact: a running vote over the first turns, and what could have been done about it."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from klankbord.conversation import Conversation, Evidence, clip, fingerprint
from klankbord.events import Role
from klankbord.models import reasons as models
from klankbord.models.heads import Reading
from klankbord.redaction import excerpt
from klankbord.signals import Words
from klankbord.taxonomy import QUESTIONS, Label, Question, Said, Taxonomy
from klankbord.tone import strongest

# A customer says what it is about in the first turns; later ones are details, and the hot path stays cheap.
TURNS_READ: Final = 6
KEPT_VOTES: Final = 4
# What a customer says first is what it is about: twice the votes, as the labelled conversations have it.
FIRST_TURN: Final = 2.0
# Below this lead over the next reason, in votes, it is unknown. Chosen on lines kept from training and on questions
# that no contact centre is asked (docs/reasons.md).
MARGIN: Final = 0.3
# A chance of less is noise of 65 reasons, and a tenant's phrase outweighs whatever the model hears.
_FAINT: Final = 0.03
_PHRASE_VOTE: Final = 10.0
_COURTESY: Final = frozenset(
    number
    for word in """ok oke oké okay okee okido ja jawel nee neen yes yeah yep no nope hi hello hey hoi hallo hee dag
    goedendag
    goedemorgen goeiemorgen goedemiddag goeiemiddag goedenavond goeienavond morning afternoon evening good
    thanks thank bedankt dank dankjewel dankuwel thx prima top perfect great fine sure super klopt correct right
    mooi fijn cheers bye doei tot ziens sorry please alsjeblieft alstublieft heel erg very much hoor mevrouw
    meneer sir madam""".split()
    for number in fingerprint(word)
)  # fmt: skip

# What happened in this very conversation and answers the question more surely than the reason does.
_FACTS: Final[dict[Question, frozenset[str]]] = {
    "preventable": frozenset({"repeat_contact", "repetition", "transfer"}),
    "self_service": frozenset({"channel_hop", "dead_end"}),
    "automatable": frozenset({"asks_for_human"}),
}


class Answer(Struct, frozen=True):
    """One question about a contact, its label, why that label, and the facts of this conversation that bear on it."""

    question: Question
    label: Label
    why: Said
    facts: tuple[Evidence, ...] = ()


def voted(conversation: Conversation, words: Words | None, taxonomy: Taxonomy) -> Conversation:
    """The conversation with the customer's words counted towards its reason, while that can still change."""
    if words is None or words.role is not Role.CUSTOMER or conversation.reason_turns >= TURNS_READ:
        return conversation
    if _COURTESY.issuperset(words.fingerprint):
        return conversation
    reading = models.model(words.language).read(words.normal)
    chances = models.chances(reading, at_least=_FAINT)
    heard = _heard(chances, taxonomy, FIRST_TURN if conversation.reason_turns == 0 else 1.0)
    spoken = taxonomy.spoken(words.normal, words.language)
    if spoken is not None and spoken[0]:
        heard = {spoken[0]: _PHRASE_VOTE}
    votes = _kept(conversation.reason_votes, heard)
    now = replace(
        conversation,
        reason_votes=votes,
        reason_turns=conversation.reason_turns + 1,
        # What was known may be unknown again: keeping it made more conversations known, and those less often rightly.
        reason=leading(votes, MARGIN),
    )
    first = next(iter(votes), "")
    said_best = 2 * heard.get(first, 0.0) >= votes.get(first, 0.0) > 0.0 and now.reason in ("", first)
    if now.reason == conversation.reason and not said_best:
        return now
    span = spoken[1] if spoken is not None and spoken[0] else _span(reading, chances, first, taxonomy)
    return replace(now, reason_words="" if span is None else clip(excerpt(words.clean, *span)))


def leading(votes: dict[str, float], margin: float) -> str:
    """The reason with most votes if it leads by `margin`, else none."""
    first, second = [*votes.items(), ("", 0.0), ("", 0.0)][:2]
    return first[0] if first[1] - second[1] >= margin else ""


def lead(conversation: Conversation) -> float:
    """By how much the reason leads, in votes: the first turn has 2, the next 1 each, a tenant's phrase 10."""
    first, second = [*conversation.reason_votes.values(), 0.0, 0.0][:2]
    return round(first - second, 3)


def answers(conversation: Conversation, taxonomy: Taxonomy) -> tuple[Answer, ...]:
    """Whether this contact could have been prevented, self-served, automated; nothing where the reason is unknown."""
    known = taxonomy.reasons.get(conversation.reason)
    if known is None:
        return ()
    labels: dict[Question, Label] = {
        "preventable": known.preventable,
        "self_service": known.self_service,
        "automatable": known.automatable,
    }
    if any(evidence.signal == "repeat_contact" for evidence in conversation.evidence):
        labels["preventable"] = "yes"  # whatever it is about, the first contact did not settle it
    return tuple(
        Answer(question, labels[question], known.why, _facts(conversation, question)) for question in QUESTIONS
    )


def _facts(conversation: Conversation, question: Question) -> tuple[Evidence, ...]:
    return tuple(evidence for evidence in conversation.evidence if evidence.signal in _FACTS[question])


def _heard(chances: dict[str, float], taxonomy: Taxonomy, weight: float) -> dict[str, float]:
    """The votes of one turn, by the id under which they count: the chance of each reason times `weight`."""
    heard: dict[str, float] = {}
    for reason, chance in chances.items():
        if place := taxonomy.place(reason):
            heard[place] = heard.get(place, 0.0) + weight * chance
    return heard


def _kept(votes: dict[str, float], heard: dict[str, float]) -> dict[str, float]:
    """The votes with this turn's, the most first; few are kept, for a reason that is nowhere will not win."""
    total = {reason: votes.get(reason, 0.0) + heard.get(reason, 0.0) for reason in votes.keys() | heard.keys()}
    ranked = sorted(total.items(), key=lambda item: (-item[1], item[0]))
    return {reason: round(vote, 3) for reason, vote in ranked[:KEPT_VOTES]}


def _span(reading: Reading, chances: dict[str, float], reason: str, taxonomy: Taxonomy) -> tuple[int, int] | None:
    """The words that spoke most for it; of the reasons that count as one, for the one most heard."""
    heard = [name for name in chances if taxonomy.place(name) == reason]
    return strongest(reading, max(heard, key=chances.__getitem__)) if heard else None
