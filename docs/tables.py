"""What the code does not say of itself: who writes a topic, what a key holds, and an example of each detector."""

from typing import Final

from klankbord.detectors import DETECTORS
from streams import wire

Lines = tuple[str, ...]

# docs/reasons.md: what the code does not say of the contact reasons.
REASONS_SAY: Final[Lines] = (
    "Why a customer makes contact, in two levels: `delivery.late` is the reason *late* of the group *delivery*.",
    "A linear model of words reads the first six turns of the customer that say anything, and each turn votes with its "
    "chances.",
    "The reason with most votes is the conversation's once it leads the next one far enough; until then it is unknown.",
    "It is known live, may change or become unknown again while those turns are read, and comes with the customer's "
    "words that told most.",
    "It is on the supervisor page, in `klankbord explain`, in each row of `klankbord replay --jsonl` and "
    "`klankbord score --jsonl` (`reason`), and, by group, in `klankbord_conversations_ended_total` "
    "([metrics](metrics.md)).",
    "",
    "## Could this contact have been prevented?",
    "",
    "Each reason has three labels, `yes`, `partly` or `no`: could the contact have been prevented, could the customer "
    "have done it alone, could a machine have answered?",
    "The labels are a judgement with its ground beside it (`why`), made without knowing your customers: replace them.",
    "What happened in the conversation itself goes before them: a repeat contact was preventable whatever it is about, "
    "and a website that was tried, a dead end, or a wish for a human stands as evidence beside its label.",
    "`klankbord explain FILE --reasons config/reasons.toml` prints them where a conversation ends.",
    "",
    "## How to edit them",
    "",
    "The list is [config/reasons.toml](../config/reasons.toml); `KLANKBORD_REASONS` names another file "
    "([settings](settings.md)).",
    "",
    "| to | do |",
    "|---|---|",
    "| rename | change `nl` and `en`; the id stays |",
    "| remove | delete the table: its conversations become unknown |",
    '| join two | give one `same_as = "delivery.late"`: it counts as the other |',
    "| add | write a table with `phrases`; a phrase decides wherever a customer says it |",
    "",
    "`klankbord config check --files` names the file, the field and the id you may have meant.",
)
REASONS_MEASURED: Final[Lines] = (
    "Whole conversations, read to their end: the labelled ones of `tests/conversations/gold`, whose reasons stand in "
    "`tests/conversations/gold/reasons.tsv`, one for each, judged by reading it and not by the model.",
    "The margin and the weight of the first turn were chosen on the train half, and some of our own lines were written "
    "after it was read; on the dev half one rule was tried and dropped, and nothing else chosen: believe that half.",
)
REASONS_LIMITS: Final[Lines] = (
    "- 65 reasons over all sectors are many, and a tenant has ten of them: removing those you never get makes the rest "
    "more sure.",
    "- One reason a conversation: who comes with two questions gets the one that is said first or most.",
    '- Figures of speech, irony and a reason that is only implied ("we cook on a camp stove since March") are missed.',
    "- The public English sets are about banks, telecom, travel and assistants; everything else, and all Dutch, was "
    "learned from some thousands of lines of our own, so neighbours in meaning are often mixed up.",
    "- The chances are calibrated on lines of our own, not on your customers' mix of reasons.",
)

# For each detector an example in Dutch and one in English, written as klankbord/channels/transcript.py reads it.
# What is found in the last line is computed by docs/generate.py, never written here.
EXAMPLES: Final[dict[str, tuple[Lines, Lines]]] = {
    "anger": (
        ("00:00 customer: Dit is echt schandalig.",),
        ("00:00 customer: This is an absolute disgrace.",),
    ),
    "frustration": (
        ("00:00 customer: Er gebeurt gewoon niks.",),
        ("00:00 customer: I'm going round in circles here.",),
    ),
    "disappointment": (
        ("00:00 customer: Ik had beter verwacht van jullie.",),
        ("00:00 customer: I am really disappointed in you.",),
    ),
    "anxiety": (
        ("00:00 customer: Ik maak me zorgen over die rekening.",),
        ("00:00 customer: I'm really worried about that bill.",),
    ),
    "confusion": (
        ("00:00 customer: Ik snap er niets van.",),
        ("00:00 customer: I don't understand what you mean.",),
    ),
    "abuse": (
        ("00:00 customer: Stelletje idioten.",),
        ("00:00 customer: You people are useless.",),
    ),
    "gratitude": (
        ("00:00 customer: Heel erg bedankt voor uw hulp!",),
        ("00:00 customer: Thank you so much for your help!",),
    ),
    "relief": (
        ("00:00 customer: Wat een opluchting, hij doet het weer.",),
        ("00:00 customer: What a relief, it works again.",),
    ),
    "negative_words": (
        ("00:00 customer: Wat een slechte ervaring.",),
        ("00:00 customer: That was a terrible experience.",),
    ),
    "positive_words": (
        ("00:00 customer: Fijn, dat werkt goed.",),
        ("00:00 customer: Great, that works well.",),
    ),
    "repeat_contact": (
        ("00:00 customer: Dit is al de derde keer dat ik bel.",),
        ("00:00 * context recent_contacts=2",),
    ),
    "repetition": (
        ("00:00 customer: De monteur is maandag niet gekomen.", "00:40 customer: Maandag is de monteur niet gekomen!"),
        ("00:00 customer: As I said, the engineer never came.",),
    ),
    "reasked_question": (
        ("00:00 agent: Heeft u het modem al herstart?", "01:10 agent: Excuses. Heeft u het modem al herstart?"),
        ("00:00 customer: I already gave you my order number.",),
    ),
    "correction": (
        ("00:00 customer: Nee, dat bedoel ik niet.",),
        ("00:00 customer: That's not what I asked.",),
    ),
    "long_wait": (
        ("00:00 customer: Is er al nieuws?", "04:30 agent: Bedankt voor het wachten."),
        ("00:00 customer: I have been waiting for 40 minutes.",),
    ),
    "hold": (
        ("00:00 * held", "03:45 * resumed"),
        ("00:00 * held", "08:00 * resumed"),
    ),
    "transfer": (
        ("00:00 agent: Ik verbind u door met de technische dienst.",),
        ("00:00 * transferred to_queue=technical",),
    ),
    "channel_hop": (
        ("00:00 agent: Dat kan alleen via de website.",),
        ("00:00 * context previous_channel=email",),
    ),
    "dead_end": (
        ("00:00 agent: Dat is helaas niet mogelijk.",),
        ("00:00 agent: There is nothing I can do.",),
    ),
    "turned_away": (
        ("00:00 agent: Dan moet u dat aan de winkel vragen.",),
        ("00:00 agent: You would need a form for that.",),
    ),
    "asks_for_human": (
        ("00:00 customer: Ik wil een leidinggevende spreken.",),
        ("00:00 customer: I want to speak to a real person.",),
    ),
    "told_trouble": (
        ("00:00 customer: Jullie hebben het verkeerde bedrag afgeschreven.",),
        ("00:00 customer: The engineer never showed up.",),
    ),
    "told_wait": (
        ("00:00 customer: Ik wacht al weken op een antwoord.",),
        ("00:00 customer: I have been waiting for weeks for an answer.",),
    ),
    "still_unsolved": (
        ("00:00 customer: Het werkt nog steeds niet.",),
        ("00:00 customer: It still doesn't work.",),
    ),
    "gives_up": (
        ("00:00 customer: Laat maar, ik zoek het zelf wel uit.",),
        ("00:00 customer: Never mind, I'll sort it myself.",),
    ),
    "not_following": (
        ("00:00 customer: Ik begrijp er niets van.",),
        ("00:00 customer: I don't understand what that means.",),
    ),
    "sent_around": (
        ("00:00 customer: Ik word van het kastje naar de muur gestuurd.",),
        ("00:00 customer: I have been sent from pillar to post.",),
    ),
    "interruption": (
        ("00:00-00:05.2 customer: Ik heb vorige week ook al", "00:04-00:08 agent: Mag ik uw postcode?"),
        ("00:00-00:05.2 customer: Last week I already", "00:04-00:08 agent: May I have your postcode?"),
    ),
    "talk_over": (
        ("00:00-00:07 customer: Er staat dat ik moet bijbetalen.", "00:04-00:09 agent: Dat klopt, dat is jaarlijks."),
        ("00:00-00:07 customer: It says that I have to pay extra.", "00:04-00:09 agent: Yes, we do that every year."),
    ),
    "dead_air": (
        ("00:00-00:03 agent: Ik zoek het op.", "00:23-00:24 agent: Daar ben ik weer."),
        ("00:00-00:03 agent: Let me look it up.", "00:43-00:44 customer: Hello?"),
    ),
    "pace": (
        (
            "00:00-00:10 customer: Ik wil graag weten waarom het bedrag van deze maand ineens zoveel hoger uitvalt dan "
            "vorige maand, want er is bij ons in huis helemaal niets veranderd.",
            "00:15-00:25 customer: Wij wonen hier nu met zijn tweeën, de kinderen zijn het huis uit en de verwarming "
            "staat overdag altijd uit, dus ik had juist een lager bedrag verwacht.",
            "00:30-00:33 customer: En dat terwijl we juist minder stroom en gas hebben verbruikt.",
        ),
        (
            "00:00-00:10 customer: I would like to know why the amount of this month is so much higher than what I "
            "paid before, because nothing in our house has changed.",
            "00:15-00:25 customer: There are only two of us living here now, the children have moved out and the "
            "heating is always off during the day, so I expected a lower amount.",
            "00:30-00:33 customer: And that while we have been using less power and gas.",
        ),
    ),
    "leaving": (
        ("00:00 customer: Dan ga ik wel naar de concurrent.",),
        ("00:00 customer: I'll take my business elsewhere.",),
    ),
    "language_barrier": (
        ("00:00 customer: Sorry, mijn Nederlands is niet goed.",),
        ("00:00 customer: English is not my first language.",),
    ),
    "low_literacy": (
        ("00:00 customer: Ik kan niet zo goed lezen.",),
        ("00:00 customer: I'm not good with computers.",),
    ),
    "debt": (
        ("00:00 customer: Er stond een deurwaarder voor de deur.",),
        ("00:00 customer: I have fallen behind with everything.",),
    ),
    "cannot_pay": (
        ("00:00 customer: Ik kan de rekening nu niet betalen.",),
        ("00:00 customer: I can't afford this month's bill.",),
    ),
    "illness": (
        ("00:00 customer: Mijn vader ligt in het ziekenhuis.",),
        ("00:00 customer: I have been very ill.",),
    ),
    "bereavement": (
        ("00:00 customer: Mijn man is vorige maand overleden.",),
        ("00:00 customer: My mother passed away.",),
    ),
    "threat_to_others": (
        ("00:00 customer: Ik weet jullie te vinden.",),
        ("00:00 customer: I'll come down there.",),
    ),
    "threat_to_self": (
        ("00:00 customer: Ik zie het niet meer zitten.",),
        ("00:00 customer: I don't want to be here anymore.",),
    ),
}

# The facts that detectors look at beside phrases.
FACTS: Final[dict[str, str]] = {
    **{
        detector.kind: "the chance that a trained head of its language gives the line ([quality](quality.md))"
        for detector in DETECTORS
        if detector.kind.startswith("sounds_")
    },
    "negative_words": "the balance of all words: VADER, with its own lexicon in English and one of the same form in "
    "Dutch, together with a trained head ([quality](quality.md))",
    "positive_words": "the balance of all words: VADER, with its own lexicon in English and one of the same form in "
    "Dutch, together with a trained head ([quality](quality.md))",
    "threat_to_self": "words that stand near each other, and both in Dutch and English whatever the language",
    "threat_to_others": "words that stand near each other, and both in Dutch and English whatever the language",
    "repeat_contact": "`recent_contacts` of a `context` event",
    "repetition": "the share of content words in common with an earlier line of the customer, from "
    "`repetition_likeness` of the policy on",
    "reasked_question": "the share of content words in common with an earlier question of the agent or the bot, from "
    "`reasked_likeness` of the policy on",
    "long_wait": "the seconds from the customer's line to the answer, or to a `waited` event, past `normal_wait_s` "
    "of the policy",
    "hold": "the seconds from `held` to `resumed`, past `normal_hold_s` of the policy",
    "transfer": "a `transferred` event",
    "channel_hop": "`previous_channel` of a `context` event",
    "interruption": "the seconds of an overlap of the customer's segment with one of the agent or the bot that begins "
    "later and ends later, from `interruption_from_s` to `talk_over_from_s` of the policy",
    "talk_over": "the seconds that a segment of the customer and one of the agent or the bot have in common, from "
    "`talk_over_from_s` of the policy on",
    "dead_air": "the seconds between the end of what was said last and the start of this segment, past "
    "`normal_silence_s` of the policy, less what is counted as `hold` or `long_wait`",
    "pace": "the customer's words a minute against those of their own earlier turns of this call, from "
    "`pace_faster_from` of the policy on",
}

# topic -> key, value, written by, read by
WHO: Final[dict[str, tuple[str, str, str, str]]] = {
    wire.CHAT_MESSAGES: ("conversation id", "event", "sources; the monitor (`waited`)", "monitor"),
    wire.CALL_TRANSCRIPTS: ("conversation id", "event", "sources; the monitor (`waited`)", "monitor"),
    wire.OBSERVATIONS: (
        "tenant/conversation id",
        "observation with state, origin and fence; a marker once it is over; a tombstone",
        "monitor",
        "publisher; the monitor when it recovers",
    ),
    wire.DEAD_LETTERS: (
        "origin: topic/partition/offset",
        "as it came; [reason and origin in headers](bad-input.md); nothing once redriven; a tombstone purges",
        "monitor; `klankbord deadletters`",
        "people",
    ),
}
# topic -> an example of what lies in it
SHOWN: Final[dict[str, str]] = {
    **dict.fromkeys(wire.INPUTS, "[an event](messages.md#an-event)"),
    wire.OBSERVATIONS: "[what it led to](messages.md#what-it-led-to)",
    wire.DEAD_LETTERS: "[a list of them](deadletters.md#look)",
}
# Redis key -> type, what it holds
KEYS: Final[dict[str, tuple[str, str]]] = {
    wire.ALERTS: ("stream", "`AlertMessage`: what opened and cleared, in order"),
    wire.OPEN_ALERTS: ("hash", "alert id to `AlertMessage`, for every open one that is shown"),
    wire.HELD_ALERTS: ("hash", "alert id to `AlertMessage`, for every open one that is [kept back](alerts.md)"),
    wire.suppressed("<hour>"): ("hash that expires after a day", "alert id to `AlertMessage` kept back in that hour"),
    wire.PLACES: ("hash", "id of an open alert to its highest rank and the hour it was placed in"),
    wire.spent("<hour>", "<tenant>/<team>"): ("set that expires after a day", "what takes up the budget of that hour"),
    wire.folding("<cause>"): (
        "sorted set that expires after a day",
        "conversation and alert id of one cause, by when it opened",
    ),
    wire.LIVES: ("hash", "alert id to `AlertLife`, until 8 days after the alert cleared"),
    wire.LIFE_CHANGES: ("stream", "`AlertLife` as it changed"),
    wire.LIVES_UNTIL: ("sorted set", "id of a cleared alert by when its life is forgotten"),
    wire.ACTIONS: ("stream", "`AlertAction`: what supervisors did, in order"),
    wire.WHOLE: (
        "hash",
        "partition of the observations to the offset up to which they were published ([why](reliability.md))",
    ),
    wire.CANARY: ("string", "`CanarySeen`: the newest canary that came through"),
    wire.SUGGESTIONS: ("stream", "`SuggestionMessage` and `WithdrawnMessage`, in order"),
    wire.current_suggestion("<tenant>", "<agent id>"): (
        "string that expires with the suggestion",
        "`SuggestionMessage` that stands for one agent",
    ),
    wire.advice("<tenant>", "<conversation id>"): (
        "hash that expires an hour after the end",
        "what stands in a conversation, which kinds were shown and when, which were dismissed or used",
    ),
    wire.shown_suggestion("<id>"): (
        f"hash that expires after {wire.SHOWN_TTL_S // 60} minutes",
        "to whom a suggestion was shown, and whether it can still be answered; not the answer",
    ),
    wire.learned("<tenant>"): ("hash", "answers, counted per kind, situation and answer; of nobody"),
    wire.silenced("<tenant>", "<kind>", "<situation>"): (
        "string that expires after 7 days",
        "that a kind is silent in a situation, because it was dismissed there again and again",
    ),
    wire.BOARD: ("hash", "tenant/conversation id to `BoardRow`, for every open conversation"),
    wire.BOARD_OFFSETS: ("hash", "tenant/conversation id to how much of its input the row on the board has seen"),
    wire.BOARD_CHANGES: ("stream", "`BoardRow` as it changed, coalesced; beside it when its newest event was produced"),
    wire.COUNTS: ("hash", "what was published once, by rule and kind"),
    wire.REVOKED: ("set", "tokens and people that may no longer see anything ([security](security.md))"),
    wire.AUDIT: ("stream", "who saw or did what, each line holding the hash of the one before"),
    wire.AUDIT_HEAD: ("string", "number and hash of the newest audit line"),
    wire.once("<id>"): (
        f"string that expires after {wire.ONCE_TTL_S // 86_400} days",
        "that an alert or suggestion was published",
    ),
    wire.ended("<tenant/conversation id>"): (
        f"string that expires after {wire.ENDED_TTL_S // 60} minutes",
        "how much of its input a conversation had seen when it left the board",
    ),
}
