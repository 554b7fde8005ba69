"""Make ``forms/samples`` again from its scenarios, with ODK Collect's own engine: ``python -m tests.samples``."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.samples.make import SAMPLES, make, save

if __name__ == "__main__":
    target = Path(sys.argv[1]) if sys.argv[1:] else SAMPLES
    made = make()
    save(made, target)
    sys.stderr.write(f"{len(made)} files in {target}\n")
