"""The settings of every process: the only module that reads the environment."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from config.budget import Budget, read_budget
from klankbord.channels.mapping import Maps, read_maps
from klankbord.errors import InvalidConfiguration
from klankbord.models.reasons import known
from klankbord.policy import Policy
from klankbord.policy_file import read_policy
from klankbord.suggestions import SUGGESTIONS
from klankbord.taxonomy import Taxonomy, read_taxonomy
from klankbord.toml import read_toml

PREFIX: Final = "KLANKBORD_"
HERE: Final = Path(__file__).parent
# Of one text of the playbook: an agent reads it between two lines of a customer.
MOST_CHARS: Final = 320
# Each brings some sixty series for every channel and language in which its customers speak.
MOST_QUEUES: Final = 20
_ENTRY: Final = frozenset({"text", "why", "source"})
_SENTENCE_END: Final = re.compile(r"[.!?…](?=\s|\Z)")
_LINK: Final = re.compile(
    r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:[/?#][\x21\x23-\x26\x28-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7e]*)?"
)

Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseModel):
    """One installation, from `KLANKBORD_*` environment variables; every field's description is its documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    broker: Annotated[str, Field(min_length=3, description="Kafka bootstrap servers, host:port, separated by commas")]
    broker_kind: Annotated[
        Literal["kafka", "embedded"],
        Field(description="embedded: the in-memory broker of the demo, which lacks the idempotent producer"),
    ] = "kafka"
    broker_security: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        Field(description="how Kafka is spoken to, by Kafka's own names; SASL_SSL in production"),
    ] = "PLAINTEXT"
    broker_sasl: Annotated[
        Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"],
        Field(description="broker security SASL_*: how the login is proved"),
    ] = "SCRAM-SHA-512"
    broker_user: Annotated[str, Field(description="broker security SASL_*: who this process is to Kafka")] = ""
    broker_password: Annotated[SecretStr, Field(description="broker security SASL_*: its password")] = SecretStr("")
    broker_ca: Annotated[
        str, Field(description="broker security *SSL: file with who signs Kafka's certificates; empty: the system's")
    ] = ""
    broker_certificate: Annotated[str, Field(description="broker security *SSL: file with our own certificate")] = ""
    broker_key: Annotated[str, Field(description="broker security *SSL: file with its key, without a passphrase")] = ""

    redis_url: Annotated[
        str,
        Field(pattern=r"^(rediss?|unix)://", description="Redis or Valkey, 6.2 or later, without a login; rediss: TLS"),
    ]
    redis_user: Annotated[str, Field(description="who this process is to Redis; empty: its default user")] = ""
    redis_password: Annotated[SecretStr, Field(description="its password in Redis")] = SecretStr("")
    redis_ca: Annotated[
        str, Field(description="rediss: file with who signs Redis' certificate; empty: the system's")
    ] = ""
    redis_certificate: Annotated[str, Field(description="rediss: file with our own certificate")] = ""
    redis_key: Annotated[str, Field(description="rediss: file with its key, without a passphrase")] = ""

    partitions: Annotated[
        int, Field(ge=1, le=1000, description="of inputs and observations; fixed for life, keys depend on it")
    ] = 8
    replication_factor: Annotated[int, Field(ge=1, le=9, description="of every topic; 3 in production")] = 1
    input_retention_h: Annotated[int, Field(ge=1, description="hours that raw text stays in the input topics")] = 24

    ended_state_min: Annotated[
        int, Field(ge=0, description="minutes that the whole state of an ended conversation stays")
    ] = 10

    policy: Annotated[Path, Field(description="thresholds, weights and alert rules")] = HERE / "policy.toml"
    playbook: Annotated[Path, Field(description="the folder with the wording of suggestions")] = HERE / "playbook"

    reasons: Annotated[Path, Field(description="the contact reasons: names, and what could be done about each")] = (
        HERE / "reasons.toml"
    )
    budget: Annotated[Path, Field(description="how many alerts a team is shown in an hour, and which go first")] = (
        HERE / "budget.toml"
    )

    maps: Annotated[
        str,
        Field(
            description="file that says how topics of another shape become events ([mapping](mapping.md)); empty: none"
        ),
    ] = ""

    queues: Annotated[
        str,
        Field(
            pattern=rf"^[^,]*(,[^,]*){{0,{MOST_QUEUES - 1}}}$",
            description="queues with a place of their own in metrics, separated by commas, at most "
            f"{MOST_QUEUES}; all others are counted as `other`",
        ),
    ] = ""

    canary_every_s: Annotated[
        float, Field(ge=0, le=600, description="seconds between two canary conversations; 0: none, nothing is told")
    ] = 30.0
    canary_blind_s: Annotated[
        float,
        Field(gt=0, le=3600, description="seconds without a canary after which the pages say monitoring is blind"),
    ] = 60.0

    instance: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9._-]*$", description="static group member, as an ordinal; empty: none")
    ] = ""
    data_dir: Annotated[Path, Field(description="where Faust keeps its working files")] = Path("/tmp/klankbord")
    host: Annotated[str, Field(description="address that pages and metrics listen on")] = "127.0.0.1"
    monitor_port: Annotated[Port, Field(description="metrics and health of the monitor")] = 9101
    publisher_port: Annotated[Port, Field(description="metrics and health of the publisher")] = 9102
    web_port: Annotated[Port, Field(description="the pages, with their metrics and health")] = 8080
    log_level: Annotated[
        Literal["INFO", "WARNING", "ERROR"], Field(description="of the pages; the workers take Faust's own -l")
    ] = "INFO"
    replayed: Annotated[bool, Field(description="the pages say that what they show is a replay")] = False

    login: Annotated[
        Literal["", "token", "proxy", "demo"],
        Field(description="how the pages know who asks ([security](security.md)); empty: the pages do not start"),
    ] = ""
    hosts: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9.:\[\], -]*$", description="names the pages are asked by, separated by commas")
    ] = "localhost,127.0.0.1,[::1]"
    embed_parents: Annotated[
        str, Field(description="desks that may frame the agent panel: tenant=origin origin;tenant=origin")
    ] = ""
    token_issuer: Annotated[str, Field(description="login token: the iss of every token")] = ""
    token_audience: Annotated[str, Field(description="login token: what aud must name")] = ""
    token_keys: Annotated[str, Field(description="login token: a JWKS of public keys, a file or https address")] = ""
    token_longest_h: Annotated[int, Field(ge=1, le=24, description="login token: longest life of a token")] = 12
    token_panel_longest_h: Annotated[int, Field(ge=1, le=24, description="login token: the same of an agent's")] = 1
    token_role_claim: Annotated[str, Field(description="login token: the claim that holds the role")] = "role"
    token_tenant_claim: Annotated[str, Field(description="login token: the claim that holds the tenant")] = "tenant"
    token_teams_claim: Annotated[str, Field(description="login token: the claim with the list of teams")] = "teams"
    token_agent_claim: Annotated[
        str, Field(description="login token: the claim with the id an agent has in events")
    ] = "agent_id"
    proxy_addresses: Annotated[
        str, Field(description="login proxy: addresses or networks of the proxy, separated by commas")
    ] = ""
    proxy_secret: Annotated[
        SecretStr, Field(description="login proxy: what it sends as X-Klankbord-Secret, at least 32 characters")
    ] = SecretStr("")

    @property
    def listed_queues(self) -> tuple[str, ...]:
        """The queues that metrics tell apart."""
        return tuple(name for queue in self.queues.split(",") if (name := queue.strip()))


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings, or `InvalidConfiguration` with every mistake: missing, wrong and unknown variables."""
    environ = os.environ if environ is None else environ
    given = {k[len(PREFIX) :].lower(): v for k, v in environ.items() if k.startswith(PREFIX)}
    mistakes = _put_secrets(given)
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        found = [_sentence(e["loc"], e["type"], e["msg"]) for e in error.errors()]
        raise InvalidConfiguration([*mistakes, *found]) from None
    sentences = (*_of_broker(settings), *_of_redis(settings), *_of_pages(settings))
    mistakes += [f"{PREFIX}{sentence}" for sentence in sentences]
    if mistakes:
        raise InvalidConfiguration(mistakes)
    return settings


SECRETS: Final = frozenset(name for name, field in Settings.model_fields.items() if field.annotation is SecretStr)


def _put_secrets(given: dict[str, str]) -> list[str]:
    """Replace `secret_file` by `secret`, with what the file holds; returns the mistakes."""
    mistakes = []
    for secret in SECRETS:
        path = given.pop(f"{secret}_file", "")
        if path and given.get(secret):
            mistakes.append(f"{PREFIX}{secret.upper()} and {PREFIX}{secret.upper()}_FILE are both given: one is enough")
        elif path:
            try:
                given[secret] = Path(path).read_text(encoding="utf-8").removesuffix("\n")
            except (OSError, UnicodeDecodeError) as error:
                mistakes.append(f"{PREFIX}{secret.upper()}_FILE: {path} cannot be read: {type(error).__name__}")
    return mistakes


def _of_broker(settings: Settings) -> Iterator[str]:
    login, tls = settings.broker_security.startswith("SASL_"), settings.broker_security.endswith("SSL")
    said = f"BROKER_SECURITY is {settings.broker_security}"
    if "@" in settings.broker:
        yield "BROKER holds a login: put it into BROKER_USER and BROKER_PASSWORD, which are never printed"
    if settings.broker_kind == "embedded" and settings.broker_security != "PLAINTEXT":
        yield f"{said}, and the embedded broker speaks PLAINTEXT only"
    for name, value in (("USER", settings.broker_user), ("PASSWORD", settings.broker_password.get_secret_value())):
        if login and not value:
            yield f"BROKER_{name} is missing: {said}"
        if value and not login:
            yield f"BROKER_{name} would not be used: {said}, and a login needs SASL_SSL"
    for name in ("ca", "certificate", "key"):
        if getattr(settings, f"broker_{name}") and not tls:
            yield f"BROKER_{name.upper()} would not be used: {said}, and TLS needs SSL or SASL_SSL"
    if bool(settings.broker_certificate) != bool(settings.broker_key):
        yield "BROKER_CERTIFICATE and BROKER_KEY belong together: one is missing"


def _of_redis(settings: Settings) -> Iterator[str]:
    url = urlsplit(settings.redis_url)
    # A password may hold the / or # that ends an address; the path of a socket may hold an @.
    at = url.netloc if url.scheme == "unix" else settings.redis_url
    if "@" in at or parse_qs(url.query, keep_blank_values=True).keys() & {"password", "username"}:
        yield "REDIS_URL holds a login: put it into REDIS_USER and REDIS_PASSWORD, which are never printed"
    if settings.redis_user and not settings.redis_password.get_secret_value():
        yield "REDIS_PASSWORD is missing: REDIS_USER is given"
    for name in ("ca", "certificate", "key"):
        if getattr(settings, f"redis_{name}") and url.scheme != "rediss":
            yield f"REDIS_{name.upper()} would not be used: REDIS_URL begins with {url.scheme}://, and TLS needs rediss://"
    if bool(settings.redis_certificate) != bool(settings.redis_key):
        yield "REDIS_CERTIFICATE and REDIS_KEY belong together: one is missing"


def _of_pages(settings: Settings) -> Iterator[str]:
    if "@" in settings.token_keys.partition("://")[2] or re.search(r"\A\s*\{|\n|-----", settings.token_keys):
        yield "TOKEN_KEYS holds a login or the keys themselves, which would be printed: it names a file or an address"
    if "@" in settings.embed_parents:
        yield "EMBED_PARENTS holds a login, which would be printed: an origin is a scheme, a host and a port"


def load_policy(path: Path, reasons: Path | None = None) -> Policy:
    """The policy in `path` with the contact reasons in `reasons`, both checked."""
    named = Taxonomy() if reasons is None else load_reasons(reasons)
    return read_policy(_text(path), source=str(path), reasons=named)


def load_reasons(path: Path) -> Taxonomy:
    """The contact reasons in `path`, checked against what the models can tell."""
    return read_taxonomy(_text(path), source=str(path), known=known())


def load_budget(path: Path) -> Budget:
    """The budget for noise in `path`, checked."""
    return read_budget(_text(path), source=str(path))


def load_maps(path: str) -> Maps:
    """How topics of another shape become events, by topic, checked; none without a file."""
    return read_maps(_text(Path(path)), source=path) if path else {}


@dataclass(frozen=True, slots=True)
class Source:
    """Where an agent reads more: an article of the operator's own, with an https link where it has one."""

    name: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the playbook says for one kind of suggestion in one language: the advice, why now, and where it stands."""

    text: str
    why: str
    source: Source | None = None


class Wording:
    """What the playbook says for each kind of suggestion, by language."""

    def __init__(self, entries: Mapping[str, Mapping[str, Entry]]) -> None:
        self.text = {kind: {code: entry.text for code, entry in said.items()} for kind, said in entries.items()}
        self.why = {kind: {code: entry.why for code, entry in said.items()} for kind, said in entries.items()}
        self.sources = {
            kind: {code: entry.source for code, entry in said.items() if entry.source} for kind, said in entries.items()
        }


def load_playbook(folder: Path) -> Wording:
    """The wording of every kind of suggestion in Dutch and English, checked to be complete, short and safe to show."""
    kinds = {suggester.kind for suggester in SUGGESTIONS}
    entries: dict[str, dict[str, Entry]] = {kind: {} for kind in kinds}
    mistakes = []
    for language in ("nl", "en"):
        path = folder / f"{language}.toml"
        try:
            written = read_toml(_text(path), source=str(path))
        except InvalidConfiguration as error:
            mistakes += error.mistakes
            continue
        mistakes += [f"{path}: '{kind}' is no kind of suggestion" for kind in sorted(set(written) - kinds)]
        for kind in sorted(kinds):
            entry = written.get(kind, {})
            found = _mistakes_in_entry(entry if isinstance(entry, dict) else {})
            mistakes += [f"{path}: [{kind}] {mistake}" for mistake in found]
            if not found:
                source = Source(**entry["source"]) if "source" in entry else None
                entries[kind][language] = Entry(entry["text"], entry["why"], source)
    if mistakes:
        raise InvalidConfiguration(mistakes)
    return Wording(entries)


def _mistakes_in_entry(entry: Mapping[str, object]) -> list[str]:
    found = []
    for field, most in (("text", 2), ("why", 1)):
        said = entry.get(field)
        if not isinstance(said, str) or not said.strip():
            found.append(f"needs a line '{field}'")
        elif len(said) > MOST_CHARS or len(_SENTENCE_END.findall(said)) > most:
            sentences = "two sentences" if most == 2 else "one sentence"
            found.append(f"'{field}' is too long to read in between: at most {sentences} and {MOST_CHARS} characters")
    found += [f"has no field '{field}'; it has text, why and source" for field in sorted(set(entry) - _ENTRY)]
    return found + ([] if "source" not in entry else _mistakes_in_source(entry["source"]))


def _mistakes_in_source(source: object) -> list[str]:
    if not isinstance(source, dict) or not source.keys() <= {"name", "link"} or "name" not in source:
        return ['\'source\' reads { name = "…", link = "https://…" }, the link if there is one']
    name, link = source["name"], source.get("link")
    found = []
    if not isinstance(name, str) or not name.strip() or len(name) > MOST_CHARS:
        found.append("'source.name' is the name of an article")
    # A link is shown to people at work: no scheme that runs code, and no name before an @ that poses as a host.
    if link is not None and not (isinstance(link, str) and _LINK.fullmatch(link)):
        found.append("'source.link' must be a whole https:// address, without a user name, spaces or quotes")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfiguration([f"{path}: cannot be read: {error}"]) from None


def _sentence(location: tuple[int | str, ...], kind: str, message: str) -> str:
    name = PREFIX + "_".join(str(part) for part in location).upper()
    if kind == "missing":
        return f"{name} is missing: {Settings.model_fields[str(location[0])].description}"
    if kind == "extra_forbidden":
        return f"{name} is no setting of ours; see docs/settings.md"
    return f"{name}: {message}"
