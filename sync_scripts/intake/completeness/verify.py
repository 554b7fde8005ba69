"""Verify: what the sources hold against what the register holds, and the register against itself. Changes nothing.

Everything here works with the everyday key: sealed things are checked by hash, count and reference, never opened. A
source that is not there is said, and never counts as "nothing missing".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, or_, select

from sync_scripts.clock import machine
from sync_scripts.errors import Damaged, NotAllowed, Unreachable
from sync_scripts.intake.completeness import heads
from sync_scripts.intake.completeness.soundness import Check
from sync_scripts.intake.completeness.soundness import checks as sound
from sync_scripts.intake.completeness.sweeping import SWEPT
from sync_scripts.intake.encryption.ciphertext import Keyring
from sync_scripts.intake.encryption.unlocking import unlocking
from sync_scripts.intake.errors import ContentChanged
from sync_scripts.intake.places import in_waiting, moved_server, owed, reported_deletions, standing, table
from sync_scripts.intake.places.awaited_files import LACKING
from sync_scripts.intake.places.followed import hidden, partly
from sync_scripts.intake.places.skipped_files import left
from sync_scripts.intake.places.table import QUARANTINED, REPEAT
from sync_scripts.intake.receive import known
from sync_scripts.intake.receive.decisions import Aside, Erased, Keep, Wait, named, own_id
from sync_scripts.intake.receive.known import Forms
from sync_scripts.intake.receive.plan import plan
from sync_scripts.intake.receive.reading import Reading
from sync_scripts.intake.receive.served import Served
from sync_scripts.intake.receive.split import Tagger
from sync_scripts.intake.report import FormTotals, FormTrouble, Verified
from sync_scripts.register.model.build_backlog import unbuilt
from sync_scripts.register.model.codes import chunks
from sync_scripts.servers.base import Mark, Part, Server, Sighting, Trouble, Unread
from sync_scripts.servers.folder import NAME as FOLDERS
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.schema.raw import attachment, submission, watermark
from sync_scripts.store.seal import erasing

RegisterNotWhole: Final = Damaged.declare(
    "DK-I40",
    "The register is not whole: {found} checks failed ({checks}). Do not write into this "
    "workspace any more. Copy it as it is, then put it back from your last backup.",
)
MarksShort: Final = Unreachable.declare(
    "DK-I61",
    "The server {server} counts {count} submissions and listed {seen}. So this check proves nothing about what may be "
    "missing here. Run dikalo verify again; if this happens twice, run dikalo doctor.",
)
ShortOfServer: Final = Damaged.declare(
    "DK-H02",
    "{count} submissions are at a server and not here, although earlier pulls say that everything before them was "
    "taken. Run dikalo pull, then dikalo verify. If they are still missing, keep this workspace as it is and report it.",
)


def verify(
    register: Register,
    servers: Sequence[Server],
    progress: Callable[[int], None] = lambda _more: None,
    *,
    deep: bool = False,
    ends: Iterable[heads.Left] = (),
) -> Verified:
    """Compare sources and register, and check the register. Reads everything, writes nothing.

    Servers are compared by light marks; with ``deep`` every version is fetched and read again, as those of a folder
    always are. The chains are compared with ``ends``, what was left of their heads elsewhere.
    """
    counts = _Sources(register, progress, deep)
    lost = []
    for server in servers:
        try:
            counts.look(server)
        except (Unreachable, NotAllowed) as failure:
            lost.append(counts.failed(server, "", failure))
    register.settle()  # else the check of the file takes pages that a power cut left half written for damage
    with register.reading() as rows:
        checks = tuple(sound(rows, register))
        compared = heads.compare(rows, ends)
        checks += (Check("heads", compared.looked_at, compared.wrong),) if compared.looked_at else ()
        waiting = rows.execute(select(func.count()).select_from(attachment).where(LACKING)).scalar_one()
        return Verified(
            forms=counts.forms(),
            checks=checks,
            holders=register.recipients.fingerprint,
            lost=tuple(lost),
            elsewhere=counts.elsewhere(rows, {one.name for one in servers}),
            files_waiting=int(waiting),
            troubles=tuple(counts.troubles),
            gone_unseen=reported_deletions.lost(rows),
            awaited=tuple(sorted(counts.awaited)),
            by_server=in_waiting.count(rows).get("server", 0),
            owed=owed.count(rows),
            hidden=tuple(sorted(counts.hidden)),
            partly=tuple(sorted(counts.partly)),
            left=left(rows),
            exits=frozenset(counts.exits),
            set_apart=unbuilt(rows).apart,
            heads_restored=compared.restored,
        )


# --- sources against register ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Sources:
    """Reads every instance again and asks the register about each."""

    register: Register
    progress: Callable[[int], None]
    deep: bool
    troubles: list[FormTrouble] = field(default_factory=list)
    awaited: list[tuple[str, str, str]] = field(default_factory=list)
    hidden: list[tuple[str, str]] = field(default_factory=list)
    partly: list[tuple[str, str]] = field(default_factory=list)
    _counts: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    _seen: set[bytes] = field(default_factory=set)
    _forms: Forms = field(default_factory=Forms)
    _keys: Keyring = field(init=False)
    exits: set[int] = field(default_factory=set)
    _missing: dict[str, table.Named] = field(default_factory=dict)
    """Form and root by place, of what is not held at all."""

    def __post_init__(self) -> None:
        self._keys = Keyring.of(self.register)

    def look(self, server: Server) -> None:
        """Compare what a source shows; what its account does not see is named, since nothing is known of it."""
        self._look(server)
        with self.register.reading() as rows:
            self.hidden += [(server.name, form) for form in hidden(rows, server, server)]
        self.partly += [(server.name, form) for form in partly(server)]

    def _look(self, server: Server) -> None:
        tags = Tagger(self.register.match_key)
        with self.register.reading() as rows:
            origin = moved_server.identity(rows, tags, server)
        if server.abilities.edits_by_root and not self.deep:
            self._missing.clear()
            for part in server.sweep().parts:
                self._part(server, part, tags, origin)
            if self._missing:
                self._past(server)
            return
        for page in server.pages(None):
            if page.trouble is not None:
                self._trouble(server, page.trouble)
            self._page(server, page.sightings, tags, origin)
            self.progress(len(page.sightings))

    def _past(self, server: Server) -> None:
        """Tell what the next pull will bring anyway from what earlier pulls went past and lost.

        Of a form that breaks off meanwhile nothing is told: what the server did not show today is no damage here.
        """
        asked = select(watermark).where(watermark.c.server == server.name)
        with self.register.reading() as rows:
            held = {str(row["form"]): str(row["value"]) for row in rows.execute(asked).mappings()}
            waits = frozenset(owed.owed(rows, server.name))
            own = moved_server.identity(rows, Tagger(self.register.match_key), server)
            if moved_server.moved(rows, server.name, own):
                return  # the cursor is another server's: the next pull begins anew
        if "" not in held or SWEPT not in held:
            return  # nothing was ever pulled, or the next pull compares everything
        for page in server.pages(held[""]):
            if page.trouble is not None:
                self._trouble(server, page.trouble)
            for one in page.sightings:
                self._missing.pop(one.place, None)
        broken = {one.form for one in self.troubles if one.server == server.name}
        for form, root in self._missing.values():
            if form in broken or (form, root) in waits:
                continue
            counts = self._counts[form, ""]
            counts["not_pulled"] -= 1
            counts["short"] += 1

    def _part(self, server: Server, part: Part, tags: Tagger, origin: str) -> None:
        """Compare a form by light marks: its present versions, none of which is fetched again."""
        seen = 0
        trouble: Trouble | None = None
        with self.register.reading() as rows:
            for batch in chunks(part.marks, table.CHUNK):
                shown = [one for one in batch if isinstance(one, Mark)]
                places = {one: tags.place(server.name, origin, one.place) for one in shown}
                self._compare(rows, server, standing.here_of(rows, server.name, part.form, shown), places)
                trouble = next((one for one in batch if isinstance(one, Trouble)), trouble)
                seen += len(shown)
                self.progress(len(shown))
        if trouble is None and seen != part.count and seen != (count := part.recount()):
            trouble = Trouble(part.form, MarksShort(server=server.name, count=count, seen=seen))
        if trouble is not None:
            self._trouble(server, trouble)

    def _trouble(self, server: Server, one: Trouble) -> None:
        """Remember the first trouble of a form."""
        if not any((known.server, known.form) == (server.name, one.form) for known in self.troubles):
            self.troubles.append(self.failed(server, one.form, one.failure))

    def failed(self, server: Server, form: str, failure: Unreachable | NotAllowed) -> FormTrouble:
        """Return what kept a source (form "") or one of its forms from being looked at."""
        self.exits.add(failure.exit_code)
        return FormTrouble(server.name, form, failure.code, failure.words())

    def _compare(
        self,
        rows: Rows,
        server: Server,
        held: Mapping[str, standing.Held],
        places: Mapping[Mark, str],
    ) -> None:
        looked = table.seen(rows, server.name, list(places.values()))
        again = _repeated(rows, server.name, held, places, looked)
        gone = erasing.among(rows, {name for one in places for name in (one.root_id, one.version) if name})
        for mark, tag in places.items():
            form = mark.place.partition("\t")[0]
            here = held.get(mark.root_id or mark.version)
            if here is not None and mark.root_id is None and here.instance_id != mark.version:
                here = None  # of one that names no root, its version alone tells
            erased = here is not None and here.erased
            if mark.blurred and not erased:
                self._count(form, "", "unreadable")
                self._seen |= {_short(here.instance_id)} if here else set()
            elif here is not None and not erased and here.instance_id == mark.version:
                self._count(form, "", self._first(mark.version))
            elif erased or {mark.root_id, mark.version} & gone.keys():
                self._count(form, "", "erased")
            elif tag in looked and looked[tag].state == QUARANTINED:
                self._count(form, "", "quarantined")
            elif tag in looked and looked[tag].waits is not None:
                self._count(form, "", "waiting")
            elif tag in again:
                self._count(form, "", self._first(mark.version))  # the row it came by may be deleted there
            else:
                self._count(form, "", "not_pulled")
                self.awaited.append((server.name, form, tag[:8]))
                if here is None:
                    self._missing[mark.place] = (form, mark.root_id or mark.version)

    def _page(self, server: Server, sightings: Sequence[Sighting], tags: Tagger, origin: str) -> None:
        items = []
        opening = unlocking(server, self._keys, machine, self.register.folder, 0)
        served = Served(self.register, server, self._forms, machine, dry_run=True)
        reading = Reading(opening, served)
        for found in opening.fetch(sightings):
            if isinstance(found, Unread):
                self._count("", "", "not_pulled")
            else:
                items.append(reading.item(tags.place(server.name, origin, found.sighting.place), found, None))
        with self.register.reading() as rows:
            self._forms.refresh(rows)
            said = [one.answers.submission for one in items if one.answers]
            ids = {name for one in items for name in named(one)}
            facts = known.known(rows, server.name, said, self._forms, ids)
            looked = table.seen(rows, server.name, [one.tag for one in items])
        for one in plan(items, facts, tags, ""):
            form, version = one.stamps
            before = looked.get(one.item.tag)
            aside = before is not None and before.state == QUARANTINED
            if isinstance(one, Erased):
                own = own_id(one.item)
                self._count(form, version, self._first(own) if own in facts.redacted else "erased")
            elif isinstance(one, Keep):
                self._count(form, version, "not_pulled")
            elif isinstance(one, Aside):
                changed = isinstance(one.refusal, ContentChanged) and not aside
                self._count(form, version, "changed" if changed else "quarantined" if aside else "not_pulled")
            elif isinstance(one, Wait):
                opened = before is not None and before.here
                waits = "waiting" if before is not None and before.waits is not None else "not_pulled"
                self._count(form, version, self._first(one.locked.instance_id) if opened else waits)
            else:
                self._count(form, version, self._first(one.version.instance_id))

    def _first(self, instance_id: str) -> str:
        """Say whether an instance held is met for the first time."""
        mark = _short(instance_id)
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
            FormTotals(form, version, **counts) for (form, version), counts in sorted(self._counts.items())
        )

    def elsewhere(self, rows: Rows, servers: set[str]) -> int:
        """Return how many versions of these servers no source shows; one that an edit took the place of is not missed."""
        held = select(submission.c.instance_id).where(
            submission.c.server.in_(sorted(servers)),
            submission.c.status != "erased",
            or_(submission.c.server == FOLDERS, submission.c.current),
        )
        return sum(_short(str(one)) not in self._seen for one in rows.execute(held).scalars())


def _short(instance_id: str) -> bytes:
    """Return what is kept of an id, so that memory stays small."""
    return instance_id.encode()[-16:]


def _repeated(
    rows: Rows,
    server: str,
    held: Mapping[str, standing.Held],
    places: Mapping[Mark, str],
    looked: Mapping[str, table.Seen],
) -> set[str]:
    """Return the tags of places under a root that is not held, where a version was read that is held under another."""
    apart = {tag: one for one, tag in places.items() if one.root_id not in held}
    repeats = [tag for tag in apart if tag in looked and looked[tag].state == REPEAT]
    here = known.held(rows, server, [apart[tag].version for tag in repeats])
    return {tag for tag in repeats if apart[tag].version in here}
