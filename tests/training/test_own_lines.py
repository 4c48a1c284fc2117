"""Our own labelled lines are read whole, or what is wrong is named with its file and line."""

from pathlib import Path

import pytest

from training.own_lines import OwnLine, read_own

LATE = "nl\tdelivery.late\t2\tfrustration:2,disappointment:1\tleaving\tnog steeds niks, ik ga weg"
THANKS = "en\t-\t0\tnone\tnone\tthanks, that is all"


def written(folder: Path, *rows: str) -> Path:
    (folder / "a.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def test_a_line_is_read_with_all_its_labels(tmp_path: Path) -> None:
    lines = read_own(written(tmp_path, LATE, THANKS))

    emotions = {"frustration": 2, "disappointment": 1}
    assert lines == [
        OwnLine("nl", "delivery.late", 2, emotions, frozenset({"leaving"}), "nog steeds niks, ik ga weg"),
        OwnLine("en", "", 0, {}, frozenset(), "thanks, that is all"),
    ]


def test_the_same_text_twice_is_one_line(tmp_path: Path) -> None:
    assert len(read_own(written(tmp_path, THANKS, THANKS.upper().replace("EN\t", "en\t").replace("NONE", "none")))) == 1


@pytest.mark.parametrize(
    ("row", "mistake"),
    [
        pytest.param("nl\t-\t0\tnone\thallo", "has 6 columns", id="a column is missing"),
        pytest.param(THANKS.replace("en", "fr"), "the language is nl or en", id="another language"),
        pytest.param(LATE.replace("delivery.late", "late"), "the reason reads", id="one level"),
        pytest.param(LATE.replace("\t2\t", "\t4\t"), r"dissatisfied is 0\.\.3", id="too unhappy"),
        pytest.param(LATE.replace("frustration:2", "rage:2"), "'rage:2' is no emotion", id="no emotion"),
        pytest.param(LATE.replace("leaving", "rich"), "rich is no mark", id="no mark"),
    ],
)
def test_a_wrong_line_is_named_with_its_file(row: str, mistake: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"^a\.tsv, line 2: .*{mistake}"):
        read_own(written(tmp_path, THANKS, row))
