"""The pages as a person sees them, in a real browser."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    Locator,
    Page,
    Request,
    Route,
    expect,
)
from redis import Redis

from streams import embedded
from streams.wire import REVOKED, BoardRow, revoked_subject
from tests.web.floor import Floor, cleared, ended, fact, opened, row, said, suggestion, twelve
from tests.web.guarding import Guarded
from tests.web.serving import Pages, Serve, serve

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("swept")]

PATIENCE_MS: Final = 10_000
# Tells us in the console what the browser refused to do.
TATTLE: Final = """
addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective}`));
"""
# What Chromium itself writes when a server is gone; the page can neither know nor prevent it.
GONE: Final = re.compile(r"^Failed to load resource: (net::ERR_|the server responded with a status of 503)")


@dataclass
class Watch:
    """What must not happen on a page: it is written down here."""

    origin: str
    seen: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        page.on("dialog", self._opened)
        page.on("pageerror", lambda error: self.seen.append(f"error {error}"))
        page.on("console", self._said)
        page.on("request", self._asked)

    def _opened(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.seen.append(message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(self.origin + "/"):
            self.seen.append(f"request to {request.url}")


Open = Callable[..., Page]


@pytest.fixture
def allowed() -> list[re.Pattern[str]]:
    """What a test that takes the server away may add: messages that are no fault of the page."""
    return []


@pytest.fixture
def visit(browser: Browser, allowed: list[re.Pattern[str]], serves: Serve) -> Iterator[Open]:
    """Opens pages in Dutch unless told otherwise; at the end, none of them may have anything to complain about."""
    watches = []
    with ExitStack() as contexts:

        def visit(pages: Pages, path: str = "/supervisor", *, locale: str = "nl-NL") -> Page:
            context = browser.new_context(locale=locale, viewport={"width": 1280, "height": 900})
            contexts.callback(context.close)
            context.add_init_script(TATTLE)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            watches.append(Watch(pages.url))
            watches[-1].over(page)
            page.goto(pages.url + path)
            return page

        yield visit
    complaints = [said for watch in watches for said in watch.seen]
    assert [said for said in complaints if not any(pattern.search(said) for pattern in allowed)] == []


expect.set_options(timeout=PATIENCE_MS)


def rows(page: Page) -> Locator:
    return page.locator("#rows > li")


def row_of(page: Page, shown: BoardRow) -> Locator:
    return page.locator(f'#rows > li[data-key="{shown.tenant}/{shown.conversation_id}"]')


def intercept(page: Page, pattern: str, handler: Callable[[Route], object]) -> None:
    """Hand what the page asks for to `handler`.

    Loaded anew: a document that is there already gets its intercepted loader some time after `route` is back.
    """
    page.route(pattern, handler)
    page.reload()


def live(page: Page) -> None:
    expect(page.locator("#connection")).to_have_class("connection live")


def numbers(texts: list[str]) -> list[float]:
    return [float(text.replace(",", ".").replace("−", "-")) for text in texts]


def test_the_worst_conversation_stands_on_top(floor: Floor, pages: Pages, visit: Open) -> None:
    floor.fill()

    page = visit(pages)

    worst_first = sorted(twelve(), key=lambda row: -row.risk)
    expect(rows(page)).to_have_count(12)
    for place, shown in enumerate(worst_first):
        expect(rows(page).nth(place)).to_have_attribute("data-key", f"demo/{shown.conversation_id}")
    expect(page.locator("#count-conversations")).to_have_text("12 gesprekken")


def test_a_row_changes_climbs_and_leaves_while_one_looks(floor: Floor, pages: Pages, visit: Open) -> None:
    calm, middle = row("chat-calm", risk=0.1), row("chat-middle", risk=0.4)
    floor.fill((calm, middle))
    page = visit(pages)
    expect(rows(page).first).to_have_attribute("data-key", "demo/chat-middle")

    floor.show(replace(calm, risk=0.9, emotions={"anger": 0.8}, effort=3.5, effort_parts={"hold": 2.5}))

    expect(row_of(page, calm).locator(".emotion .strongest")).to_have_text("boosheid 0,80")
    expect(row_of(page, calm).locator(".effort strong")).to_have_text("3,5")
    expect(rows(page).first).to_have_attribute("data-key", "demo/chat-calm")

    floor.show(ended(calm))

    expect(page.locator("#count-conversations")).to_have_text("1 gesprek")
    expect(row_of(page, calm)).to_have_count(0)


def test_an_empty_floor_says_what_will_appear(floor: Floor, pages: Pages, visit: Open) -> None:
    page = visit(pages)

    expect(page.locator("#rows-empty")).to_contain_text("Nog geen open gesprekken")
    expect(page.locator("#alerts-empty")).to_contain_text("Geen open meldingen")


def test_an_alert_appears_with_the_words_that_caused_it_and_clears(floor: Floor, pages: Pages, visit: Open) -> None:
    hot = row("chat-hot", queue="internet")
    alert = opened(hot, "angry_customer", said("anger", "wat een waardeloze service", 5))
    floor.show(hot)
    page = visit(pages)
    live(page)
    expect(page.locator("#alerts-empty")).to_be_visible()

    floor.alert(alert)

    shown = page.locator("#alerts > li.opened")
    expect(shown.locator("h2")).to_have_text(alert.title["nl"])
    expect(shown.locator("blockquote")).to_have_text("wat een waardeloze service")
    expect(shown.locator(".signal")).to_have_text("boze woorden")
    expect(shown.locator(".where")).to_contain_text("internet")
    expect(page.locator("#count-alerts")).to_have_text("1 open melding")
    expect(page.locator("#announce")).to_contain_text(alert.title["nl"])

    floor.alert(cleared(alert))

    expect(page.locator("#alerts > li.cleared .over")).to_have_text("voorbij")
    expect(page.locator("#count-alerts")).to_have_text("0 open meldingen")


def test_an_alert_that_comes_late_says_so_and_calls_nobody_unless_it_is_critical(
    floor: Floor, pages: Pages, visit: Open
) -> None:
    hot = row("chat-hot", queue="internet")
    warning, critical = opened(hot, "asks_for_human"), opened(hot, "angry_customer")
    assert (warning.alert.severity, critical.alert.severity) == ("warning", "critical")
    floor.show(hot)
    page = visit(pages)
    live(page)

    floor.alert(replace(warning, late=True))

    shown = page.locator("#alerts > li.opened")
    expect(shown.locator(".late")).to_have_text("achteraf")
    expect(page.locator("#announce")).to_have_text("")

    floor.alert(replace(critical, late=True))

    expect(shown).to_have_count(2)
    expect(page.locator("#announce")).to_contain_text(critical.title["nl"])


def test_an_alert_leads_to_its_conversation_and_the_reason(floor: Floor, pages: Pages, visit: Open) -> None:
    hot = row("chat-hot", rules=("long_wait",), evidence=(fact("long_wait", 642, 30), said("anger", "schandalig", 6)))
    floor.fill((hot, row("chat-calm")))
    page = visit(pages)

    page.locator("#alerts .where .link").click()

    why = row_of(page, hot).locator(".all-evidence")
    expect(why.locator("blockquote")).to_have_text("schandalig")
    expect(why).to_contain_text("wachtte 11 min")
    expect(row_of(page, hot).locator(".toggle")).to_be_focused()


def test_a_need_is_shown_as_a_need_and_a_wish_to_leave_as_a_chance(floor: Floor, pages: Pages, visit: Open) -> None:
    widow = row("chat-widow", needs=("bereavement", "cannot_pay"), churn=0.72)
    floor.fill((widow, row("chat-calm")))
    page = visit(pages)

    expect(row_of(page, widow).locator(".badge.need")).to_have_text(
        ["Behoefte: tijd en geduld (verlies van een naaste)", "Behoefte: een regeling (kan nu niet betalen)"]
    )
    row_of(page, widow).locator(".toggle").click()
    expect(row_of(page, widow).locator(".churn")).to_contain_text("vertrekken: 72")


def test_effort_is_a_number_and_a_picture(floor: Floor, pages: Pages, visit: Open) -> None:
    hard = row("chat-hard", effort_parts={"hold": 1.3, "transfer": 0.9}, timeline=((0, 0.0, 1.0), (60, -0.4, 3.2)))
    floor.show(hard)

    page = visit(pages)

    effort = row_of(page, hard).locator(".effort")
    expect(effort.locator("strong")).to_have_text("3,2")
    picture = effort.locator("svg.line")
    expect(picture).to_have_attribute("aria-label", "Moeite van 1,0 naar 3,2")
    expect(picture.locator("polyline")).to_have_attribute("points", re.compile(r"^\S+,\S+ \S+,\S+$"))
    expect(effort.locator("svg.bar .piece")).to_have_count(2)
    expect(row_of(page, hard).locator(".emotion svg.line polyline")).to_be_visible()


def test_enter_opens_the_details_and_the_parts_of_effort_add_up(floor: Floor, pages: Pages, visit: Open) -> None:
    worst = max(twelve(), key=lambda row: row.risk)
    floor.fill()
    page = visit(pages)
    expect(rows(page)).to_have_count(12)

    page.keyboard.press("j")
    page.keyboard.press("Enter")

    details = row_of(page, worst).locator(".details")
    expect(details).to_be_visible()
    expect(details.locator(".sum")).to_have_text("1 + 4,20 = 5,20")
    parts = numbers(details.locator(".all-parts dd data").all_inner_texts())
    assert len(parts) == len(worst.effort_parts)
    assert sum(parts) == pytest.approx(worst.effort - 1)
    expect(details.locator(".all-evidence li")).to_have_count(5)
    expect(details.locator(".all-emotions dt").first).to_have_text("boosheid")

    page.keyboard.press("Enter")

    expect(details).to_be_hidden()


def test_details_stay_open_and_focused_when_their_row_moves(floor: Floor, pages: Pages, visit: Open) -> None:
    top, low = row("chat-top", risk=0.6), row("chat-low", risk=0.2)
    floor.fill((top, low))
    page = visit(pages)
    expect(rows(page)).to_have_count(2)
    row_of(page, low).locator(".head").click()
    expect(row_of(page, low).locator(".details")).to_be_visible()

    floor.show(replace(low, risk=0.9))
    page.mouse.move(0, 0)

    expect(rows(page).first).to_have_attribute("data-key", "demo/chat-low")
    expect(row_of(page, low).locator(".details")).to_be_visible()


def test_the_order_rests_under_the_pointer(floor: Floor, pages: Pages, visit: Open) -> None:
    top, low = row("chat-top", risk=0.6), row("chat-low", risk=0.2)
    floor.fill((top, low))
    page = visit(pages)
    expect(rows(page)).to_have_count(2)
    row_of(page, top).hover()
    expect(page.locator("#order")).to_have_text("Volgorde staat stil zolang u hier bent")

    floor.show(replace(low, risk=0.9, emotions={"anger": 0.8}))

    expect(row_of(page, low).locator(".strongest")).to_have_text("boosheid 0,80")
    expect(rows(page).first).to_have_attribute("data-key", "demo/chat-top")
    floor.show(row("chat-new", risk=0.95))
    expect(rows(page).last).to_have_attribute("data-key", "demo/chat-new")
    expect(page.locator("#rows-more")).to_be_hidden()

    page.mouse.move(0, 0)

    expect(rows(page).first).to_have_attribute("data-key", "demo/chat-new")
    expect(rows(page).last).to_have_attribute("data-key", "demo/chat-top")


def test_the_language_is_switched_and_kept(floor: Floor, pages: Pages, visit: Open) -> None:
    hot = row("chat-hot", emotions={"anger": 0.8}, valence=-0.5, rules=("angry_customer",))
    floor.fill((hot,))
    page = visit(pages)
    title = page.locator("#alerts h2")
    alert = opened(hot, "angry_customer")
    expect(title).to_have_text(alert.title["nl"])
    expect(row_of(page, hot).locator(".strongest")).to_have_text("boosheid 0,80")

    page.locator("#languages button[lang=en]").click()

    expect(title).to_have_text(alert.title["en"])
    expect(row_of(page, hot).locator(".strongest")).to_have_text("anger 0.80")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#alerts-title")).to_have_text("Alerts")
    expect(page).to_have_title("Klankbord – floor")

    page.reload()

    expect(page.locator("#alerts-title")).to_have_text("Alerts")


@pytest.mark.parametrize(
    ("locale", "path", "title"),
    [
        pytest.param("nl-NL", "/supervisor", "Open gesprekken", id="a Dutch browser"),
        pytest.param("en-GB", "/supervisor", "Open conversations", id="an English browser"),
        pytest.param("de-DE", "/supervisor", "Open conversations", id="a German browser"),
        pytest.param("en-GB", "/supervisor?lang=nl", "Open gesprekken", id="asked for Dutch"),
        pytest.param("nl-NL", "/supervisor?lang=en", "Open conversations", id="asked for English"),
        pytest.param("nl-NL", "/supervisor?lang=<b>", "Open gesprekken", id="asked for nonsense"),
    ],
)
def test_the_page_speaks_the_language_of_the_address_or_of_the_browser(
    pages: Pages, visit: Open, locale: str, path: str, title: str
) -> None:
    page = visit(pages, path, locale=locale)

    expect(page.locator("#conversations-title")).to_have_text(title)


def test_a_replay_is_called_one(floor: Floor, serves: Serve, visit: Open) -> None:
    pages = serves(replayed=True)
    for path in ("/supervisor", "/agent?agent=agent-01"):
        banner = visit(pages, path).locator("#replay")

        expect(banner).to_be_visible()
        expect(banner).to_contain_text("nagespeelde opname")
        expect(banner.page.locator("#demo")).to_contain_text("demonstratie zonder aanmelden")


def test_what_is_happening_now_is_not_called_a_replay(pages: Pages, visit: Open) -> None:
    page = visit(pages)

    live(page)
    expect(page.locator("#replay")).to_be_hidden()


def test_the_panel_shows_one_suggestion_and_the_newer_one_takes_its_place(
    floor: Floor, pages: Pages, visit: Open
) -> None:
    floor.suggest(suggestion(number=1, text="Bied excuses aan."))
    page = visit(pages, "/agent?agent=agent-01")
    text = page.locator(".suggestion .text")
    expect(text).to_have_text("Bied excuses aan.")
    expect(page.locator(".suggestion blockquote")).to_have_text("dit is dus de derde keer dat ik bel")
    expect(page.locator(".suggestion .origin")).to_contain_text("playbook: acknowledge_repeat")
    expect(page.locator("#left-words")).to_contain_text("geldig")

    floor.suggest(suggestion("agent-02", text="Voor een ander."))
    floor.suggest(suggestion(number=2, text="Vat samen wat je weet.", english="Sum up what you know."))

    expect(text).to_have_text("Vat samen wat je weet.")
    expect(page.locator(".suggestion")).to_have_count(1)
    page.locator("#languages button[lang=en]").click()
    expect(text).to_have_text("Sum up what you know.")


def test_a_suggestion_goes_when_its_time_is_over(floor: Floor, pages: Pages, visit: Open) -> None:
    page = visit(pages, "/agent?agent=agent-01")
    expect(page.locator(".idle h1")).to_have_text("Geen suggestie op dit moment")
    live(page)

    floor.suggest(suggestion(stands_s=2))

    expect(page.locator(".suggestion")).to_be_visible()
    expect(page.locator(".idle")).to_contain_text("De vorige suggestie is verlopen.")
    expect(page.locator(".suggestion")).to_have_count(0)
    page.reload()
    expect(page.locator(".idle")).to_contain_text("Klankbord luistert mee")


def test_a_page_that_loses_its_server_says_so_and_comes_back_with_what_it_missed(
    floor: Floor, redis_url: str, tmp_path: Path, visit: Open, allowed: list[re.Pattern[str]]
) -> None:
    # A demo that starts again signs with a new key: the page's token is refused once, and it gets another.
    allowed.extend((GONE, re.compile(r"status of 401")))
    hot, missed = row("chat-hot"), opened(row("chat-hot"), "angry_customer")
    seen = opened(row("chat-hot"), "high_effort")
    with serve(redis_url, tmp_path) as first:
        floor.show(hot)
        floor.alert(seen)
        page, panel = visit(first), visit(first, "/agent?agent=agent-01")
        live(page)
        live(panel)
        expect(page.locator("#alerts h2")).to_have_text(seen.title["nl"])

    expect(page.locator("#connection")).to_have_class("connection reconnecting")
    expect(page.locator("#old")).to_contain_text("De verbinding is weg.")
    expect(row_of(page, hot)).to_be_visible()
    expect(panel.locator(".idle h1")).to_have_text("Geen verbinding, dus ook geen suggesties")
    floor.alert(missed)
    floor.alert(cleared(missed))
    floor.show(replace(hot, emotions={"anger": 0.8}))
    floor.suggest(suggestion())

    with serve(redis_url, tmp_path, port=first.port):
        live(page)
        expect(page.locator("#old")).to_be_hidden()
        # It opened and cleared while nobody looked: no snapshot holds it, only what was missed.
        expect(page.locator("#alerts > li.cleared h2")).to_have_text(missed.title["nl"])
        expect(page.locator("#alerts > li.opened h2")).to_have_text(seen.title["nl"])
        expect(row_of(page, hot).locator(".strongest")).to_have_text("boosheid 0,80")
        expect(panel.locator(".suggestion")).to_be_visible()


def test_a_page_whose_data_stands_still_calls_itself_stale(
    tmp_path: Path, visit: Open, allowed: list[re.Pattern[str]]
) -> None:
    allowed.append(GONE)
    ports = (next(embedded.free_ports()),)
    redis_there = ExitStack()
    url = redis_there.enter_context(embedded.redis_server(tmp_path, ports=ports))
    with redis_there, Redis.from_url(url) as redis, serve(url, tmp_path) as pages:
        Floor(redis).show(row("chat-before"))
        page = visit(pages)
        live(page)
        expect(rows(page)).to_have_count(1)

        redis_there.close()

        expect(page.locator("#connection")).to_have_class("connection stale")
        expect(page.locator("#old")).to_contain_text("Er komen geen nieuwe gegevens binnen.")
        expect(rows(page)).to_have_count(1)

        redis_there.enter_context(embedded.redis_server(tmp_path, ports=ports))

        live(page)
        expect(page.locator("#old")).to_be_hidden()
        expect(rows(page)).to_have_count(0)


def test_a_token_in_the_fragment_lets_one_in_and_leaves_the_address(guarded: Guarded, visit: Open) -> None:
    shown = replace(row("chat-of-a"), tenant="a", team="noord")
    guarded.floor.show(shown)

    page = visit(guarded.pages, f"/supervisor#token={guarded.provider.token(sub='browser')}")

    live(page)
    expect(row_of(page, shown)).to_be_visible()
    assert page.url == guarded.pages.url + "/supervisor"
    assert "eyJ" not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")


def test_whoever_is_revoked_sees_nothing_any_more(
    guarded: Guarded, visit: Open, allowed: list[re.Pattern[str]]
) -> None:
    allowed.append(re.compile(r"status of 401"))
    shown = replace(row("chat-of-a"), tenant="a", team="noord")
    guarded.floor.show(shown)
    page = visit(guarded.pages, f"/supervisor#token={guarded.provider.token(sub='leaving')}")
    expect(row_of(page, shown)).to_be_visible()

    guarded.redis.sadd(REVOKED, revoked_subject("a", "leaving"))

    expect(page.locator("#connection")).to_have_class("connection refused")
    expect(page.locator("#old")).to_contain_text("U heeft geen toegang (meer).")
    expect(rows(page)).to_have_count(0)
    guarded.pardon()
