"""The floor: how customers feel and how hard they work, now and last week, and what people did with alerts."""

from typing import Final

from config.grafana.panels import Dashboard, Panel, Row, Words, in_time, mean, per_minute, quantile, query, spread

EFFORT: Final = "klankbord_effort_score"
NEGATIVE: Final = 'klankbord_valence_ratio_bucket{le="-0.2"}'
WEEK: Final = "1w"
HOUR: Final = "1h"
LAST_WEEK: Final = ("last week", "vorige week")


def _share_negative(by: str, ago: str = "") -> str:
    offset = f" offset {ago}" if ago else ""
    heard, all_ = (
        f"sum by ({by}) (rate({metric}[{HOUR}]{offset}))" for metric in (NEGATIVE, "klankbord_valence_ratio_count")
    )
    return f"{heard} / {all_}"


def _emotion(ago: str = "") -> str:
    return mean("klankbord_emotion_ratio", by="emotion", span=HOUR, ago=ago)


def _effort_by(label: str, en: str, nl: str) -> Panel:
    return Panel(
        Words(f"Effort by {en}, and last week", f"Moeite per {nl}, en vorige week"),
        Words(
            "Mean of an hour, 1 to 7, higher = harder; the same hour a week ago beside it.",
            "Gemiddelde van een uur, 1 tot 7, hoger = zwaarder; hetzelfde uur een week geleden ernaast.",
        ),
        (
            query(mean(EFFORT, by=label, span=HOUR), f"{{{{{label}}}}}"),
            query(
                mean(EFFORT, by=label, span=HOUR, ago=WEEK),
                *(f"{{{{{label}}}}} {when}" for when in LAST_WEEK),
            ),
        ),
        lowest=1,
        highest=7,
    )


def _negative_by(label: str, en: str, nl: str) -> Panel:
    return Panel(
        Words(f"Negative words by {en}, and last week", f"Negatieve woorden per {nl}, en vorige week"),
        Words(
            "Share of customer turns in an hour whose words are clearly negative (valence at most -0.2).",
            "Aandeel klantbeurten in een uur met duidelijk negatieve woorden (valentie hoogstens -0,2).",
        ),
        (
            query(_share_negative(label), f"{{{{{label}}}}}"),
            query(_share_negative(label, WEEK), *(f"{{{{{label}}}}} {when}" for when in LAST_WEEK)),
        ),
        unit="percentunit",
        highest=1,
    )


LABELS: Final = (("channel", "channel", "kanaal"), ("queue", "queue", "wachtrij"), ("language", "language", "taal"))

FLOOR: Final = Dashboard(
    "floor",
    Words("Klankbord: the floor", "Klankbord: de vloer"),
    (
        Row(
            Words("Effort of customers", "Moeite van klanten"),
            (
                Panel(
                    Words("Effort: spread over customer turns", "Moeite: spreiding over klantbeurten"),
                    Words(
                        "Effort after each customer turn, 1 to 7, higher = harder. Darker: more turns.",
                        "Moeite na elke klantbeurt, 1 tot 7, hoger = zwaarder. Donkerder: meer beurten.",
                    ),
                    (spread(EFFORT),),
                    drawn="heat",
                ),
                Panel(
                    Words("Effort: median and 9 in 10", "Moeite: mediaan en 9 van de 10"),
                    Words(
                        "1 to 7, higher = harder. Half of the turns lie below p50, nine in ten below p90.",
                        "1 tot 7, hoger = zwaarder. De helft van de beurten ligt onder p50, negen van de tien onder p90.",
                    ),
                    # Effort has no value below 1, and Prometheus takes the lowest bucket to begin at 0.
                    tuple(
                        query(f"clamp_min({quantile(share, EFFORT, legend=name).expression}, 1)", name)
                        for share, name in ((0.5, "p50"), (0.9, "p90"))
                    ),
                    lowest=1,
                    highest=7,
                ),
                Panel(
                    Words("Effort of the floor in its band", "Moeite van de vloer in haar band"),
                    Words(
                        "Mean of 15 minutes, and the band of the last week: three deviations around its mean.",
                        "Gemiddelde van 15 minuten, en de band van de afgelopen week: drie afwijkingen om het gemiddelde.",
                    ),
                    (
                        query("klankbord:effort_score:mean_15m", "now", "nu"),
                        query("klankbord:effort_score:band_low_7d", "low", "laag"),
                        query("klankbord:effort_score:band_high_7d", "high", "hoog"),
                    ),
                    lowest=1,
                    highest=7,
                ),
                *(_effort_by(*label) for label in LABELS),
            ),
        ),
        Row(
            Words("How customers feel", "Hoe klanten zich voelen"),
            (
                *(_negative_by(*label) for label in LABELS),
                Panel(
                    Words("Emotions, and last week", "Emoties, en vorige week"),
                    Words(
                        "Mean strength of each emotion in the words of customers in an hour, 0 to 1.",
                        "Gemiddelde sterkte van elke emotie in de woorden van klanten in een uur, 0 tot 1.",
                    ),
                    (
                        query(_emotion(), "{{emotion}}"),
                        query(_emotion(WEEK), *(f"{{{{emotion}}}} {when}" for when in LAST_WEEK)),
                    ),
                    highest=1,
                    width=12,
                ),
                Panel(
                    Words("Valence: median, by channel and language", "Valentie: mediaan, per kanaal en taal"),
                    Words(
                        "What the words of customers show, -1 (negative) to 1 (positive).",
                        "Wat de woorden van klanten laten zien, -1 (negatief) tot 1 (positief).",
                    ),
                    (
                        quantile(
                            0.5,
                            "klankbord_valence_ratio",
                            by=("channel", "language"),
                            legend="{{channel}} {{language}}",
                        ),
                    ),
                    lowest=-1,
                    highest=1,
                    width=12,
                ),
            ),
        ),
        Row(
            Words("Alerts and suggestions, and what people did", "Meldingen en suggesties, en wat mensen deden"),
            (
                Panel(
                    Words("Alerts opened per minute, by rule", "Geopende meldingen per minuut, per regel"),
                    Words("Each episode is counted once.", "Elke episode telt één keer."),
                    (per_minute('klankbord_alerts_total{state="opened"}', by="rule"),),
                ),
                Panel(
                    Words("Alerts opened in an hour, by severity", "Geopende meldingen in een uur, per ernst"),
                    Words(
                        "Each episode is counted once; the same hour last week beside it.",
                        "Elke episode telt één keer; hetzelfde uur vorige week ernaast.",
                    ),
                    (
                        in_time('klankbord_alerts_total{state="opened"}', by="severity", span=HOUR),
                        query(
                            f'sum by (severity) (increase(klankbord_alerts_total{{state="opened"}}[{HOUR}] offset {WEEK}))',
                            *(f"{{{{severity}}}} {when}" for when in LAST_WEEK),
                        ),
                    ),
                ),
                Panel(
                    Words("What supervisors did in an hour", "Wat supervisors deden in een uur"),
                    Words(
                        "Acknowledged, assigned, snoozed, given back, marked; what came second changed nothing.",
                        "Gezien, opgepakt, gesluimerd, teruggegeven, beoordeeld; wie tweede was, veranderde niets.",
                    ),
                    (in_time('klankbord_alert_actions_total{outcome="done"}', by="action", span=HOUR),),
                ),
                Panel(
                    Words("Suggestions per minute, by kind", "Suggesties per minuut, per soort"),
                    Words(
                        "What agents are shown; each suggestion is counted once.",
                        "Wat medewerkers te zien krijgen; elke suggestie telt één keer.",
                    ),
                    (per_minute("klankbord_suggestions_total", by="kind"),),
                ),
                Panel(
                    Words("What agents answered in an hour", "Wat medewerkers antwoordden in een uur"),
                    Words(
                        "Used, not now, or wrong; counted of nobody.",
                        "Gebruikt, nu niet, of onjuist; van niemand geteld.",
                    ),
                    (in_time("klankbord_suggestion_answers_total", by="answer", span=HOUR),),
                ),
                Panel(
                    Words("Conversations ended in an hour, by reason", "Beëindigde gesprekken in een uur, per reden"),
                    Words(
                        "By the first level of the contact reason; unknown among them.",
                        "Naar het eerste niveau van de contactreden; onbekend staat ertussen.",
                    ),
                    (in_time("klankbord_conversations_ended_total", by="reason_group", span=HOUR),),
                ),
            ),
        ),
    ),
    span="now-8h",
)
