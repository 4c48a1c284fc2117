"""The AsyncAPI document fits the schema that the makers of AsyncAPI publish."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest

# jsonschema ships no types
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from docs import contracts
from docs.generate import FOLDER

PACKAGE: Final = "@asyncapi/specs@6.11.1"
INTEGRITY: Final = "sha512-A3WBLqAKGoJ2+6FWFtpjBlCQ1oFCcs4GxF7zsIGvNqp/klGUHjlA3aAcZ9XMMpLGE8zPeYDz2x9FmO6DSuKraQ=="
MEMBER: Final = "package/schemas/3.0.0.json"
FETCH_S: Final = 120.0
DOCUMENT: Final[dict[str, Any]] = json.loads((FOLDER / contracts.ASYNCAPI).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def specification() -> Any:
    cached = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "klankbord" / "asyncapi-specs-6.11.1.tgz"
    )
    if not cached.is_file():
        if shutil.which("npm") is None:
            if os.environ.get("CI"):
                raise AssertionError("npm is not here")
            pytest.skip("npm is not here: whether docs/asyncapi.json is AsyncAPI 3 is not known")
        cached.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cached.parent) as folder:
            command = ("npm", "pack", "--silent", PACKAGE)
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=FETCH_S)
            (packed,) = Path(folder).glob("*.tgz")
            packed.rename(cached)
    assert f"sha512-{base64.b64encode(hashlib.sha512(cached.read_bytes()).digest()).decode()}" == INTEGRITY
    with tarfile.open(cached) as archive:
        member = archive.extractfile(MEMBER)
        assert member is not None
        return json.load(member)


def wrong(specification: Any, document: object) -> list[str]:
    return [
        f"{error.json_path}: {error.message[:200]}" for error in Draft7Validator(specification).iter_errors(document)
    ]


def test_the_document_is_asyncapi_3(specification: Any) -> None:
    assert wrong(specification, DOCUMENT) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(("asyncapi",), "2.6.0", id="another version"),
        pytest.param(("channels", "chat.messages", "adress"), "x", id="a misspelt field"),
        pytest.param(("operations", "receive-chat.messages", "action"), "subscribe", id="a word of version 2"),
        pytest.param(("components", "messages", "event", "contentType"), 7, id="a number for a name"),
        pytest.param(("channels", "chat.messages", "bindings", "kafka", "partitions"), 0, id="no partitions"),
    ],
)
def test_what_is_no_asyncapi_3_is_found(specification: Any, path: tuple[str, ...], value: object) -> None:
    changed = deepcopy(DOCUMENT)
    part = changed
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value

    assert wrong(specification, changed)
