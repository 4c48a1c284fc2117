"""What the code does not say of alert rules: how one is written, and three that a reader may start from."""

from typing import Final

from docs.tables import Lines

HOW: Final[Lines] = (
    "An alert opens when `when` holds, clears when `until` does, and may open again `cooldown_s` seconds after it "
    "cleared; without `until` it clears as soon as `when` no longer holds.",
    "Every rule is asked at every event; while a customer waits in silence, an event comes every `wait_step_s` "
    "seconds until the wait counts in full, and at each wait that a rule compares `waited_s` with, however long.",
    "While a customer is on hold, one comes at each number that a rule compares `held_s` with.",
    "Both are for numbers of 5 seconds or more that stand beside the name itself: `waited_s >= 90`, not "
    "`waited_s - 60 >= 30`.",
    "A policy file that names rules replaces all of those below, except the one for threats.",
)

WRITING: Final[Lines] = (
    "A rule is a table of the policy file, and its conditions are [CEL](https://cel.dev).",
    "",
    "| field | what it says | without it |",
    "|---|---|---|",
    "| `when` | opens the alert | must be there |",
    "| `until` | clears it; apart from `when`, so that an alert does not flap | the opposite of `when` |",
    "| `severity` | info, warning or critical | must be there |",
    "| `nl`, `en` | what the supervisor reads | must be there |",
    "| `for_turns` | customer turns in a row at which `when` must hold | 1 |",
    "| `min_customer_turns` | customer turns before it may open | 1 |",
    "| `cooldown_s` | seconds after the clearing in which it does not open again | 300 |",
    "| any other number | a name of the rule's own, for its two conditions | |",
    "",
    "Conditions compare (`==`, `!=`, `<`, `<=`, `>`, `>=`, `in [...]`), calculate (`+`, `-`, `*`, and `/` by a number) "
    "and join (`&&`, `||`, `!`, brackets).",
    "Whole numbers and numbers with a point are the same here; texts stand in quotes.",
    "`rise(effort, 300)` is by how much effort rose from its lowest in the last 300 seconds, `fall(valence, 300)` by "
    "how much valence fell from its highest; both know `effort` and `valence`, as far back as the last sixteen turns.",
    "`said.NAME` is how many turns of either side ago a phrase of `[phrases.NAME]` was said, 0 in this very turn "
    "and `never` if it was not; `role` is who has to say it, and whole words count.",
    "What an agent says is a fact about what was offered: nothing scores it.",
    "A phrase list is no place for words about health or money troubles: a need is there to help with, not to alert "
    "on.",
    "",
    "Nothing else of CEL is read: no regular expressions, no loops, no other functions, 400 characters and twelve "
    "brackets deep at most, so that no rule can be slow or fail.",
    "`klankbord config check` lists every mistake with its file, its line and the name that may have been meant.",
    "A policy holds at most 500 rules, 10 of them critical, 8 with `for_turns` above 1, 8 different numbers of seconds "
    "for `waited_s` and 8 for `held_s`, and 8 phrase lists.",
    "A conversation remembers the 10 alerts that are open or were cleared last; a critical one always finds a place, "
    "and a threat has its own.",
)

# In each: the rule as it is written in a policy file.
EXAMPLES: Final[tuple[tuple[str, str], ...]] = (
    (
        "The customer asks for money back, and three turns later the agent has not said what will happen",
        """[phrases.asks_refund]
role = "customer"
nl = ["geld terug", "terugbetaling", "terugbetaald"]
en = ["money back", "refund"]

[phrases.offers_refund]
role = "agent"
nl = ["ik stort", "betaal ik terug", "krijgt u terug", "geen recht op"]
en = ["refund you", "your refund", "not entitled"]

[rules.refund_not_answered]
when = "said.asks_refund >= turns && said.asks_refund != never && said.offers_refund > said.asks_refund"
until = "said.offers_refund == 0"
turns = 3
severity = "warning"
nl = "Klant vraagt geld terug en krijgt geen antwoord"
en = "Customer asks for money back and gets no answer"
""",
    ),
    (
        "Effort rose by 2 in five minutes",
        """[rules.effort_rises]
when = "rise(effort, window_s) >= by"
until = "rise(effort, window_s) < 1"
window_s = 300
by = 2
severity = "warning"
nl = "Het kost de klant snel meer moeite"
en = "It quickly takes the customer more effort"
""",
    ),
    (
        "A customer who complained before waits 90 seconds in a chat, or sounds dissatisfied for two turns",
        """[rules.complainer_waits]
when = "(open_complaint || recent_contacts >= 2) && channel == 'chat' && waited_s >= 90"
severity = "critical"
nl = "Klant met klacht wacht te lang"
en = "Customer with a complaint waits too long"
cooldown_s = 120

[rules.stays_dissatisfied]
when = "mood >= 0.6"
until = "mood < 0.4"
for_turns = 2
severity = "info"
nl = "Klant blijft ontevreden"
en = "Customer stays dissatisfied"
""",
    ),
)

CHANGING: Final[Lines] = (
    "The workers look at the policy, the reasons and the playbook every second.",
    "What was the same at two looks and holds no mistake is in force from the next event on; a file with a mistake "
    "changes nothing, and `klankbord_configuration_in_force` is 0 until it is put right ([metrics](metrics.md)).",
    "A rule's version is a hash of its content and part of every alert id.",
    "An open alert of a rule that changed, or is gone, clears at the next event of its conversation; where the changed "
    "rule holds, it opens as a new alert at the event after that, whatever the cool-down.",
    "The alert for a threat stays open however it is worded.",
)
