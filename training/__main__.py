"""`python -m training`: rebuild every shipped weight."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

# The same sums on any x86-64 machine with AVX2: what is faster on newer ones adds up in another order.
os.environ.update(
    OMP_NUM_THREADS="1",
    OPENBLAS_NUM_THREADS="1",
    MKL_NUM_THREADS="1",
    OPENBLAS_CORETYPE="Haswell",
    NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL AVX512_SPR",
)

ENCODER: Final = "Universal Sentence Encoder multilingual v3 (Apache-2.0), heads fitted on the labelled lines"
FOLDER: Final = Path(__file__).parents[1] / "klankbord" / "models"


def main() -> None:
    """Fit heads and reasons of both languages and write their files; with the same data they are the same bytes."""
    import numpy as np

    from training import answers, corpora, dutch, english, linear, reasons, teacher, weights
    from training.own_lines import ANSWERS

    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("KLANKBORD_DATA", "../shared/data")))
    parser.add_argument("--out", type=Path, default=FOLDER)
    asked = parser.parse_args()
    train, dev = corpora.labelled(asked.data, "train"), corpora.labelled(asked.data, "dev")

    def header(found: Any, data: list[str], heads: Sequence[str] = corpora.HEADS, **more: object) -> dict[str, Any]:
        return {
            "heads": list(heads),
            "bias": [round(float(value), 5) for value in found.bias],
            "platt": [list(pair) for pair in found.slopes],
            "command": "make train",
            "data": {name: corpora.LICENCES[name] for name in data},
            "figures": found.figures,
            **more,
        }

    def save(kind: str, language: str, found: Any, head: dict[str, Any]) -> None:
        rows = found.weights * (found.words.steps / linear.VALUE_STEPS)[:, None]
        weights.write(asked.out / f"{kind}_{language}.bin", found.words, rows, {"language": language, **head})

    rows = {name: teacher.encoded([line.text for line in lines]) for name, lines in sorted(train.items())}
    dev_rows = {n: teacher.encoded([line.text for line in dev[n]]) for n in ("convabuse", "goemotions")}
    taught = teacher.fit(train, dev, rows, dev_rows)
    abuse = corpora.HEADS.index("abuse")
    taught_abuse = {name: np.clip(taught.logits(found)[:, abuse], -6, 6) for name, found in rows.items()}

    ours, ours_dev = corpora.own(dev=False), corpora.own(dev=True)
    plain = corpora.plain(asked.data)
    ours_rows = teacher.encoded([line.text for line in ours])
    of_service = teacher.fit_own(
        [*ours, *plain],
        np.vstack([ours_rows, teacher.encoded([line.text for line in plain])]),
        ours_dev,
        teacher.encoded([line.text for line in ours_dev]),
    )
    service = corpora.service_texts(asked.data)
    service_rows = teacher.encoded(service)
    english_ours = corpora.own("en", dev=False)
    texts = [[line.text for line in english_ours], service, [line.text for line in train["goemotions"]]]
    own_rows = teacher.encoded(texts[0])
    logits = np.vstack([of_service.logits(found) for found in (own_rows, service_rows, rows["goemotions"])])
    shares = np.repeat([3.0, 1.0, 0.3], [len(said) for said in texts])
    train_en = {**train, "klankbord": english_ours}
    dev_en = {**dev, "klankbord": corpora.own("en", dev=True)}
    fitted = english.fit(train_en, dev_en, taught_abuse, english.Taught([*chain(*texts)], logits, shares), plain)
    sets = ["goemotions", "banking77", "clinc150", "xed", "vader-gt", "convabuse", "multidogo", "star", "klankbord"]
    about: dict[str, Any] = {"teacher": ENCODER, "teacher_figures": of_service.figures}
    save("heads", "en", fitted, header(fitted, sets, fusion=fitted.fusion, **about))

    turned = {name: [line.text for line in train[name]] for name in ("goemotions", "xed", "vader-gt")}
    turned["service"], rows["service"] = service, service_rows
    student = dutch.fit(asked.data, turned, rows, taught, of_service, plain)
    about["teacher_figures"] = {**taught.figures, **of_service.figures}
    lines: dict[str, Any] = {"lines": student.lines, "lines_sha256": student.digest}
    save(
        "heads",
        "nl",
        student,
        header(student, [*sets, "hatecheck-nl", "lexicons-nl"], fusion=student.fusion, **about, **lines),
    )

    for language, found in answers.fit(corpora.answer_texts(asked.data), corpora.word_table(asked.data)).items():
        read = ["star", "klankbord", *(["lexicons-nl"] if language == "nl" else [])]
        save("answers", language, found, header(found, read, ANSWERS, teacher=ENCODER))

    # The second stage listens through the heads that were just written.
    subprocess.run([sys.executable, "-m", "training.judges", str(asked.data), str(asked.out)], check=True)
    reasons.train(asked.data, asked.out)


if __name__ == "__main__":
    main()
