"""``python -m sync_scripts``: the command ``dikalo`` where no console script is installed."""

from __future__ import annotations

import sys

from sync_scripts.cli import main

if __name__ == "__main__":
    sys.exit(main())
