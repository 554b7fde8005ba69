"""Verify: what the sources hold against what the register holds, and the register against itself. Changes nothing.

Everything here works with the everyday key: sealed things are checked by hash, count and reference, never opened. A
source that is not there is said, and never counts as "nothing missing".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from sqlalchemy import func, or_, select

from sync_scripts.errors import N_, Damaged, NotAllowed, Unreachable
from sync_scripts.intake import known, standing
from sync_scripts.intake.known import Forms
from sync_scripts.intake.plan import Aside, Keep, plan
from sync_scripts.intake.pull import read_item
from sync_scripts.intake.tagging import Tagger
from sync_scripts.register.submissions import chunks
from sync_scripts.servers.base import Server, Sighting, Unread
from sync_scripts.servers.folder import NAME as FOLDERS
from sync_scripts.store import custody, events, integrity, sealed_files, sealed_rows
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.errors import ChainBroken
from sync_scripts.store.schema.raw import attachment, quarantine, sealed_item, submission


@dataclass(eq=False, kw_only=True)
class RegisterNotWhole(Damaged):
    """Something stored is not what was stored."""

    code: ClassVar[str] = "DK-I40"
    message: ClassVar[str] = N_(
        "The register is not whole: {found} checks failed ({checks}). Do not write into this "
        "workspace any more. Copy it as it is, then put it back from your last backup."
    )
    found: int
    checks: str


@dataclass(eq=False, kw_only=True)
class MarksShort(Unreachable):
    """A server's list of everything ended early; it then proves nothing about what is missing here."""

    code: ClassVar[str] = "DK-I61"
    message: ClassVar[str] = N_(
        "The server {server} counts {count} submissions and listed {seen}. So this check proves nothing about what may be "
        "missing here. Run dikalo verify again; if this happens twice, run dikalo doctor."
    )
    server: str
    count: int
    seen: int


@dataclass(frozen=True, slots=True)
class FormTotals:
    """One form version in the sources and in the register.

    ``instances`` must be ``versions`` + ``quarantined`` + ``repeats``; ``not_pulled`` are instances that the register
    does not know yet.
    """

    form: str
    version: str
    instances: int = 0
    versions: int = 0
    repeats: int = 0
    quarantined: int = 0
    not_pulled: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the register itself: what, how many were looked at, what is wrong (ids and codes only)."""

    name: str
    looked_at: int
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found.

    Attributes:
        forms: by form version; what no source shows is not in ``instances``.
        checks: of the register itself.
        offline: codes of the sources that could not be read; then the sources prove nothing.
        elsewhere: versions in the register that no source shows any more (a folder that was taken away).
        files_waiting: files still awaited.
    """

    forms: tuple[FormTotals, ...]
    checks: tuple[Check, ...]
    offline: tuple[str, ...]
    elsewhere: int
    files_waiting: int

    @property
    def damaged(self) -> int:
        """How many checks failed."""
        return sum(bool(one.wrong) for one in self.checks)

    @property
    def not_pulled(self) -> int:
        """How many instances are in the sources and not in the register."""
        return sum(one.not_pulled for one in self.forms)

    def document(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {
            "schema": "dikalo.verify/1",
            "ok": not self.damaged,
            "not_pulled": self.not_pulled,
            "elsewhere": self.elsewhere,
            "files_waiting": self.files_waiting,
            "offline": list(self.offline),
            "forms": [asdict(one) for one in self.forms],
            "checks": [
                {"code": one.name, "looked_at": one.looked_at, "wrong": list(one.wrong)}
                for one in self.checks
            ],
        }


def verify(
    register: Register, servers: Sequence[Server], progress: Callable[[int], None] = lambda _more: None
) -> Verified:
    """Compare sources and register, and check the register. Reads everything, writes nothing."""
    counts = _Sources(register, progress)
    offline = []
    for server in servers:
        try:
            counts.look(server)
        except (Unreachable, NotAllowed) as failure:
            offline.append(failure.code)
    register.settle()  # else the check of the file takes pages that a power cut left half written for damage
    with register.reading() as rows:
        checks = tuple(_checks(rows, register))
        waiting = rows.execute(
            select(func.count()).select_from(attachment).where(attachment.c.state.in_(["missing", "empty"]))
        ).scalar_one()
        elsewhere = counts.elsewhere(rows, {one.name for one in servers})
    return Verified(counts.forms(), checks, tuple(offline), elsewhere, int(waiting))


# --- sources against register ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Sources:
    """Reads every instance again and asks the register about each."""

    register: Register
    progress: Callable[[int], None]
    _counts: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    _seen: set[bytes] = field(default_factory=set)
    _forms: Forms = field(default_factory=Forms)

    def look(self, server: Server) -> None:
        tags = Tagger(self.register.match_key)
        origin = server.origin
        if server.abilities.edits_by_root:
            self._marks(server, tags, origin)
            return
        for page in server.pages(None):
            self._page(server, page.sightings, tags, origin)
            self.progress(len(page.sightings))

    def _marks(self, server: Server, tags: Tagger, origin: str) -> None:
        """Compare a server by light marks: its present versions, none of which is fetched again.

        Raises:
            MarksShort: it showed another number than it counts.
        """
        sweep, seen = server.sweep(), 0
        with self.register.reading() as rows:
            held = standing.all_held(rows, server.name)
            for batch in chunks(sweep.marks, known.CHUNK):
                places = {mark: tags.place(server.name, origin, mark.place) for mark in batch}
                aside = _quarantined(rows, server.name, list(places.values()))
                for mark, tag in places.items():
                    form = mark.place.partition("\t")[0]
                    here = held.get((form, mark.root_id or ""))
                    if here is not None and here.instance_id == mark.version:
                        self._count(form, "", self._first(mark.version))
                    else:
                        self._count(form, "", "quarantined" if tag in aside else "not_pulled")
                seen += len(batch)
                self.progress(len(batch))
        if seen != sweep.count and seen != (count := server.count()):
            raise MarksShort(server=server.name, count=count, seen=seen)

    def _page(self, server: Server, sightings: Sequence[Sighting], tags: Tagger, origin: str) -> None:
        items = []
        for found in server.fetch(sightings):
            if isinstance(found, Unread):
                self._count("", "", "not_pulled")
            else:
                items.append(read_item(tags.place(server.name, origin, found.sighting.place), found, None))
        with self.register.reading() as rows:
            self._forms.refresh(rows)
            said = [one.answers.submission for one in items if one.answers]
            facts = known.known(rows, server.name, said, self._forms)
            held = _quarantined(rows, server.name, [one.tag for one in items])
        for one in plan(items, facts, tags, ""):
            form, version = one.stamps
            if isinstance(one, Keep):
                self._count(form, version, "not_pulled")
            elif isinstance(one, Aside):
                self._count(form, version, "quarantined" if one.item.tag in held else "not_pulled")
            else:
                self._count(form, version, self._first(one.version.instance_id))

    def _first(self, instance_id: str) -> str:
        """Say whether an instance held is met for the first time; ids are kept short, so memory stays small."""
        mark = instance_id.encode()[-16:]
        if mark in self._seen:
            return "repeats"
        self._seen.add(mark)
        return "versions"

    def _count(self, form: str, version: str, name: str) -> None:
        counts = self._counts.setdefault((form, version), Counter())
        counts[name] += 1
        counts["instances"] += 1

    def forms(self) -> tuple[FormTotals, ...]:
        return tuple(
            FormTotals(
                form=form,
                version=version,
                instances=counts["instances"],
                versions=counts["versions"],
                repeats=counts["repeats"],
                quarantined=counts["quarantined"],
                not_pulled=counts["not_pulled"],
            )
            for (form, version), counts in sorted(self._counts.items())
        )

    def elsewhere(self, rows: Rows, servers: set[str]) -> int:
        """Return how many versions of these servers no source shows."""
        held = (
            select(func.count())
            .select_from(submission)
            .where(
                submission.c.server.in_(sorted(servers)),
                or_(submission.c.server == FOLDERS, submission.c.current),
            )
        )
        shown = sum(counts["versions"] for counts in self._counts.values())
        return max(int(rows.execute(held).scalar_one()) - shown, 0)


def _quarantined(rows: Rows, server: str, tags: Sequence[str]) -> set[str]:
    asked = select(quarantine.c.source_tag).where(
        quarantine.c.server == server, quarantine.c.state == "open", quarantine.c.source_tag.in_(tags)
    )
    return {row.source_tag for row in rows.execute(asked)}


# --- the register against itself -------------------------------------------------------------------------------------


def _checks(rows: Rows, register: Register) -> Iterator[Check]:
    yield Check("database", 1, tuple(integrity.faults(rows)))
    chain = _chain("custody", custody.check, rows)
    yield chain
    yield _chain("events", events.check, rows)
    lost = (
        ("custody",) if chain.wrong else tuple(sealed_rows.lost_pages(rows))
    )  # the chain says what a page was
    yield Check("key_pages", _total(rows, sealed_item), lost)
    yield _files(rows, register)
    yield _versions(rows)


def _chain(name: str, check: Callable[[Rows], int], rows: Rows) -> Check:
    try:
        return Check(name, check(rows))
    except ChainBroken as broken:
        return Check(name, broken.seq, (str(broken.seq),))


def _files(rows: Rows, register: Register) -> Check:
    asked = select(sealed_item.c.file).where(sealed_item.c.file.is_not(None)).order_by(sealed_item.c.file)
    names = [row.file for row in rows.execute(asked)]
    return Check("sealed_files", len(names), tuple(sealed_files.damaged(register.folder, iter(names))))


def _versions(rows: Rows) -> Check:
    """Every version has its raw bytes sealed, and every file that is held has its item."""
    raw = select(sealed_item.c.scope, sealed_item.c.version).where(sealed_item.c.kind == "raw").subquery()
    asked = (
        select(submission.c.arrival)
        .outerjoin(raw, (raw.c.scope == submission.c.scope) & (raw.c.version == submission.c.instance_id))
        .where(raw.c.version.is_(None), submission.c.status != "erased")
    )
    lost = [f"version {row.arrival}" for row in rows.execute(asked)]
    part = sealed_item.alias("part")
    gone = (
        select(attachment.c.tag)
        .outerjoin(part, (part.c.key_page == attachment.c.key_page) & (part.c.item == attachment.c.item))
        .where(attachment.c.state == "held", part.c.item.is_(None))
    )
    lost += [f"file {row.tag}" for row in rows.execute(gone)]
    return Check("versions", _total(rows, submission), tuple(lost))


def _total(rows: Rows, table: Any) -> int:
    return int(rows.execute(select(func.count()).select_from(table)).scalar_one())
