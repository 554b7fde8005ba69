"""dlt: the REST source following ``next`` (KoboToolbox) into normalised tables of SQLite, merged by ``_id``.

With a fourth argument the state of that folder is used again: an incremental load after the greatest ``_id``.
"""
# mypy: ignore-errors
# What it imports is installed in an environment of its own, not in that of the tests.

import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"

import dlt
from dlt.sources.rest_api import rest_api_source

address, form, token, *more = sys.argv[1:]
folder = Path(more[0]) if more else Path(tempfile.mkdtemp())
os.chdir(folder)
query = '{{"_id":{{"$gt":{incremental.start_value}}}}}'
source = rest_api_source(
    {
        "client": {
            "base_url": f"{address}/api/v2/",
            "headers": {"Authorization": f"Token {token}"},
            "paginator": {"type": "json_link", "next_url_path": "next"},
        },
        "resources": [
            {
                "name": "submissions",
                "primary_key": "_id",
                "write_disposition": "merge",
                "endpoint": {
                    "path": f"assets/{form}/data/",
                    "data_selector": "results",
                    "params": {"limit": 1000, "query": query},
                    "incremental": {"cursor_path": "_id", "initial_value": 0},
                },
            }
        ],
    }
)
pipeline = dlt.pipeline(
    "bench",
    pipelines_dir=str(folder / "state"),
    destination=dlt.destinations.sqlalchemy(f"sqlite:///{folder / 'dlt.db'}"),
    dataset_name="main",
)
pipeline.run(source)
with pipeline.sql_client() as client, client.execute_query("SELECT count(*) FROM submissions") as rows:
    print(json.dumps({"rows": rows.fetchone()[0]}))  # noqa: T201 - how it answers
