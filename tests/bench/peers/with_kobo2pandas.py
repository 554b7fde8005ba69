"""kobo2pandas: one page as frames, one of them for each repeat; "limit=" asks for more rows. Nothing is stored."""
# mypy: ignore-errors
# What it imports is installed in an environment of its own, not in that of the tests.

import json
import sys

from kobo2pandas import KoboAPI

address, form, token, *more = sys.argv[1:]
frames = KoboAPI(token, endpoint=address).get_dataframes(form, **dict(one.split("=", 1) for one in more))
print(json.dumps({"rows": len(frames[0]) if frames else 0}))  # noqa: T201 - how it answers
