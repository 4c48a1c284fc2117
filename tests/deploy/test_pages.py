"""The pages about deployment name what the code names."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from streams import wire
from tests.deploy import ROOT

ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PAGES = (
    ROOT / "CONTRIBUTING.md",
    *(ROOT / "docs" / name for name in ("architecture.md", "docker.md", "glossary.md")),
    *sorted((ROOT / "docs" / "decisions").glob("000[1-5]-*.md")),
)


def test_the_architecture_names_every_topic() -> None:
    topics = {*wire.INPUTS, wire.OBSERVATIONS, wire.DEAD_LETTERS}

    assert {topic for topic in topics if f"| `{topic}` |" not in ARCHITECTURE} == set()


def test_the_architecture_names_every_redis_key() -> None:
    named = [value for value in vars(wire).values() if isinstance(value, str) and value.startswith("{klankbord}")]
    made = [
        wire.current_suggestion("<tenant>", "<agent id>"),
        wire.advice("<tenant>", "<conversation id>"),
        wire.shown_suggestion("<id>"),
        wire.learned("<tenant>"),
        wire.silenced("<tenant>", "<kind>", "<situation>"),
        wire.once("<id>"),
    ]

    assert [key for key in named + made if f"| `{key}` |" not in ARCHITECTURE] == []


def test_the_diagram_is_a_picture_with_words_for_whoever_cannot_see_it() -> None:
    picture = ElementTree.parse(ROOT / "docs" / "architecture.svg").getroot()

    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert picture.findtext("{http://www.w3.org/2000/svg}desc")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))

    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]

    assert missing == []


def test_the_page_about_docker_says_that_no_engine_ran_it() -> None:
    assert "Not run: validated with check-jsonschema and hadolint only" in (ROOT / "docs/docker.md").read_text()
