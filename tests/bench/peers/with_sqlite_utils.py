"""sqlite-utils: one table with the repeats as text, from a file of rows; no server is asked."""
# mypy: ignore-errors
# What it imports is installed in an environment of its own, not in that of the tests.

import json
import sys
import tempfile
from pathlib import Path

import sqlite_utils

rows = json.loads(Path(sys.argv[1]).read_text("utf-8"))
flat = [{k: v if isinstance(v, str | int) else json.dumps(v) for k, v in row.items()} for row in rows]
with tempfile.TemporaryDirectory() as folder:
    table = sqlite_utils.Database(Path(folder, "x.db"))["submissions"]
    table.upsert_all(flat, pk="_id", alter=True)
    print(json.dumps({"rows": table.count}))  # noqa: T201 - how it answers
