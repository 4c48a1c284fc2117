"""Scores are rounded as `round` rounds them, to the last bit and the sign of nought."""

from struct import pack

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from klankbord.digits import rounded, to_hundredths


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300))
@example(0.00005)
@example(0.00015)
@example(-0.00004)
@example(-0.0)
@example(1e5 + 0.00005)
def test_a_number_is_what_round_makes_of_it(value: float) -> None:
    assert pack("d", rounded(value)) == pack("d", round(value, 4))
    assert pack("d", to_hundredths(value)) == pack("d", round(value, 2))


@pytest.mark.parametrize("beside", [-1e-9, -1e-12, 0.0, 1e-12, 1e-9])
def test_so_is_what_lies_in_the_middle_of_two_steps_or_beside_it(beside: float) -> None:
    for step in range(-20_000, 20_000, 7):
        value = (step + 0.5) / 10_000 + beside

        assert pack("d", rounded(value)) == pack("d", round(value, 4))
