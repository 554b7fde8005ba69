"""Print what the form check finds of the corpus: ``python -m tests.forms.faults``. Exit code 1 when a fault is missed that is not known."""

from __future__ import annotations

import sys
import time

from tests.forms.faults.judging import clean_forms, grave, outcomes
from tests.forms.faults.misses import MISSES
from tests.forms.faults.report import lines


def main() -> int:
    """Judge the corpus and print it."""
    began = time.process_time()
    found = list(outcomes())
    alarms = {name: sorted({one.code for one in grave(make())}) for name, make in clean_forms().items()}
    false = [f"- {name}: {', '.join(codes)}" for name, codes in alarms.items() if codes]
    print("\n".join(lines(found)))  # noqa: T201 - a report for people
    print(f"{len(alarms)} clean forms, {len(false)} with a false alarm.", *false, sep="\n")  # noqa: T201
    print(f"{time.process_time() - began:.1f} s of computing time.")  # noqa: T201
    return int(bool(false) or any(one.verdict != "found" and one.words not in MISSES for one in found))


if __name__ == "__main__":
    sys.exit(main())
