"""Where prometheus, promtool and amtool are: on the path, or unpacked from Debian's packages into the cache.

The packages are not installed: that needs root, and starts a server on every address where systemd runs.
"""

import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from klankbord.errors import KlankbordError

PACKAGES: Final = ("prometheus", "prometheus-alertmanager")
FETCHED_WITH: Final = ("apt-get", "dpkg-deb")
FETCH_S: Final = 300.0


class Missing(KlankbordError):
    """The program cannot be had here."""


@cache
def program(name: str) -> str:
    """The path of `prometheus`, `promtool` or `amtool`; the first time Debian's mirror may be asked."""
    found = shutil.which(name)
    return found if found is not None else str(_unpacked() / "usr" / "bin" / name)


def _unpacked() -> Path:
    cached = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "klankbord"
    folder = cached / f"prometheus-{_system()}-{platform.machine()}"
    if folder.is_dir():
        return folder
    lacking = [tool for tool in FETCHED_WITH if shutil.which(tool) is None]
    if lacking:
        raise Missing(
            f"prometheus, promtool and amtool are not on the path, and without {' and '.join(lacking)} they cannot "
            "be fetched as Debian's packages: put the three on the path (prometheus.io has them for every system)"
        )
    cached.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cached) as temporary:
        _fetch(Path(temporary))
        # In one step: another process may be fetching too, and whoever is second finds it there.
        try:
            (Path(temporary) / "unpacked").rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    return folder


def _fetch(into: Path) -> None:
    """apt checks the signatures; its lists are our own, because the system's belong to root."""
    for part in ("lists/partial", "cache/archives/partial"):
        (into / part).mkdir(parents=True)
    # Root would hand the download to a user who may not write here.
    places = {"Dir::State::lists": into / "lists", "Dir::Cache": into / "cache", "APT::Sandbox::User": "root"}
    apt = ("apt-get", "-q", *(word for name, value in places.items() for word in ("-o", f"{name}={value}")))
    _run((*apt, "update"), into)
    _run((*apt, "download", *PACKAGES), into)
    for package in sorted(into.glob("*.deb")):
        _run(("dpkg-deb", "-x", str(package), str(into / "unpacked")), into)


def _run(command: Sequence[str], folder: Path) -> None:
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCH_S, check=False)
    if ran.returncode:
        said = (ran.stdout + ran.stderr).splitlines()[-5:]
        raise Missing("\n".join([f"'{command[0]} … {command[-1]}' failed; it said last:", *said]))


def _system() -> str:
    try:
        known = platform.freedesktop_os_release()
    except OSError:
        return platform.system().lower()
    return f"{known.get('ID', 'linux')}-{known.get('VERSION_ID', '0')}"
