"""What the pages answer without a browser: their headers, their addresses, their words and their metrics."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from prometheus_client.parser import text_string_to_metric_families

import web
from klankbord.detectors import DETECTORS
from klankbord.events import Channel
from klankbord.policy import EMOTIONS, RULES, Policy
from tests.web.serving import Pages, listen, serve

STATIC: Final = Path(str(web.__file__)).parent / "static"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
EVERYWHERE: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
ADDRESSES: Final = (
    *("/", "/supervisor", "/agent", "/agent/demo", "/static/js/supervisor.js", "/static/i18n/nl.json"),
    *("/api/about", "/metrics", "/livez", "/readyz", "/no/such/page", "/static/no/such/file"),
)


@pytest.fixture(scope="module")
def pages(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """One server for this module: no test here leaves a trace in it but the counters."""
    with serve(redis_url, tmp_path_factory.mktemp("web")) as running:
        yield running


def test_every_answer_carries_the_headers_that_keep_words_from_becoming_code(pages: Pages) -> None:
    for address in ADDRESSES:
        answer = pages.get(address)

        assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE, address
        kept = "no-store" if address.startswith("/api/") else "no-cache"
        assert answer.headers["cache-control"] == kept, address
        assert "server" not in answer.headers, address
    for address in ("/events/supervisor", "/events/agent"):
        with listen(pages, address) as stream:
            assert {name: stream.headers.get(name) for name in EVERYWHERE} == EVERYWHERE, address


def test_the_addresses_are_these_and_no_others(pages: Pages) -> None:
    start = pages.get("/")
    statuses = {address: pages.get(address).status_code for address in ADDRESSES[1:]}
    strangers = [pages.get(address).status_code for address in ("/docs", "/redoc", "/openapi.json", "/static/")]
    above = pages.get("/static/%2e%2e/app.py")

    assert (start.status_code, start.headers["location"]) == (307, "/supervisor")
    assert [address for address, status in statuses.items() if status != 200] == [
        "/no/such/page",
        "/static/no/such/file",
    ]
    assert strangers == [404] * 4
    assert above.status_code == 404


def test_the_pages_say_whether_they_show_a_replay(pages: Pages) -> None:
    about = pages.get("/api/about").json()

    assert set(about) == {"version", "replayed", "login", "parents"}
    assert (about["replayed"], about["login"], about["parents"]) == (False, "demo", [])


def words(language: str) -> dict[str, str]:
    read: dict[str, str] = json.loads((STATIC / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
    return read


def test_dutch_and_english_say_the_same_things() -> None:
    dutch, english = words("nl"), words("en")

    assert list(dutch) == list(english)
    for key in dutch:
        assert dutch[key].strip(), key
        assert english[key].strip(), key
        assert _places(dutch[key]) == _places(english[key]), key


def _places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_everything_that_comes_over_the_wire_has_a_name(language: str) -> None:
    needed = {
        *(f"signal.{detector.kind}" for detector in DETECTORS),
        *(f"signal.{driver}" for driver in Policy().drivers),
        *(f"emotion.{emotion}" for emotion in EMOTIONS),
        *(f"channel.{channel}" for channel in Channel),
        *(f"severity.{rule.severity}" for rule in RULES.values()),
    }

    assert needed - set(words(language)) == set()


def test_every_text_that_a_page_asks_for_exists() -> None:
    asked = {
        key
        for path in (*STATIC.glob("*.html"), *STATIC.glob("js/*.js"))
        for key in re.findall(
            r'(?:data-i18n(?:-label)?=|say\(|nothing\()"([a-z_.]+)"', path.read_text(encoding="utf-8")
        )
    }

    assert len(asked) > 30
    assert asked - set(words("nl")) == set()


@pytest.mark.parametrize(
    "forbidden",
    [
        pytest.param(r"innerHTML|outerHTML|setHTMLUnsafe|insertAdjacentHTML|createContextualFragment", id="markup"),
        pytest.param(r"DOMParser|document\.write|srcdoc|javascript:", id="documents"),
        pytest.param(r"\beval\s*\(|\bFunction\s*\(|set(?:Timeout|Interval)\(\s*[\"'`]", id="code from text"),
        pytest.param(r"<[^>]*\son\w+\s*=|setAttribute\(\s*[\"'`]on|\.on(?:click|error|load)\s*=", id="handlers"),
        pytest.param(r"<script(?![^>]*\ssrc=)|<style|<[^>]*\sstyle\s*=", id="inline script or style"),
        pytest.param(r"(?:src|href)\s*=\s*\"(?!/static/|#)|@import|url\(", id="from elsewhere"),
    ],
)
def test_nothing_on_the_pages_can_turn_words_into_code(forbidden: str) -> None:
    files = [path for path in STATIC.rglob("*") if path.suffix in (".html", ".js", ".css", ".svg")]

    found = [path.name for path in files if re.search(forbidden, path.read_text(encoding="utf-8"))]

    assert len(files) > 10
    assert found == []


def test_the_metrics_are_the_declared_ones_and_move(pages: Pages) -> None:
    before = _samples(pages)
    with listen(pages, "/events/supervisor") as stream:
        stream.until_event("health")
        during = _samples(pages)

    assert {name for name, *_ in during} == {
        "klankbord_web_streams",
        "klankbord_web_messages_total",
        "klankbord_web_redis_up",
        "klankbord_canary_age_seconds",
        "klankbord_suggestion_answers_total",
        "klankbord_alert_actions_total",
        "klankbord_alert_marks_total",
        "klankbord_build_info",
        "klankbord_start_time_seconds",
        "klankbord_event_to_page_seconds_bucket",
        "klankbord_event_to_page_seconds_count",
        "klankbord_event_to_page_seconds_sum",
    }
    snapshots = ("klankbord_web_messages_total", "snapshot")
    assert during[snapshots] - before.get(snapshots, 0) == 1
    assert during["klankbord_web_streams", "supervisor"] >= 1
    assert during["klankbord_web_redis_up",] == 1


def _samples(pages: Pages) -> dict[tuple[str, ...], float]:
    families = tuple(text_string_to_metric_families(pages.get("/metrics").text))
    assert all(family.documentation for family in families)
    samples = [sample for family in families for sample in family.samples]
    # The client library adds to each counter when it was made.
    counted = [sample for sample in samples if not sample.name.endswith("_created")]
    return {(sample.name, *sample.labels.values()): sample.value for sample in counted}
