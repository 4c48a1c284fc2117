"""The supervisor page in a real browser, and when it has drawn what it heard."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Page, sync_playwright

from tests.web.serving import Pages

# The page reads each message with JSON.parse and draws in a frame that it asks for; what we post in that frame comes
# after it.
NOTES: Final = """
(() => {
  const parse = JSON.parse, ask = requestAnimationFrame, late = [], heard = [], drawn = [];
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    const now = performance.timeOrigin + performance.now();
    for (const at of drawn.splice(0)) late.push(now - 1000 * at);
  };
  globalThis.requestAnimationFrame = (draw) => ask((now) => {
    draw(now);
    drawn.push(...heard.splice(0));
    channel.port2.postMessage(0);
  });
  JSON.parse = (text, reviver) => {
    const value = parse(text, reviver);
    // A row; the life of an alert has a state and a time, too.
    if (value?.state && value.at && value.valence !== undefined) heard.push(value.at);
    return value;
  };
  globalThis.drawnLate = () => late.splice(0);
})();
"""


class Screen:
    """One open page."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def late_ms(self) -> list[float]:
        """Of every row since the last time this was asked: from the event's time until the page had drawn it."""
        found: list[float] = self._page.evaluate("drawnLate()")
        return found


def missing() -> str:
    """Why there is no screen here; empty when there is one."""
    return "" if shutil.which("chromium") else "chromium is not on the path"


@contextmanager
def screen(pages: Pages) -> Iterator[Screen]:
    """The supervisor page in Chromium, live."""
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        try:
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            page.add_init_script(NOTES)
            page.goto(f"{pages.url}/supervisor")
            page.locator("#connection.live").wait_for(state="attached", timeout=60_000)
            yield Screen(page)
        finally:
            browser.close()
