"""The agent's panel as a person sees it, in a real browser, alone and inside another desk."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from axe_playwright_python.sync_playwright import Axe
from msgspec.structs import replace
from playwright.sync_api import Browser, FrameLocator, Page, Request, expect

from klankbord.conversation import Evidence
from streams import wire
from streams.wire import Because, Source, SuggestionMessage
from tests.web.desk import decide, offer_of, served
from tests.web.floor import Floor, suggestion
from tests.web.guarding import AUDIENCE, ISSUER, Provider
from tests.web.serving import Pages, eventually, serve
from tests.web.test_browser import GONE, Open, allowed, intercept, live, visit
from tests.web.test_http import words

__all__ = ["allowed", "visit"]  # fixtures of the pages' other tests

pytestmark = pytest.mark.browser

PANEL: Final = "/agent/demo?agent=agent-01"
HOSTILE: Final = (
    "<script>alert(1)</script><img src=https://evil.example/x onerror=alert(1)>",
    "\u202e\u2066live\u2069" + "w" * 3_000,
)


@pytest.fixture
def asked(house: Pages, floor: Floor) -> Pages:
    """The server; suggestions are kept in Redis alone, which `floor` empties."""
    return house


def shown(redis_url: str, number: int = 1, **changes: object) -> SuggestionMessage:
    message = replace(suggestion(number=number), kind="take_ownership", **changes)
    decide(redis_url, offer_of(message))
    return message


def answered(floor: Floor) -> dict[bytes, bytes]:
    found: Any = floor.redis.hgetall(wire.learned("demo"))
    return {name.split(b"|")[-1]: value for name, value in found.items() if not name.endswith(b"|run")}


def wait_for(page: Page) -> None:
    expect(page.locator(".suggestion .text")).to_be_visible()


# Answers


@pytest.mark.parametrize(
    ("key", "answer", "said"),
    [
        pytest.param("u", "used", "Dank u. Uw antwoord is geteld.", id="used"),
        pytest.param("n", "not_now", "Goed. Deze suggestie komt in dit gesprek niet terug.", id="not now"),
        pytest.param("W", "wrong", "Dank u, dat helpt.", id="wrong"),
    ],
)
def test_one_key_answers_once_and_the_panel_says_what_became_of_it(
    floor: Floor, redis_url: str, asked: Pages, visit: Open, key: str, answer: str, said: str
) -> None:
    page = visit(asked, PANEL)
    live(page)
    shown(redis_url)
    wait_for(page)

    page.keyboard.press(key)

    expect(page.locator(".idle")).to_contain_text(said)
    page.keyboard.press(key)
    assert answered(floor) == {answer.encode(): b"1"}


def test_the_buttons_do_the_same_and_are_reached_with_the_keyboard(
    floor: Floor, redis_url: str, asked: Pages, visit: Open
) -> None:
    shown(redis_url)
    page = visit(asked, PANEL)
    wait_for(page)
    expect(page.locator(".answers button")).to_have_text(
        [re.compile("Gebruikt"), re.compile("Niet nu"), re.compile("Klopt")]
    )

    page.locator("#languages button").last.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("[data-answer=not_now]")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator(".idle")).to_contain_text("komt in dit gesprek niet terug")
    assert answered(floor) == {b"not_now": b"1"}


def test_single_keys_can_be_turned_off_and_a_shortcut_of_the_browser_is_none(
    floor: Floor, redis_url: str, asked: Pages, visit: Open
) -> None:
    shown(redis_url)
    page = visit(asked, PANEL)
    wait_for(page)
    page.keyboard.press("Control+u")

    page.locator("#keys").click()
    page.keyboard.press("u")

    expect(page.locator("#keys")).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".suggestion")).to_be_visible()
    assert answered(floor) == {}


def test_what_was_answered_elsewhere_says_so(floor: Floor, redis_url: str, asked: Pages, visit: Open) -> None:
    first, second = visit(asked, PANEL), visit(asked, PANEL)
    live(first)
    live(second)
    shown(redis_url)
    wait_for(first)
    wait_for(second)

    first.keyboard.press("u")

    expect(second.locator(".idle")).to_contain_text("De vorige suggestie is al beantwoord.")


def test_an_answer_that_was_not_stored_is_not_called_stored(
    floor: Floor, redis_url: str, asked: Pages, visit: Open, allowed: list[re.Pattern[str]]
) -> None:
    allowed.append(GONE)
    page = visit(asked, PANEL)
    intercept(page, "**/api/suggestions/**", lambda route: route.abort())
    live(page)
    shown(redis_url)
    wait_for(page)

    page.keyboard.press("u")

    expect(page.locator(".suggestion [role=alert]")).to_have_text(
        "Uw antwoord is niet opgeslagen. Probeer het nog eens."
    )
    page.unroute("**/api/suggestions/**")
    page.keyboard.press("u")
    expect(page.locator(".idle")).to_contain_text("Uw antwoord is geteld")
    assert answered(floor) == {b"used": b"1"}


def test_a_press_answers_what_was_pressed_whatever_comes_meanwhile(
    floor: Floor, redis_url: str, asked: Pages, visit: Open
) -> None:
    page, other = visit(asked, PANEL), visit(asked, PANEL)
    live(page)
    live(other)
    shown(redis_url)
    page.locator("[data-answer=used]").hover()
    page.mouse.down()
    floor.suggest(replace(suggestion(number=2, text="Iets anders."), kind="reassure"))
    expect(other.locator(".suggestion .text")).to_have_text("Iets anders.")

    page.mouse.up()

    assert eventually(lambda: answered(floor) == {b"used": b"1"})
    expect(page.locator(".suggestion .text")).to_have_text("Iets anders.")


# When it is over


def test_what_is_taken_back_goes_and_says_why(floor: Floor, redis_url: str, asked: Pages, visit: Open) -> None:
    page = visit(asked, PANEL)
    live(page)
    message = shown(redis_url)
    wait_for(page)
    ended = replace(
        offer_of(message), offer_id="f" * 24, candidates=(), messages=(), at=message.at + 1, all_over="ended"
    )

    decide(redis_url, ended)

    expect(page.locator(".idle")).to_contain_text("ingetrokken: het gesprek is afgelopen")
    page.locator("#languages button[lang=en]").click()
    expect(page.locator(".idle")).to_contain_text("was withdrawn: the conversation has ended")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_reason_has_its_words(language: str) -> None:
    known = words(language)

    assert [why for why in (*get_args(Because), "expired", "gone") if f"agent.over.{why}" not in known] == []


def test_nothing_about_the_agent_is_on_it(floor: Floor, redis_url: str, asked: Pages, visit: Open) -> None:
    shown(redis_url)
    page = visit(asked, PANEL)
    wait_for(page)

    assert "agent-01" not in page.locator("body").inner_text()


# For everybody


SIZES: Final = {"narrow": (320, 900), "zoomed": (224, 450)}


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ["shown", "idle"])
def test_axe_finds_nothing_to_complain_about(
    floor: Floor, redis_url: str, asked: Pages, browser: Any, language: str, scheme: Any, state: str
) -> None:
    # The tests' own script is let past our policy: what axe itself would be stopped by is not what is tested.
    context = browser.new_context(color_scheme=scheme, viewport={"width": 360, "height": 900}, bypass_csp=True)
    page = context.new_page()
    if state == "shown":
        shown(redis_url, articles={"nl": Source("Kennisbank", "https://kb.example.org/1")}, urgency=2)
    page.goto(f"{asked.url}{PANEL}&lang={language}")
    expect(page.locator(".suggestion .text" if state == "shown" else ".idle")).to_be_visible()

    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
    context.close()


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("size", SIZES, ids=list(SIZES))
def test_nothing_is_cut_off_where_it_is_narrow_or_enlarged(
    floor: Floor, redis_url: str, asked: Pages, visit: Open, language: str, size: str
) -> None:
    shown(redis_url, articles={"nl": Source("K" * 80), "en": Source("K" * 80)})
    page = visit(asked, f"{PANEL}&lang={language}")
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))  # type: ignore[arg-type]  # two keys
    wait_for(page)

    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    for name in ("used", "not_now", "wrong"):
        box = page.locator(f"[data-answer={name}]").bounding_box()
        assert box is not None
        assert box["height"] >= 40
        assert box["x"] + box["width"] <= SIZES[size][0]


def test_a_screen_reader_hears_the_suggestion_and_not_the_seconds(
    floor: Floor, redis_url: str, asked: Pages, visit: Open
) -> None:
    shown(redis_url)
    page = visit(asked, PANEL)
    wait_for(page)

    expect(page.locator("main")).to_have_attribute("aria-live", "polite")
    expect(page.locator("#left-words")).to_have_attribute("aria-live", "off")
    expect(page.locator("[data-answer=used]")).to_have_attribute("aria-keyshortcuts", "u")


# Hostile


@pytest.mark.parametrize("text", HOSTILE, ids=["markup", "backwards and long"])
def test_hostile_text_in_every_field_stays_text_and_asks_for_nothing(
    floor: Floor, asked: Pages, visit: Open, text: str
) -> None:
    hostile = replace(
        suggestion(text=text, english=text),
        suggestion_id=text[:64],
        kind=text,
        conversation_id=text,
        why={"nl": text, "en": text},
        source=text,
        articles={"nl": Source(text, text), "en": Source(text, "javascript:alert(1)")},
        reason=Evidence(text, 0.9, 1.0, words=text, amount=3.0, utterance_id=text),
    )
    page = visit(asked, PANEL)
    live(page)

    for language in ("nl", "en"):
        page.locator(f"#languages button[lang={language}]").click()
        floor.suggest(replace(hostile, suggestion_id=f"{language}{text}"[:64]))
        expect(page.locator(".suggestion .text")).to_have_text(text)
        expect(page.locator(".suggestion .origin dd").first).to_have_text(text)

    expect(page.locator("main a, main img, main script, main iframe, svg svg, [onload], [onerror]")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_an_article_is_a_link_that_can_do_nothing_to_us(floor: Floor, asked: Pages, visit: Open) -> None:
    floor.suggest(replace(suggestion(), articles={"nl": Source("Terugbellen", "https://kb.example.org/42")}))

    link = visit(asked, PANEL).locator(".origin a")

    expect(link).to_contain_text("Terugbellen (opent in een nieuw tabblad)")
    expect(link).to_have_attribute("href", "https://kb.example.org/42")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_attribute("target", "_blank")


# In another desk

STRANGER: Final = """<!doctype html><title>Stranger</title><script>
  addEventListener("message", ({ data }) => {
    parent.frames[0].postMessage({ type: "klankbord:token", token: data }, "*");
    parent.postMessage({ type: "klankbord:height", height: 9999 }, "*");
    parent.postMessage({ type: "klankbord:token-wanted" }, "*");
  });
</script>"""


@dataclass
class Desk:
    """A desk that frames a page of ours as the documentation says, on another site than the pages."""

    provider: Provider
    origin: str = ""
    panel: str = ""
    html: str = ""
    lasts_s: int = 300
    given: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def begin(self, address: str = "/agent/demo", *, lasts_s: int = 300) -> "Desk":
        """The desk as it is written, framing this address; nobody asked for anything yet."""
        ours = example().replace("https://klankbord.example.org", self.panel).replace("/agent/acme", address)
        self.html = f"<!doctype html><title>Desk</title>{HEARD}{ours}"
        self.lasts_s, self.given, self.requests = lasts_s, [], []
        return self

    def token(self) -> str:
        """A token of agent-01 that nobody had yet."""
        now = int(time.time())
        whose: dict[str, Any] = {"tenant": "demo", "role": "agent", "agent_id": "agent-01", "teams": None}
        times: dict[str, Any] = {"iat": now, "exp": now + self.lasts_s, "jti": f"t-{len(self.given)}"}
        self.given.append(self.provider.token(sub="robin", **whose, **times))
        return self.given[-1]

    def open(self, page: Page) -> FrameLocator:
        """Go there; gives the panel in it."""
        page.on("request", lambda request: self.requests.append(request))
        page.goto(self.origin)
        return page.frame_locator("#klankbord")

    def bearers(self, path: str) -> list[str]:
        """The tokens of all requests to this address."""
        asked = [one.headers.get("authorization", "") for one in self.requests if path in one.url]
        return [one.removeprefix("Bearer ") for one in asked]


def example() -> str:
    """What docs/agent-panel.md tells a desk to write."""
    text = (Path(__file__).parents[2] / "docs" / "agent-panel.md").read_text()
    return text.split("```html\n")[1].split("```")[0]


@pytest.fixture(scope="module")
def desks(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Desk]]:
    """Pages with a login, and three desks: one may frame the panel of demo, one that of another tenant, one nothing."""
    directory, provider = tmp_path_factory.mktemp("desks"), Provider()
    made = {name: Desk(provider) for name in ("demo", "other", "nowhere")}
    (directory / "jwks.json").write_bytes(provider.jwks())
    with ExitStack() as running:
        for one in made.values():
            one.origin = running.enter_context(served(partial(getattr, one, "html"), one.token))
        settings = {
            "KLANKBORD_LOGIN": "token",
            "KLANKBORD_TOKEN_ISSUER": ISSUER,
            "KLANKBORD_TOKEN_AUDIENCE": AUDIENCE,
            "KLANKBORD_TOKEN_KEYS": str(directory / "jwks.json"),
            "KLANKBORD_EMBED_PARENTS": f"demo={made['demo'].origin};other={made['other'].origin}",
        }
        pages = running.enter_context(serve(redis_url, directory, settings=settings))
        for one in made.values():
            one.panel = (
                f"http://localhost:{pages.port}"  # another name than the desk's, so another site for the browser
            )
        yield made


HEARD: Final = """<script>
  window.heard = [];
  addEventListener("message", ({ origin, data }) => heard.push({ origin, data }));
</script>"""


def heard(page: Page, kind: str, **wanted: str) -> list[dict[str, Any]]:
    """What the desk heard of this kind."""
    messages: list[dict[str, Any]] = page.evaluate("heard")
    return [
        one["data"]
        for one in messages
        if one["data"]["type"] == kind and all(one["data"].get(name) == value for name, value in wanted.items())
    ]


def until_heard(page: Page, kind: str) -> None:
    page.wait_for_function("kind => heard.some(({ data }) => (data.state ?? data.type) === kind)", arg=kind)


def is_live(panel: FrameLocator) -> None:
    expect(panel.locator("#connection")).to_have_class("connection live")


def use(panel: FrameLocator) -> None:
    """Click on "used" when the pointer is on it.

    The browser gives a click to what it has drawn. Where a frame on another site has just grown it has drawn the desk.
    """
    button = panel.locator("[data-answer=used]")

    def is_under_the_pointer() -> bool:
        button.hover()
        return bool(button.evaluate("one => one.matches(':hover')"))

    assert eventually(is_under_the_pointer)
    button.click()


def test_the_desk_of_the_documentation_shows_the_panel_and_hears_what_it_shows(
    floor: Floor, redis_url: str, desks: dict[str, Desk], browser: Browser
) -> None:
    with browser.new_page() as page:
        ours = desks["demo"].begin()
        panel = ours.open(page)
        is_live(panel)
        message = shown(redis_url)
        until_heard(page, "shown")
        use(panel)
        until_heard(page, "answered")

        assert heard(page, "klankbord:ready") == [{"type": "klankbord:ready"}]
        assert heard(page, "klankbord:suggestion", state="shown") == [
            {
                "type": "klankbord:suggestion",
                "state": "shown",
                "suggestion_id": message.suggestion_id,
                "conversation_id": message.conversation_id,
                "kind": "take_ownership",
            }
        ]
        assert [one["answer"] for one in heard(page, "klankbord:suggestion", state="answered")] == ["used"]
        assert {one["origin"] for one in page.evaluate("heard")} == {ours.panel}
        page.wait_for_function(
            "() => Number(document.getElementById('klankbord').height) ==="
            " heard.filter(({ data }) => data.type === 'klankbord:height').at(-1).data.height"
        )
        assert ours.bearers("/events/agent") == ours.given
        assert [one.url for one in ours.requests if ours.given[0] in one.url] == []
        assert page.frames[1].url == f"{ours.panel}/agent/demo?lang=nl"
        assert answered(floor) == {b"used": b"1"}


def test_a_panel_without_a_token_asks_the_desk_for_one(
    floor: Floor, redis_url: str, desks: dict[str, Desk], browser: Browser
) -> None:
    with browser.new_page() as page:
        ours = desks["demo"].begin()
        ours.html = ours.html.replace("#token=${await token()}", "")

        is_live(ours.open(page))

        assert heard(page, "klankbord:token-wanted")
        assert ours.bearers("/events/agent")[-1] in ours.given


def test_a_token_is_renewed_before_it_ends(
    floor: Floor, redis_url: str, desks: dict[str, Desk], browser: Browser
) -> None:
    with browser.new_page() as page:
        ours = desks["demo"].begin(lasts_s=8)
        panel = ours.open(page)
        is_live(panel)
        first, inside = ours.given[-1], page.frames[1]
        inside.evaluate("addEventListener('message', ({ data }) => { window.renewed ??= data.token })")

        page.wait_for_function("() => heard.some(({ data }) => data.type === 'klankbord:token-wanted')")
        inside.wait_for_function("window.renewed")
        shown(redis_url)
        use(panel)
        expect(panel.locator(".idle")).to_contain_text("Uw antwoord is geteld")

        # The server honours a token for half a minute after its end: nobody was refused meanwhile.
        assert [one.status for one in map(Request.response, ours.requests) if one and one.status == 401] == []
        assert ours.bearers("/answer")[-1] in ours.given
        assert ours.bearers("/answer")[-1] != first


def test_what_others_say_is_believed_by_neither_the_panel_nor_the_desk(
    floor: Floor, redis_url: str, desks: dict[str, Desk], browser: Browser
) -> None:
    with served(lambda: STRANGER) as stranger, browser.new_page() as page:
        ours = desks["demo"].begin()
        ours.html += f'<iframe id="stranger" src="{stranger}"></iframe>'
        panel = ours.open(page)
        is_live(panel)
        stolen = Provider().token(tenant="demo", role="agent", agent_id="agent-02", teams=None)

        page.wait_for_function("() => document.getElementById('stranger').contentWindow.length === 0")
        page.evaluate("token => document.getElementById('stranger').contentWindow.postMessage(token, '*')", stolen)
        page.wait_for_function("origin => heard.some((one) => one.origin === origin)", arg=stranger)
        inside = page.frames[1]
        inside.evaluate("token => postMessage({ type: 'klankbord:token', token }, location.origin)", stolen)
        for wrong in ("null", "'klankbord:token'", "{ type: 'klankbord:token', token: 42 }"):
            page.evaluate(f"document.getElementById('klankbord').contentWindow.postMessage({wrong}, '{ours.panel}')")
        shown(redis_url)
        use(panel)
        expect(panel.locator(".idle")).to_contain_text("Uw antwoord is geteld")

        assert ours.bearers("/answer") == ours.given
        assert page.locator("#klankbord").get_attribute("height") != "9999"


@pytest.mark.parametrize(
    ("whose", "address"),
    [
        pytest.param("nowhere", "/agent/demo", id="listed nowhere"),
        pytest.param("other", "/agent/demo", id="listed for another tenant"),
        pytest.param("demo", "/agent", id="the panel of no tenant"),
        pytest.param("demo", "/supervisor", id="the supervisors' page"),
    ],
)
def test_a_desk_that_may_not_frame_a_page_sees_and_hears_nothing(
    floor: Floor, desks: dict[str, Desk], browser: Browser, whose: str, address: str
) -> None:
    with browser.new_page() as page:
        theirs, said = desks[whose].begin(address), list[str]()
        page.on("console", lambda message: said.append(message.text))
        panel = theirs.open(page)

        page.wait_for_load_state("networkidle")
        assert eventually(lambda: page.evaluate("1") and any("frame-ancestors" in one for one in said))

        assert page.evaluate("heard") == []
        expect(panel.locator("main")).to_have_count(0)
        assert theirs.bearers("/events/agent") == []
