"""Taking one person out of submissions that speak of others, too: a redacted copy takes the place of the exact bytes.

It is handed opened bytes by whoever may open, and opens nothing itself. One transaction holds all of it: the sealed originals
go and their keys wait to be struck, the copies are sealed, the open parts are others, and what was done is said. So a cut
leaves everything as it was, or done but for files and keys, which go as after any other erasure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from lxml import etree
from sqlalchemy import and_, or_, select, tuple_, update

from sync_scripts.intake.completeness.soundness import DeepDiffers
from sync_scripts.intake.receive import answers
from sync_scripts.intake.receive.known import Forms
from sync_scripts.intake.receive.split import PERSON, SUBMISSION, Split, Tagger
from sync_scripts.register.consents.held_copies import forget_snapshots
from sync_scripts.register.decisions.base import By
from sync_scripts.register.forms.answers import REDACTED, read_open_part, write_open_part
from sync_scripts.register.history.person_decisions import REDACT, TAKEN_OUT
from sync_scripts.register.purging.parting import Parting, Place, without
from sync_scripts.register.purging.redaction import AUDIT, FILES, GONE, Copy, Redaction
from sync_scripts.register.purging.seen import group_of
from sync_scripts.store.canonical import instant
from sync_scripts.store.custody import Entry
from sync_scripts.store.custody import append as write_down
from sync_scripts.store.database import Register
from sync_scripts.store.durable import step
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import attachment, place, scope, sealed_item, submission
from sync_scripts.store.seal import erasing, sealed_rows
from sync_scripts.store.seal.sealing import Sealer, new_scope
from sync_scripts.store.seal.tags import instance_mark

_META: Final = frozenset({"instanceID", "deprecatedID", "rootUuid"})
"""What stays of what a phone writes about a form: a title or an entity's label may hold a name."""

Raws = Mapping[tuple[str, str], bytes]
"""Exact bytes by scope and instance id."""
Key = tuple[str, str, str]
"""Server, form and root id."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was taken out: submissions and versions made anew, sealed items and files that went, rows kept of workbooks."""

    submissions: int
    versions: int
    items: int
    files: int
    snapshots: int


@dataclass(frozen=True, slots=True)
class _Made:
    """A redacted copy, taken apart, and the names of the files that were named where something was taken out."""

    copy: Copy
    content: bytes
    split: Split
    names: tuple[str, ...]
    was: str
    """SHA-256 of the sealed bytes that go."""


# --- bytes ----------------------------------------------------------------------------------------------------------


def redacted_bytes(raw: bytes, parting: Parting) -> tuple[bytes, tuple[str, ...]]:
    """Return a submission without what is taken out, and the answers at the places where a file may have been named."""
    root = answers.parsed(raw)
    at: dict[Place, etree._Element] = {}
    _places(root, (), at, outermost=True)
    media = {where for where, _question in parting.media}
    names = tuple(sorted((at[where].text or "").strip() for where in media))
    for where, text in parting.edits.items():
        at[where].text = text
        at[where].attrib.clear()
    for where in parting.marks:
        etree.SubElement(at[where], REDACTED).text = "yes"
    _tidy(root)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True), names


def _places(
    parent: etree._Element, above: Place, at: dict[Place, etree._Element], *, outermost: bool
) -> bool:
    """Number the answered elements below one as `answers.read` does; tell whether there are any."""
    number = 0
    for child in parent:
        here = (*above, number)
        inside: dict[Place, etree._Element] = {}
        answered = (
            _places(child, here, inside, outermost=False) if len(child) else bool((child.text or "").strip())
        )
        if not answered or (outermost and answers.local_name(child) in answers.NOT_ANSWERS):
            continue
        at[here] = child
        at.update(inside)
        number += 1
    return number > 0


def _tidy(root: etree._Element) -> None:
    """Leave nothing beside the answers: no text between elements, and of ``meta`` only the ids."""
    for one in root.iter():
        one.tail = None
        if len(one):
            one.text = None
    for group in root:
        if answers.local_name(group) == "meta":
            for one in [one for one in group if answers.local_name(one) not in _META]:
                group.remove(one)


# --- what is done -----------------------------------------------------------------------------------------------------


def redact(by: By, register: Register, plan: Redaction, raws: Raws, *, reason: str) -> Done:
    """Put redacted copies in the place of what was looked at, in the transaction of ``by``.

    Args:
        by: who decides.
        register: gives what seals, and the key of tags.
        plan: as it stands in this very transaction.
        raws: the exact bytes of each version of the plan.
        reason: why; no names.

    Raises:
        DeepDiffers: some bytes do not give what the register holds; nothing was changed.
    """
    return _Redacting(by, register, plan, reason).run(raws)


class _Redacting:
    """One redaction."""

    def __init__(self, by: By, register: Register, plan: Redaction, reason: str) -> None:
        self.by = by
        self.rows = by.rows
        self.register = register
        self.plan = plan
        self.reason = reason
        self.tags: Tagger = Tagger(register.match_key)
        self.owner = f"{PERSON}:{plan.who.uid}"
        self.forms: Forms = Forms()
        self.forms.refresh(self.rows)

    def run(self, raws: Raws) -> Done:
        made = self._made(raws)
        scopes = self._scopes()
        gone = [row for one in made for row in self._files(one)]
        snapshots = sum(forget_snapshots(self.rows, code) for code in group_of(self.rows, self.plan.code))
        items, files = self._erase(gone, scopes)
        step("redact.copies")
        for one in made:
            self._turn(one)
        with self.register.sealer() as sealer:
            entries = [self._seal(sealer, one, scopes) for one in made]
            write_down(self.rows, entries, self.by.now)
            sealed_rows.keep(self.rows, sealer, self.by.now, self.by.actor)
        done = Done(self.plan.roots, len(made), items, files, snapshots)
        self._say(made, done)
        return done

    def _made(self, raws: Raws) -> list[_Made]:
        """Make every copy, after its bytes gave what the register holds."""
        made, wrong = [], []
        for one in self.plan.copies:
            raw = raws.get((one.scope, one.instance_id))
            if raw is None or self._split(one, raw).open_part != one.open_part:
                wrong.append(instance_mark(self.register.match_key, one.instance_id))
                continue
            content, names = redacted_bytes(raw, one.parting)
            split = self._split(one, content)
            if split.open_part != write_open_part(without(read_open_part(one.open_part), one.parting)):
                raise RuntimeError  # the same places in both trees: a fault of the program
            made.append(_Made(one, content, split, names, self._sealed(one)))
        if wrong:
            raise DeepDiffers(count=len(wrong), total=len(self.plan.copies), marks=", ".join(wrong[:10]))
        return made

    def _split(self, one: Copy, content: bytes) -> Split:
        splitter = self.forms.splitters[one.stamp, one.form_version]
        return splitter.split(answers.read(content), one.root_id, self.tags.number)

    # --- what goes ---

    def _scopes(self) -> dict[tuple[Key, str], str]:
        """Return the scopes of the submissions by owner; that of the person is made where nothing of her was sealed."""
        own = {(one.server, one.form, one.root_id): one.scope for one in self.plan.copies}
        held = scope.c
        found: dict[tuple[Key, str], str] = {}
        for key, submission_scope in sorted(own.items()):
            people = select(held.row, held.id).where(held.submission == submission_scope)
            found |= {(key, row.row): row.id for row in self.rows.execute(people)}
            found[key, SUBMISSION] = submission_scope
            if (key, self.owner) not in found:
                found[key, self.owner] = new_scope()
                made = dict(zip(("server", "form", "root_id"), key, strict=True))
                made |= {"id": found[key, self.owner], "kind": PERSON, "row": self.owner}
                self.rows.many(scope, [{**made, "submission": submission_scope}])
        return found

    def _sealed(self, one: Copy) -> str:
        """Return the SHA-256 of the sealed bytes that go."""
        held = sealed_item.c
        asked = select(held.blob, held.file).where(
            held.scope == one.scope, held.version == one.instance_id, held.kind == "raw"
        )
        row = self.rows.execute(asked).one()
        return str(row.file or sha256(row.blob).hexdigest())

    def _files(self, one: _Made) -> list[Mapping[Any, Any]]:
        """Return the rows of the files of a version that go: hers, those of answers taken out, and the phone's log."""
        copy, held = one.copy, attachment.c
        named = {self.tags.file(copy.instance_id, name) for name in one.names if name}
        asked = select(attachment).where(
            held.server == copy.server,
            held.form == copy.form,
            held.root_id == copy.root_id,
            held.instance_id == copy.instance_id,
            held.state != "erased",
        )
        files = FILES in self.plan.also
        return [
            row
            for row in self.rows.execute(asked).mappings()
            if copy.parting.alone
            or row["question"] == AUDIT
            or {row["tag"], row["follows"]} & named
            or (files and row["question"] is None)
        ]

    def _erase(
        self, gone: Sequence[Mapping[Any, Any]], scopes: Mapping[tuple[Key, str], str]
    ) -> tuple[int, int]:
        """Delete the sealed originals and the files, and list what may not come again."""
        copies, held = self.plan.copies, sealed_item.c
        versions = sorted({one.instance_id for one in copies})
        anew = and_(held.kind.in_(GONE), held.version.in_(versions))
        places = [(row["key_page"], row["item"] - back) for row in gone if row["key_page"] for back in (0, 1)]
        large = select(held.key_page, held.item).where(
            anew, held.file.is_not(None), held.scope.in_(sorted(scopes.values()))
        )
        places += [
            (row.key_page, row.item + 1) for row in self.rows.execute(large)
        ]  # the parts of what is large
        aside = held.kind == "quarantine"
        which = or_(anew, aside, tuple_(held.key_page, held.item).in_(places)) if places else or_(anew, aside)
        details = {
            "code": self.plan.code,
            "person": self.plan.who.pseudonym,
            "submissions": self.plan.roots,
            "versions": len(copies),
        }
        done = erasing.erase(
            self.rows,
            scopes.values(),
            (),
            actor=self.by.actor,
            now=self.by.now,
            details=details,
            only=(which,),
        )
        self._list(scopes)
        self._let_go(gone, sorted(scopes.values()))
        return done.items, sum(row["state"] == "held" for row in gone)

    def _list(self, scopes: Mapping[tuple[Key, str], str]) -> None:
        """Let no version of these submissions come in that is not here: it would bring back what was taken out."""
        for (key, owner), name in scopes.items():
            if owner == self.owner:
                kept = submission.c
                asked = select(kept.instance_id).where(
                    kept.server == key[0], kept.form == key[1], kept.root_id == key[2]
                )
                ids = {key[2], f"{erasing.PERSON}{self.plan.who.uid}", *self.rows.execute(asked).scalars()}
                erasing.listed(self.rows, [name], ids, self.by.now)

    def _let_go(self, gone: Iterable[Mapping[Any, Any]], scopes: Sequence[str]) -> None:
        for row in gone:
            key = [column == row[column.name] for column in attachment.primary_key]
            self.rows.execute(update(attachment).where(*key).values(**erasing.GONE, at=instant(self.by.now)))
        theirs = update(place).where(place.c.scope.in_(scopes))
        self.rows.execute(theirs.values(key_page=None, item=None, bytes=None))

    # --- what takes its place ---

    def _turn(self, one: _Made) -> None:
        names = ("server", "form", "root_id", "instance_id")
        which = [submission.c[name] == getattr(one.copy, name) for name in names]
        values = {"open_part": one.split.open_part, "open_hash": None, "redacted_at": instant(self.by.now)}
        self.rows.execute(update(submission).where(*which).values(values))

    def _seal(self, sealer: Sealer, one: _Made, scopes: Mapping[tuple[Key, str], str]) -> Entry:
        copy = one.copy
        key = (copy.server, copy.form, copy.root_id)
        sealed = sealer.seal_version(
            one.content, scopes[key, SUBMISSION], f"submission:{copy.root_id}", copy.instance_id
        )
        for part in one.split.parts:
            own = scopes[key, part.owner]
            sealer.seal_part(part.document(), own, "row", part.row, copy.instance_id)
        details = {
            "form": copy.stamp,
            "sealed": sealed.sealed_sha256,
            "server": copy.server,
            "version": copy.instance_id,
            "was": one.was,
        }
        return Entry("REDACTED", self.by.actor.code, sealed.commitment, details)

    # --- what is said ---

    def _say(self, made: Sequence[_Made], done: Done) -> None:
        who = {"person": self.plan.who.pseudonym, "person_uid": self.plan.who.uid}
        case = tables.case
        stands = self.rows.execute(select(case).where(case.c.case_code == self.plan.code)).mappings().one()
        decided = {
            **who,
            "reason": self.reason,
            "also": list(self.plan.also),
            "kept": list(self.plan.kept),
            "submissions": done.submissions,
            "items": done.items,
            "files": done.files,
            "urgency": stands["urgency"],
            "confidentiality": stands["confidentiality"],
        }
        events = [self.by.event(REDACT, f"case:{self.plan.code}", decided)]
        for subject in dict.fromkeys(one.copy.subject for one in made):
            theirs = [one for one in made if one.copy.subject == subject]
            payload = {
                **who,
                "rows": sorted({row for one in theirs for row in one.copy.parting.rows}),
                "fields": sorted({name for one in theirs for name in one.copy.parting.fields}),
                "versions": [
                    {"instance": one.copy.instance_id, "server": one.copy.server, "sealed": one.was}
                    for one in theirs
                ],
            }
            events.append(self.by.event(TAKEN_OUT, subject, payload))
        self.by.write(*events)
