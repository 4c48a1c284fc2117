"""Builds the two Faust apps from settings: the monitor scores, the publisher shows.

`python -m faust -A streams.app:monitor worker` takes the settings from the environment; tests call the factories.
"""

import logging
import sys
from importlib import import_module
from pathlib import Path
from typing import Final, cast

import faust
import faust.streams
import faust.transport.conductor
from faust.auth import Credentials, SASLCredentials, SSLCredentials

from config.access import Access, kafka_access, knock_redis
from config.settings import Settings, load_maps, read_settings
from klankbord.errors import KlankbordError
from streams import wire
from streams.awake import HEARTBEAT_S, SESSION_S, Awake
from streams.health import Health
from streams.knocking import knock
from streams.leaving import Ends
from streams.metrics import WorkerMetrics
from streams.pulled import Pulling
from streams.reading import FlowControl
from streams.tables import Table, TableManager
from streams.transport import EmbeddedTransport, Producer, Transport
from streams.watchdog import Limits, Watchdog

REFUSED: Final = 2  # the exit code of `klankbord` for a wrong setting, too

# The reading list: which module of `agents` gives each app its agents. By name, because another package
# may own the name `agents`, and a search for agents would then find none and say nothing.
AGENTS: Final = {"monitor": "agents.monitor", "publisher": "agents.publish"}

READS: Final = {"monitor": wire.INPUTS, "publisher": (wire.OBSERVATIONS,)}
WRITES: Final = {"monitor": (*wire.INPUTS, wire.OBSERVATIONS, wire.DEAD_LETTERS), "publisher": ()}

# A worker that has work and does none for so long ends, to be started again. While Redis is away the publisher
# waits for it, which is its work; to be started anew four times an hour does it no harm.
STILL_S: Final = {"monitor": 120.0, "publisher": 900.0}


def create_monitor(settings: Settings) -> faust.App:
    """The app that folds the input topics into `conversation.observations`."""
    return _create("monitor", settings, port=settings.monitor_port)


def create_publisher(settings: Settings) -> faust.App:
    """The app that makes the Redis views of `conversation.observations`."""
    return _create("publisher", settings, port=settings.publisher_port)


def assert_compiled() -> None:
    """Refuse Faust without its compiled stream: the Python one acknowledges events that it did not process."""
    compiled = (faust.streams, "_CStreamIterator"), (faust.transport.conductor, "ConductorHandler")
    if any(getattr(module, name, None) is None for module, name in compiled):
        raise KlankbordError(
            "Faust's compiled extensions are not loaded. Install faust-streaming from a wheel for this Python "
            "and unset NO_CYTHON; without them events can be lost at a rebalance."
        )


class Worker(faust.Worker):
    """Logs what its level asks for, and makes no records of the rest."""

    def on_setup_root_logger(self, logger: logging.Logger, level: int) -> None:
        """Take the level as it is: for its spinner Faust's has everything logged down to DEBUG when it is `warn`."""
        self.spinner = None


def bare(name: str, settings: Settings, credentials: Credentials | None) -> faust.App:
    """The app with its settings and without agents: it touches no file and asks nobody."""
    embedded = settings.broker_kind == "embedded"
    return faust.App(
        f"klankbord-{name}",
        broker=[f"kafka://{server.strip()}" for server in settings.broker.split(",")],
        broker_credentials=credentials,
        # Every setting that matters is passed: Faust reads unprefixed variables (WEB_PORT, APP_STORE) for the rest.
        env_prefix="KLANKBORD_FAUST_",
        autodiscover=False,
        datadir=_data_dir(name, settings),
        store="memory://",
        Table=Table,
        key_serializer="raw",
        value_serializer="raw",
        # Its transactions never cover Redis, and several reports of lost and doubled output are open:
        # at-least-once with deterministic, fenced steps is what we build on (docs/decisions).
        processing_guarantee="at_least_once",
        broker_commit_interval=1.0,
        broker_commit_every=2000,
        broker_max_poll_records=1000,
        # aiokafka leaves the group, and does not return while idle, when nothing is polled for so long.
        broker_max_poll_interval=21_600.0,
        # The embedded broker holds a join for half of the session timeout.
        broker_rebalance_timeout=2.0 if embedded else 60.0,
        broker_session_timeout=4.0 if embedded else SESSION_S,
        broker_heartbeat_interval=1.0 if embedded else HEARTBEAT_S,
        broker_request_timeout=30.0 if embedded else 90.0,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=f"{name}-{settings.instance}" if settings.instance else None,
        stream_buffer_maxsize=4096,
        stream_wait_empty=True,
        stream_recovery_delay=0.5 if embedded else 1.0,
        producer_acks=-1,
        producer_linger=0.01,
        # One batch a partition is on its way at a time: of 16 KiB, it holds ten observations.
        producer_max_batch_size=131_072,
        # A broker may be away for 70 s: who ended meanwhile would start again without it.
        producer_request_timeout=100.0,
        TableManager=TableManager,
        Worker=Worker,
        table_standby_replicas=0,
        topic_partitions=settings.partitions,
        topic_replication_factor=settings.replication_factor,
        topic_allow_declare=False,
        topic_disable_leader=True,
        # On by default, on every address, and /table would serve the conversations.
        web_enabled=False,
        worker_redirect_stdouts=False,
    )


def _data_dir(name: str, settings: Settings) -> Path:
    return settings.data_dir / name / (settings.instance or "0")


def _create(name: str, settings: Settings, *, port: int) -> faust.App:
    assert_compiled()
    embedded = settings.broker_kind == "embedded"
    data_dir = _data_dir(name, settings)
    data_dir.mkdir(parents=True, exist_ok=True)
    app = bare(name, settings, _credentials(kafka_access(settings)))
    app.flow_control = FlowControl()
    app.transport = app.producer_transport = (EmbeddedTransport if embedded else Transport)(app.conf.broker, app)
    # The embedded broker has one monitor and one publisher, and on it they may sleep with a laptop.
    ends = Ends(data_dir / "ends.json")
    asleep = ends.by("asleep")
    awake = Awake(limit_s=float("inf"), leave=asleep) if embedded else Awake(leave=asleep)
    producer = cast(Producer, app.producer)
    producer.awake, producer.leave = awake, ends.by("not_written")
    watchdog = Watchdog(app, limits=Limits(still_s=STILL_S[name]), awake=awake, leave=ends.by("watchdog"))
    health = Health(app, host=settings.host, port=port)
    reads = (*READS[name], *load_maps(settings.maps)) if name == "monitor" else READS[name]
    WorkerMetrics(health.registry, Pulling(app, topics=reads, writes=WRITES[name], watchdog=watchdog, ends=ends))
    import_module(AGENTS[name]).attach(app, settings, health.registry, leave=ends.by("not_processed"))
    return app


def _credentials(access: Access) -> Credentials | None:
    """What Faust hands to aiokafka is `access` again."""
    context = access.get("ssl_context")
    if "sasl_mechanism" in access:
        return SASLCredentials(
            username=access["sasl_plain_username"],
            password=access["sasl_plain_password"],
            ssl_context=context,
            mechanism=access["sasl_mechanism"],
        )
    return None if context is None else SSLCredentials(context)


def _knock(name: str, settings: Settings) -> None:
    if settings.broker_kind == "kafka":
        knock(settings)
    if name == "publisher":
        knock_redis(settings)


_apps: dict[str, faust.App] = {}


def __getattr__(name: str) -> faust.App:
    """`monitor` and `publisher` for `faust -A`: built once, from the environment, when first asked for."""
    factories = {"monitor": create_monitor, "publisher": create_publisher}
    if name not in factories:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name not in _apps:
        try:
            settings = read_settings()
            _apps[name] = factories[name](settings)
            _knock(name, settings)
        except KlankbordError as error:
            # Faust's command line would bury the message under its traceback.
            sys.stderr.write(f"klankbord: {error}\n")
            sys.exit(REFUSED)
    return _apps[name]
