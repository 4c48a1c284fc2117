"""What the pages on privacy say of the software is so, and both languages say it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, get_args

import msgspec
import pytest

from config.budget import Weights
from config.settings import Settings
from docs.generate import FOLDER, ROOT
from klankbord.conversation import Conversation
from klankbord.observation import Observation
from klankbord.policy import Policy
from klankbord.rules import WORDS
from klankbord.tenant import Mark
from streams import wire
from streams.budget import rank
from web.access import Action, Object, Role, Subject, authorise

PAGES: Final = ("privacy", "works-council", "dpia", "agents", "kept")
SPAN: Final = re.compile(r"\d[\d.,]* ?(?:hours?|days?|minutes?|uur|dagen|minuten)\b")


def page(name: str, language: str) -> str:
    return (FOLDER / f"{name}.{language}.md").read_text(encoding="utf-8")


def shape(text: str) -> list[str]:
    """What a page is built of: headings by depth, items, and the rows of tables by their number of cells."""
    found = re.findall(r"^(#+|-|\|.*\|) ?", text, re.MULTILINE)
    return [f"{one.count('|')} cells" if one.startswith("|") else one for one in found]


def links(text: str) -> list[str]:
    """Where a page links to, whatever the language of the page and of the heading."""
    targets = re.findall(r"\]\(([^)#]*)", text)
    return sorted(re.sub(r"\.(en|nl)\.md$", ".md", target) for target in targets)


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_have_the_same_parts_and_links(name: str) -> None:
    english, dutch = page(name, "en"), page(name, "nl")

    assert shape(english) == shape(dutch)
    assert links(english) == links(dutch)
    assert len(links(english)) > 3


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("name", [name for name in PAGES if name != "kept"])
def test_how_long_things_are_kept_stands_in_one_place(name: str, language: str) -> None:
    assert f"](kept.{language}.md)" in page(name, language)
    assert SPAN.findall(page(name, language)) == []
    assert SPAN.findall(page("kept", language))


@pytest.mark.parametrize("path", sorted((FOLDER / "schemas").glob("*.json")), ids=lambda path: path.stem)
def test_no_message_scores_an_agent(path: Path) -> None:
    said = path.read_text(encoding="utf-8")
    of_agents = set(re.findall(r'"((?:\w*_)?agents?(?:_\w*)?)": \{', said))

    # Who it is, how many turns there were, and the fingerprints by which a repeated question is found.
    assert of_agents <= {"agent_id", "to_agent", "agent_turns", "agent_asked"}


def test_a_rule_cannot_name_an_agent_and_no_customer_is_in_the_state() -> None:
    assert [word for word in WORDS if "agent" in word] == ["agent_turns"]
    for kind in (Conversation, Observation, wire.Record, wire.BoardRow, wire.AlertMessage):
        assert [field.name for field in msgspec.structs.fields(kind) if "customer_key" in field.name] == []


def test_a_supervisor_sees_the_id_of_the_agent_as_the_page_for_the_works_council_admits() -> None:
    assert {"agent_id"} <= {field.name for field in msgspec.structs.fields(wire.BoardRow)}
    assert {"agent_id"} <= {field.name for field in msgspec.structs.fields(wire.AlertMessage)}
    assert "**the id of the agent who has the conversation**" in page("works-council", "en")
    assert "**het nummer van de medewerker die het gesprek voert**" in page("works-council", "nl")


def test_the_supervisor_page_has_no_order_filter_or_search_by_agent() -> None:
    assert "agent" not in (ROOT / "web/static/js/filters.js").read_text(encoding="utf-8")


def test_the_roles_may_what_the_page_for_the_works_council_says() -> None:
    about = Object("acme", "north", "agent-07")
    own = {"agent_id": "agent-07", "teams": ("north",)}
    other = {"agent_id": "agent-08", "teams": ("south",)}

    def may(role: Role, whose: Mapping[str, object]) -> set[str]:
        subject = msgspec.convert({"name": "kim", "role": role, "tenant": "acme", **whose}, Subject)
        return {action for action in get_args(Action) if authorise(subject, action, about)}

    assert may("agent", own) == {"open_conversation", "watch_suggestions", "answer_suggestion"}
    assert may("supervisor", own) == {"watch_floor", "open_conversation", "act_on_alert"}
    assert may("agent", other) == may("supervisor", other) == set()
    assert may("privacy_officer", own) == {"read_audit"}
    assert may("engineer", own) == set()


def test_a_mark_leaves_without_its_reason_and_without_who_made_it() -> None:
    assert {field.name for field in msgspec.structs.fields(Mark)}.isdisjoint({"by", "reason", "assigned_to"})


def test_what_a_customer_is_worth_counts_at_most_twice() -> None:
    plain, rich = (rank(Weights(), severity="warning", risk=0.5, value=worth, waited_s=0) for worth in (None, 1e9))

    assert rich == 2 * plain


def test_there_is_no_setting_for_sound_and_none_that_scores_agents() -> None:
    numbers = [*Settings.model_fields, *Policy.__struct_fields__]

    assert [name for name in numbers if re.search(r"tone|pitch|loud|audio|sound|acoustic", name)] == []
    assert [name for name in numbers if "agent" in name] == ["token_agent_claim"]
