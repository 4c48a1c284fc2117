"""Take the pictures of the pages from a running demo: `python -m docs.screenshot`."""

import json
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import redis
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from klankbord.errors import KlankbordError
from streams import demo as demonstration
from streams import wire
from streams.demo import Running
from streams.player import Player, bundled, span

FOLDER: Final = Path(__file__).parent
SPEED: Final = 20.0
ROWS: Final = 6
WAIT_S: Final = 120.0
FLOOR: Final[ViewportSize] = {"width": 1280, "height": 1000}
PANEL: Final[ViewportSize] = {"width": 480, "height": 720}

# Not scrollIntoView(): it would also move the page under its own header.
IN_SIGHT: Final = """row => {
  const list = row.closest("section");
  list.scrollTop += row.getBoundingClientRect().top - list.getBoundingClientRect().top - 8;
}"""


def main() -> None:
    """Play the bundled conversations and take both pictures while they last."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise KlankbordError("chromium is not on the path: the pictures are taken with it")
    with demonstration.running() as demo, _playing(demo), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            _floor(browser, demo)
            _panel(browser, demo)
        finally:
            browser.close()


def _floor(browser: Browser, demo: Running) -> None:
    page = _opened(browser, demo.address("web", "/supervisor"), FLOOR)
    page.locator("#alerts > li").first.wait_for(timeout=WAIT_S * 1000)
    page.locator("#rows > li").nth(ROWS - 1).wait_for(timeout=WAIT_S * 1000)
    # The pictures are in English, and so should be what is quoted in them.
    english = page.locator('#rows > li:has(abbr:text-is("EN")):has(.badge.warning, .badge.critical)').first
    english.locator(".toggle").press("Enter")
    english.locator(".details .proof").first.wait_for(timeout=WAIT_S * 1000)
    english.evaluate(IN_SIGHT)
    page.mouse.move(0, 0)
    page.screenshot(path=FOLDER / "supervisor.png")


def _panel(browser: Browser, demo: Running) -> None:
    """The panel of the agent who was helped last, while the suggestion stands."""
    page = _opened(browser, demo.address("web", f"/agent?agent={_helped(demo)}"), PANEL)
    page.locator("#suggestion article").wait_for(timeout=WAIT_S * 1000)
    page.screenshot(path=FOLDER / "agent.png")


def _opened(browser: Browser, address: str, size: ViewportSize) -> Page:
    context = browser.new_context(viewport=size, device_scale_factor=1, locale="en-GB", color_scheme="light")
    page = context.new_page()
    page.goto(address)
    return page


def _helped(demo: Running) -> str:
    deadline = time.monotonic() + WAIT_S
    with redis.Redis.from_url(demo.redis_url) as client:
        while time.monotonic() < deadline:
            entries = client.xrevrange(wire.SUGGESTIONS, count=1)
            if entries:
                _, fields = entries[0]
                return str(json.loads(fields[wire.FIELD])["agent_id"])
            time.sleep(0.1)
    raise KlankbordError(f"no suggestion was made in {WAIT_S:.0f} s")


@contextmanager
def _playing(demo: Running) -> Iterator[None]:
    """The bundled conversations at `SPEED` times talking speed, in a thread, until the pictures are taken."""
    over = threading.Event()

    def watch() -> None:
        demo.check()
        if over.is_set():
            raise KlankbordError("over")

    def play() -> None:
        lines = bundled()
        with Player(demo.broker) as player:
            try:
                player.play(lines, shift_s=time.time() - span(lines)[0], speed=SPEED, watch=watch)
            except KlankbordError:
                return

    thread = threading.Thread(target=play, name="play")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    try:
        main()
    except KlankbordError as error:
        sys.exit(f"klankbord: {error}")
