"""Scopes of a page: what is erased and opened together. Those that are there already, and those made for what comes new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select, true

from sync_scripts.intake.receive.known import among
from sync_scripts.intake.receive.split import PERSON, SUBMISSION
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import place, scope, submission
from sync_scripts.store.seal.sealing import new_scope

_WORKSPACE: Final = "workspace"
"""Kind of the scope of what belongs to no submission."""


def scopes(rows: Rows, server: str, named: Iterable[tuple[str, str]]) -> dict[tuple[str, str, str], str]:
    """Return the scopes of submissions, stored or waiting, given by form and root: by form, root and owner.

    The owner is a person (``person:<uid>``), or `SUBMISSION`.
    """
    wanted = set(named)
    roots = sorted({root_id for _form, root_id in wanted})
    own = {
        row.scope: (row.form, row.root_id)
        for table, rule in ((place.c, place.c.scope.is_not(None)), (submission.c, true()))
        for row in among(
            rows, (table.form, table.root_id, table.scope), table.root_id, roots, table.server == server, rule
        )
        if (row.form, row.root_id) in wanted
    }
    people = among(rows, (scope.c.submission, scope.c.row, scope.c.id), scope.c.submission, sorted(own))
    return {(*key, SUBMISSION): name for name, key in own.items()} | {
        (*own[row.submission], row.row): row.id for row in people
    }


def any_waits(rows: Rows, server: str) -> bool:
    """Tell whether anything of a server waits encrypted, or did."""
    asked = select(place.c.tag).where(place.c.waits.is_not(None), place.c.server == server)
    return rows.execute(asked.limit(1)).first() is not None


@dataclass(slots=True)
class Scopes:
    """The scopes of one page of a server, in the transaction that stores it; what is made together lies together."""

    rows: Rows
    server: str
    _known: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _made: list[dict[str, Any]] = field(default_factory=list)
    _beside: str = field(default_factory=new_scope)

    def find(self, named: Iterable[tuple[str, str]]) -> None:
        """Learn the scopes of submissions, by form and root."""
        self._known |= scopes(self.rows, self.server, named)

    def of(self, form: str, root_id: str, owner: str = SUBMISSION) -> str:
        """Return the scope of a submission, or of a person in it; made where there is none."""
        own = self._of("submission", (form, root_id, SUBMISSION))
        return self._of(PERSON, (form, root_id, owner), own) if owner else own

    def of_workspace(self) -> str:
        """Return the scope of what belongs to no submission; made where there is none yet."""
        asked = select(scope.c.id).where(scope.c.server == "", scope.c.form == "", scope.c.kind == _WORKSPACE)
        found = self.rows.execute(asked).scalar()
        return self._of(_WORKSPACE, ("", "", SUBMISSION)) if found is None else str(found)

    def keep(self) -> None:
        """Write down those that were made."""
        self.rows.many(scope, self._made)
        self._made.clear()

    def _of(self, kind: str, key: tuple[str, str, str], submission: str | None = None) -> str:
        if key not in self._known:
            name = self._known[key] = new_scope(self._beside)
            where = dict(zip(("form", "root_id", "row"), key, strict=True))
            server = "" if kind == _WORKSPACE else self.server
            self._made.append({"id": name, "kind": kind, "server": server, **where, "submission": submission})
        return self._known[key]
