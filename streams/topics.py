"""The topic plan, and its provisioning with kafka-python."""

# Everything here waits for a network: call it from the command line, a thread or a test, never on a worker's loop.

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, Literal

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError
from kafka.net.compat import KafkaNetClient

from config.access import OPEN, Access
from klankbord.errors import InvalidConfiguration, KlankbordError
from streams.awake import SURE_S
from streams.wire import CALL_TRANSCRIPTS, CHAT_MESSAGES, DEAD_LETTERS, INPUTS, OBSERVATIONS

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
# As long as a suggestion stands: what is older tells nobody anything that the newest state does not tell.
COMPACTED_AFTER_MS: Final = 2 * MINUTE_MS
OBSERVATIONS_SEGMENT_MS: Final = MINUTE_MS // 2
WAIT_S: Final = 30.0  # a cluster that elects a controller takes seconds; beyond this a person has to look

MIB: Final = 1_048_576  # also what producers and consumers take by default, so nobody has to be told
# Half of it for what comes in: whatever fits there then fits in a dead letter, with its reason and origin around it.
INPUT_BYTES: Final = MIB // 2


class BrokerUnavailable(KlankbordError):
    """Kafka does not answer. Nothing is known about the topics, so there is nothing to do but try again later."""


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    partitions: int
    replication_factor: int
    cleanup_policy: Literal["delete", "compact", "compact,delete"]
    retention_ms: int | None = None
    configs: Mapping[str, str] = field(default_factory=dict)

    def settings(self) -> dict[str, str]:
        """All of the topic's configuration under Kafka's own names."""
        retention = {} if self.retention_ms is None else {"retention.ms": str(self.retention_ms)}
        return {
            "cleanup.policy": self.cleanup_policy,
            # Writes go on with one replica away; of three, two at least have what was acknowledged.
            "min.insync.replicas": str(max(1, self.replication_factor - 1)),
            **retention,
            **self.configs,
        }


def plan(
    *,
    partitions: int,
    replication_factor: int,
    input_retention_ms: int = DAY_MS,  # raw words of customers: one day repairs an outage, a second is not needed
    dead_letter_retention_ms: int = 3 * DAY_MS,  # raw words too, but they have to outlast a weekend
) -> tuple[Topic, ...]:
    """The four topics; both inputs and the observations have as many partitions, so a conversation makes one hop."""

    def topic(name: str) -> Topic:
        return Topic(
            name,
            partitions,
            replication_factor,
            "delete",
            input_retention_ms,
            # Kafka deletes whole segments: with hourly ones nothing is kept more than an hour too long.
            {
                "segment.ms": str(HOUR_MS),
                "max.message.bytes": str(INPUT_BYTES),
                # A worker reads gzip and nothing else, and a batch it cannot unpack stops its partition for good.
                # Kafka unpacks what it is sent, and refuses what is larger than the limit only then: a bomb.
                "compression.type": "uncompressed",
            },
        )

    observations = Topic(
        OBSERVATIONS,
        partitions,
        replication_factor,
        "compact",
        configs={
            # So far behind, a reader sees every observation, not only each conversation's latest; and so many of them
            # a recovery reads beside the states (decision 26).
            "min.compaction.lag.ms": str(COMPACTED_AFTER_MS),
            # The active segment is never compacted.
            "segment.ms": str(OBSERVATIONS_SEGMENT_MS),
            # Recovery reads what is not compacted yet: at most a tenth more than it must, for more work of the cleaner.
            "min.cleanable.dirty.ratio": "0.1",
            # What it said before is personal, and leaves in known time: this long, and what the cleaner needs.
            "max.compaction.lag.ms": str(HOUR_MS),
            # A reader that was away for a week still learns which conversations are gone.
            "delete.retention.ms": str(7 * DAY_MS),
            "max.message.bytes": str(MIB),
            # A worker that was frozen, or cut off from its group, may have lost its place when it writes again: what is
            # older than its place surely lasted is refused, so that a stale state is never the last (decision 20).
            "message.timestamp.before.max.ms": str(int(SURE_S * 1000)),
        },
    )
    dead_letters = Topic(
        DEAD_LETTERS,
        # One: people read it, in the order of arrival, and no table is joined with it.
        1,
        replication_factor,
        # Compacted, too: a purge is a tombstone, and what was redriven leaves nothing but that it was.
        "compact,delete",
        dead_letter_retention_ms,
        {
            "segment.ms": str(HOUR_MS),
            "max.compaction.lag.ms": str(HOUR_MS),
            "max.message.bytes": str(MIB),
        },
    )
    return topic(CHAT_MESSAGES), topic(CALL_TRANSCRIPTS), observations, dead_letters


def create(
    bootstrap_servers: str,
    topics: Sequence[Topic],
    *,
    access: Access = OPEN,
    wait_s: float = WAIT_S,
) -> tuple[str, ...]:
    """Create the missing topics, wait until they have leaders and name them; existing ones are left as they are."""
    with _admin(bootstrap_servers, access, wait_s) as admin:
        existing = set(admin.list_topics())
        missing = {
            topic.name: {
                "num_partitions": topic.partitions,
                "replication_factor": topic.replication_factor,
                "configs": topic.settings(),
            }
            for topic in topics
            if topic.name not in existing
        }
        names = created(admin.create_topics(missing, raise_errors=False)) if missing else ()
        admin.wait_for_topics([topic.name for topic in topics], timeout_ms=int(wait_s * 1000))
        return names


def drift(
    bootstrap_servers: str,
    topics: Sequence[Topic],
    *,
    access: Access = OPEN,
    wait_s: float = WAIT_S,
) -> tuple[str, ...]:
    """One sentence for each difference between the plan and the cluster, as far as the cluster reports it."""
    with _admin(bootstrap_servers, access, wait_s) as admin:
        found = {topic["name"]: topic["partitions"] for topic in admin.describe_topics()}
        resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics if topic.name in found]
        reported = admin.describe_configs(resources, config_filter="all").get("topic", {}) if resources else {}
    differences = (_differences(topic, found.get(topic.name), reported.get(topic.name, {})) for topic in topics)
    return (*_unequal(found), *chain.from_iterable(differences))


def absent(
    bootstrap_servers: str, names: Sequence[str], *, access: Access = OPEN, wait_s: float = WAIT_S
) -> tuple[str, ...]:
    """Which of these topics, of others, the cluster does not have."""
    if not names:
        return ()
    with _admin(bootstrap_servers, access, wait_s) as admin:
        return tuple(sorted(set(names) - set(admin.list_topics())))


def created(answer: Mapping[str, Sequence[Mapping[str, object]]]) -> tuple[str, ...]:
    """Name the topics that one answer of the cluster says are new; another process may have made some before us."""
    ours = [topic for topic in answer["topics"] if topic["error_code"] != TopicAlreadyExistsError.errno]
    refused = [f"topic {topic['name']}: {topic['error_message']}" for topic in ours if topic["error_code"] != 0]
    if refused:
        raise InvalidConfiguration(refused)
    return tuple(str(topic["name"]) for topic in ours)


def _unequal(found: Mapping[str, Sequence[object]]) -> Iterator[str]:
    counts = {name: len(found[name]) for name in (*INPUTS, OBSERVATIONS) if name in found}
    if len({*counts.values()}) > 1:
        said = ", ".join(f"{name} has {count}" for name, count in counts.items())
        # A conversation's state would lie where its events are not read.
        yield f"partitions must be equal, and {said}: drain what differs, delete it, and klankbord topics create"


def _differences(
    topic: Topic,
    partitions: Sequence[Mapping[str, Sequence[int]]] | None,
    configs: Mapping[str, Mapping[str, str]],
) -> Iterator[str]:
    if partitions is None:
        yield f"topic {topic.name} is missing: klankbord topics create, before a worker starts"
        return
    if len(partitions) != topic.partitions:
        # Kafka could add partitions, but a conversation's next event would then reach a worker that does not know it.
        yield (
            f"topic {topic.name} has {len(partitions)} partitions, the plan says {topic.partitions}: "
            f"set KLANKBORD_PARTITIONS={len(partitions)}, or drain the topic and make it anew"
        )
    replicas = min((len(partition["replica_nodes"]) for partition in partitions), default=0)
    if replicas < topic.replication_factor:
        yield (
            f"topic {topic.name} has {replicas} replicas, the plan says {topic.replication_factor}: "
            "reassign its partitions, or set the replication factor this cluster can give"
        )
    for name, planned in topic.settings().items():
        if name in configs and configs[name]["value"] != planned:
            mend = f"[{planned}]" if "," in planned else planned
            yield (
                f"topic {topic.name} has {name}={configs[name]['value']}, the plan says {planned}: "
                f"kafka-configs.sh --alter --topic {topic.name} --add-config {name}={mend}"
            )


@contextmanager
def _admin(
    bootstrap_servers: str,
    access: Access,
    wait_s: float,
) -> Iterator[KafkaAdminClient]:
    with ExitStack() as opened:

        def connection(**options: object) -> KafkaNetClient:
            # An admin client that finds no broker forgets its thread and its sockets; we do not.
            client = KafkaNetClient(**options)
            opened.callback(client.close)
            return client

        try:
            admin = KafkaAdminClient(
                bootstrap_servers=bootstrap_servers,
                bootstrap_timeout_ms=int(wait_s * 1000),
                request_timeout_ms=int(wait_s * 1000),
                kafka_client=connection,
                **access,
            )
            opened.callback(admin.close)
            yield admin
        except KafkaError as error:
            raise BrokerUnavailable(
                f"Kafka at {bootstrap_servers} did not answer as it should within {wait_s:g} s: {error}; "
                "check the address, the security settings and the brokers, then try again"
            ) from error
