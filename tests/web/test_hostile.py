"""Some six hundred hostile texts through every field that reaches either page: nothing runs, nothing is asked for."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect
from redis import Redis

from klankbord.conversation import Evidence
from klankbord.taxonomy import Said
from streams.wire import AlertLife, AlertMessage, BoardRow, Fold, OpenAlert, Source
from tests.web.floor import NOW, Floor, opened, row, suggestion
from tests.web.hostile import texts
from tests.web.serving import Pages, Serve, serve
from tests.web.test_browser import Open, allowed, live, visit

__all__ = ["allowed", "visit"]  # fixtures of the pages' other tests

pytestmark = pytest.mark.browser

BATCH: Final = 50  # two conversations each: as many as the page shows at once
BATCHES: Final = tuple(texts()[at : at + BATCH] for at in range(0, len(texts()), BATCH))

# What the page itself never holds; the only script is its own.
UNTOUCHED: Final = """() => ({
  executed: window.executed ?? null,
  scripts: document.scripts.length,
  foreign: document.querySelectorAll("main :is(img, iframe, object, embed, form, style, link, meta, base, video, " +
    "audio, math, template, foreignObject, svg svg, svg a, svg use, a:not([rel='noopener noreferrer']))").length,
  attributes: [...document.querySelectorAll("*")].flatMap((one) => one.getAttributeNames())
    .filter((name) => name.startsWith("on") || name === "style" || name === "srcdoc" || name === "popover").length,
  wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  body: document.body.className,
})"""
WHOLE: Final = {"executed": None, "scripts": 1, "foreign": 0, "attributes": 0, "wide": False}

# Of each opened conversation, every text that stands in it by where it stands.
READ: Final = """() => [...document.querySelectorAll('#rows > li[data-key*="/c-"]')].map((row) => {
  const all = (selector) => [...row.querySelectorAll(selector)].map((one) => one.textContent);
  return [Number(row.dataset.key.split("/c-")[1]), {
    queue: all(".queue"), team: all(".details .team"), agent: all(".who .agent"), reason: all(".reason .foreign"),
    badge: all(".badge .foreign"), evidence: all(".all-evidence blockquote"), proof: all(".proof .kind .foreign"),
    sentence: all(".proof .sentence"), emotion: all(".all-emotions dt"),
  }];
})"""


def conversation(tenant: str, number: int, text: str) -> tuple[BoardRow, AlertMessage, AlertMessage]:
    """A conversation that one can open, with this text in each of its fields and in those of its two alerts."""
    anything: dict[str, Any] = {"channel": text, "language": text}
    found = Evidence(text, 0.9, NOW - 5, words=text, utterance_id=text)
    shown = replace(
        row(f"c-{number}", risk=0.5, timeline=((0, 0.0, 1.0), (60, -0.4, 3.2)), waits_s=40, churn=0.5),
        tenant=tenant,
        queue=text,
        team=text,
        agent_id=text,
        reason=Said(text, text),
        needs=(text,),
        emotions={text: 0.9, "anger": 0.5},
        effort=2.9,
        effort_parts={text: 1.9},
        evidence=(found, Evidence(text, 0.9, NOW - 5, amount=3.5)),
        **anything,
    )
    alert, held = (hostile_alert(shown, rule, found, text) for rule in ("angry_customer", "high_effort"))
    badges = tuple(OpenAlert(one.alert.alert_id, text, text, {"nl": text, "en": text}) for one in (alert, held))
    return replace(shown, alerts=badges), alert, held


def hostile_alert(shown: BoardRow, rule: str, found: Evidence, text: str) -> AlertMessage:
    message = opened(shown, rule, found)
    told = replace(
        message.alert,
        rule=text,
        rule_version=text,
        severity=text,
        causes=(found, found),
        sentence=text,
        marks=((0, 1), (2, 9_999)),
        path_of=text,
        path=((0, 1.0), (9, 2.0)),
        when=text,
        until=text,
        numbers={text: 1.5},
    )
    return replace(message, alert=told, title={"nl": text, "en": text}, link=text)


def by_its_id(tenant: str, text: str) -> tuple[BoardRow, AlertMessage]:
    """A conversation, an alert and a fold of this name."""
    shown = replace(row(text, risk=0.1), tenant=tenant)
    message = hostile_alert(shown, "long_wait", Evidence(text, 0.9, NOW, words=text), text)
    fold = Fold(text, 3, {"nl": text, "en": text}, (text, "__proto__"))
    return shown, replace(message, alert=replace(message.alert, alert_id=text), fold=fold)


@pytest.fixture(scope="module")
def besieged(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Pages, Floor]]:
    """Pages with a tenant for each batch."""
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
        floor = Floor(redis)
        for batch, some in enumerate(BATCHES):
            for number, text in enumerate(some):
                fill(floor, f"t{batch}", number, text)
        with serve(redis_url, tmp_path_factory.mktemp("web")) as pages:
            yield pages, floor


def fill(floor: Floor, tenant: str, number: int, text: str) -> None:
    shown, alert, held = conversation(tenant, number, text)
    floor.alert(alert)
    floor.hold(replace(held, why=text))
    floor.show(shown)
    life = AlertLife(alert.alert.alert_id, tenant, text, 1, "acknowledged", text, text, None, "wrong", text, NOW)
    floor.live(life)
    named, other = by_its_id(tenant, text)
    floor.alert(other)
    floor.show(named)


def check(page: Page, some: tuple[str, ...]) -> None:
    """Everything stands there as it was written, and the page is whole."""
    read = page.evaluate(READ)
    assert sorted(number for number, _ in read) == list(range(len(some)))
    for number, told in read:
        text = some[number]
        assert told == {
            "queue": [text],
            "team": [text],
            "agent": [text],
            "reason": [text],
            "badge": [text, text],
            "evidence": [text],
            "proof": [text, text],
            "sentence": [text, text],
            "emotion": told["emotion"],
        }
        assert text in told["emotion"]
    found = page.evaluate(UNTOUCHED)
    assert found == {**WHOLE, "body": "console"}


@pytest.mark.parametrize("batch", range(len(BATCHES)))
def test_hostile_texts_stay_texts_on_the_floor(besieged: tuple[Pages, Floor], visit: Open, batch: int) -> None:
    (pages, floor), some = besieged, BATCHES[batch]
    page = visit(pages, f"/supervisor?tenant=t{batch}")
    expect(page.locator("#rows > li")).to_have_count(2 * len(some))
    page.evaluate("document.querySelectorAll('#rows > li[data-key*=\"/c-\"] .toggle').forEach((one) => one.click())")
    expect(page.locator(".proof")).to_have_count(2 * len(some))
    check(page, some)

    # Once more as it comes while one looks, in the other language, with what can be opened open.
    floor.alert(hostile_alert(row(f"new-{batch}"), "long_wait", Evidence(some[0], 1.0, NOW, words=some[0]), some[0]))
    fill(floor, f"t{batch}", 0, some[0])
    page.locator("#languages button[lang=en]").click()
    page.locator("#suppressed-button").click()
    expect(page.locator("#suppressed-list > li .why")).to_have_count(len(some))
    page.keyboard.press("Escape")
    expect(page.locator("#conversations-title")).to_have_text("Open conversations")
    check(page, some)


@pytest.mark.parametrize("batch", range(0, len(BATCHES), 4))
def test_a_filter_of_a_hostile_name_goes_into_the_address_and_comes_back(
    besieged: tuple[Pages, Floor], visit: Open, batch: int
) -> None:
    page, some = visit(besieged[0], f"/supervisor?tenant=t{batch}"), BATCHES[batch]
    expect(page.locator("#rows > li")).to_have_count(2 * len(some))

    page.locator("#filter-queue").select_option(index=1)
    expect(page.locator("#rows > li")).not_to_have_count(2 * len(some))
    chosen = page.locator("#filter-queue").input_value()
    page.reload()
    live(page)
    expect(page.locator("#filter-queue")).to_have_value(chosen[:100])
    assert page.evaluate(UNTOUCHED) == {**WHOLE, "body": "console"}


RECORD: Final = """
window.seen = { ".text": [], ".why": [], blockquote: [], ".signal": [], ".origin bdi": [] };
addEventListener("DOMContentLoaded", () => {
  const panel = document.querySelector("#suggestion");
  new MutationObserver(() => {
    for (const [where, found] of Object.entries(seen)) {
      const one = panel.querySelector(`.suggestion ${where}`);
      if (one) found.push(one.textContent);
    }
  }).observe(panel, { childList: true });
});
"""


def test_hostile_texts_stay_texts_on_the_panel(floor: Floor, serves: Serve, visit: Open) -> None:
    page = visit(serves(), "/agent?agent=agent-01")
    page.add_init_script(RECORD)
    page.reload()
    live(page)

    for number, text in enumerate(texts()):
        article = Source(text, text if number % 2 else "https://kb.example.org/1")
        floor.suggest(
            replace(
                suggestion(text=text, english=text),
                suggestion_id=f"{number} {text}",
                kind=text,
                conversation_id=text,
                why={"nl": text, "en": text},
                source=text,
                articles={} if number % 3 else {"nl": article},
                reason=Evidence(text, 0.9, NOW, words=text, utterance_id=text),
            )
        )
    expect(page.locator(".suggestion .text")).to_have_text(texts()[-1])

    for where, found in page.evaluate("seen").items():
        assert [text for text in texts() if text not in found] == [], where
    assert page.evaluate(UNTOUCHED) == {**WHOLE, "body": "panel"}
    page.locator("#languages button[lang=en]").click()
    expect(page.locator(".suggestion .answers button").first).to_contain_text("Used")


def test_there_are_more_than_five_hundred_of_them() -> None:
    assert len(texts()) > 500
