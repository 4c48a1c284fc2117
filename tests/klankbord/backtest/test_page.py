"""The page: whole in one file, the same in both languages, and nothing a customer said can act in it."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from msgspec.structs import replace
from playwright.sync_api import Browser

from klankbord.backtest.page import STYLE, page
from klankbord.backtest.playing import Play
from klankbord.backtest.recording import Labelled
from klankbord.backtest.report import FlagFigures, Only, OnlyFigures, Report, report
from klankbord.backtest.sweep import Sweep, varied
from klankbord.backtest.wording import WORDS, number
from klankbord.events import Language
from klankbord.policy_file import read_policy
from klankbord.tenant import Mark
from tests.klankbord.backtest.given import CALM, contact, toml

LANGUAGES: tuple[Language, ...] = ("nl", "en")
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "</style><script>alert(1)</script>",
    "'; alert(1); '&lt;",
    "<a href=javascript:alert(1)>x</a><link rel=stylesheet href=//evil.example/x.css>",
)


@pytest.fixture(scope="module")
def made() -> Report:
    """Every section has something in it, and every word that is not ours is hostile."""
    new, sweep = toml(0.2), Sweep("rules.angry_customer.raise_at", (0.2, 0.5, 0.99))
    policies = [read_policy(text, source="x") for text in (new, toml(0.99))] + list(varied(new, sweep, source="x"))
    play = Play(policies, marks=[Mark("demo", "hot", "hot-2", False, "angry_customer"), Mark("demo", "x", "y", True)])
    play.hear_all(
        [
            [
                *(Labelled("demo", "hot", 0, calm=False), *contact("hot", team=HOSTILE[0])),
                *(Labelled("demo", "calm", None, calm=True), *contact("calm", CALM, hour=30)),
            ]
        ]
    )
    found = report(play, policies, HOSTILE[:2], source=HOSTILE[3], budget=1, sweep=sweep)
    hostile = tuple(FlagFigures("angry_customer", "critical", "2026-03-02T09:00:00Z", t, t, None) for t in HOSTILE)
    return replace(found, only_old=Only(1, (OnlyFigures("demo", HOSTILE[2], HOSTILE[4], hostile),)))


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["nl"].keys() == WORDS["en"].keys()
    assert [re.findall(r"{\w+}", WORDS["nl"][k]) for k in WORDS["nl"]] == [
        re.findall(r"{\w+}", WORDS["en"][k]) for k in WORDS["nl"]
    ]
    assert (number(1234.5, "nl"), number(1234.5, "en")) == ("1.234,50", "1,234.50")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_has_no_script_no_address_and_only_its_own_style(made: Report, language: Language) -> None:
    text = page(made, language)

    fingerprint = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{fingerprint}'" in text
    assert not re.search(r"<(script|img|link|a|iframe|object|form)\b|\son\w+=|\sstyle=|url\(|@import", strip(text))
    assert [one for one in HOSTILE if one in text] == []
    assert f'<html lang="{language}">' in text


def strip(text: str) -> str:
    """Without what is written between the tags, where hostile words stand as words."""
    return "".join(re.findall(r"<[^>]*>", text))


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_browser_shows_it_and_fetches_nothing(
    made: Report, browser: Browser, tmp_path: Path, language: Language, width: int, scheme: str
) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(made, language), encoding="utf-8")
    complaints: list[str] = []
    # axe is put into the page as a script, which the page's own policy refuses.
    for bypass in (False, True):
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
            bypass_csp=bypass,
        )
        shown = context.new_page()
        shown.on("request", lambda request: complaints.append(request.url))
        shown.on("console", lambda message: complaints.append(message.text))
        shown.on("dialog", lambda dialog: complaints.append(dialog.message))
        shown.goto(file.as_uri())
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        assert shown.evaluate("getComputedStyle(document.querySelector('th')).fontWeight") == "600"
        assert shown.locator("svg[role=img]").count() == 4
        quoted = shown.locator("#only_old + .scroll td.words").all_inner_texts()
        assert quoted == [f"“{words}”" for words in HOSTILE]
        if bypass:
            assert Axe().run(shown).response["violations"] == []
        context.close()
    assert complaints == [file.as_uri()] * 2
