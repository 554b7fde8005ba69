"""Files that no pull has taken, because they are too large or their name could do harm: said until somebody takes them.

Nobody is asked to send them again: where a server holds them, it holds the only copy. Reads the register alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from gettext import ngettext
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from sync_scripts.register.queries.submissions import left_sealed
from sync_scripts.servers.base import Sighting
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import attachment

_REFUSED = attachment.c.state == "refused"


@dataclass(frozen=True, slots=True)
class Left:
    """Files of one form, as its server calls it, that were not taken."""

    server: str
    form: str
    count: int


def left(rows: Rows) -> tuple[Left, ...]:
    """Return what was left at each source, over all runs; of what waits sealed, too."""
    table = attachment.c
    asked = (
        select(table.server, table.form, func.count().label("n"))
        .where(_REFUSED)
        .group_by(table.server, table.form)
    )
    found = Counter({(row.server, row.form): int(row.n) for row in rows.execute(asked)})
    for (server, form, _root), count in left_sealed(rows).items():
        found[server, form] += count
    return tuple(Left(*key, found[key]) for key in sorted(found))


def fitting(rows: Rows, server: str, limit: int, usual: int) -> list[tuple[str, str]]:
    """Return form and root of what was left before and is not too large for this limit in bytes, as far as is known.

    Of what has no size nobody knows: it is tried whenever somebody allows more than the usual limit.
    """
    table = attachment.c
    asked = (
        select(table.form, table.root_id)
        .where(table.server == server, _REFUSED, _fits(limit, usual))
        .distinct()
    )
    found = {(row.form, row.root_id) for row in rows.execute(asked)}
    if limit > usual:
        found |= {(form, root_id) for _server, form, root_id in left_sealed(rows, server)}
    return sorted(found)


def shows(one: Sighting, fit: Collection[tuple[str, str]]) -> bool:
    """Tell whether a place may show one of these again; of one that does not say what it shows only reading tells.

    Args:
        one: the place.
        fit: form and root of what was too large before, and is not by now.
    """
    root = one.root_id or one.version
    return bool(fit) and (not root or any(root == of for _form, of in fit))


def _fits(limit: int, usual: int) -> ColumnElement[bool]:
    known = and_(attachment.c.size.is_not(None), attachment.c.size <= limit)
    return or_(known, attachment.c.size.is_(None)) if limit > usual else known


def documents(every: Iterable[Left]) -> list[dict[str, Any]]:
    """Return them for ``--json``."""
    return [{**asdict(one), "words": words(one)} for one in every]


def words(one: Left) -> str:
    """Return the sentence for a person: where they are, and how they are taken."""
    return ngettext(
        "{count} file of the form {form} was not taken from {server}: larger than a pull takes by itself (100 MB), or its name "
        "could do harm. Take it with dikalo pull --largest-file MB. Until then delete nothing there.",
        "{count} files of the form {form} were not taken from {server}: larger than a pull takes by itself (100 MB), or their "
        "names could do harm. Take them with dikalo pull --largest-file MB. Until then delete nothing there.",
        one.count,
    ).format(count=one.count, form=one.form, server=one.server)
