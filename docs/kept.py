"""What is kept, where and for how long: one page in English and one in Dutch, with every number taken from the code."""

from collections.abc import Callable
from typing import Final, TypeAlias

from config.settings import PREFIX, Settings
from klankbord.policy import Policy
from streams import topics, wire
from streams.advising import KEPT_AFTER_END_S
from web.audit import MAX_ENTRIES

Row: TypeAlias = tuple[str, str, str]

DAY_S: Final = 86_400
MINUTE_S: Final = 60
HEAD: Final[dict[str, Row]] = {"en": ("what", "where", "how long"), "nl": ("wat", "waar", "hoe lang")}


def page(language: str) -> str:
    """The page in `en` or `nl`."""
    lines = {"en": _english, "nl": _dutch}[language]()
    rows = (HEAD[language], ("---", "---", "---"), *lines)
    return TEXT[language].replace("TABLE", "\n".join(f"| {' | '.join(row)} |" for row in rows))


def _plan() -> dict[str, topics.Topic]:
    fields = Settings.model_fields
    planned = topics.plan(
        partitions=fields["partitions"].default,
        replication_factor=fields["replication_factor"].default,
        input_retention_ms=fields["input_retention_h"].default * topics.HOUR_MS,
    )
    return {topic.name: topic for topic in planned}


def _hours(topic: str) -> int:
    kept_ms = _plan()[topic].retention_ms
    assert kept_ms is not None
    return kept_ms // topics.HOUR_MS


def _lag_min() -> int:
    return int(_plan()[wire.OBSERVATIONS].configs["min.compaction.lag.ms"]) // topics.MINUTE_MS


def _longest_min() -> int:
    return int(_plan()[wire.OBSERVATIONS].configs["max.compaction.lag.ms"]) // topics.MINUTE_MS


def _tombstone_days() -> int:
    return int(_plan()[wire.OBSERVATIONS].configs["delete.retention.ms"]) // topics.DAY_MS


def _stream_hours() -> int:
    (kept_s,) = {wire.STREAM_KEPT_S[stream] for stream in (wire.ALERTS, wire.SUGGESTIONS, wire.BOARD_CHANGES)}
    return kept_s // wire.HOUR_S


def _action_days() -> int:
    return wire.STREAM_KEPT_S[wire.ACTIONS] // DAY_S


def _ended_min() -> int:
    ended_min: int = Settings.model_fields["ended_state_min"].default
    return ended_min


def _idle(hours: str, days: str) -> str:
    """After how long each channel counts as ended, the same times together."""
    by_time: dict[float, list[str]] = {}
    for channel, after_s in Policy().idle_after_s.items():
        by_time.setdefault(after_s, []).append(channel.value)
    said = (
        f"{', '.join(channels)} {after_s / DAY_S:g} {days}"
        if after_s >= 2 * DAY_S
        else f"{', '.join(channels)} {after_s / wire.HOUR_S:g} {hours}"
        for after_s, channels in by_time.items()
    )
    return "; ".join(said)


def _english() -> tuple[Row, ...]:
    policy, many = Policy(), f"{wire.STREAM_MAXLEN:,}"
    once = f"{wire.ONCE_TTL_S // DAY_S} days"
    return (
        (
            "what customer and agent said, as it came",
            "Kafka: `chat.messages`, `call.transcripts`",
            f"{_hours(wire.CHAT_MESSAGES)} hours (`{PREFIX}INPUT_RETENTION_H`)",
        ),
        (
            "records that could not be read, as they came",
            "Kafka: `dead.letters`",
            f"{_hours(wire.DEAD_LETTERS)} hours",
        ),
        (
            "scores, facts and redacted quotes of a conversation; the id of the agent who has it",
            "Kafka: `conversation.observations`, and the memory of the workers",
            f"until {_ended_min()} minutes after its end (`{PREFIX}ENDED_STATE_MIN`); then a marker without quotes and "
            f"scores, for as long as the words above are kept, or {once} if it had an alert. What it was before stays "
            f"at least {_lag_min()} minutes, and until Kafka compacts, which falls due after {_longest_min()}. That it was "
            f"there, with the conversation's id, stays {_tombstone_days()} days longer",
        ),
        (
            "that a customer may need something, such as time after a loss; never the words",
            "in the same",
            f"until {policy.need_turns} customer turns or {policy.need_s / MINUTE_S:g} minutes without it, or the end",
        ),
        ("the row of an open conversation", "Redis", "until the conversation ends"),
        (
            "alerts, suggestions and changes of rows, with redacted quotes and the id of the agent",
            "Redis: three streams",
            f"{_stream_hours()} hours, and of each the newest {many} or so",
        ),
        (
            "what the budget kept back",
            "Redis",
            f"until it cleared, and listed for {wire.SUPPRESSED_TTL_S // wire.HOUR_S} hours",
        ),
        (
            "who acknowledged, took or marked an alert, and the reason given",
            "Redis",
            f"until {once} after the alert cleared; what was done, for `klankbord marks`, {_action_days()} days, and the "
            f"newest {many} or so",
        ),
        (
            "to whom a suggestion was shown, and that it was answered; not the answer",
            "Redis",
            f"{wire.SHOWN_TTL_S // MINUTE_S} minutes",
        ),
        (
            "which kinds of suggestion were shown, used or dismissed in a conversation",
            "Redis",
            f"until {KEPT_AFTER_END_S // MINUTE_S} minutes after its end, {once} at most",
        ),
        ("how often each kind of suggestion was used or dismissed, of nobody", "Redis", "for as long as Redis is kept"),
        (
            "who opened which page or conversation and did what, also of staff, without a word of it",
            "Redis, and the log `audit`",
            f"the newest {MAX_ENTRIES:,} or so in Redis; the log for as long as you keep it",
        ),
        (
            "numbers by channel, queue, language, rule and kind, of nobody",
            "Prometheus",
            "for as long as yours keeps it",
        ),
    )


def _dutch() -> tuple[Row, ...]:
    policy, many = Policy(), f"{wire.STREAM_MAXLEN:,}".replace(",", ".")
    once = f"{wire.ONCE_TTL_S // DAY_S} dagen"
    return (
        (
            "wat klant en medewerker zeiden, zoals het binnenkwam",
            "Kafka: `chat.messages`, `call.transcripts`",
            f"{_hours(wire.CHAT_MESSAGES)} uur (`{PREFIX}INPUT_RETENTION_H`)",
        ),
        (
            "berichten die niet te lezen waren, zoals ze binnenkwamen",
            "Kafka: `dead.letters`",
            f"{_hours(wire.DEAD_LETTERS)} uur",
        ),
        (
            "scores, feiten en geschoonde citaten van een gesprek; het nummer van de medewerker die het voert",
            "Kafka: `conversation.observations`, en het geheugen van de werkprocessen",
            f"tot {_ended_min()} minuten na het einde (`{PREFIX}ENDED_STATE_MIN`); daarna een markering zonder citaten "
            f"en scores, zo lang als de woorden hierboven, of {once} als er een melding was. Wat er eerder stond, "
            f"blijft minstens {_lag_min()} minuten, en tot Kafka opruimt, wat na {_longest_min()} minuten moet. Dat het "
            f"er was, met het nummer van het gesprek, blijft {_tombstone_days()} dagen langer",
        ),
        (
            "dat een klant iets nodig kan hebben, zoals tijd na een verlies; nooit de woorden",
            "in hetzelfde",
            f"tot {policy.need_turns} klantbeurten of {policy.need_s / MINUTE_S:g} minuten zonder, of het einde",
        ),
        ("de regel van een open gesprek", "Redis", "tot het gesprek eindigt"),
        (
            "meldingen, suggesties en wijzigingen van regels, met geschoonde citaten en het nummer van de medewerker",
            "Redis: drie reeksen",
            f"{_stream_hours()} uur, en van elk ongeveer de nieuwste {many}",
        ),
        (
            "wat het meldingenbudget achterhield",
            "Redis",
            f"tot het voorbij is, en {wire.SUPPRESSED_TTL_S // wire.HOUR_S} uur in een lijst",
        ),
        (
            "wie een melding zag, oppakte of beoordeelde, en de gegeven reden",
            "Redis",
            f"tot {once} nadat de melding voorbij is; wat er gedaan is, voor `klankbord marks`, {_action_days()} dagen, en "
            f"ongeveer de nieuwste {many}",
        ),
        (
            "aan wie een suggestie getoond is, en dat zij beantwoord is; niet het antwoord",
            "Redis",
            f"{wire.SHOWN_TTL_S // MINUTE_S} minuten",
        ),
        (
            "welke soorten suggestie in een gesprek getoond, gebruikt of weggewuifd zijn",
            "Redis",
            f"tot {KEPT_AFTER_END_S // MINUTE_S} minuten na het einde, hooguit {once}",
        ),
        (
            "hoe vaak elke soort suggestie gebruikt of weggewuifd is, van niemand in het bijzonder",
            "Redis",
            "zo lang als Redis bewaard wordt",
        ),
        (
            "wie welke pagina of welk gesprek opende en wat die deed, ook van personeel, zonder een woord eruit",
            "Redis, en het logboek `audit`",
            f"in Redis ongeveer de nieuwste {MAX_ENTRIES:,}; het logboek zo lang als u het bewaart".replace(",", "."),
        ),
        (
            "aantallen per kanaal, wachtrij, taal, regel en soort, van niemand",
            "Prometheus",
            "zo lang als de uwe bewaart",
        ),
    )


TEXT: Final[dict[str, str]] = {
    "en": f"""# What is kept

<!-- made by `python -m docs.generate` -->

[In het Nederlands](kept.nl.md)

With the [settings](settings.md) and the [policy](policy.md) as they are shipped; the numbers on this page are taken from the code.

TABLE

- A conversation that nobody ends counts as ended after a time without any event: {_idle("hours", "days")}.
- Kafka deletes whole segments, which here are begun anew every hour: what is due may lie there an hour or so longer. In a partition to which nothing more is written the newest segment is not closed, and what lies in it stays until the next record comes.
- Redis' streams are cut once a minute by the publisher; `klankbord doctor` says when that does not happen, and when a topic is kept otherwise than planned. To be rid of all of it at once, empty Redis: [alerts come back from Kafka, marks do not](reliability.md#redis-is-made-again).
- After an objection (`objected`) the conversation is scored no more, and its scores and quotes are erased from its state. What was sent before stays in the streams of Redis, in the words as they came and in what Kafka has not compacted, for as long as the table says.
- Backups of Kafka and Redis, recordings and files that you take out (`klankbord marks`, `backtest`) are yours to delete.
""",
    "nl": f"""# Wat er bewaard wordt

<!-- made by `python -m docs.generate` -->

[In English](kept.en.md)

Met de [instellingen](settings.md) en het [beleid](policy.md) zoals ze geleverd worden; de getallen op deze pagina komen uit de code.

TABLE

- Een gesprek dat niemand beëindigt, geldt als beëindigd na een tijd zonder gebeurtenis: {_idle("uur", "dagen")}.
- Kafka wist hele segmenten, die hier elk uur opnieuw beginnen: wat weg moet, kan er ongeveer een uur langer liggen. In een partitie waar niets meer bij komt, blijft het nieuwste segment open, en wat daarin ligt staat er tot het volgende bericht.
- De publisher kort de reeksen in Redis elke minuut in; `klankbord doctor` meldt het als dat niet gebeurt, en als een topic anders bewaart dan gepland. Moet alles in één keer weg, maak Redis dan leeg: [meldingen komen terug uit Kafka, oordelen niet](reliability.md#redis-is-made-again).
- Na een bezwaar (`objected`) wordt het gesprek niet meer gescoord en worden scores en citaten uit de stand van het gesprek gewist. Wat eerder verstuurd is, blijft in de reeksen van Redis, in de woorden zoals ze binnenkwamen en in wat Kafka nog niet opruimde, zo lang als de tabel zegt.
- Reservekopieën van Kafka en Redis, opnames en bestanden die u eruit haalt (`klankbord marks`, `backtest`) wist u zelf.
""",
}

PAGES: Final[dict[str, Callable[[], str]]] = {
    "kept.en.md": lambda: page("en"),
    "kept.nl.md": lambda: page("nl"),
}
