"""A Central of before: what it does not know is asked for once in a run, and then in the words of its time.

Releases are those of the public source of ODK Central's backend. Before 2024.3 no filter knows ``__system/deletedAt``: a
deletion is seen by the comparison of everything alone. Before 2025.3 none knows ``__id``: rows are asked for one by one.
Before 2023.4 pages have no token to go on by: nothing here can make up for that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from sync_scripts.servers.central import feed
from sync_scripts.servers.central.project import Project
from sync_scripts.servers.central.shapes import Row, Rows
from sync_scripts.servers.http.errors import NoRight, NotThere, Refused

DELETED_AT: Final = "deletedAt"
"""Filters by when a submission was deleted, and shows deleted ones: since 2024.3."""
BY_ID: Final = "__id"
"""Filters by the id of a submission: since 2025.3."""
PAGES: Final = "$skiptoken"
"""Goes on behind a page by a token: since 2023.4."""
_UNKNOWN_FIELD: Final = "501.5"
"""The server's own number for a filter that names what it does not know."""
_ADDRESSED: Final = re.compile(r"(uuid:)?[A-Za-z0-9-]+")
"""Ids that have an address of their own. Whoever sends chooses an id: at a slash in one, 2024.2.0 ends with an error of its own."""
_NAMEABLE: Final = re.compile(r"[\w .:;,=+*!$&()@~-]+", re.ASCII)
"""Ids that a filter can name, as tried on 2024.2.0; any other sign in one is a refusal of the whole filter (400.18)."""
_NOBODY: Final = "uuid:00000000-0000-4000-8000-000000000000"

_T = TypeVar("_T")


def since(project: Project, form: str, walk: feed.Walk, top: int) -> Rows:
    """Return the next page of a walk; where the server does not know deletions, one of what is there alone.

    Raises what `Project.rows` raises.
    """
    return _either(
        project,
        DELETED_AT,
        lambda: project.rows(form, feed.query(walk, top)),
        lambda: project.rows(form, feed.query(walk, top, deleted=False)),
    )


def named(project: Project, form: str, roots: Sequence[str]) -> list[Row]:
    """Return those of these submissions that are there, one request for each where the server cannot look for several.

    Raises what `Project.rows` raises, also where none is there since the form is not.
    """
    asked = " or ".join(f"__id eq '{root}'" for root in roots)
    return _either(
        project,
        BY_ID,
        lambda: list(project.rows(form, {"$filter": asked}).value),
        lambda: _one_by_one(project, form, roots),
    )


def _one_by_one(project: Project, form: str, roots: Sequence[str]) -> list[Row]:
    """Ask for each by its address; one whose id is none that such a server looks for is not asked for, and not found."""
    asked = [root for root in roots if _ADDRESSED.fullmatch(root)]
    found = [row for row in project.client.lanes.each(partial(project.row, form), asked) if row is not None]
    if not found:
        project.count(form)  # a form that is gone must not look like submissions that are
    return found


def _either(project: Project, what: str, new: Callable[[], _T], old: Callable[[], _T]) -> _T:
    """Return what is answered to the words of now, else to those of before; remembers which of them the server knows."""
    if what in project.lacks:
        return old()
    try:
        found = new()
    except Refused as refused:
        if refused.server_code != _UNKNOWN_FIELD:
            raise
    else:
        project.knows.add(what)
        return found
    found = old()  # one that refuses this, too, lacks something else
    project.lacks.add(what)
    return found


def nameable(root: str) -> bool:
    """Tell whether a filter can name a submission by its id; whoever sends it chooses that."""
    return _NAMEABLE.fullmatch(root) is not None


def askable(project: Project, root: str) -> bool:
    """Tell whether `named` surely asks for a submission; one that filters by ids was seen to do so, else it may know none."""
    return (_NAMEABLE if BY_ID in project.knows else _ADDRESSED).fullmatch(root) is not None


def lacking(project: Project, forms: Sequence[str]) -> frozenset[str]:
    """Ask a server what of this it lacks; of submissions only ids are read, and one at most of each form.

    How pages go on is seen at a form with more than one submission only. A form that is closed to the login, or that was never
    published, says nothing of the server. Raises what `Project.rows` raises of anything else.
    """
    filtered = False
    for form in forms:
        try:
            if not filtered:
                since(project, form, feed.Walk(since=feed.NEVER), 1)
                named(project, form, [_NOBODY])
            filtered = True
            first = project.rows(form, {"$top": 1, "$count": "true"})
        except (NoRight, NotThere):
            continue
        if (first.count or 0) > len(first.value):
            return frozenset(project.lacks) | (set() if feed.token(first.next_link) else {PAGES})
    return frozenset(project.lacks)
