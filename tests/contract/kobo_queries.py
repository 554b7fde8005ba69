"""Questions to the rows of a stand-in KoboToolbox: which rows, in which order, how many; an unknown name meets nothing.

Every answer is text and compares as text; only the number of a row is a number. An operator that the server does not
know meets nothing either, without an error. Of those that it knows, `$not`, `$options`, `$all`, `$expr` and `$ifNull` are
not here: no recording shows them, and our client does not write them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx

from tests.contract.kobo_rows import Layout, Submission, row
from tests.contract.kobo_said import link, said

Rule = Callable[[dict[str, Any]], bool]


class Refused(Exception):
    """The server refuses a question.

    Attributes:
        answer: what it says.
    """

    def __init__(self, **told: str) -> None:
        """Keep the answer: the name of a parameter, and what is wrong with it."""
        super().__init__()
        self.answer = said(told, 400)


def fits(query: dict[str, Any]) -> Rule:
    """Return the rule of a query."""
    rules = [_rule(name, wanted) for name, wanted in query.items()]
    return lambda values: all(rule(values) for rule in rules)


def names(query: Any) -> set[str]:
    """Return the members that a query looks at."""
    if isinstance(query, list):
        return set().union(*(names(one) for one in query))
    if not isinstance(query, dict):
        return set()
    return {name.partition(".")[0] for name in query if not name.startswith("$")}.union(
        *(names(inner) for name, inner in query.items() if name.startswith("$"))
    )


def _rule(name: str, wanted: Any) -> Rule:
    if name in ("$and", "$or"):
        rules = [fits(one) for one in wanted]
        joined = all if name == "$and" else any
        return lambda values: joined(rule(values) for rule in rules)
    if name.startswith("$"):
        return lambda _values: False
    if not isinstance(wanted, dict):
        return lambda values: bool(_value(values, name) == wanted)
    signs = [_sign(sign, bound) for sign, bound in wanted.items()]
    return lambda values: all(sign(_value(values, name)) for sign in signs)


def _value(values: dict[str, Any], name: str) -> Any:
    """Return a member; a point leads into one that has members, as into the status."""
    head, _point, rest = name.partition(".")
    found = values.get(name, values.get(head) if rest else None)
    return found.get(rest) if rest and isinstance(found, dict) else found


def _sign(sign: str, bound: Any) -> Callable[[Any], bool]:  # noqa: PLR0911 - a table of signs
    match sign:
        case "$exists":
            return lambda value: (value is not None) == bool(bound)
        case "$ne":
            return lambda value: bool(value != bound)
        case "$in":
            return lambda value: value in bound
        case "$nin":
            return lambda value: value not in bound
        case "$regex":
            return lambda value: isinstance(value, str) and re.search(bound, value) is not None
        case "$elemMatch":
            inner = fits(bound)
            return lambda value: isinstance(value, list) and any(inner(one) for one in value)
        case "$gt" | "$gte" | "$lt" | "$lte":
            return lambda value: _comparable(value, bound) and _COMPARED[sign](value, bound)
    return lambda _value: False


def _comparable(value: Any, bound: Any) -> bool:
    """Tell whether two values are of one kind: a number compares with no text."""
    return isinstance(value, type(bound)) and isinstance(value, int | str)


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": lambda value, bound: bool(value > bound),
    "$gte": lambda value, bound: bool(value >= bound),
    "$lt": lambda value, bound: bool(value < bound),
    "$lte": lambda value, bound: bool(value <= bound),
}


def matching(shown: list[Submission], query: dict[str, Any], layout: Layout) -> list[Submission]:
    """Return the rows that a query meets; answers are read only when it asks for them."""
    rule, wanted = fits(query), sorted(names(query) | {"_validation_status"})
    return [one for one in shown if rule(row(one, wanted, layout))] if query else shown


def asked(params: httpx.QueryParams, name: str, else_: Any) -> Any:
    """Return a parameter that is written in JSON.

    Raises:
        Refused: it is not JSON, or not of the kind that is expected there.
    """
    try:
        found = json.loads(params[name]) if name in params else else_
    except ValueError:
        found = ""
    if isinstance(found, str):
        raise Refused(**{name: "Value must be valid JSON."})
    return found


def page(
    request: httpx.Request, shown: list[Submission], layout: Layout, at: str, *, default: int, cap: int
) -> httpx.Response:
    """Answer a question to the rows with one page: cut to ``cap`` without a word, whatever was asked.

    Raises:
        Refused: a parameter is wrong.
    """
    params = request.url.params
    if "count" in params:
        raise Refused(count="This param is not implemented. Use `count` property of the response instead.")
    found, start, limit = chosen(params, shown, layout, default=default, cap=cap)
    fields = asked(params, "fields", None)
    rows = [row(one, fields, layout, at) for one in found[start : start + limit]]
    alias = int("offset" in params)  # an old alias stays in the link, and so the start must be told beside it
    before = start - limit
    told = {
        "count": len(found),
        "next": link(request, start + limit) if start + limit < len(found) else None,
        "previous": link(request, max(before, alias)) if start else None,
        "results": rows,
    }
    return said(told)


def chosen(
    params: httpx.QueryParams, shown: list[Submission], layout: Layout, *, default: int, cap: int
) -> tuple[list[Submission], int, int]:
    """Return the rows that are met, in order, and which page of them is asked for: its start and its length.

    Raises:
        Refused: a parameter is wrong.
    """
    told = params.get("limit", str(default))
    if not told.isdecimal() or told == "0":
        raise Refused(limit="A positive integer is required")
    found = matching(shown, asked(params, "query", {}), layout)
    for name, way in reversed(asked(params, "sort", {}).items()):
        found = sorted(found, key=lambda one: _key(one, name, layout), reverse=way == -1)
    return found, int(params.get("start", params.get("offset", "0"))), min(int(told), cap)


def _key(one: Submission, name: str, layout: Layout) -> tuple[bool, Any]:
    value = one.number if name == "_id" else _value(row(one, [name, "_validation_status"], layout), name)
    return value is not None, value if isinstance(value, int | str) else ""
