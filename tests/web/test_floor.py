"""The supervisor's page at work: alerts with a life and a proof, filters, links, and what is kept back."""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec.structs import replace
from playwright.sync_api import Locator, Page, Response, Route, expect

from klankbord.events import Channel
from streams.wire import AlertMessage, BoardRow, Fold
from tests.web.floor import Floor, cleared, opened, row, said, twelve
from tests.web.serving import PATIENCE_S, Pages, Serve, eventually, serve
from tests.web.test_browser import GONE, Open, allowed, intercept, live, row_of, rows, visit
from tests.web.test_http import words

__all__ = ["allowed", "visit"]  # fixtures of the pages' other tests

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("swept")]

AT_ONCE_S: Final = 1.0  # within which two pages must show the same
ROUNDS: Final = 3
PARTING: Final = re.compile(r"status of 40[19]")  # what Chromium writes of a token that a restart made old, or of a 409


def card(page: Page, alert: AlertMessage) -> Locator:
    return page.locator(f'#alerts > [data-alert="{alert.alert.alert_id}"]')


def press(page: Page, alert: AlertMessage, action: str) -> None:
    card(page, alert).locator(f"[data-act={action}]").click()


def angry(name: str = "chat-hot", *, rule: str = "angry_customer", **changes: Any) -> tuple[BoardRow, AlertMessage]:
    """A conversation with one open alert."""
    shown = replace(row(name, risk=0.6, rules=(rule,)), **changes)
    return shown, opened(shown, rule, said("anger", "wat een waardeloze service", 9))


def put(floor: Floor, *pairs: tuple[BoardRow, AlertMessage]) -> None:
    for shown, alert in pairs:
        floor.alert(alert)
        floor.show(shown)


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait for what the browser tells this process; only while the page waits does it hear."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        page.wait_for_timeout(5)


# What is done about an alert


@pytest.mark.parametrize("language", ["nl", "en"])
def test_an_alert_is_acknowledged_taken_snoozed_and_given_back(
    floor: Floor, pages: Pages, visit: Open, language: str
) -> None:
    say = words(language)
    hot = angry()
    put(floor, hot)
    page, alert = visit(pages, f"/supervisor?lang={language}"), hot[1]
    life = card(page, alert).locator(".life")
    expect(card(page, alert).locator(".act")).to_have_text(
        [say[f"life.do.{name}"] for name in ("acknowledge", "assign", "give", "snooze", "right", "wrong")]
    )

    press(page, alert, "acknowledge")
    expect(life).to_contain_text(say["life.acknowledged"])
    expect(card(page, alert)).to_have_class(re.compile(r"\btaken\b"))
    expect(page.locator("#announce")).to_have_text(say["life.done.acknowledge"])

    press(page, alert, "assign")
    expect(life).to_contain_text(say["life.assigned"])
    expect(life.locator(".by")).to_have_text(re.compile("^supervisor-"))

    press(page, alert, "give")
    expect(page.locator("#give")).to_contain_text(say["give.title"])
    page.locator("#give-back").click()
    expect(life.locator(".by")).to_have_text(re.compile("^supervisor-"))
    press(page, alert, "give")
    page.locator("#give-to").fill("Carla")
    page.keyboard.press("Enter")
    expect(life).to_have_text(f"{say['life.assigned']} Carla")
    expect(page.locator("#announce")).to_have_text(say["life.done.give"])

    press(page, alert, "snooze")
    expect(life.locator("[data-until]")).to_have_text(
        re.compile(re.escape(say["life.snoozed"]).replace(r"\{for\}", r"(\d+.*)"))
    )
    expect(card(page, alert)).to_have_class(re.compile(r"\basleep\b"))

    press(page, alert, "release")
    expect(life).to_have_count(0)
    expect(card(page, alert)).to_have_class(re.compile(r"\bopened\b"))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_an_alert_is_marked_right_or_wrong_with_a_reason(
    floor: Floor, pages: Pages, visit: Open, language: str
) -> None:
    say = words(language)
    first, second = angry("chat-1"), angry("chat-2")
    put(floor, first, second)
    page = visit(pages, f"/supervisor?lang={language}")
    page.on("request", lambda request: sent.append(request.post_data_json) if request.url.endswith("/life") else None)
    sent: list[Any] = []

    press(page, first[1], "right")
    expect(card(page, first[1]).locator(".life")).to_have_text(say["life.right"])

    press(page, first[1], "wrong")
    dialog = page.locator("#wrong")
    expect(dialog).to_contain_text(say["wrong.title"])
    dialog.locator("label", has_text=say["wrong.joking"]).click()
    dialog.locator("button.primary").click()
    expect(card(page, first[1]).locator(".life")).to_have_text(say["life.wrong"])

    press(page, second[1], "wrong")
    page.locator("#wrong-back").click()
    expect(dialog).to_be_hidden()
    press(page, second[1], "wrong")
    page.locator("#wrong-words").fill("de klant citeert een ander")
    page.keyboard.press("Enter")
    expect(card(page, second[1]).locator(".life")).to_have_text(say["life.wrong"])

    assert [one.get("reason") for one in sent] == [None, "joking", "de klant citeert een ander"]


def test_of_two_supervisors_at_the_same_moment_one_wins_and_the_other_is_told(
    floor: Floor, pages: Pages, visit: Open, allowed: list[re.Pattern[str]]
) -> None:
    allowed.append(PARTING)
    contested = [angry(f"chat-{number}") for number in range(ROUNDS)]
    put(floor, *contested)
    anna, bas = visit(pages), visit(pages)
    held: list[Route] = []
    found: list[Response] = []
    for page in (anna, bas):
        intercept(page, "**/api/alerts/*/life", lambda route: held.append(route))
        page.on("response", lambda response: found.append(response) if response.url.endswith("/life") else None)
    waits = []

    for _, alert in contested:
        held.clear()
        found.clear()
        for page in (anna, bas):
            press(page, alert, "acknowledge")
        until(anna, lambda: len(held) == 2)
        for route in held:
            route.continue_()
        began = time.monotonic()
        for page in (anna, bas):
            expect(card(page, alert).locator(".life")).to_be_visible()
        waits.append(time.monotonic() - began)

        until(anna, lambda: len(found) == 2)
        assert sorted(response.status for response in found) == [200, 409]
        (late,) = (response.frame.page for response in found if response.status == 409)
        loser = anna if late is anna else bas
        expect(card(loser, alert).locator(".trouble")).to_be_visible()
        winners = {card(page, alert).locator(".life .by").inner_text() for page in (anna, bas)}
        assert len(winners) == 1
        expect(card(loser, alert).locator(".trouble")).to_have_text(words("nl")["life.first"].format(by=winners.pop()))
        other = bas if loser is anna else anna
        expect(card(other, alert).locator(".trouble")).to_have_count(0)

    sys.stdout.write(f"both pages show the same after {', '.join(f'{1000 * wait:.0f}' for wait in waits)} ms\n")
    assert min(waits) < AT_ONCE_S


def test_what_one_supervisor_does_the_other_sees_and_an_older_tale_is_not_believed(
    floor: Floor, pages: Pages, visit: Open
) -> None:
    hot = angry()
    put(floor, hot)
    anna, bas = visit(pages), visit(pages)
    live(bas)

    press(anna, hot[1], "assign")

    expect(card(bas, hot[1])).to_have_class(re.compile(r"\btaken\b"))
    by = card(anna, hot[1]).locator(".life .by").inner_text()
    expect(card(bas, hot[1]).locator(".life .by")).to_have_text(by)
    press(bas, hot[1], "release")
    expect(card(anna, hot[1])).to_have_class(re.compile(r"\bopened\b"))


def test_what_did_not_arrive_is_not_called_done(
    floor: Floor, pages: Pages, visit: Open, allowed: list[re.Pattern[str]]
) -> None:
    allowed.extend((GONE, re.compile("status of 404")))
    hot = angry()
    put(floor, hot)
    page = visit(pages)
    intercept(page, "**/life", lambda route: route.abort())

    press(page, hot[1], "acknowledge")

    expect(card(page, hot[1]).locator(".trouble[role=alert]")).to_have_text(words("nl")["life.failed"])
    expect(card(page, hot[1])).to_have_class(re.compile(r"\bopened\b"))
    page.unroute("**/life")
    floor.redis.delete("{klankbord}:alerts:lives")
    press(page, hot[1], "acknowledge")
    expect(card(page, hot[1]).locator(".trouble")).to_have_text(words("nl")["life.gone"])


# The keyboard


def test_the_page_is_worked_with_single_keys(floor: Floor, pages: Pages, visit: Open) -> None:
    first, second = angry("chat-1"), angry("chat-2", rule="high_effort")
    put(floor, first, second)
    page = visit(pages)
    expect(page.locator("#alerts > li")).to_have_count(2)

    page.keyboard.press("a")
    expect(card(page, first[1])).to_have_class(re.compile(r"\btaken\b"))
    expect(card(page, second[1])).to_have_class(re.compile(r"\bopened\b"))

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows(page).nth(1).locator(".toggle")).to_be_focused()
    page.keyboard.press("k")
    expect(rows(page).first.locator(".toggle")).to_be_focused()
    expect(rows(page).first).to_have_attribute("data-key", "demo/chat-1")
    page.keyboard.press("s")  # the alert of this conversation is taken already: nobody else's is meant
    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(card(page, second[1])).to_have_class(re.compile(r"\basleep\b"))
    expect(card(page, first[1])).to_have_class(re.compile(r"\btaken\b"))

    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("jas?")
    expect(page.locator("#find")).to_have_value("jas?")
    page.keyboard.press("Escape")
    expect(page.locator("#find")).not_to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_the_focus_stays_when_what_it_is_on_is_written_anew(floor: Floor, pages: Pages, visit: Open) -> None:
    hot, other = angry("chat-hot", timeline=proven()[0].timeline), angry("chat-other")
    put(floor, hot, other)
    page = visit(pages)
    button = card(page, hot[1]).locator("[data-act=snooze]")
    button.focus()

    floor.alert(replace(hot[1], title={"nl": "Nu nog bozer", "en": "Angrier still"}))
    expect(card(page, hot[1]).locator("h2")).to_have_text("Nu nog bozer")
    expect(button).to_be_focused()

    put(floor, angry("chat-newest"))
    expect(page.locator("#alerts > li")).to_have_count(3)
    expect(button).to_be_focused()

    page.keyboard.press("Enter")
    expect(card(page, hot[1])).to_have_class(re.compile(r"\basleep\b"))
    assert page.evaluate("document.activeElement.closest('[data-alert]')?.dataset.alert") == hot[1].alert.alert_id

    row_of(page, hot[0]).locator(".head").click()
    row_of(page, hot[0]).locator("summary").focus()
    floor.show(replace(hot[0], emotions={"anger": 0.8}))
    expect(row_of(page, hot[0]).locator(".strongest")).to_have_text("boosheid 0,80")
    expect(row_of(page, hot[0]).locator("summary")).to_be_focused()


# What is shown


def apart() -> tuple[tuple[BoardRow, AlertMessage], ...]:
    """Three conversations that differ in everything one can filter by."""
    return (
        angry("chat-a", team="noord", queue="internet"),
        angry("wa-b", team="zuid", queue="klachten", channel=Channel.WHATSAPP, rule="high_effort"),
        angry("mail-c", team="oost", queue="orders", channel=Channel.EMAIL, rule="worried_customer"),
    )


def only(page: Page, *pairs: tuple[BoardRow, AlertMessage]) -> None:
    for number, locator in enumerate((rows(page), page.locator("#alerts > li"))):
        expect(locator).to_have_count(len(pairs))
        for shown, alert in pairs:
            expect((row_of(page, shown), card(page, alert))[number]).to_be_visible()


def test_filters_are_kept_in_the_address_and_taken_off_again(floor: Floor, pages: Pages, visit: Open) -> None:
    all_three = apart()
    put(floor, *all_three)
    page = visit(pages)
    only(page, *all_three)
    chosen = {"team": "zuid", "queue": "klachten", "channel": "whatsapp", "severity": "warning", "find": "WA-"}

    for field, value in chosen.items():
        if field == "find":
            page.locator("#find").fill(value)
        else:
            page.locator(f"#filter-{field}").select_option(value)
        only(page, all_three[1])
        assert page.url == f"{pages.url}/supervisor?{field}={value}"
        expect(page.locator("#count-conversations")).to_have_text("1 gesprek")

        page.reload()
        only(page, all_three[1])
        expect(page.locator("#find" if field == "find" else f"#filter-{field}")).to_have_value(value)

        page.locator("#filters-clear").click()
        only(page, *all_three)
        assert page.url == f"{pages.url}/supervisor"
        expect(page.locator("#filters-clear")).to_be_hidden()


def test_a_shared_link_shows_a_colleague_the_same_and_a_filter_that_fits_nothing_says_so(
    floor: Floor, pages: Pages, visit: Open
) -> None:
    all_three = apart()
    put(floor, *all_three)

    page = visit(pages, "/supervisor?team=oost&severity=info")
    only(page, all_three[2])

    page.locator("#filter-queue").select_option("internet")
    only(page)
    expect(page.locator("#rows-none")).to_have_text(words("nl")["conversations.none"])
    shown = visit(pages, page.url.removeprefix(pages.url), locale="en-GB")
    expect(shown.locator("#rows-none")).to_have_text(words("en")["conversations.none"])
    expect(shown.locator("#filter-queue")).to_have_value("internet")
    only(shown)


# Proof


SENTENCE: Final = "😡👩‍👩‍👧 wat een waardeloze service 👎 dit is al de derde keer"
COUNTED: Final = ("waardeloze service", "derde keer")


def proven() -> tuple[BoardRow, AlertMessage]:
    """An alert with all its proof, with signs outside the basic plane before and between the words that counted."""
    shown, alert = angry()
    found = said("anger", "waardeloze service", 9)
    told = replace(
        alert.alert,
        cause=found,
        causes=(found, said("frustration", "derde keer", 30)),
        sentence=SENTENCE,
        marks=tuple((SENTENCE.index(part), SENTENCE.index(part) + len(part)) for part in COUNTED),
        path_of="valence",
        path=((0, 0.1), (60, -0.4), (120, -0.86)),
        until="valence > clear_above",
        numbers={"clear_above": -0.2},
    )
    timeline = ((0, 0.1, 1.0), (60, -0.4, 2.0), (120, -0.86, 3.5))
    shown = replace(row("chat-hot", risk=0.6, timeline=timeline), alerts=shown.alerts)
    return shown, replace(alert, alert=told, opened_at=shown.started_at + 120, link="")


def marked(within: Locator) -> list[str]:
    return within.locator("mark").all_inner_texts()


def test_what_only_the_end_of_its_conversation_clears_says_so(floor: Floor, pages: Pages, visit: Open) -> None:
    shown, alert = proven()
    put(floor, (shown, replace(alert, alert=replace(alert.alert, until=""))))
    page = visit(pages)

    card(page, alert).locator(".where .link").click()

    expect(row_of(page, shown).locator(".proof .clears")).to_have_text("Voorbij als het gesprek eindigt")


def test_one_click_leads_to_the_sentence_with_the_causes_marked_and_all_the_proof(
    floor: Floor, pages: Pages, visit: Open
) -> None:
    hot = proven()
    floor.fill([shown for shown in twelve() if shown.risk < 0.5])
    put(floor, hot)
    page = visit(pages)

    card(page, hot[1]).locator(".where .link").click()

    proof = row_of(page, hot[0]).locator(".proof")
    expect(proof).to_be_in_viewport()
    expect(proof).to_have_class(re.compile(r"\bmeant\b"))
    expect(proof).to_have_attribute("data-utterance", "u-1")
    assert marked(proof) == [*COUNTED]
    assert marked(card(page, hot[1])) == [*COUNTED]
    expect(proof.locator(".sentence")).to_have_text(hot[1].alert.sentence)
    expect(proof.locator(".path")).to_contain_text("Valentie 0,1 → −0,9")
    expect(proof.locator(".path svg polyline")).to_have_count(1)
    expect(proof.locator(".clears code")).to_have_text("valence > −0,2")
    expect(proof.locator(".rule")).to_contain_text(hot[1].alert.rule_version)
    assert page.url.endswith("#conversation=chat-hot&turn=u-1")


def test_how_it_went_is_a_picture_and_a_table(floor: Floor, pages: Pages, visit: Open) -> None:
    hot = proven()
    put(floor, hot)
    page = visit(pages)

    row_of(page, hot[0]).locator(".head").click()

    story = row_of(page, hot[0]).locator(".story")
    expect(story.locator("svg[role=img]")).to_have_attribute(
        "aria-label", re.compile("Emotie en moeite in de tijd, van")
    )
    expect(story.locator("svg polyline")).to_have_count(2)
    expect(story.locator("svg .moment")).to_have_count(1)
    story.locator("summary").click()
    table = story.locator("table")
    expect(table.locator("thead th")).to_have_text(["Na", "Valentie", "Moeite", "Melding"])
    expect(table.locator("tbody tr")).to_have_count(4)
    expect(table.locator("tbody tr").nth(1)).to_contain_text("−0,4")
    expect(table).to_contain_text(hot[1].title["nl"])


def test_a_link_opens_the_conversation_at_the_turn_whatever_the_filter(floor: Floor, pages: Pages, visit: Open) -> None:
    hot = proven()
    put(floor, *apart(), hot)

    page = visit(pages, "/supervisor?team=zuid#conversation=chat-hot&turn=u-1")

    proof = row_of(page, hot[0]).locator(".proof.meant")
    expect(proof).to_be_in_viewport()
    expect(page.locator("#filter-team")).to_have_value("")
    expect(page.locator("#linked")).to_be_hidden()
    page.reload()
    expect(proof).to_be_in_viewport()

    page.evaluate("location.hash = 'conversation=chat-gone'")
    expect(page.locator("#linked")).to_have_text(words("nl")["link.gone"].format(id="chat-gone"))
    page.evaluate("location.hash = 'conversation=wa-b'")
    expect(page.locator('#rows > [data-key="demo/wa-b"] .details')).to_be_visible()
    expect(page.locator("#linked")).to_be_hidden()


# What the budget keeps back


def test_what_is_kept_back_is_one_click_away_and_says_why(floor: Floor, pages: Pages, visit: Open) -> None:
    kept, shown = angry("chat-kept", rule="high_effort"), angry("chat-shown", rule="long_wait")
    put(floor, shown)
    floor.show(kept[0])
    floor.hold(kept[1])
    page = visit(pages)
    expect(page.locator("#suppressed-button")).to_have_text("1 achtergehouden")
    expect(card(page, kept[1])).to_have_count(0)

    floor.hold(shown[1], "displaced")

    expect(card(page, shown[1])).to_have_count(0)
    expect(page.locator("#suppressed-button")).to_have_text("2 achtergehouden")
    page.locator("#suppressed-button").click()
    listed = page.locator("#suppressed-list > li")
    expect(listed).to_have_count(2)
    expect(listed.filter(has_text="chat-kept")).to_contain_text(words("nl")["suppressed.why.over_budget"])
    expect(listed.filter(has_text="chat-kept")).to_contain_text("wat een waardeloze service")
    expect(listed.filter(has_text="chat-shown")).to_contain_text(words("nl")["suppressed.why.displaced"])

    floor.promote(kept[1])

    expect(listed).to_have_count(1)
    listed.locator(".link").click()
    expect(page.locator("#suppressed")).to_be_hidden()
    expect(row_of(page, shown[0]).locator(".details")).to_be_visible()
    expect(card(page, kept[1])).to_be_visible()
    expect(page.locator("#suppressed-button")).to_have_text("1 achtergehouden")


def test_alerts_of_one_cause_are_one_card_with_its_members(floor: Floor, pages: Pages, visit: Open) -> None:
    same = [angry(f"chat-pay-{number}", queue=f"q{number % 2}") for number in range(4)]
    ids = tuple(alert.alert.alert_id for _, alert in same)
    title = {"nl": "4 gesprekken: betaalpagina werkt niet", "en": "4 conversations: payment page fails"}
    put(floor, *same[:3])
    page = visit(pages)
    expect(page.locator("#alerts > li")).to_have_count(3)

    put(floor, (same[3][0], replace(same[3][1], fold=Fold("pay", 4, title, ids))))

    expect(page.locator("#alerts > li")).to_have_count(1)
    folded = card(page, same[3][1])
    expect(folded.locator("h2")).to_have_text(title["nl"])
    expect(folded.locator(".members button")).to_have_text([alert.conversation_id for _, alert in same[:3]])
    folded.locator(".members button").nth(1).click()
    expect(row_of(page, same[1][0]).locator(".details")).to_be_visible()

    page.locator("#filter-queue").select_option("q0")  # who speaks for them is in the other queue
    expect(card(page, same[0][1])).to_be_visible()
    expect(card(page, same[2][1])).to_be_visible()
    expect(page.locator("#alerts > li")).to_have_count(2)


# Whether what is shown is true


def test_a_page_whose_canary_does_not_come_through_calls_itself_blind(floor: Floor, serves: Serve, visit: Open) -> None:
    pages = serves(canary_every_s=1)
    floor.canary()
    page = visit(pages)
    live(page)
    banner = page.locator("#blind")
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("De bewaking is blind")
    expect(banner).to_have_attribute("role", "alert")

    def is_seen() -> bool:
        floor.canary()  # again and again: two seconds after the last one the page is blind once more
        return banner.is_hidden()

    assert eventually(is_seen)


def test_nothing_is_missing_after_the_process_behind_the_pages_was_killed(
    floor: Floor, redis_url: str, tmp_path: Path, visit: Open, allowed: list[re.Pattern[str]]
) -> None:
    allowed.extend((GONE, PARTING))
    before = [angry(f"chat-before-{number}") for number in range(10)]
    missed = [angry(f"chat-missed-{number}") for number in range(20)]
    put(floor, *before)
    with serve(redis_url, tmp_path) as first:
        page = visit(first)
        expect(page.locator("#alerts > li")).to_have_count(10)
        press(page, before[0][1], "acknowledge")
        expect(card(page, before[0][1])).to_have_class(re.compile(r"\btaken\b"))
        row_of(page, before[1][0]).locator(".head").click()
        page.mouse.move(0, 0)

        first.process.kill()
        first.process.wait()

        expect(page.locator("#connection")).to_have_class("connection reconnecting")
        expect(page.locator("#old")).to_contain_text(words("nl")["old.reconnecting"].split("{")[0])
        put(floor, *missed)
        for _, alert in (before[2], missed[0]):
            floor.alert(cleared(alert))
        floor.alert(replace(before[3][1], title={"nl": "Nog bozer", "en": "Angrier"}))

    with serve(redis_url, tmp_path, port=first.port):
        page.evaluate("dispatchEvent(new Event('online'))")  # it comes back by itself too, a few seconds later
        live(page)
        expect(page.locator("#old")).to_be_hidden()
        expect(page.locator("#alerts > li:not(.cleared)")).to_have_count(28)
        for _, alert in (before[2], missed[0]):
            expect(card(page, alert)).to_have_class(re.compile(r"\bcleared\b"))
        expect(card(page, before[3][1]).locator("h2")).to_have_text("Nog bozer")
        expect(card(page, before[0][1])).to_have_class(re.compile(r"\btaken\b"))
        expect(rows(page)).to_have_count(30)
        expect(row_of(page, before[1][0]).locator(".details")).to_be_visible()
        press(page, missed[1][1], "acknowledge")
        expect(card(page, missed[1][1])).to_have_class(re.compile(r"\btaken\b"))


def test_whoever_loses_their_rights_sees_nothing_more_even_under_a_resting_pointer(
    floor: Floor, pages: Pages, visit: Open, allowed: list[re.Pattern[str]]
) -> None:
    allowed.append(re.compile("status of 401"))
    hot = angry()
    put(floor, hot)
    floor.hold(angry("chat-kept")[1])
    page = visit(pages)
    expect(card(page, hot[1])).to_be_visible()
    page.locator("#suppressed-button").click()
    expect(page.locator("#suppressed-list blockquote")).to_be_visible()
    page.keyboard.press("Escape")
    row_of(page, hot[0]).hover()
    press(page, hot[1], "assign")
    name = card(page, hot[1]).locator(".life .by").inner_text()

    floor.redis.sadd("{klankbord}:revoked", f"subject:demo {name}")

    expect(page.locator("#connection")).to_have_class("connection refused")
    expect(page.locator("#rows > li, #alerts > li, blockquote")).to_have_count(0)


# Nothing moves, nothing is lost


def test_the_column_of_alerts_does_not_move_under_a_pointer_and_a_press_is_heard(
    floor: Floor, pages: Pages, visit: Open
) -> None:
    above, hot = angry("chat-above"), angry("chat-hot", rule="high_effort")
    put(floor, above, hot)
    page = visit(pages)
    expect(page.locator("#demo")).to_be_visible()  # the last that moves anything while the page opens
    live(page)
    expect(page.locator("#alerts-order")).to_have_text(words("nl")["alerts.order"])
    button = card(page, hot[1]).locator("[data-act=acknowledge]")
    button.hover()
    expect(page.locator("#alerts-order")).to_have_text(words("nl")["conversations.paused"])
    before = button.bounding_box()

    floor.hold(above[1], "displaced")
    put(floor, angry("chat-new"))
    expect(page.locator("#alerts > li")).to_have_count(3)
    expect(page.locator("#count-alerts")).to_have_text("2 open meldingen")

    assert button.bounding_box() == before
    page.mouse.down()
    floor.alert(replace(hot[1], rank=9.0))  # told again while it is being pressed
    floor.show(row("chat-last"))
    page.wait_for_timeout(300)
    page.mouse.up()
    expect(card(page, hot[1])).to_have_class(re.compile(r"\btaken\b"))

    page.mouse.move(0, 0)
    expect(card(page, above[1])).to_have_count(0)
    expect(page.locator("#alerts > li").first).to_have_class(re.compile(r"\bcritical\b"))


STUB: Final = """
window.called = []; window.asked = 0;
window.Notification = class {
  static permission = "granted";
  static requestPermission() { asked += 1; return Promise.resolve("granted"); }
  constructor(title, options) { called.push(JSON.stringify([title, options])); }
};
Object.defineProperty(document, "hidden", { get: () => true });
"""


def test_a_call_for_attention_is_asked_for_and_never_holds_a_customers_words(
    floor: Floor, pages: Pages, visit: Open
) -> None:
    page = visit(pages)
    page.add_init_script(STUB)
    page.reload()
    live(page)
    put(floor, angry("chat-quiet"))
    expect(page.locator("#alerts > li")).to_have_count(1)
    assert page.evaluate("[called.length, asked]") == [0, 0]

    page.locator("#notices").click()
    expect(page.locator("#notices")).to_have_text(words("nl")["notices.on"])
    found = said("anger", "geheime woorden van de klant", 3)
    hot, alert = angry("chat-geheim")
    told = replace(alert.alert, cause=found, causes=(found,), sentence="dit zijn geheime woorden van de klant")
    put(floor, (hot, replace(alert, alert=told)))

    expect(page.locator("#alerts > li")).to_have_count(2)
    (called,) = page.evaluate("called")
    assert alert.title["nl"] in called
    assert "geheim" not in called
    page.reload()
    expect(page.locator("#notices")).to_have_text(words("nl")["notices.on"])


# For everybody

SIZES: Final = {"zoomed to 200 %": (640, 450), "narrow": (320, 640)}


@pytest.mark.parametrize("size", SIZES, ids=list(SIZES))
def test_nothing_is_cut_off_where_it_is_narrow_or_enlarged(floor: Floor, pages: Pages, visit: Open, size: str) -> None:
    width, height = SIZES[size]
    floor.fill()
    put(floor, proven())
    for language in ("nl", "en"):
        page = visit(pages, f"/supervisor?lang={language}")
        page.set_viewport_size({"width": width, "height": height})
        expect(rows(page)).to_have_count(13)
        rows(page).first.locator(".head").click()
        page.locator('[data-key="demo/chat-hot"] .head').click()
        expect(page.locator(".proof mark").first).to_be_visible()
        row_of(page, proven()[0]).locator("summary").click()

        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        out = page.evaluate(
            """width => [...document.querySelectorAll("button, select, input, h1, h2, h3, mark, td, th, bdi")]
              .filter((one) => one.checkVisibility() && !one.closest(".skip, .unseen, dialog"))
              .filter((one) => one.getBoundingClientRect().left < 0 || one.getBoundingClientRect().right > width)
              .map((one) => one.outerHTML.slice(0, 120))""",
            width,
        )
        assert out == []
        for opener, dialog in (("#help-button", "#help"), ("#suppressed-button", "#suppressed")):
            page.locator(opener).click()
            box = page.locator(dialog).bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            expect(page.locator(f"{dialog} form button")).to_be_visible()
            page.locator(f"{dialog} form button").click()


def test_dark_is_dark_and_light_is_light(floor: Floor, pages: Pages, visit: Open) -> None:
    floor.fill()
    page = visit(pages)
    brightness = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        brightness[scheme] = sum(map(int, re.findall(r"\d+", ground)[:3]))

    assert brightness["light"] > 600
    assert brightness["dark"] < 120


def test_nobody_who_works_here_is_ranked_or_counted(floor: Floor, pages: Pages, visit: Open) -> None:
    several = [row(f"chat-{number}", risk=number / 10, agent_id="agent-77") for number in range(5)]
    floor.fill(several)
    page = visit(pages)
    expect(rows(page)).to_have_count(5)

    # An agent's name stands where their conversation is, and nowhere else: no list, no total, no filter, no search.
    expect(page.get_by_text("agent-77")).to_have_count(5)
    expect(page.locator("#rows > li .who .agent")).to_have_count(5)
    assert page.locator("select").evaluate_all("all => all.map((one) => one.id)") == [
        f"filter-{field}" for field in ("team", "queue", "channel", "severity")
    ]
    page.locator("#find").fill("agent-77")
    expect(rows(page)).to_have_count(0)
