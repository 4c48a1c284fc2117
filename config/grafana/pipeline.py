"""The pipeline: throughput, lag, latency, dead letters, recovery, and whether everything is there."""

from typing import Final

from config.grafana.panels import SPAN, Dashboard, Panel, Row, Words, per_minute, per_second, quantile, query

LAG: Final = "topic:klankbord_consumer_lag_events:sum"
OLDEST: Final = "topic:klankbord_oldest_event_age_seconds:max"

PIPELINE: Final = Dashboard(
    "pipeline",
    Words("Klankbord: the pipeline", "Klankbord: de pijplijn"),
    (
        Row(
            Words("Does it keep up?", "Houdt het bij?"),
            (
                Panel(
                    Words("Oldest event that waits, by topic", "Oudste bericht dat wacht, per topic"),
                    Words(
                        "Age of the oldest record that is not processed. The line is where an alert begins.",
                        "Leeftijd van het oudste record dat niet verwerkt is. De lijn is waar een melding begint.",
                    ),
                    (query(OLDEST, "{{topic}}"),),
                    unit="s",
                    limit=10,
                ),
                Panel(
                    Words("Events that wait, by topic", "Berichten die wachten, per topic"),
                    Words(
                        "Records in Kafka that are not processed, of the partitions that somebody has.",
                        "Records in Kafka die niet verwerkt zijn, van de partities die iemand heeft.",
                    ),
                    (query(LAG, "{{topic}}"),),
                ),
                Panel(
                    Words("Partitions that are read, by topic", "Partities die gelezen worden, per topic"),
                    Words(
                        "Fewer than planned: nobody reads the others.",
                        "Minder dan gepland: niemand leest de andere.",
                    ),
                    (
                        query("sum by (topic) (klankbord_partitions_owned)", "{{topic}}"),
                        query(
                            "max by (topic) (klankbord_partitions_planned)", "{{topic}} planned", "{{topic}} gepland"
                        ),
                    ),
                ),
            ),
        ),
        Row(
            Words("Throughput", "Doorvoer"),
            (
                Panel(
                    Words("Events per second, by channel", "Berichten per seconde, per kanaal"),
                    Words("What is read from the input topics.", "Wat van de invoertopics wordt gelezen."),
                    (per_second("klankbord_events_total", by="channel"),),
                    unit="cps",
                ),
                Panel(
                    Words("Events per second, by type", "Berichten per seconde, per soort"),
                    Words("What is read from the input topics.", "Wat van de invoertopics wordt gelezen."),
                    (per_second("klankbord_events_total", by="type"),),
                    unit="cps",
                ),
                Panel(
                    Words("Out of the monitor per second", "Uit de monitor per seconde"),
                    Words(
                        "Observations written; duplicates and late events make none.",
                        "Geschreven observaties; dubbele en te late berichten leveren er geen.",
                    ),
                    (
                        query(f"sum(rate(klankbord_observations_total[{SPAN}]))", "observations", "observaties"),
                        query(f"sum by (kind) (rate(klankbord_duplicates_total[{SPAN}]))", "{{kind}}"),
                        query(f"sum(rate(klankbord_late_events_total[{SPAN}]))", "late", "te laat"),
                    ),
                    unit="cps",
                ),
                Panel(
                    Words("Conversations in memory", "Gesprekken in het geheugen"),
                    Words(
                        "In the state of the monitors, with markers.", "In de toestand van de monitors, met merktekens."
                    ),
                    (query("sum(klankbord_conversations)", "conversations", "gesprekken"),),
                ),
                Panel(
                    Words("Messages to pages per second", "Berichten naar pagina's per seconde"),
                    Words("Server-sent events to all open pages.", "Server-sent events naar alle open pagina's."),
                    (per_second("klankbord_web_messages_total", by="event"),),
                    unit="cps",
                ),
                Panel(
                    Words("Open pages", "Open pagina's"),
                    Words(
                        "Live streams to supervisor pages and agent panels.",
                        "Lopende stromen naar supervisorpagina's en medewerkerspanelen.",
                    ),
                    (query("sum by (page) (klankbord_web_streams)", "{{page}}"),),
                ),
            ),
        ),
        Row(
            Words("How late it is", "Hoe laat het is"),
            (
                Panel(
                    Words("From event to page", "Van bericht tot pagina"),
                    Words(
                        "From the production of an event until every open page is handed its row. "
                        "The line at 0.5 s is what 99 in 100 events may take.",
                        "Van het ontstaan van een bericht tot elke open pagina zijn regel krijgt. "
                        "De lijn bij 0,5 s is wat 99 van de 100 berichten mogen duren.",
                    ),
                    tuple(
                        quantile(share, "klankbord_event_to_page_seconds", legend=name)
                        for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
                    ),
                    unit="s",
                    limit=0.5,
                ),
                Panel(
                    Words("Within the promise", "Binnen de belofte"),
                    Words(
                        "Share of the events of five minutes that were on the page within 0.5 s; 99 % is the promise.",
                        "Aandeel van de berichten van vijf minuten dat binnen 0,5 s op de pagina stond; 99 % is de belofte.",
                    ),
                    (query("klankbord:event_to_page_seconds:within_half_a_second_5m", "within 0.5 s", "binnen 0,5 s"),),
                    unit="percentunit",
                    highest=1,
                ),
                Panel(
                    Words("Where the time goes: 99 in 100", "Waar de tijd blijft: 99 van de 100"),
                    Words(
                        "From the event to its observation, to Redis and to the page; each holds the one before.",
                        "Van het bericht tot de observatie, tot Redis en tot de pagina; elk omvat het vorige.",
                    ),
                    (
                        quantile(0.99, "klankbord_event_to_observation_seconds", legend="observation"),
                        quantile(0.99, "klankbord_event_to_redis_seconds", legend="Redis"),
                        quantile(0.99, "klankbord_event_to_page_seconds", legend="page"),
                    ),
                    unit="s",
                ),
                Panel(
                    Words("Time in observe()", "Tijd in observe()"),
                    Words("Processor time of scoring one event.", "Rekentijd om één bericht te scoren."),
                    tuple(
                        quantile(share, "klankbord_observe_seconds", legend=name)
                        for share, name in ((0.5, "p50"), (0.99, "p99"))
                    ),
                    unit="s",
                ),
                Panel(
                    Words("Time until Kafka has it", "Tijd tot Kafka het heeft"),
                    Words(
                        "Of Faust's latest sends and commits, the slowest process.",
                        "Van de laatste verzendingen en commits van Faust, het traagste proces.",
                    ),
                    (
                        query(
                            "max by (quantile) (klankbord_faust_send_seconds)",
                            "send {{quantile}}",
                            "zenden {{quantile}}",
                        ),
                        query("max by (quantile) (klankbord_faust_commit_seconds)", "commit {{quantile}}"),
                    ),
                    unit="s",
                ),
                Panel(
                    Words("Commits per second", "Commits per seconde"),
                    Words(
                        "What was processed and is in Kafka; a failed one is tried again.",
                        "Wat verwerkt is en in Kafka staat; een mislukte wordt herhaald.",
                    ),
                    (
                        query(
                            f"sum by (process, outcome) (rate(klankbord_commits_total[{SPAN}]))",
                            "{{process}} {{outcome}}",
                        ),
                    ),
                    unit="cps",
                ),
            ),
        ),
        Row(
            Words("What goes wrong", "Wat er misgaat"),
            (
                Panel(
                    Words("Dead letters per minute, by reason", "Dode brieven per minuut, per reden"),
                    Words(
                        "Records that could not be applied and lie in the dead-letter topic.",
                        "Records die niet verwerkt konden worden en in de dode-brieventopic liggen.",
                    ),
                    (per_minute("klankbord_dead_letters_total", by="reason"),),
                ),
                Panel(
                    Words("Rebalances and recovery", "Herverdeling en herstel"),
                    Words(
                        "Records of state that are yet to be read back, and how often partitions were given out anew.",
                        "Toestandsrecords die nog teruggelezen moeten worden, en hoe vaak partities opnieuw verdeeld zijn.",
                    ),
                    (
                        query("sum(klankbord_recovery_remaining_records)", "records left", "records te gaan"),
                        query(
                            "sum by (process) (increase(klankbord_rebalances_total[1h]))",
                            "rebalances {{process}}",
                            "herverdelingen {{process}}",
                        ),
                    ),
                ),
                Panel(
                    Words("How long recovery took", "Hoe lang herstel duurde"),
                    Words(
                        "The last one of each process, or the present one so far.",
                        "Het laatste van elk proces, of het lopende tot nu toe.",
                    ),
                    (query("max by (process) (klankbord_recovery_seconds)", "{{process}}"),),
                    unit="s",
                ),
                Panel(
                    Words("Patience of the watchdog", "Geduld van de waakhond"),
                    Words(
                        "How much of each limit is used; at 1 the process is ended and started again.",
                        "Hoeveel van elke grens verbruikt is; bij 1 wordt het proces beëindigd en opnieuw gestart.",
                    ),
                    (query("max by (process, limit) (klankbord_watchdog_patience_ratio)", "{{process}} {{limit}}"),),
                    highest=1,
                    unit="percentunit",
                ),
                Panel(
                    Words("Ended by itself, in an hour", "Uit zichzelf beëindigd, in een uur"),
                    Words(
                        "By the watchdog, after sleep, when a record was not written or an event not processed.",
                        "Door de waakhond, na slaap, als een record niet geschreven of een bericht niet verwerkt werd.",
                    ),
                    (
                        query(
                            "sum by (process, cause) (increase(klankbord_process_ends_total[1h]))",
                            "{{process}} {{cause}}",
                        ),
                    ),
                ),
                Panel(
                    Words("Calls to Redis tried again", "Herhaalde oproepen naar Redis"),
                    Words(
                        "Per minute; and how often Redis was made again from Kafka.",
                        "Per minuut; en hoe vaak Redis opnieuw is opgebouwd uit Kafka.",
                    ),
                    (
                        query(f"60 * sum(rate(klankbord_redis_retries_total[{SPAN}]))", "retries", "herhalingen"),
                        query(
                            "sum(increase(klankbord_redis_rebuilds_total[1h]))",
                            "made again in an hour",
                            "opnieuw opgebouwd in een uur",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            Words("Is it all there?", "Is alles er?"),
            (
                Panel(
                    Words("Processes", "Processen"),
                    Words(
                        "Whether Prometheus reaches the process; scoring goes on without it.",
                        "Of Prometheus het proces bereikt; het scoren gaat ook zonder door.",
                    ),
                    (query('min by (process) (up{job="klankbord"})', "{{process}}"),),
                    drawn="lamps",
                    width=6,
                ),
                Panel(
                    Words("Redis and Kafka", "Redis en Kafka"),
                    Words(
                        "Whether the last call to Redis succeeded, and whether Kafka counts the workers in.",
                        "Of de laatste oproep naar Redis slaagde, en of Kafka de workers meetelt.",
                    ),
                    (
                        query("min(klankbord_redis_up)", "Redis, publisher"),
                        query("min(klankbord_web_redis_up)", "Redis, pages", "Redis, pagina's"),
                        query("min by (process) (klankbord_group_member)", "Kafka, {{process}}"),
                    ),
                    drawn="lamps",
                    width=6,
                ),
                Panel(
                    Words("Since Kafka answered", "Sinds Kafka antwoordde"),
                    Words("The answer to a fetch, by process.", "Het antwoord op een fetch, per proces."),
                    (query("max by (process) (klankbord_broker_silence_seconds)", "{{process}}"),),
                    unit="s",
                    width=6,
                ),
                Panel(
                    Words("Versions", "Versies"),
                    Words("Processes by what they run.", "Processen naar wat ze draaien."),
                    (query("count by (process, version) (klankbord_build_info)", "{{process}} {{version}}"),),
                    drawn="figure",
                    width=6,
                ),
            ),
        ),
    ),
)
