"""How submissions that were opened before their files came turned out: written beside them, once. Changes no answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update

from sync_scripts.intake.encryption.ciphertext import BROKEN, PROVISIONAL
from sync_scripts.intake.receive.decisions import Aside, Same
from sync_scripts.register.model.codes import Root
from sync_scripts.store.custody import Action, Entry
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import submission

__all__ = ["prove"]


def prove(
    rows: Rows, server: str, actor: str, repeats: Iterable[Same], asides: Iterable[Aside]
) -> tuple[set[Root], list[Entry]]:
    """Mark what is proved now, and what turns out to be something else.

    Return the roots to derive again, and the lines of the chain.

    Args:
        rows: the open transaction.
        server: name of the server.
        actor: code of who pulls.
        repeats: versions that are held; those that come whole now prove what was opened provisionally.
        asides: what is put aside; a version opened provisionally whose files do not fit is among them.
    """
    found: set[Root] = set()
    entries: list[Entry] = []
    for one in repeats:
        if one.item.wrapped is not None and one.item.wrapped.state != PROVISIONAL:
            said = _Said(one.item.wrapped.state, "VERIFIED", actor)
            found |= said.write(rows, server, [one.version.instance_id], entries)
    broken: dict[str | None, list[str]] = {}
    for each in asides:
        if each.item.instance_id:
            broken.setdefault(_form(each), []).append(each.item.instance_id)
    for form, ids in broken.items():
        found |= _Said(BROKEN, "INTEGRITY", actor).write(rows, server, ids, entries, form)
    return found, entries


def _form(one: Aside) -> str | None:
    """Return the form at whose place something was put aside, None in a folder: it says nothing of another form's."""
    found = one.item.found
    return None if found.shape == "openrosa" else found.sighting.place.partition("\t")[0]


class _Said:
    """One word about versions that were opened provisionally."""

    def __init__(self, state: str, action: Action, actor: str) -> None:
        self._state = state
        self._action: Action = action
        self._actor = actor

    def write(
        self,
        rows: Rows,
        server: str,
        instance_ids: Sequence[str],
        entries: list[Entry],
        form: str | None = None,
    ) -> set[Root]:
        if not instance_ids:
            return set()
        kept = submission
        doubtful = (
            (kept.c.server == server)
            & kept.c.instance_id.in_(instance_ids)
            & (kept.c.encryption == PROVISIONAL)
        )
        if form is not None:
            doubtful &= kept.c.form == form
        found = rows.execute(select(kept.c.stamp, kept.c.root_id, kept.c.instance_id).where(doubtful)).all()
        if found:
            rows.execute(update(kept).where(doubtful).values(encryption=self._state))
        details = {"encryption": self._state, "server": server}
        entries += [Entry(self._action, self._actor, row.instance_id, details) for row in found]
        return {(row.stamp, row.root_id) for row in found}
