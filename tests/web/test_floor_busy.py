"""The supervisor's page on a quiet and on a full floor, while changes stream in."""

import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect
from redis import Redis

from klankbord.events import Channel
from streams.wire import BoardRow
from tests.web.floor import Floor, fact, opened, row, said
from tests.web.serving import Pages
from tests.web.test_browser import Open, allowed, live, row_of, rows, visit
from tests.web.test_floor import card

__all__ = ["allowed", "visit"]  # fixtures of the pages' other tests

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("swept")]

MOST_ROWS: Final = 100
PER_S: Final = 100
RULES: Final = ("angry_customer", "high_effort", "long_wait", "worried_customer", "asks_for_human")

# How long the page was busy without a pause, and how long it takes from a change to a frame that shows it.
MEASURE: Final = """
window.long = []; window.frames = [];
new PerformanceObserver((list) => long.push(...list.getEntries().map((one) => one.duration)))
  .observe({ type: "longtask", buffered: true });
let last = performance.now();
const frame = (now) => { frames.push(now - last); last = now; requestAnimationFrame(frame); };
requestAnimationFrame(frame);
"""

COUNT_DRAWINGS: Final = """
() => {
  window.drawn = 0; window.began = performance.now();
  const ask = requestAnimationFrame;
  window.requestAnimationFrame = (draw) => ask((now) => { window.drawn += 1; draw(now); });
}
"""
PACE_MS: Final = 100


def crowd(many: int) -> tuple[BoardRow, ...]:
    """So many conversations, of which one in five has an alert."""
    chance = random.Random(many)
    return tuple(_one(number, chance) for number in range(many))


def _one(number: int, chance: random.Random) -> BoardRow:
    risk = round(chance.random() ** 2, 3)
    points = tuple((60 * i, round(chance.uniform(-risk, 0.3), 2), round(1 + 4 * risk * i / 6, 2)) for i in range(7))
    return replace(
        row(
            f"{chance.choice(('chat', 'wa', 'voice', 'mail'))}-{number:04x}{chance.randrange(16**4):04x}",
            risk=risk,
            valence=points[-1][1],
            timeline=points,
            effort_parts={"repetition": round(2 * risk, 2), "long_wait": round(2 * risk, 2)} if risk > 0.05 else {},
            emotions={"anger": risk, "frustration": round(risk / 2, 2)},
            rules=(RULES[number % 5],) if number % 5 == 0 else (),
            evidence=(said("anger", "dit is nou al de derde keer deze week", 20), fact("long_wait", 90 + number, 40)),
            queue=("internet", "klachten", "facturen", "verhuizen")[number % 4],
            agent_id=f"agent-{number % 30:02d}",
            channel=chance.choice(tuple(Channel)),
            since_s=60 + 7 * number % 900,
            waits_s=number % 120 if number % 3 == 0 else None,
        ),
        team=("noord", "zuid", "west")[number % 3],
    )


@contextmanager
def streaming(url: str, crowd: tuple[BoardRow, ...]) -> Iterator[list[int]]:
    """Changes of these come in, one row after the other, until the block ends; gives how many there were."""
    over, told, chance = threading.Event(), [0], random.Random(7)

    def change() -> None:
        with Redis.from_url(url) as redis:
            while not over.wait(1 / PER_S):
                one = chance.choice(crowd)
                Floor(redis).show(replace(one, risk=chance.random(), at=one.at + told[0] / PER_S))
                told[0] += 1

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield told
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("many", [10, 500])
def test_a_click_is_answered_while_changes_stream_in(
    floor: Floor, pages: Pages, redis_url: str, visit: Open, many: int
) -> None:
    everybody = crowd(many)
    floor.fill(everybody)
    page = visit(pages)
    page.evaluate(MEASURE)
    expect(rows(page)).to_have_count(min(many, MOST_ROWS))
    expect(page.locator("#count-conversations")).to_contain_text(str(many))
    if many > MOST_ROWS:
        expect(page.locator("#rows-more")).to_contain_text(str(many - MOST_ROWS))

    with streaming(redis_url, everybody) as told:
        page.wait_for_timeout(3000)
        took = {}
        for name, click in clicks(page).items():
            began = page.evaluate("performance.now()")
            click()
            took[name] = page.evaluate("performance.now()") - began
        assert rows(page).count() <= MOST_ROWS
        assert page.locator("#alerts > li").count() <= many / 5
        measured: dict[str, list[float]] = page.evaluate("({ long, frames })")
    long, frames = measured["long"], sorted(measured["frames"])
    said_of = (
        f"\n{many} conversations, {told[0]} changes: {len(long)} tasks over 50 ms, at most {max(long, default=0):.0f}",
        f"{len(frames)} frames, half within {share(frames, 0.5):.0f} ms, 95 % within {share(frames, 0.95):.0f} ms",
        *(f"{name} after {ms:.0f} ms" for name, ms in took.items()),
    )
    sys.stdout.write("; ".join(said_of) + "\n")
    live(page)


def test_however_much_changes_the_page_draws_ten_times_a_second_at_most(
    floor: Floor, pages: Pages, redis_url: str, visit: Open
) -> None:
    everybody = crowd(10)
    floor.fill(everybody)
    page = visit(pages)
    live(page)

    with streaming(redis_url, everybody) as told:
        page.evaluate(COUNT_DRAWINGS)
        page.wait_for_timeout(3000)
        drawn, took_ms = page.evaluate("[window.drawn, performance.now() - window.began]")

    assert told[0] > drawn > 0
    assert drawn <= took_ms / PACE_MS + 1


def share(ordered: list[float], part: float) -> float:
    """The value that so great a part of them does not pass."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def clicks(page: Any) -> dict[str, Any]:
    """What a supervisor does on a busy floor, each until it is seen to be done."""

    def acknowledge() -> None:
        first = page.locator("#alerts > .opened").first
        identity = first.get_attribute("data-alert")
        first.locator("[data-act=acknowledge]").click()
        expect(page.locator(f'#alerts > .taken[data-alert="{identity}"]')).to_be_visible()

    def opens() -> None:
        key = rows(page).nth(2).get_attribute("data-key")
        page.locator(f'#rows > [data-key="{key}"] .toggle').click()
        expect(page.locator(f'#rows > [data-key="{key}"] .details')).to_be_visible()
        expect(page.locator(f'#rows > [data-key="{key}"] .story')).to_be_visible()

    def filters() -> None:
        page.locator("#filter-team").select_option("zuid")
        expect(page.locator("#rows > li:visible").first).to_be_visible()
        page.locator("#filters-clear").click()
        expect(page.locator("#filters-clear")).to_be_hidden()

    return {"acknowledged": acknowledge, "opened": opens, "filtered": filters}


def test_a_new_alert_is_seen_on_a_full_floor(floor: Floor, pages: Pages, redis_url: str, visit: Open) -> None:
    everybody = crowd(500)
    floor.fill(everybody)
    page = visit(pages)
    expect(rows(page)).to_have_count(MOST_ROWS)

    with streaming(redis_url, everybody):
        low = replace(row("chat-needle", risk=0.0), alerts=row("chat-needle", rules=("threat",)).alerts)
        alert = opened(low, "threat", said("threat_to_self", "ik wil niet meer", 1))
        floor.show(low)
        floor.alert(alert)

        expect(page.locator("#announce")).to_contain_text(alert.title["nl"])
        # It is far down the list, and one click away all the same.
        card(page, alert).locator(".where .link").click()
        expect(row_of(page, low).locator(".details")).to_be_visible()
        expect(row_of(page, low)).to_be_in_viewport()
