"""An earlier contact that only a system knows of is told to the agent."""

from klankbord.suggestions.warn_of_repeat import warn_of_repeat
from tests.klankbord.given import moment, signal


def test_it_is_called_for_by_what_another_system_knows() -> None:
    reason = warn_of_repeat.why(moment(signal("repeat_contact", 0.3333)))

    assert reason is not None
    assert reason.kind == "repeat_contact"


def test_what_the_customer_says_the_agent_has_heard() -> None:
    assert warn_of_repeat.why(moment(signal("repeat_contact", 1.0, "al drie keer gebeld"))) is None


def test_it_is_not_called_for_by_something_else() -> None:
    assert warn_of_repeat.why(moment(signal("repetition"))) is None
