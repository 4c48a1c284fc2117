"""The facts of a conversation that an event changes: who, where, since when, what was answered. No scores."""

from typing import Final

from msgspec.structs import replace

from klankbord.conversation import (
    KEEP_FINGERPRINTS,
    Conversation,
    Segment,
    fingerprint,
    question,
    unheard,
)
from klankbord.digits import to_hundredths
from klankbord.events import (
    ANSWERS,
    Context,
    Ended,
    Event,
    Held,
    Language,
    NoticeGiven,
    Objected,
    Resumed,
    Role,
    Seconds,
    Started,
    Transferred,
    Utterance,
    Waited,
)
from klankbord.language import odds
from klankbord.memory import Memory, is_forgotten, knows, knows_final
from klankbord.models.hints import Gist, gist
from klankbord.policy import Policy
from klankbord.signals import Words
from klankbord.speech import LONGEST_SILENCE_MS, pace, segment_of

_ROUNDING_S: Final = 1.0  # of times that were added up and written as text


def is_duplicate(conversation: Conversation, event: Event) -> bool:
    """Whether this very event was applied before, as far back as the conversation remembers."""
    return knows(conversation.memory, event)


def is_late(conversation: Conversation, event: Event) -> bool:
    """Whether it was applied before or is so late that nobody can say."""
    return is_forgotten(conversation.memory, event)


def spoken_once(conversation: Conversation, event: Event) -> Event:
    """The event, where a second final of the same utterance is a partial: neither scored nor counted as a turn."""
    if isinstance(event, Utterance) and event.is_final and knows_final(conversation.memory, event):
        return replace(event, is_final=False)
    return event


def placed(conversation: Conversation, event: Event, memory: Memory) -> Conversation:
    """The conversation with the event's place and time in it, and `memory` of it."""
    at = event.at_s
    started_at = at if conversation.started_at is None or isinstance(event, Started) else conversation.started_at
    conversation = _ended(conversation, event, at)
    if conversation.ended_at is not None:  # two clocks may have told of the start and of the end
        started_at = min(started_at, conversation.ended_at)
    return replace(
        conversation,
        memory=memory,
        channel=event.channel,
        queue=(event.to_queue if isinstance(event, Transferred) else None) or event.queue or conversation.queue,
        team=event.team or conversation.team,
        # After a transfer the agent is the new one, or nobody yet: the old one must get no more suggestions.
        agent_id=event.to_agent if isinstance(event, Transferred) else event.agent_id or conversation.agent_id,
        started_at=started_at,
        last_at=at if conversation.last_at is None else max(at, conversation.last_at),
        notice_given=conversation.notice_given or isinstance(event, NoticeGiven),
        objected=conversation.objected or isinstance(event, Objected),
    )


def _ended(conversation: Conversation, event: Event, at: Seconds) -> Conversation:
    """Whether it is over after the event: who was only idle comes back by speaking, who left does not."""
    ended_at, last_at = conversation.ended_at, conversation.last_at
    if isinstance(event, Ended):
        # Somebody spoke while this was on its way: nothing was idle.
        spoke = event.idle_s is not None and last_at is not None and last_at > at - event.idle_s + _ROUNDING_S
        if spoke or (ended_at is not None and not conversation.ended_idle):
            return conversation
        return replace(conversation, ended_at=at if ended_at is None else ended_at, ended_idle=event.idle_s is not None)
    if conversation.ended_idle and ended_at is not None and at > ended_at and isinstance(event, Utterance | Started):
        return replace(conversation, ended_at=None, ended_idle=False)
    return conversation


def spoken_in(
    conversation: Conversation, event: Event, normal: str, policy: Policy
) -> tuple[Conversation, Language | None]:
    """The conversation with its language, and the language to read this line in; none for one we cannot score."""
    if event.language is not None:
        for language in policy.languages:
            if event.language.lower().split("-")[0].split("_")[0] == language:
                return replace(conversation, language=language), language
        return conversation, None
    if conversation.language is not None:
        return conversation, conversation.language
    if len(policy.languages) == 1:
        return replace(conversation, language=policy.languages[0]), policy.languages[0]
    total = round(conversation.language_odds + odds(normal, policy.languages), 2)
    guess: Language = "nl" if total > 0 else "en" if total < 0 else policy.languages[0]
    settled = guess if abs(total) >= policy.language_settled_at else None
    return replace(conversation, language=settled, language_odds=total), guess


def counted(conversation: Conversation, event: Event, words: Words | None, *, asked: bool = False) -> Conversation:
    """The conversation with its turns counted, its waits and holds followed and its lines remembered as numbers.

    `asked`: whether this answer asks if it was solved.
    """
    at = event.at_s
    if isinstance(event, Utterance):
        return _turn_counted(conversation, event, words, at, asked=asked) if event.is_final else conversation
    if isinstance(event, Held):
        return replace(conversation, held_since=at)
    if isinstance(event, Resumed):
        # The hold is counted as a hold; what the customer waits from here is counted as a wait.
        waiting_since = None if conversation.waiting_since is None else at
        return replace(conversation, held_since=None, resumed_at=at, waiting_since=waiting_since, wait_counted_s=0.0)
    if isinstance(event, Ended) and conversation.ended_at is not None:
        return replace(conversation, held_since=None, waiting_since=None, wait_counted_s=0.0)
    if isinstance(event, Transferred):
        # Whoever answers next is new to the customer, who waits for them from now on.
        since = at if conversation.waiting_since is None else conversation.waiting_since
        # The times of their segments may start again at nought.
        return replace(unheard(conversation), waiting_since=since)
    if isinstance(event, Context):
        return _known(conversation, event)
    if isinstance(event, Waited) and conversation.waiting_since is not None:
        waited_s = min(event.wait_s, at - conversation.waiting_since)
        return replace(conversation, wait_counted_s=max(conversation.wait_counted_s, waited_s))
    return conversation


def _turn_counted(
    conversation: Conversation, event: Utterance, words: Words | None, at: Seconds, *, asked: bool
) -> Conversation:
    conversation = _heard(conversation, event, words)
    if event.role is Role.CUSTOMER:
        return replace(
            conversation,
            customer_turns=conversation.customer_turns + 1,
            waiting_since=at if conversation.waiting_since is None else conversation.waiting_since,
            customer_said=_remembered(conversation.customer_said, () if words is None else words.fingerprint),
        )
    if event.role not in ANSWERS:
        return conversation
    request = () if words is None else fingerprint(question(words.normal))
    meant = Gist() if words is None else gist(words.normal, words.language)
    # Several lines in a row are one answer.
    said = Gist(conversation.denied, conversation.solved) if conversation.waiting_since is None else Gist()
    return replace(
        conversation,
        agent_turns=conversation.agent_turns + 1,
        waiting_since=None,
        wait_counted_s=0.0,
        agent_asked=_remembered(conversation.agent_asked, request),
        bot_helps=event.role is Role.BOT,
        asked_at=at if asked else conversation.asked_at,
        solved=max(said.solves, to_hundredths(meant.solves)),
        denied=max(said.denies, to_hundredths(meant.denies)),
    )


def erased(conversation: Conversation) -> Conversation:
    """The conversation after an objection: where and how often stay, what was scored and quoted goes."""
    return Conversation(
        memory=conversation.memory,
        channel=conversation.channel,
        queue=conversation.queue,
        team=conversation.team,
        agent_id=conversation.agent_id,
        started_at=conversation.started_at,
        last_at=conversation.last_at,
        ended_at=conversation.ended_at,
        notice_given=conversation.notice_given,
        objected=True,
        customer_turns=conversation.customer_turns,
        agent_turns=conversation.agent_turns,
        episodes={name: replace(episode, cause=None) for name, episode in conversation.episodes.items()},
        forgotten=conversation.forgotten,
    )


def _known(conversation: Conversation, event: Context) -> Conversation:
    """The conversation with what other systems know; what this event leaves open stays as it was known."""
    complaint, value = event.open_complaint, event.lifetime_value
    return replace(
        conversation,
        recent_contacts=conversation.recent_contacts if event.recent_contacts is None else event.recent_contacts,
        open_complaint=conversation.open_complaint if complaint is None else complaint,
        lifetime_value=conversation.lifetime_value if value is None else round(value, 2),
    )


def _heard(conversation: Conversation, event: Utterance, words: Words | None) -> Conversation:
    """The conversation with this segment in it; one that comes late takes back nothing of what was heard since."""
    segment = segment_of(event)
    if segment is None:
        return conversation
    until_ms = conversation.heard_until_ms
    if until_ms is None or abs(segment.start_ms - until_ms) > LONGEST_SILENCE_MS:
        # A jump this far is another clock: from here on only what it says counts.
        conversation, until_ms = unheard(conversation), 0
    conversation = replace(conversation, heard_until_ms=max(until_ms, segment.end_ms))
    if event.role in ANSWERS:
        return replace(conversation, helper_spoke=_later(conversation.helper_spoke, segment))
    if event.role is not Role.CUSTOMER:
        return conversation
    conversation = replace(conversation, customer_spoke=_later(conversation.customer_spoke, segment))
    if words is None or pace(words.normal, segment) is None:
        return conversation
    return replace(
        conversation,
        paced_words=conversation.paced_words + len(words.normal.split()),
        paced_ms=conversation.paced_ms + segment.end_ms - segment.start_ms,
    )


def _later(before: Segment | None, segment: Segment) -> Segment:
    return segment if before is None or segment.end_ms > before.end_ms else before


def _remembered(earlier: tuple[tuple[int, ...], ...], said: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    return (*earlier, said)[-KEEP_FINGERPRINTS:] if said else earlier
