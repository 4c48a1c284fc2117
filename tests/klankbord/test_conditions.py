"""What a condition may say, what it is refused for, and that nothing it says can be slow or fail."""

import time
from typing import Final

import cel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klankbord.conditions import LARGEST, MAX_CHARS, Condition, Trend, Unreadable, Vocabulary, nearest, read

KNOWN: Final = Vocabulary(
    {
        "effort": "number",
        "anger": "number",
        "said.refund": "number",
        "never": "number",
        "open_complaint": "truth",
        "channel": "text",
        "queue": "text",
    },
    {"channel": frozenset({"chat", "voice"})},
    frozenset({"effort", "valence"}),
)
NUMBERS: Final = {"raise_at": 0.9, "low": -1.0, "window_s": 300.0}
EXTREMES: Final = (0.0, 1.0, -1.0, LARGEST, -LARGEST)


def holds(text: str, **values: float | str | bool) -> object:
    """What CEL says of the condition when the names have `values`."""
    condition = read(text, NUMBERS, KNOWN)
    given = {f"v{place}": values[_key(name)] for place, name in enumerate(condition.variables)}
    return cel.compile(condition.source).execute(given)


def _key(name: str | Trend) -> str:
    return f"{name.way}_{name.name}" if isinstance(name, Trend) else name.replace(".", "_")


def mistakes(text: str) -> list[str]:
    with pytest.raises(Unreadable) as error:
        read(text, NUMBERS, KNOWN)
    return error.value.mistakes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("effort >= 5", True, id="a whole number is as good as one with a point"),
        pytest.param("effort >= 5.5", False, id="and one with a point"),
        pytest.param("anger >= raise_at", True, id="the rule's own number"),
        pytest.param("anger > low && -anger < 0", True, id="below nought"),
        pytest.param("effort - 1 >= 2 * 2", True, id="times before minus"),
        pytest.param("effort / 2 == 2.5", True, id="divided"),
        pytest.param("anger < 0.5 || effort > 4 && open_complaint", True, id="and before or"),
        pytest.param("(anger < 0.5 || effort > 4) && !open_complaint", False, id="brackets and not"),
        pytest.param("channel == 'chat' && queue != \"\"", True, id="texts"),
        pytest.param("queue in ['billing', 'invoices']", True, id="one of several texts"),
        pytest.param("effort in [1, 5]", True, id="one of several numbers"),
        pytest.param("said.refund > 3 && said.refund < never", True, id="a name with a point"),
        pytest.param("open_complaint == true", True, id="a truth"),
        pytest.param("  true\t", True, id="space around"),
    ],
)
def test_a_condition_means_what_cel_says(text: str, expected: bool) -> None:
    values = {"effort": 5.0, "anger": 0.95, "said_refund": 4.0, "never": 1e6}

    assert holds(text, **values, open_complaint=True, channel="chat", queue="billing") is expected


def test_a_trend_is_a_number_that_is_looked_up() -> None:
    condition = read("rise(effort, window_s) >= 2 && fall(valence, 60) > 0.5", NUMBERS, KNOWN)

    assert condition == Condition(
        "v0 >= 2.0 && v1 > 0.5",
        (Trend("rise", "effort", 300.0), Trend("fall", "valence", 60.0)),
        frozenset({"window_s"}),
    )


def test_conditions_of_one_program_share_their_names() -> None:
    shared = dict[str | Trend, str]()

    first, second = (read(text, NUMBERS, KNOWN, shared) for text in ("anger > 0.5", "effort > 2 && anger > 0.1"))

    assert (first.source, second.source) == ("v0 > 0.5", "v1 > 2.0 && v0 > 0.1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("angr > 1", "'angr' is not known; did you mean 'anger'?", id="misspelt"),
        pytest.param("said.refnd > 1", "did you mean 'said.refund'?", id="misspelt phrase list"),
        pytest.param("xyz > 1", "'xyz' is not known", id="nothing near"),
        pytest.param("channel == 'caht'", "channel is never 'caht'; did you mean 'chat'?", id="no such channel"),
        pytest.param("channel in ['chat', 'fax']", "channel is never 'fax'", id="nor among several"),
        pytest.param("anger", "is a number, not a condition", id="no comparison"),
        pytest.param("anger > 'x'", "'>' compares numbers, and there is a text", id="number with text"),
        pytest.param("channel == 1", "'==' compares a text with a number", id="text with number"),
        pytest.param("anger && true", "'&&' joins conditions, and 'anger' is a number", id="number as condition"),
        pytest.param("!anger", "'!' turns a condition round", id="not of a number"),
        pytest.param("channel + 'x' == 'y'", "'+' calculates with numbers", id="texts do not add up"),
        pytest.param("1 < anger < 2", "'<' is not expected there", id="two comparisons in one"),
        pytest.param("anger >", "ends too soon", id="half"),
        pytest.param("(anger > 1", "')' is expected at the end", id="open bracket"),
        pytest.param("anger > 1)", "')' is not expected there", id="closing bracket"),
        pytest.param("", "ends too soon", id="nothing"),
        pytest.param("anger = 1", "cannot be read from character 7", id="one equals sign"),
        pytest.param("anger ≥ 1", "cannot be read from character 7", id="a sign of print"),
        pytest.param("true || signals.x > 1", "'signals.x' is not known", id="behind what is always true"),
        pytest.param("anger > 1e300", "cannot be read", id="exponent"),
        pytest.param("anger > 999999999999", "is larger than", id="too large a number"),
        pytest.param("effort / anger > 1", "divides by a number that is written out", id="division by what may be 0"),
        pytest.param("effort / 0 > 1", "divides by a number that is written out", id="division by 0"),
        pytest.param("effort * effort * effort * effort * effort * effort > 1", "more than 4 times", id="powers"),
        pytest.param("queue.matches('(a+)+$')", "'queue.matches()' is not known", id="regular expression"),
        pytest.param("matches(queue, '(a+)+$')", "'matches()' is not known", id="and as a function"),
        pytest.param("[1, 2].exists(x, x > 1)", "'[' is not expected there", id="loop"),
        pytest.param("size(queue) > 1", "'size()' is not known", id="function"),
        pytest.param("anger > 1 ? true : false", "cannot be read from character 11", id="question"),
        pytest.param("rise(anger, 60) > 1", "knows the course of effort and valence, not of 'anger'", id="no course"),
        pytest.param("rise(effort, 0) > 1", "looks back 1 to 3600 seconds", id="no time"),
        pytest.param("rise(effort, anger) > 1", "looks back 1 to 3600 seconds, written out", id="time of any length"),
        pytest.param("queue == 'a\\'b'", "cannot be read", id="backslash"),
        pytest.param("queue == 'a\nb'", "cannot be read", id="line end in a text"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_reason(text: str, told: str) -> None:
    assert told in "\n".join(mistakes(text))


def test_all_mistakes_of_a_condition_are_told_at_once() -> None:
    assert mistakes("angr > 1 && effrt > 2 && channel == 'caht'") == [
        "'angr' is not known; did you mean 'anger'?",
        "'effrt' is not known; did you mean 'effort'?",
        "channel is never 'caht'; did you mean 'chat'?",
    ]


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param("(" * 100_000 + "true" + ")" * 100_000, id="brackets by the thousand"),
        pytest.param("(" * 190 + "true" + ")" * 190, id="brackets as deep as the length allows"),
        pytest.param("!" * 390 + "true", id="nots"),
        pytest.param("-" * 390 + "1 > 0", id="minus signs"),
        pytest.param("effort" + ".effort" * 50 + " > 1", id="points"),
        pytest.param("queue in [" + "'a'," * 90, id="a list without an end"),
        pytest.param(" " * 390 + "x" * 10, id="space"),
        pytest.param("a" * 399 + "!", id="one long name"),
        pytest.param("'" + "a" * 398, id="a text without an end"),
        pytest.param("1" * 400, id="digits"),
        pytest.param("[[[[" * 100, id="lists in lists"),
        pytest.param("queue.matches('" + "(a+)+" * 60 + "$')", id="catastrophic expression"),
        pytest.param("[1,2,3].map(a,[1,2,3].map(b,[1,2,3].map(c,[1,2,3].map(d,a))))==[]", id="loops in loops"),
    ],
)
def test_a_hostile_condition_is_refused_in_no_time(hostile: str) -> None:
    began = time.perf_counter()

    assert mistakes(hostile)

    assert time.perf_counter() - began < 0.1


def test_the_longest_condition_is_asked_in_no_time() -> None:
    text = " || ".join(["effort > 9"] * 28)
    assert MAX_CHARS - 15 < len(text) <= MAX_CHARS
    program = cel.compile(read(text, NUMBERS, KNOWN).source)

    began = time.perf_counter()
    for _ in range(100):
        program.execute({"v0": 1.0})

    assert (time.perf_counter() - began) / 100 < 1e-3


PIECES: Final = st.sampled_from(
    [
        *"()[]!,.<>+-*/", "&&", "||", "==", "!=", "<=", ">=", " in ", "effort", "anger", "said.refund", "never",
        "open_complaint", "channel", "queue", "raise_at", "low", "true", "false", "0", "1", "0.5", "999999999",
        "'chat'", '"x"', "rise(effort, 60)", "fall(valence,window_s)", "matches", "size", "?", ":", "null", "1u",
    ]
)  # fmt: skip
NUMBER: Final = st.recursive(
    st.sampled_from(["effort", "anger", "said.refund", "raise_at", "low", "0", "999999999", "rise(effort, 60)"]),
    lambda n: st.one_of(
        st.tuples(n, st.sampled_from("+-*"), n).map(" ".join), n.map("(-{})".format), n.map("({} / 0.000001)".format)
    ),
    max_leaves=6,
)
TRUTH: Final = st.recursive(
    st.one_of(
        st.tuples(NUMBER, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBER).map(" ".join),
        st.sampled_from(["open_complaint", "true", "channel == 'chat'", "queue in ['a', 'b']"]),
    ),
    lambda t: st.one_of(st.tuples(t, st.sampled_from(["&&", "||"]), t).map(" ".join), t.map("!({})".format)),
    max_leaves=5,
)


@settings(deadline=None, max_examples=400)
@given(
    st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map(" ".join), TRUTH),
    st.sampled_from(EXTREMES),
    st.sampled_from(EXTREMES),
    st.sampled_from(EXTREMES),
)
def test_no_text_that_was_read_can_fail(text: str, effort: float, anger: float, moved: float) -> None:
    try:
        read(text, NUMBERS, KNOWN)
    except Unreadable:
        return

    values = {"effort": effort, "anger": anger, "said_refund": effort, "never": 1e6}
    courses = {"rise_effort": moved, "fall_valence": moved, "fall_effort": moved, "rise_valence": moved}
    assert holds(text, **values, **courses, open_complaint=True, channel="chat", queue="") in (True, False)


def test_what_is_near_is_named_and_nothing_else() -> None:
    assert nearest("efort", KNOWN.names) == "; did you mean 'effort'?"
    assert nearest("zzz", KNOWN.names) == ""
