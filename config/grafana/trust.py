"""Trust: whether people call alerts right, what they override, what is kept back, and whether it still listens."""

from typing import Final

from config.grafana.panels import Dashboard, Panel, Row, Words, in_time, query

MARKS: Final = "klankbord_alert_marks_total"
ANSWERS: Final = "klankbord_suggestion_answers_total"
OPENED: Final = 'klankbord_alerts_total{state="opened"}'
WEEK: Final = "7d"
HOUR: Final = "1h"

TRUST: Final = Dashboard(
    "trust",
    Words("Klankbord: trust", "Klankbord: vertrouwen"),
    (
        Row(
            Words("Are the alerts right?", "Kloppen de meldingen?"),
            (
                Panel(
                    Words("Precision by rule", "Precisie per regel"),
                    Words(
                        "Of the alerts that supervisors marked in a week, the share that they called right.",
                        "Van de meldingen die supervisors in een week beoordeelden, het aandeel dat zij terecht noemden.",
                    ),
                    (query("1 - rule:klankbord_alert_marks:wrong_ratio_7d", "{{rule}}"),),
                    unit="percentunit",
                    highest=1,
                ),
                Panel(
                    Words("Marks in a week, by rule", "Oordelen in een week, per regel"),
                    Words(
                        "How many marks the precision stands on: with few it says little.",
                        "Op hoeveel oordelen de precisie staat: met weinig zegt zij weinig.",
                    ),
                    (query(f"sum by (rule, mark) (increase({MARKS}[{WEEK}]))", "{{rule}} {{mark}}"),),
                ),
                Panel(
                    Words("Marked at all", "Hoeveel er beoordeeld wordt"),
                    Words(
                        "Of the alerts of a week, the share that somebody marked.",
                        "Van de meldingen van een week, het aandeel dat iemand beoordeelde.",
                    ),
                    (
                        query(
                            f"sum(increase({MARKS}[{WEEK}])) / sum(increase({OPENED}[{WEEK}]))", "marked", "beoordeeld"
                        ),
                    ),
                    unit="percentunit",
                ),
            ),
        ),
        Row(
            Words("Do the suggestions help?", "Helpen de suggesties?"),
            (
                Panel(
                    Words("Override rate by kind", "Weigering per soort"),
                    Words(
                        "Of the suggestions that were answered in a week, the share that was not used.",
                        "Van de suggesties die in een week beantwoord werden, het aandeel dat niet gebruikt werd.",
                    ),
                    (query("kind:klankbord_suggestion_answers:override_ratio_7d", "{{kind}}"),),
                    unit="percentunit",
                    highest=1,
                ),
                Panel(
                    Words("Answers in a week", "Antwoorden in een week"),
                    Words(
                        "Used, not now, or wrong; and how many were shown.",
                        "Gebruikt, nu niet, of onjuist; en hoeveel er getoond zijn.",
                    ),
                    (
                        in_time(ANSWERS, by="answer", span=WEEK),
                        query(f"sum(increase(klankbord_suggestions_total[{WEEK}]))", "shown", "getoond"),
                    ),
                ),
                Panel(
                    Words("Used, and nothing came of it", "Gebruikt, en niets mee gedaan"),
                    Words(
                        "Answered with used, and the customer asked for the same again within three turns of the agent.",
                        "Beantwoord met gebruikt, en de klant vroeg binnen drie beurten van de medewerker hetzelfde.",
                    ),
                    (in_time("klankbord_suggestions_not_acted_total", by="kind", span=WEEK),),
                ),
            ),
        ),
        Row(
            Words("What is kept back", "Wat achtergehouden wordt"),
            (
                Panel(
                    Words("Alerts kept back in an hour, by reason", "Achtergehouden meldingen in een uur, per reden"),
                    Words(
                        "Over the budget of a team, or displaced by one that weighs more.",
                        "Boven het budget van een team, of verdrongen door een die zwaarder weegt.",
                    ),
                    (in_time("klankbord_alerts_suppressed_total", by="reason", span=HOUR),),
                ),
                Panel(
                    Words("Share kept back", "Aandeel achtergehouden"),
                    Words(
                        "Of the alerts that opened in an hour, the share that the budget kept back; who is displaced after being shown again counts twice.",
                        "Van de meldingen die in een uur opengingen, het aandeel dat het budget achterhield; wie na terugkeer weer verdrongen wordt, telt dubbel.",
                    ),
                    (
                        query(
                            f"sum(increase(klankbord_alerts_suppressed_total[{HOUR}])) / sum(increase({OPENED}[{HOUR}]))",
                            "kept back",
                            "achtergehouden",
                        ),
                    ),
                    unit="percentunit",
                ),
                Panel(
                    Words("Folded and shown later, in an hour", "Samengevouwen en later getoond, in een uur"),
                    Words(
                        "Alerts of one cause that became one line, and alerts that came back.",
                        "Meldingen met één oorzaak die één regel werden, en meldingen die terugkwamen.",
                    ),
                    (
                        query(f"sum(increase(klankbord_alerts_folded_total[{HOUR}]))", "folded", "samengevouwen"),
                        query(
                            f"sum(increase(klankbord_alerts_shown_later_total[{HOUR}]))", "shown later", "later getoond"
                        ),
                    ),
                ),
            ),
        ),
        Row(
            Words("Does it still listen?", "Luistert het nog?"),
            (
                Panel(
                    Words("Age of the canary", "Leeftijd van het proefgesprek"),
                    Words(
                        "Since the newest canary that came through was sent. Above the line monitoring is blind.",
                        "Sinds het laatste proefgesprek dat doorkwam, is verstuurd. Boven de lijn is de bewaking blind.",
                    ),
                    (query("max(klankbord_canary_age_seconds)", "age", "leeftijd"),),
                    unit="s",
                    limit=60,
                ),
                Panel(
                    Words("Canaries sent and seen in an hour", "Proefgesprekken verstuurd en gezien in een uur"),
                    Words("Both lines are one while the path works.", "Beide lijnen vallen samen zolang de weg werkt."),
                    (
                        query(f"sum(increase(klankbord_canary_sent_total[{HOUR}]))", "sent", "verstuurd"),
                        query(f"sum(increase(klankbord_canary_seen_total[{HOUR}]))", "seen", "gezien"),
                    ),
                ),
                Panel(
                    Words("Configuration in force", "Configuratie van kracht"),
                    Words(
                        "0 while a mistake in a file keeps the new rules out, and the old ones go on.",
                        "0 zolang een fout in een bestand de nieuwe regels tegenhoudt, en de oude gelden.",
                    ),
                    (query("min by (process) (klankbord_configuration_in_force)", "{{process}}"),),
                    drawn="lamps",
                ),
            ),
        ),
    ),
    span="now-7d",
)
