"""The pages agree with the code, and every link leads somewhere."""

import json
import re
import tomllib
from pathlib import Path
from typing import Final, get_args

import pytest
from prometheus_client import CollectorRegistry

from config.settings import PREFIX, Settings
from docs.generate import FOLDER, LANGUAGES, PAGES, ROOT, found_in, redis_keys, write
from docs.rules import EXAMPLES as RULE_EXAMPLES
from docs.tables import EXAMPLES, KEYS
from klankbord.detectors import DETECTORS
from klankbord.errors import InvalidEvent, Reason
from klankbord.policy import Policy
from klankbord.policy_file import read_policy
from klankbord.rules import WORDS
from klankbord.suggestions import SUGGESTIONS
from streams.deadletters import MAX_VALUE_BYTES, Incoming, dead_letter
from streams.metrics import MonitorMetrics, PublisherMetrics, WebMetrics, WorkerMetrics
from streams.topics import plan

WRITTEN: Final = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(FOLDER.rglob("*.md")))
FENCED: Final = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def page(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """The anchors of a page as code hosts make them: lower case, no punctuation, hyphens for spaces."""
    written = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings(path.read_text(encoding="utf-8")))
    return {words.replace(" ", "-") for words in written}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_making_the_pages_anew_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path)

    changed = [name for name in PAGES if (tmp_path / name).read_bytes() != (FOLDER / name).read_bytes()]

    assert changed == [], "run `make docs` and look at the difference"


def test_every_detector_has_its_heading() -> None:
    assert headings(page("detectors.md"))[1:] == [detector.kind for detector in DETECTORS]


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
@pytest.mark.parametrize("place", range(len(LANGUAGES)), ids=[name for _, name in LANGUAGES])
def test_what_an_example_shows_is_found_in_its_last_line(kind: str, place: int) -> None:
    shown = list(found_in(EXAMPLES[kind][place], LANGUAGES[place][0], kind))

    assert shown[-1].startswith(f"      · {kind} ")


@pytest.mark.parametrize("language", [code for code, _ in LANGUAGES])
def test_the_page_for_supervisors_names_every_button_as_the_page_does(language: str) -> None:
    words = json.loads((ROOT / "web" / "static" / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
    buttons = [word for key, word in words.items() if key.startswith("life.do.")]

    told = page(f"supervisor.{language}.md")

    assert len(buttons) == 7
    assert [button for button in buttons if f"\n| {button} |" not in told] == []


@pytest.mark.parametrize("language", [code for code, _ in LANGUAGES])
def test_the_page_for_agents_names_every_button_with_the_key_that_the_panel_names(language: str) -> None:
    words = json.loads((ROOT / "web" / "static" / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
    buttons = [word for key, word in words.items() if key.startswith("agent.answer.")]

    told = re.findall(r"^\| ([^|]+) \| `(\w)` \|", page(f"agents.{language}.md"), re.MULTILINE)

    assert [button for button, _ in told] == buttons
    assert [(button, key) for button, key in told if f"{key} {button.lower()}" not in words["agent.keys"]] == []


def test_every_example_belongs_to_a_detector() -> None:
    assert EXAMPLES.keys() <= {detector.kind for detector in DETECTORS}


def test_every_suggestion_has_its_heading() -> None:
    assert headings(page("suggestions.md"))[1:] == [suggester.kind for suggester in SUGGESTIONS]


def test_every_suggestion_names_a_signal_that_calls_for_it() -> None:
    assert page("suggestions.md").count("\nSignals: [") == len(SUGGESTIONS) - 1
    assert page("suggestions.md").count("\nSignals: none; the model is not sure") == 1


def test_every_setting_has_its_row() -> None:
    rows = page("settings.md")

    assert [name for name in Settings.model_fields if f"\n| `{PREFIX}{name.upper()}` |" not in rows] == []


def test_every_metric_has_its_row() -> None:
    monitor, publisher, pages = CollectorRegistry(), CollectorRegistry(), WebMetrics().registry
    both = CollectorRegistry()
    WorkerMetrics(both, dict)
    MonitorMetrics(monitor)
    PublisherMetrics(publisher, rules=[], kinds=[])
    families = [family for registry in (monitor, publisher, both, pages) for family in registry.collect()]

    rows = page("metrics.md")

    assert [family.name for family in families if f"\n| `{family.name}" not in rows] == []
    assert rows.count("\n| `klankbord_") == len(families)


def test_every_rule_driver_and_weight_has_its_row() -> None:
    policy, rows = Policy(), page("policy.md")

    assert [name for name in policy.rules if rows.count(f"\n| `{name}` |") < 2] == []
    assert [name for name in (*policy.drivers, *policy.emotion_weights) if f"\n| `{name}` |" not in rows] == []


def test_every_example_of_a_rule_can_be_read_and_every_name_has_its_row() -> None:
    rows = page("policy.md")

    for _, rule in RULE_EXAMPLES:
        assert read_policy(rule, source="docs/policy.md").rules
        assert rule.rstrip() in rows
    assert [name for name in WORDS if f"\n| `{name}` |" not in rows] == []


def test_every_topic_and_every_redis_key_has_its_row() -> None:
    rows = page("topics.md")

    assert [t.name for t in plan(partitions=1, replication_factor=1) if f"\n| `{t.name}` |" not in rows] == []
    assert KEYS.keys() == redis_keys()


def test_every_reason_and_every_header_of_a_dead_letter_has_its_row() -> None:
    longest = Incoming("chat.messages", 0, 0, 0, b"k" * 2000, b" " * (MAX_VALUE_BYTES + 1), b"chat.messages/0/0")
    empty = Incoming("chat.messages", 0, 0, 0, None, None, envelope=(("ce_id", b"x" * 2000),))
    made = {name for one in (longest, empty) for name in dead_letter(one, InvalidEvent("too_large", "why")).headers}

    rows = page("bad-input.md")

    reasons = get_args(Reason)
    found = re.findall(r"^\| `(\w+)` \|", rows, re.MULTILINE)
    assert found[: len(reasons)] == [*reasons]
    assert "given_ce_id" in made
    assert sorted(found[len(reasons) :]) == sorted(made - {"given_ce_id"})
    assert "\n| `given_…` |" in rows


def test_both_playbooks_have_the_same_keys() -> None:
    dutch, english = (
        tomllib.loads((ROOT / "config" / "playbook" / f"{code}.toml").read_text(encoding="utf-8"))
        for code, _ in LANGUAGES
    )

    assert {kind: list(entry) for kind, entry in dutch.items()} == {k: list(entry) for k, entry in english.items()}


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(path: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", path.read_text(encoding="utf-8")))

    lost = []
    for link in links:
        target, _, anchor = link.partition("#")
        file = path if not target else path.parent / target
        if "://" not in link and (not file.exists() or (anchor and anchor not in anchors(file))):
            lost.append(link)

    assert lost == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=name_of)
def test_every_page_is_reached_from_another(path: Path) -> None:
    others = "".join(other.read_text(encoding="utf-8") for other in WRITTEN if other != path)

    assert re.search(rf"\]\((docs/)?{re.escape(path.name)}[)#]", others)
