"""`python -m tests.simulator --seeds 10000`, or one of them again: `--seed 4711`."""

import argparse
import sys

from tests.simulator.campaign import one, quiet, run, told
from tests.simulator.mutations import MUTATIONS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seed", type=int, help="this one alone, with its schedule")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--break", dest="mutation", choices=MUTATIONS, help="with one promise broken")
    asked = parser.parse_args()
    if asked.seed is not None:
        quiet()
        outcome = one(asked.seed, asked.mutation)
        sys.stdout.write("\n".join([*told(outcome), "green" if outcome.green else "RED", ""]))
        return 0 if outcome.green else 1
    campaign = run(asked.first, asked.seeds, processes=asked.processes, mutation=asked.mutation)
    sys.stdout.write("\n".join([*campaign.report(), ""]))
    return 0 if campaign.green else 1


if __name__ == "__main__":
    sys.exit(main())
