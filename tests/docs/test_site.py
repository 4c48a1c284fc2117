"""The built site: every link leads somewhere, and no page asks anybody else for anything."""

import re
import shutil
import threading
from collections.abc import Iterator
from functools import cache, partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser

from docs import site
from docs.generate import FOLDER, ROOT
from klankbord.errors import KlankbordError

# What a browser fetches by itself; an <a> it only follows when somebody presses it.
FETCHED: Final = {"script", "img", "iframe", "source", "video", "audio", "embed", "object", "link", "use", "image"}
IN_STYLE: Final = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")
ELSEWHERE: Final = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
# A page of each type: start, paths, code, long tables, pictures, Dutch, blanks to fill in, a decision, no page.
TYPES: Final = (
    "index.html",
    "docs/index.html",
    "docs/detectors.html",
    "docs/quality.html",
    "docs/dashboards.html",
    "docs/works-council.nl.html",
    "docs/dpia.en.html",
    "docs/decisions/0001-only-klankbord-in-the-wheel.html",
    "404.html",
)


class Links(HTMLParser):
    """What a page links to, what it fetches, and where it can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.followed: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Sort what the tag names."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        named = [given[name] for name in ("href", "xlink:href", "src", "poster", "data") if given.get(name)]
        named += [one.split()[0] for one in given.get("srcset", "").split(",") if one.strip()]
        (self.fetched if tag in FETCHED else self.followed).extend(named)
        self.fetched += in_style(given.get("style", ""))


def in_style(text: str) -> list[str]:
    return ["".join(found) for found in IN_STYLE.findall(text)]


@cache
def read(page: Path) -> Links:
    """What is in a page, read once: hundreds of links lead to the same ones."""
    return Links(page.read_text(encoding="utf-8"))


def lost(page: Path, root: Path) -> list[str]:
    """The links of a page that lead to no file, or to no heading in it."""
    found = read(page)
    missing = []
    for link in (*found.followed, *found.fetched):
        parts = urlsplit(link)
        if parts.scheme or ELSEWHERE.match(link):
            continue
        file = page if not parts.path else root / parts.path[1:] if parts.path[0] == "/" else page.parent / parts.path
        file = Path(unquote(str(file)))
        file = file / "index.html" if file.is_dir() else file
        heading = unquote(parts.fragment)
        if not file.is_file() or (heading and file.suffix == ".html" and heading not in read(file).anchors):
            missing.append(link)
    return missing


def outside(root: Path) -> list[str]:
    """What pages and styles have a browser fetch from somebody else."""
    asked = [(page, one) for page in root.rglob("*.html") for one in read(page).fetched]
    asked += [(style, one) for style in root.rglob("*.css") for one in in_style(style.read_text(encoding="utf-8"))]
    return [f"{path.relative_to(root)}: {one}" for path, one in asked if ELSEWHERE.match(one)]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site") / "site"
    site.build(target)
    return target


@pytest.fixture(scope="module")
def served(built: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=built))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_every_page_of_the_docs_is_in_it(built: Path) -> None:
    pages = [path.relative_to(ROOT).with_suffix(".html") for path in FOLDER.rglob("*.md")]

    assert len(pages) > 60
    assert [page.as_posix() for page in pages if not (built / page).is_file()] == []


def test_every_link_leads_to_a_file_and_to_a_heading_in_it(built: Path) -> None:
    broken = {page.relative_to(built).as_posix(): lost(page, built) for page in built.rglob("*.html")}

    assert {page: links for page, links in broken.items() if links} == {}


def test_no_page_fetches_anything_from_outside(built: Path) -> None:
    assert outside(built) == []
    assert [page.name for page in built.rglob("*.html") if site.POLICY not in page.read_text(encoding="utf-8")] == []


def test_articles_of_law_stay_as_they_are_written(built: Path) -> None:
    told = (built / "docs" / "privacy.en.html").read_text(encoding="utf-8")

    assert "5(1)(c), 25" in told
    assert [page.name for page in built.rglob("*.html") if "©" in page.read_text(encoding="utf-8")] == []


def test_each_role_has_its_path(built: Path) -> None:
    tabs = re.findall(
        r'class="md-tabs__link">\s*([^<]+?)\s*<', (built / "docs" / "index.html").read_text(encoding="utf-8")
    )

    assert tabs == list(site.nav())
    assert {"Supervisor", "Desk integrator", "Platform engineer"} < {*tabs}
    assert all(pages for role, pages in site.nav().items())


def test_a_dutch_page_says_that_it_is_dutch(built: Path) -> None:
    languages = {
        page.name: re.findall(r'<html lang="(\w+)"', page.read_text(encoding="utf-8"))
        for page in (built / "docs").glob("*.html")
    }

    assert len([name for name in languages if ".nl." in name]) >= 6
    assert [name for name, said in languages.items() if said != ["nl" if ".nl." in name else "en"]] == []


def test_a_link_that_leads_nowhere_and_a_font_from_elsewhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "there.html").write_text('<h2 id="here">', encoding="utf-8")
    (tmp_path / "page.html").write_text(
        '<link href="https://fonts.example/font.css"><img src="//cdn.example/a.png"><a href="https://cel.dev">x</a>'
        '<p style="background: url(http://cdn.example/b.png)"><a href="gone.html">x</a><a href="there.html#gone">x</a>'
        '<a href="there.html#here">x</a><a href="#none">x</a>',
        encoding="utf-8",
    )
    (tmp_path / "a.css").write_text("@import 'https://cdn.example/c.css'; a { b: url(d.png) }", encoding="utf-8")

    assert lost(tmp_path / "page.html", tmp_path) == ["gone.html", "there.html#gone", "#none"]
    assert len(outside(tmp_path)) == 4


def test_a_page_with_a_broken_link_is_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docs = tmp_path / "docs"
    shutil.copytree(FOLDER, docs, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (tmp_path / "README.md").write_text("# Klankbord\n\n[gone](docs/gone.md)\n", encoding="utf-8")
    for name, value in {"ROOT": tmp_path, "FOLDER": docs, "INDEX": docs / "index.md"}.items():
        monkeypatch.setattr(site, name, value)

    with pytest.raises(KlankbordError, match=r"README\.md:3(.|\n)*docs/gone\.md"):
        site.build(tmp_path / "site")


@pytest.mark.browser
@pytest.mark.parametrize("page", TYPES)
def test_a_browser_asks_nobody_else_and_finds_nothing_wrong(page: str, served: str, browser: Browser) -> None:
    wrong = []
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        shown = context.new_page()
        shown.on(
            "request", lambda one: None if one.url.startswith((served, "data:", "blob:")) else wrong.append(one.url)
        )
        shown.on("requestfailed", lambda one: wrong.append(f"failed: {one.url}"))
        shown.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        shown.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
        shown.goto(served + page, wait_until="networkidle")
        shown.mouse.wheel(0, 5000)

        assert shown.locator("h1").first.inner_text()
        assert wrong == []


@pytest.mark.browser
def test_the_search_finds_a_page(served: str, browser: Browser) -> None:
    with browser.new_context() as context:
        shown = context.new_page()
        shown.goto(served + "docs/index.html", wait_until="networkidle")
        shown.keyboard.press("/")
        shown.keyboard.type("works council", delay=20)

        shown.locator('a[href*="works-council.en.html"]').last.wait_for(state="visible", timeout=10_000)
