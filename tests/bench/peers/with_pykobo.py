"""pykobo: one page as frames. Nothing is stored."""
# mypy: ignore-errors
# What it imports is installed in an environment of its own, not in that of the tests.

import json
import sys

import pykobo

address, form, token = sys.argv[1:4]
found = pykobo.Manager(url=address, api_version=2, token=token).get_form(form)
found.fetch_data()
print(json.dumps({"rows": len(found.data)}))  # noqa: T201 - how it answers
