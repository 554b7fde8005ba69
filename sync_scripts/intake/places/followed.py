"""What is remarkable about what a server shows: gaps, twins, approvals that an edit left behind, forms it shows no more. Decides nothing.

A list of forms names only what the account may see. What was sent with the others since is nowhere said, so that it must
not look like "nothing new". Nor must what an account is not shown of a form look like it, where it may read only some of its
submissions: what a server lists then and what it counts shrink alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from sqlalchemy import select, update

from sync_scripts.intake import notes
from sync_scripts.intake.places import reviewed
from sync_scripts.intake.places.standing import Change
from sync_scripts.intake.places.table import REPEAT, STORED
from sync_scripts.intake.receive.decisions import Decision, Keep, Same
from sync_scripts.register.model.codes import chunks
from sync_scripts.servers.abilities import NamesForms, SeesDeletionsLate, ShowsSome
from sync_scripts.servers.base import Server, Unread
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import submission, watermark


def hidden(rows: Rows, server: Server, source: object) -> tuple[str, ...]:
    """Return them, sorted; those that the settings leave out are none.

    Args:
        rows: the open register.
        server: names the source in the register.
        source: the same, as it can be asked; it may be wrapped there.
    """
    if not isinstance(source, NamesForms):
        return ()
    asked = (
        select(submission.c.form).where(submission.c.server == server.name, submission.c.current).distinct()
    )
    known = {row.form for row in rows.execute(asked)}
    cursor = select(watermark.c.value).where(watermark.c.server == server.name, watermark.c.form == "")
    return tuple(source.unseen(known, rows.execute(cursor).scalar()))


def partly(source: object) -> tuple[str, ...]:
    """Return the forms of which the account does not surely read every submission, sorted.

    Raises:
        NotAllowed, Unreachable: the server does not answer.
    """
    return tuple(sorted(source.partly())) if isinstance(source, ShowsSome) else ()


def deletions_late(source: object) -> bool:
    """Tell whether deletions at a server are seen by a comparison alone, though its kind tells them."""
    return isinstance(source, SeesDeletionsLate) and source.deletions_late


_NOTHING: Final = "DK-I78"
"""Code of `NotThere`; its module loads what no folder needs."""


def remarks(
    decisions: Iterable[Decision], *, unsure: Callable[[str], bool] = lambda _form: False
) -> dict[str, int]:
    """Return what a person should know of the versions of a page, by code.

    ``unsure`` = what is held of a form may have come by another server of the same name, and this one has it in one row.
    """
    found = {notes.VersionMissed.code: 0, notes.Twins.code: 0, notes.InTwoForms.code: 0}
    for one in decisions:
        before = one.item.before.state if one.item.before else ""
        if isinstance(one, Keep):
            found[notes.VersionMissed.code] += one.gap
        elif not isinstance(one, Same) or unsure(one.version.form):
            continue
        elif one.submission.form != one.version.form:
            found[notes.InTwoForms.code] += before not in {STORED, REPEAT}
        elif one.item.found.shape == "kobo":
            found[notes.Twins.code] += before not in {STORED, REPEAT}
    return found


def unread(kind: str, one: Unread) -> str:
    """Return the code under which a version that could not be had is counted."""
    if not one.asked:
        return notes.NotAskedFor.code
    return (
        notes.RowWithoutXml.code if kind == "kobo" and one.code == _NOTHING else notes.SubmissionUnread.code
    )


def unapproved(found: Iterable[Change]) -> int:
    """Return how many submissions a server showed as approved and shows as edited now: a Central says so itself."""
    return sum(
        reviewed.approved(one.held.review) and reviewed.plain(one.review) == reviewed.EDITED for one in found
    )


def outdated(rows: Rows, server: str, edited: Sequence[Keep]) -> int:
    """Return how many submissions that are edited now had been approved at the server before: a KoboToolbox says nothing."""
    before = _before(rows, server, edited)
    return sum(reviewed.carried(word) not in {None, word} for word in before.values())


def carry(rows: Rows, server: str, decisions: Iterable[Decision]) -> None:
    """Say of the edits whose approval was for the version before that it was, in the transaction that stored them."""
    edited = edits(decisions)
    words = {root: reviewed.carried(word) for root, word in _before(rows, server, edited).items()}
    for one in (one.version for one in edited if words.get(one.version.root_id) is not None):
        held = submission.c
        mine = (held.server == server, held.root_id == one.root_id, held.current)
        rows.execute(update(submission).where(*mine).values(review=words[one.root_id]))


def edits(decisions: Iterable[Decision]) -> list[Keep]:
    """Return what is kept and is not the first version of its submission."""
    return [one for one in decisions if isinstance(one, Keep) and one.edit]


def _before(rows: Rows, server: str, edited: Sequence[Keep]) -> dict[str, str]:
    """Return the server's words of the versions before some edits, by root."""
    held, found = submission.c, dict[str, str]()
    new = {one.version.instance_id for one in edited}
    roots = sorted({one.version.root_id for one in edited})
    forms = sorted({one.version.form for one in edited})
    for some in chunks(roots):
        asked = select(held.root_id, held.instance_id, held.review).where(
            held.server == server,
            held.form.in_(forms),
            held.root_id.in_(some),
            held.review.is_not(None),
        )
        before = [row for row in rows.execute(asked.order_by(held.arrival)) if row.instance_id not in new]
        found |= {row.root_id: row.review for row in before}
    return found
