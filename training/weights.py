"""The weight files: a header that says where the weights come from, then the dictionary and its rows."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from klankbord.models.heads import FORMAT
from training.linear import VALUE_STEPS, Dictionary


def quantised(weights: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """Features x heads as int8, with the step of each head. The few largest are cut, so that the many keep detail."""
    largest = np.quantile(np.abs(weights), 0.9998, axis=0)
    steps = [float(f"{value / 127:.6g}") or 1e-6 for value in largest]
    return np.clip(np.rint(weights / np.array(steps)), -127, 127).astype(np.int8), steps


def write(path: Path, words: Dictionary, weights: np.ndarray, header: dict[str, Any]) -> None:
    """One file, the same bytes from the same weights; `weights` are per step-valued feature."""
    rows, steps = quantised(weights)
    listed = "\n".join(words.names).encode()
    whole = {
        "format": FORMAT,
        "value_steps": VALUE_STEPS,
        "features": len(words.names),
        "feature_bytes": len(listed),
        "scales": steps,
        **header,
    }
    head = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
    path.write_bytes(head + b"\n" + listed + words.steps.tobytes() + rows.tobytes())
