"""Build the documentation as a site that asks nobody else for anything: `python -m docs.site`."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from docs.generate import FOLDER, ROOT
from klankbord.errors import KlankbordError

SITE: Final = ROOT / "site"
INDEX: Final = FOLDER / "index.md"
FENCED: Final = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK: Final = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
COLOUR: Final = re.compile(r"\x1b\[[\d;]*m")
ROLE: Final = re.compile(r"^## (.+)$", re.MULTILINE)
# Zensical's own script fetches a few libraries where a page needs one; ours need none, and a browser holds it to that.
POLICY: Final = "default-src 'self' file: data: blob: 'unsafe-inline'"
HEAD: Final = f'<head><meta http-equiv="Content-Security-Policy" content="{POLICY}">'

# Pages lie where they lie in the project, so that every link of theirs, also to code, leads where it leads there.
CONFIGURATION: Final = """\
[project]
site_name = "Klankbord"
site_description = "Customer emotion and effort in live chats and calls, in the moment."
docs_dir = "pages"
site_dir = "site"
use_directory_urls = false
nav = NAV

[project.theme]
language = "en"
font = false
features = ["navigation.tabs", "navigation.top", "toc.follow"]

[project.extra]
generator = false

# Without its default of smart symbols, which make Article 5(1)(c) a copyright.
[project.markdown_extensions.tables]
[project.markdown_extensions.toc]
permalink = true
[project.markdown_extensions.pymdownx.highlight]
[project.markdown_extensions.pymdownx.superfences]
"""


def build(target: Path = SITE) -> None:
    """Write the site into `target`, anew; `KlankbordError` with what is broken, as a link that leads nowhere."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for path in needed():
            (folder / "pages" / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / "pages" / path.relative_to(ROOT))
        written = CONFIGURATION.replace("NAV", _toml(nav()))
        (folder / "zensical.toml").write_text(written, encoding="utf-8")
        command = (sys.executable, "-m", "zensical", "build", "--strict")
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode or not (folder / "site" / "index.html").is_file():
            raise KlankbordError(f"the site cannot be built:\n{COLOUR.sub('', done.stdout + done.stderr)}")
        for page in (folder / "site").rglob("*.html"):
            page.write_text(_finished(page), encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder / "site", target)


def needed() -> set[Path]:
    """Every page of docs/, the README, and whatever of the project these link to."""
    found: set[Path] = set()
    waiting = [ROOT / "README.md", *FOLDER.rglob("*.md")]
    while waiting:
        path = waiting.pop()
        if path.is_file() and path not in found:
            found.add(path)
            waiting += linked(path) if path.suffix == ".md" else ()
    return found


def linked(path: Path) -> list[Path]:
    """The files of the project that a page links to, in its order."""
    text = FENCED.sub("", path.read_text(encoding="utf-8"))
    return [(path.parent / link).resolve() for link in LINK.findall(text) if "://" not in link]


def nav() -> dict[str, list[str]]:
    """What the tabs hold: the paths by role of docs/index.md, with the pages it names there, and the decisions."""
    _, *parts = ROLE.split(INDEX.read_text(encoding="utf-8"))
    paths = {role: list(dict.fromkeys(_pages(text))) for role, text in zip(parts[::2], parts[1::2], strict=True)}
    decisions = [path.relative_to(ROOT).as_posix() for path in sorted((FOLDER / "decisions").glob("*.md"))]
    return {"Start": ["README.md", "docs/index.md"], **paths, "Decisions": decisions}


def _pages(text: str) -> Iterator[str]:
    links = ((FOLDER / link).resolve() for link in LINK.findall(FENCED.sub("", text)) if "://" not in link)
    return (
        path.relative_to(ROOT).as_posix() for path in links if path.suffix == ".md" and "decisions" not in path.parts
    )


def _toml(tabs: dict[str, list[str]]) -> str:
    rows = (f"  {{ {json.dumps(tab)} = {json.dumps(pages)} }}," for tab, pages in tabs.items())
    return "\n".join(("[", *rows, "]"))


def _finished(page: Path) -> str:
    html = page.read_text(encoding="utf-8").replace("<head>", HEAD, 1)
    return html.replace('<html lang="en"', '<html lang="nl"', 1) if page.stem.endswith(".nl") else html


if __name__ == "__main__":
    try:
        build()
    except KlankbordError as error:
        sys.exit(f"docs.site: {error}")
    sys.stdout.write(f"wrote {SITE.name}/index.html and the pages below it\n")
