"""`python -m training`: rebuild every shipped weight."""

import argparse
import os
from pathlib import Path
from typing import Any, Final

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")  # the same sums on any machine

FOLDER: Final = Path(__file__).parents[1] / "klankbord" / "models"


def main() -> None:
    """Fit heads and reasons of both languages and write their files; with the same data they are the same bytes."""
    import numpy as np

    from training import corpora, dutch, english, linear, reasons, teacher, weights

    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("KLANKBORD_DATA", "../shared/data")))
    parser.add_argument("--out", type=Path, default=FOLDER)
    asked = parser.parse_args()
    train, dev = corpora.labelled(asked.data, "train"), corpora.labelled(asked.data, "dev")

    def header(found: Any, data: list[str], **more: object) -> dict[str, Any]:
        return {
            "heads": list(english.HEADS),
            "bias": [round(float(value), 5) for value in found.bias],
            "platt": [list(pair) for pair in found.slopes],
            "fusion": found.fusion,
            "command": "make train",
            "data": {name: corpora.LICENCES[name] for name in data},
            "figures": found.figures,
            **more,
        }

    def save(language: str, found: Any, head: dict[str, Any]) -> None:
        rows = found.weights * (found.words.steps / linear.VALUE_STEPS)[:, None]
        weights.write(asked.out / f"heads_{language}.bin", found.words, rows, {"language": language, **head})

    rows = {name: teacher.encoded([line.text for line in lines]) for name, lines in sorted(train.items())}
    dev_rows = {n: teacher.encoded([line.text for line in dev[n]]) for n in ("convabuse", "goemotions")}
    taught = teacher.fit(train, dev, rows, dev_rows)
    abuse = english.HEADS.index("abuse")
    taught_abuse = {name: np.clip(taught.logits(found)[:, abuse], -6, 6) for name, found in rows.items()}
    fitted = english.fit(train, dev, taught_abuse)
    save("en", fitted, header(fitted, ["goemotions", "banking77", "clinc150", "xed", "vader-gt", "convabuse"]))
    student = dutch.fit(asked.data, train, rows, taught)
    names = [
        "goemotions",
        "banking77",
        "clinc150",
        "xed",
        "vader-gt",
        "convabuse",
        "hatecheck-nl",
        "lexicons-nl",
        "klankbord",
    ]
    origin = "Universal Sentence Encoder multilingual v3 (Apache-2.0), heads fitted on the English labels"
    about = {"teacher": origin, "teacher_figures": taught.figures}
    lines = {"lines": student.lines, "lines_sha256": student.digest}
    save("nl", student, header(student, names, **about, **lines))
    reasons.train(asked.data, asked.out)


if __name__ == "__main__":
    main()
