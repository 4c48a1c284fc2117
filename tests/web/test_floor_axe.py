"""The supervisor's page for whoever cannot see it: axe-core has nothing to complain about, in any state."""

from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.web.floor import Floor, cleared, opened, twelve
from tests.web.serving import Pages
from tests.web.test_browser import live, rows
from tests.web.test_floor import angry, card, press, proven, put

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("swept")]

REST_MS: Final = 1500
DIALOGS: Final = ("help", "suppressed", "wrong", "give")


def complaints(page: Page, state: str) -> list[str]:
    """What axe finds in a page at rest: three looks, for a floor that is just old, or fading, is pale on purpose."""
    found = look(page, state)
    for _ in range(2):
        if found:
            page.wait_for_timeout(REST_MS)
            found = look(page, state)
    return found


def look(page: Page, state: str) -> list[str]:
    # What fades in is judged when it is there.
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => 0)))")
    found = Axe().run(page)
    return [
        f"{state}: {one['id']} ({one['impact']}): {node['html'][:200]}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_axe_finds_nothing_to_complain_about(
    floor: Floor, pages: Pages, browser: Any, language: str, scheme: str
) -> None:
    # axe's own script is let past our policy: what axe would be stopped by is not what is tested.
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{pages.url}/supervisor?lang={language}")
    live(page)
    found = complaints(page, "empty")

    hot, kept = proven(), angry("chat-kept", rule="long_wait")
    floor.fill(twelve()[-9:])
    put(floor, hot)
    floor.hold(kept[1])
    expect(rows(page)).to_have_count(10)
    press(page, hot[1], "snooze")
    page.locator("#alerts .opened [data-act=acknowledge]").first.click()
    floor.alert(cleared(opened(twelve()[-1], "high_effort")))
    for state in ("taken", "asleep", "cleared"):
        expect(page.locator(f"#alerts > .{state}")).to_have_count(1)
    found += complaints(page, "ten conversations")

    card(page, hot[1]).locator(".where .link").click()
    expect(page.locator(".proof mark").first).to_be_visible()
    page.locator(".details summary").first.click()
    found += complaints(page, "one opened")

    for dialog in DIALOGS:
        if dialog in ("wrong", "give"):
            press(page, hot[1], dialog)
        else:
            page.locator(f"#{dialog}-button").click()
        expect(page.locator(f"#{dialog}")).to_be_visible()
        if dialog == "suppressed":
            expect(page.locator("#suppressed-list blockquote")).to_be_visible()
        found += complaints(page, dialog)
        page.keyboard.press("Escape")

    page.locator("#filter-queue").select_option("contracten")
    expect(page.locator("#filters-clear")).to_be_visible()
    page.evaluate("location.hash = 'conversation=nowhere'")
    expect(page.locator("#linked")).to_be_visible()
    found += complaints(page, "filtered")

    assert found == [], "\n".join(found)
    context.close()
