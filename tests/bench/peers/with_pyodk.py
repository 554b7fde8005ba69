"""pyodk: the whole table in one answer, repeats inside; with "pandas" also two frames. Nothing is stored."""
# mypy: ignore-errors
# What it imports is installed in an environment of its own, not in that of the tests.

import json
import sys
import tempfile
from pathlib import Path

from pyodk.client import Client

address, form, account, password, *more = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    config = Path(folder, "config.toml")
    config.write_text(
        f'[central]\nbase_url = "{address}"\nusername = "{account}"\npassword = "{password}"\ndefault_project_id = 7\n',
        encoding="utf-8",
    )
    asked = dict(one.split("=", 1) for one in more if "=" in one)
    with Client(config_path=config, cache_path=Path(folder, "cache.toml")) as client:
        rows = client.submissions.get_table(form_id=form, expand="*", **asked)["value"]
if "pandas" in more:
    import pandas as pd

    pd.json_normalize(rows)
    pd.json_normalize(rows, record_path="victims", meta=["__id"], record_prefix="victim.")
print(json.dumps({"rows": len(rows)}))  # noqa: T201 - how it answers
