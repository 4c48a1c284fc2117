"""Words that stand near each other: what is looked for first stands in all that the patterns match."""

from importlib import import_module

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from klankbord.phrases import Near

NEARS = [
    pytest.param(getattr(import_module(f"klankbord.detectors.{name}"), "_NEAR"), id=name)  # noqa: B009
    for name in ("threat_to_others", "threat_to_self")
]


@pytest.mark.parametrize("near", NEARS)
@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=some.data())
def test_whatever_a_pattern_matches_holds_a_telling_word(near: Near, data: some.DataObject) -> None:
    said = data.draw(some.from_regex(near.pattern))

    assert near.search(said) is not None
