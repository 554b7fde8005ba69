"""One person of a case that goes on for others: what would be taken out of which submissions. Reads levels 0 to 2; writes nothing.

Looked at are the forms in which she stands, and those of the case that speak of nobody by name: alerts, follow-ups, requests
to close. A form that speaks of others only is left as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select

from sync_scripts.register.consent_decisions.decide import Someone
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.consents.checks import written_refusals
from sync_scripts.register.consents.other_records import NOBODY
from sync_scripts.register.forms.answers import GIVEN, read_open_part
from sync_scripts.register.forms.loading import Shelf
from sync_scripts.register.forms.submissions import kind_of
from sync_scripts.register.history.person_decisions import RECORD, REDACT, WITHDRAW, decided_about
from sync_scripts.register.model.codes import chunks
from sync_scripts.register.model.errors import AlreadyErased, SharedWithOthers
from sync_scripts.register.purging.parting import Parting, SharedTexts, TextNotShared, part
from sync_scripts.register.purging.seen import Covered, covered
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.retention import load as retention
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import attachment, place, scope, sealed_item
from sync_scripts.store.statements import LOCKED, PUT_ASIDE

FILES: Final = "files"
"""Name of the files that lie beside a form and that no answer names."""
AUDIT: Final = "meta/audit"
"""Question of the file in which a phone keeps how a form was filled in; it may hold answers."""
GONE: Final = ("raw", "version", "row", "manifest", "encfile")
"""Kinds of sealed items of a version that go: its bytes and answers, and what came encrypted in their place."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What a person said of the texts that are nobody's alone: which are emptied, or that all stay."""

    also: frozenset[str] = frozenset()
    keep: bool = False

    @property
    def said(self) -> bool:
        """Tell whether anything was said."""
        return self.keep or bool(self.also)


@dataclass(frozen=True, slots=True)
class Copy:
    """A version whose place a redacted copy takes.

    Attributes:
        server, form, root_id, instance_id: its key.
        stamp, form_version, scope, open_part: as they stand.
        subject: under which decisions about the submission stand.
        parting: what is taken out.
    """

    server: str
    form: str
    root_id: str
    instance_id: str
    stamp: str
    form_version: str
    scope: str
    open_part: str
    subject: str
    parting: Parting


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is taken out for one person.

    Attributes:
        code: of the case. who: the person.
        copies: versions that are made anew, in the order of arrival.
        roots: submissions that they belong to. items, files: sealed things that go.
        also: shared texts that are emptied. kept: those that stay.
    """

    code: str
    who: Someone
    copies: tuple[Copy, ...]
    roots: int
    items: int
    files: int
    also: tuple[str, ...]
    kept: tuple[str, ...]


def planned(rows: Rows, who: Someone, texts: Texts) -> Redaction:
    """Return what would be taken out of a case for one of its people.

    Raises:
        SharedWithOthers: something is there that cannot be parted: it waits encrypted, or was put aside.
        TextNotShared, SharedTexts: as they say.
        AlreadyErased: nothing of her is left to be taken out.
    """
    found = covered(rows, f"case:{who.case}")
    copies, shared = _parted(rows, found, who, texts.also)
    copies = [one for one in copies if one.parting.edits or _bare(rows, one, texts)]
    _require_open(rows, found, who)
    before = _require_left(rows, who, copies)
    for name in sorted(texts.also - {*shared, *before}):
        raise TextNotShared(field=name, possible=", ".join(shared) or "-")
    if shared and not texts.said:
        raise SharedTexts(case=who.case, person=who.pseudonym, texts=", ".join(shared))
    files = sum(_files(rows, one, who, texts) for one in copies)
    return Redaction(
        code=who.case,
        who=who,
        copies=tuple(copies),
        roots=len({(one.stamp, one.root_id) for one in copies}),
        items=_items(rows, copies) + 2 * files,
        files=files,
        also=tuple(sorted(texts.also)),
        kept=tuple(name for name in shared if name not in texts.also),
    )


def withdrew(rows: Rows, who: Someone) -> bool:
    """Tell whether it is written down that a person takes back, or refuses, what was agreed to, and nothing of it stands."""
    said = written_refusals(decided_about(rows, [who.case], [WITHDRAW, RECORD]).get(who.case, []))
    if not any(one.payload["person_uid"] == who.uid for one in said):
        return False
    stands = of_cases(rows, [who.case]).get(who.case, NOBODY).of(who.uid).consents
    return not any(one.state in GIVEN and one.withdrawn_at is None for one in stands)


# --- which versions -----------------------------------------------------------------------------------------------


def _parted(rows: Rows, found: Covered, who: Someone, also: frozenset[str]) -> tuple[list[Copy], list[str]]:
    """Return every version that may be concerned, parted; and the names of all shared texts."""
    shelf, always = Shelf(rows), retention().keeps.always
    held = sorted(found.versions, key=lambda one: one["arrival"])
    copies = [
        _copy(one, shelf, who, always, also)
        for one in held
        if one["open_part"] is not None and one["status"] != "erased"
    ]
    hers = {(one.stamp, one.root_id) for one in copies if one.parting.here}
    people = {(one.stamp, one.root_id) for one in copies if _speaks_of(one, shelf)}
    copies = [
        one for one in copies if (one.stamp, one.root_id) in hers or (one.stamp, one.root_id) not in people
    ]
    shared = dict.fromkeys(name for one in copies for name in one.parting.shared)
    if any(_unnamed(rows, one) for one in copies if not one.parting.alone):
        shared[FILES] = None
    return copies, list(shared)


def _copy(
    one: Mapping[str, Any], shelf: Shelf, who: Someone, always: frozenset[str], also: frozenset[str]
) -> Copy:
    reader = shelf.reader(one["stamp"], one["form_version"])
    tree = read_open_part(one["open_part"])
    parting = part(tree, reader.form_map, one["root_id"], who.uid, always=always, also=also)
    key = {name: one[name] for name in Copy.__slots__ if name not in {"subject", "parting"}}
    subject = f"{kind_of(reader.entities)}:{one['stamp']}/{one['root_id']}"
    return Copy(**key, subject=subject, parting=parting)


def _speaks_of(one: Copy, shelf: Shelf) -> bool:
    """Tell whether a version is an interview, or names people otherwise."""
    return not {"interview", "person"}.isdisjoint(shelf.reader(one.stamp, one.form_version).entities)


def _bare(rows: Rows, one: Copy, texts: Texts) -> bool:
    """Tell whether of a version nothing but files goes."""
    return FILES in texts.also and not one.parting.alone and _unnamed(rows, one) > 0


# --- what stands in the way ---------------------------------------------------------------------------------------


def _require_open(rows: Rows, found: Covered, who: Someone) -> None:
    """Let a case pass of which nothing waits encrypted or was put aside."""
    states = {one["status"] for one in found.versions}
    why = None
    if "waiting" in states or _any(rows, found.scopes, LOCKED):
        why = "encrypted"
    elif "quarantined" in states or _any(rows, found.scopes, PUT_ASIDE):
        why = "aside"
    if why is not None:
        raise SharedWithOthers(case=who.case, person=who.pseudonym, why=why)


def _any(rows: Rows, scopes: Collection[str], rule: ColumnElement[bool]) -> bool:
    return (
        rows.execute(select(place.c.tag).where(place.c.scope.in_(scopes), rule).limit(1)).first() is not None
    )


def _require_left(rows: Rows, who: Someone, copies: Collection[Copy]) -> set[str]:
    """Let a person pass of whom anything is left; return the shared texts that were emptied for her before."""
    done = [
        one
        for one in decided_about(rows, [who.case], [REDACT]).get(who.case, ())
        if one.payload["person_uid"] == who.uid
    ]
    if done and not copies:
        day = local_day(moment(done[-1].at), load()).isoformat()
        raise AlreadyErased(what=f"{who.case} {who.pseudonym}", day=day, where=who.case)
    return {name for one in done for name in one.payload["also"]}


# --- how much -----------------------------------------------------------------------------------------------------


def _of(one: Copy) -> tuple[Any, ...]:
    held = attachment.c
    return (
        held.server == one.server,
        held.form == one.form,
        held.root_id == one.root_id,
        held.instance_id == one.instance_id,
        held.state == "held",
    )


def _unnamed(rows: Rows, one: Copy) -> int:
    rule = and_(*_of(one), attachment.c.question.is_(None))
    return int(rows.execute(select(func.count()).select_from(attachment).where(rule)).scalar_one())


def _files(rows: Rows, one: Copy, who: Someone, texts: Texts) -> int:
    """Return how many files of a version go: those of her own, and those that answers taken out name."""
    query = select(attachment.c.question, scope.c.row).join(scope, scope.c.id == attachment.c.scope)
    held = [(row.question, row.row) for row in rows.execute(query.where(*_of(one)))]
    if one.parting.alone:
        return len(held)
    own = sum(row == f"person:{who.uid}" for _question, row in held)
    nobodys = Counter(question for question, row in held if not row)
    taken = Counter(question for _, question in one.parting.media)
    named = sum(min(count, nobodys[question]) for question, count in taken.items())
    unnamed = nobodys[None] if FILES in texts.also else 0
    return int(own + named + nobodys[AUDIT] + unnamed)


def _items(rows: Rows, copies: Iterable[Copy]) -> int:
    """Return how many sealed answers and bytes are made anew."""
    versions = sorted({one.instance_id for one in copies})
    held, count = sealed_item.c, 0
    for some in chunks(versions):
        asked = select(func.count().label("items"), func.count(held.file).label("large"))
        row = rows.execute(asked.where(held.version.in_(some), held.kind.in_(GONE))).one()
        count += row.items + row.large  # what is large has a part beside it
    return count
