"""The settings of every process: the only module that reads the environment."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from klankbord.errors import InvalidConfiguration
from klankbord.models.reasons import known
from klankbord.policy import Policy, read_policy
from klankbord.suggestions import SUGGESTIONS
from klankbord.taxonomy import Taxonomy, read_taxonomy

PREFIX: Final = "KLANKBORD_"
HERE: Final = Path(__file__).parent

Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseModel):
    """One installation, from `KLANKBORD_*` environment variables; every field's description is its documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    broker: Annotated[str, Field(min_length=3, description="Kafka bootstrap servers, host:port, separated by commas")]
    broker_kind: Annotated[
        Literal["kafka", "embedded"],
        Field(description="embedded: the in-memory broker of the demo, which lacks the idempotent producer"),
    ] = "kafka"
    redis_url: Annotated[str, Field(pattern=r"^(rediss?|unix)://", description="Redis or Valkey, 6.2 or later")]

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


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings, or `InvalidConfiguration` with every mistake: missing, wrong and unknown variables."""
    environ = os.environ if environ is None else environ
    given = {k[len(PREFIX) :].lower(): v for k, v in environ.items() if k.startswith(PREFIX)}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise InvalidConfiguration([_sentence(e["loc"], e["type"], e["msg"]) for e in error.errors()]) from None


def load_policy(path: Path, reasons: Path | None = None) -> Policy:
    """The policy in `path` with the contact reasons in `reasons`, both checked."""
    policy = read_policy(_text(path), source=str(path))
    return policy if reasons is None else replace(policy, reasons=load_reasons(reasons))


def load_reasons(path: Path) -> Taxonomy:
    """The contact reasons in `path`, checked against what the models can tell."""
    return read_taxonomy(_text(path), source=str(path), known=known())


class Wording:
    """What the playbook says for each kind of suggestion, by language: the advice and why now."""

    def __init__(self, text: dict[str, dict[str, str]], why: dict[str, dict[str, str]]) -> None:
        self.text = text
        self.why = why


def load_playbook(folder: Path) -> Wording:
    """The wording of every kind of suggestion in Dutch and English, checked to be complete."""
    kinds = {suggester.kind for suggester in SUGGESTIONS}
    text: dict[str, dict[str, str]] = {kind: {} for kind in kinds}
    why: dict[str, dict[str, str]] = {kind: {} for kind in kinds}
    mistakes = []
    for language in ("nl", "en"):
        path = folder / f"{language}.toml"
        try:
            entries = tomllib.loads(_text(path))
        except tomllib.TOMLDecodeError as error:
            mistakes.append(f"{path}: {error}")
            continue
        mistakes += [f"{path}: '{kind}' is no kind of suggestion" for kind in sorted(set(entries) - kinds)]
        for kind in sorted(kinds):
            entry = entries.get(kind, {})
            for field, wording in (("text", text), ("why", why)):
                value = entry.get(field) if isinstance(entry, dict) else None
                if isinstance(value, str) and value.strip():
                    wording[kind][language] = value
                else:
                    mistakes.append(f"{path}: [{kind}] needs a line '{field}'")
    if mistakes:
        raise InvalidConfiguration(mistakes)
    return Wording(text, why)


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
