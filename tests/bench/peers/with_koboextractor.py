"""koboextractor: one page of dictionaries; a third argument asks for more rows. Nothing is stored."""
# mypy: ignore-errors
# What it imports is installed in an environment of its own, not in that of the tests.

import json
import sys

from koboextractor import KoboExtractor

address, form, token, *more = sys.argv[1:]
asked = dict(one.split("=", 1) for one in more)
rows = KoboExtractor(token, f"{address}/api/v2").get_data(form, **asked)["results"]
print(json.dumps({"rows": len(rows)}))  # noqa: T201 - how it answers
