"""Dockerfile and .dockerignore: what goes into the image, and how it runs."""

import json
import re
import subprocess

from tests.deploy import BIN, ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
INSTRUCTIONS = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", DOCKERFILE)).splitlines()


def given_to(instruction: str) -> list[str]:
    """What follows each use of `instruction`, in order."""
    return [line.split(maxsplit=1)[1] for line in INSTRUCTIONS if line.startswith(instruction + " ")]


def test_hadolint_finds_nothing() -> None:
    run = subprocess.run([BIN / "hadolint", "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_every_base_image_has_a_version() -> None:
    bases = [line.split()[0] for line in given_to("FROM")]

    assert [base for base in bases if not re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", base)] == []
    assert len(set(bases)) == 1


def test_uv_has_a_version_and_installs_what_is_locked() -> None:
    runs = given_to("RUN")

    assert any(re.search(r"pip install .*\buv==\d+\.\d+\.\d+$", run) for run in runs)
    assert all("--frozen --no-dev --extra app" in run for run in runs if run.startswith("uv sync"))


def test_the_image_and_the_makefile_install_with_the_same_uv() -> None:
    in_makefile = re.findall(r"(?m)^UV_VERSION := (.+)$", (ROOT / "Makefile").read_text())

    assert in_makefile == re.findall(r"\buv==([\d.]+)", DOCKERFILE)


def test_the_process_is_not_root() -> None:
    assert given_to("USER") == ["10001:10001"]


def test_signals_reach_the_process_because_no_shell_stands_between() -> None:
    assert given_to("CMD") == ['["python", "-m", "web"]']
    assert given_to("ENTRYPOINT") == []
    assert given_to("STOPSIGNAL") == ["SIGTERM"]


def test_the_health_check_is_python_that_compiles_and_asks_livez() -> None:
    (check,) = given_to("HEALTHCHECK")

    program, option, code = json.loads(check[check.index("CMD") + 3 :])

    assert (program, option) == ("python", "-c")
    compile(code, "HEALTHCHECK", "exec")
    assert "/livez" in code


def test_what_is_written_goes_under_tmp() -> None:
    (runtime,) = (line for line in given_to("ENV") if "PATH=" in line)

    assert "KLANKBORD_DATA_DIR=/tmp/" in runtime
    assert "PYTHONDONTWRITEBYTECODE=1" in runtime


def test_only_what_is_named_goes_into_the_image() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    let_in = [rule[1:].rstrip("/") for rule in rules if rule.startswith("!")]

    assert rules[0] == "*"
    assert set(let_in) == {
        *("pyproject.toml", "uv.lock", "README.md", "LICENSE"),
        *("klankbord", "config", "streams", "agents", "web"),
    }
    assert [path for path in let_in if not (ROOT / path).exists()] == []
