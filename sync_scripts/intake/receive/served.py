"""The forms as the servers serve them: which version is encrypted with which key, and what each one's own map says.

A version is looked at once, when a submission first names it, and remembered. What the server says may make an answer
more secret, never less (``register.strictness``); an attempt at the contrary is noted. Writes nothing to a server.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any, Final

import msgspec
from sqlalchemy import insert, select, update

from sync_scripts.clock import Clock
from sync_scripts.errors import DikaloError
from sync_scripts.intake.notes import KeyNotOurs, KeyTakenOut, MapLowered, MapRedirected, VersionsLeft
from sync_scripts.intake.receive.answers import Submission
from sync_scripts.intake.receive.form_versions import MOST_ASKED, UNSHOWN, Book, Questions, described
from sync_scripts.intake.receive.known import Forms
from sync_scripts.intake.receive.split import Splitter
from sync_scripts.register.forms import formmap
from sync_scripts.servers.base import Server
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema.raw import deployed_form, form_version
from xlsform import pack
from xlsform.errors import FormError


@dataclass(frozen=True, slots=True)
class Way:
    """How the submissions of a version are read.

    Attributes:
        stamp: the form that they are of; not always what they say, when somebody copied it without its stamps.
        version: version of `form_version` to read them by.
        encrypted: they had to come encrypted.
    """

    stamp: str
    version: str
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    server: str
    form: str
    version: str
    stamp: str
    stamp_version: str
    sha256: str
    map: str
    public_key: str | None
    at: str


_UNKNOWN: Final = ("", "")
"""Stands for form and version where nobody knows the version."""
_NAMES: Final = ("server", "form", "version", "stamp", "stamp_version", "sha256", "map", "public_key", "at")


@dataclass(slots=True)
class Served:
    """What is known of the versions that one source's submissions name, over one run.

    Attributes:
        register: where it is remembered.
        server: may be asked about a version that nobody knows yet.
        forms: the versions that the register reads; learns those that are read more strictly.
        clock: gives the present moment.
        dry_run: ask and decide, and write nothing.
        notes: how often something was met that a person should know, by code.
        unknown: how many questions of a version, by the stamps it is read by, have names that no form here knows.
    """

    register: Register
    server: Server
    forms: Forms
    clock: Clock
    dry_run: bool = False
    notes: dict[str, int] = field(default_factory=dict)
    unknown: dict[tuple[str, str], int] = field(default_factory=dict)
    _rows: dict[tuple[str, str, str], _Row] | None = None
    _ways: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    _own: dict[str, dict[str, formmap.FormMap]] | None = None
    _keys: frozenset[str] = frozenset()
    _questions: Questions = field(init=False)
    _since: dict[str, str] = field(default_factory=dict)
    """When the first key of each form was made, by stamp, as instants."""
    _dated: set[tuple[str, str, str]] = field(default_factory=set)
    _counted: set[tuple[str, str, str]] = field(default_factory=set)
    """Questions that were told of in this run: code, stamp and path."""

    def __post_init__(self) -> None:
        """Begin with nothing asked."""
        self._questions = Questions(self.server)

    @property
    def remote(self) -> bool:
        """Tell whether the source serves forms."""
        return self.server.kind in {"central", "kobo"}

    def way(self, said: Submission) -> Way:
        """Return how to read a submission, after a look at the server when its version is not known yet."""
        rows = self._known()
        key = (self.server.name, said.form, said.server_version)
        if self.remote and key not in rows:
            self._ask(said)
        row = rows.get(key)
        if row is not None and self._unstamped(said):
            said = msgspec.structs.replace(said, stamp=row.stamp)
        encrypted = self._encrypted(row, said)
        return Way(
            said.stamp, self._read_unknown(said) if row is None else self._read_as(row, said), encrypted
        )

    def stamp(self, form: str) -> str | None:
        """Return the stamp of a form by what its server calls it, None when nobody told."""
        of_form = (
            one.stamp for one in self._known().values() if (one.server, one.form) == (self.server.name, form)
        )
        return next(of_form, None)

    def _unstamped(self, said: Submission) -> bool:
        """Tell whether a submission does not say of what form it is, and nobody here knows one of its server's name."""
        return said.stamp == said.form and said.stamp not in self._own_maps()

    def _known(self) -> dict[tuple[str, str, str], _Row]:
        if self._rows is None:
            from sync_scripts.store.seal import form_keys

            with self.register.reading() as rows:
                asked = select(*(deployed_form.c[name] for name in _NAMES))
                found = [_Row(**row) for row in rows.execute(asked).mappings()]
                keys = form_keys.keys(rows)
            self._keys = frozenset(one.fingerprint for one in keys)
            self._since = {one.form: one.made_at for one in keys}  # newest first, so the oldest stays
            self._rows = {(one.server, one.form, one.version): one for one in found}
        return self._rows

    # --- encrypted or not ---

    def _encrypted(self, row: _Row | None, said: Submission) -> bool:
        """Tell whether a submission had to come encrypted; of a version that nobody knows, when its form ever had to.

        Whoever may edit a form at its server does not decide that: a version without a key had to be encrypted too, when it
        was published after its form had one here.
        """
        alike = [
            one
            for one in self._known().values()
            if one.stamp == said.stamp and (one.server == self.server.name or not self.remote)
        ]
        if row is not None:
            return self._had_to(row) or _opened_by_copying(row, said, alike)
        named = [one for one in alike if one.version == said.server_version]
        return any(one.public_key for one in alike) and all(self._had_to(one) for one in named)

    def _had_to(self, row: _Row) -> bool:
        """Tell whether phones encrypt a version, or should: its form had a key here before it was published.

        What was seen of it first is later than that; the server's own word counts, and without it the alarm is raised.
        """
        since = self._since.get(row.stamp)
        if row.public_key is not None or since is None or row.at <= since:
            return row.public_key is not None
        return min(row.at, self._published(row) or row.at) > since

    def _published(self, row: _Row) -> str | None:
        """Ask the server, once a run, when it gave a version to phones, and remember that."""
        key = (row.server, row.form, row.version)
        if row.server != self.server.name or key in self._dated or len(self._dated) >= MOST_ASKED:
            return None
        self._dated.add(key)
        from sync_scripts.intake.receive.form_versions import published

        try:
            at = published(self.server, row.form, row.version)
        except DikaloError:
            return None
        if at is not None and instant(at) < row.at:
            self._known()[key] = replace(row, at=instant(at))
            if not self.dry_run:
                mine = [deployed_form.c[name] == value for name, value in zip(_NAMES[:3], key, strict=True)]
                with self.register.writing() as rows:
                    rows.execute(update(deployed_form).where(*mine).values(at=instant(at)))
        return instant(at) if at is not None else None

    # --- asking the server ---

    def _ask(self, said: Submission) -> None:
        """Read back the version that a submission names: once a run; a server that does not give it is read without."""
        left = self._questions.left
        made = self._questions.ask(said.form, said.server_version, partial(self._made, said))
        self._count(VersionsLeft.code, self._questions.left - left)
        if made is not None:
            self._remember(made)

    def _made(self, said: Submission) -> dict[str, Any] | None:
        """Return what is to be remembered of the version that a submission names, None when the server does not give it."""
        from sync_scripts.intake.receive.form_versions import book

        key = (said.form, said.server_version)
        try:
            found = book(self.server, *key)
            if found is None:
                return None
            stamps = (self._original(found[0], said), said.stamp_version)
            return described(Book(self.server.name, *key, *found), stamps, self.clock())
        except (DikaloError, FormError):
            return None

    def _original(self, workbook: bytes, said: Submission) -> str:
        """Return the form that a served workbook is, when its submissions do not say it and it is one of dikalo's copied."""
        if not self._unstamped(said):
            return said.stamp
        from xlsform.overlay.core import twin_of
        from xlsform.workbooks import workbook as books

        return twin_of(books.read(workbook, file="xlsx").form) or said.stamp

    def _remember(self, made: dict[str, Any]) -> None:
        if not self.dry_run:
            with self.register.writing() as rows:
                rows.upsert(deployed_form, [made])
        row = _Row(**{name: made[name] for name in _NAMES})
        self._known()[row.server, row.form, row.version] = row
        self._ways = {key: way for key, way in self._ways.items() if key[:2] != _UNKNOWN}
        if row.public_key not in {None, UNSHOWN, *self._keys}:
            self._count(KeyNotOurs.code, 1)
        elif row.public_key is None and self._had_to(row):
            self._count(KeyTakenOut.code, 1)

    # --- maps ---

    def _read_as(self, row: _Row, said: Submission) -> str:
        """Return the version of `form_version` by which this version's submissions are read."""
        key = (row.form, row.version, said.stamp, said.stamp_version)
        if key not in self._ways:
            self._ways[key] = self._decide(row, said)
        return self._ways[key]

    def _decide(self, row: _Row, said: Submission) -> str:
        own = self._own_maps().get(said.stamp)
        if not own:
            return said.stamp_version
        strict = formmap.merge(
            formmap.read_map(row.map), said.stamp_version, own, self._floors(row, said.stamp)
        )
        self._count_once(MapLowered.code, said.stamp, strict.lowered)
        self._count_once(MapRedirected.code, said.stamp, strict.redirected)
        if strict.added:
            self.unknown[said.stamp, strict.map.version] = len(strict.added)
        if formmap.SEPARATOR in strict.map.version:
            self._learn(row, strict)
        return strict.map.version

    def _read_unknown(self, said: Submission) -> str:
        """Return the version by which a submission is read whose own version nobody knows: as strictly as any served one.

        A phone may name any: that must not take back what the server ever raised.
        """
        key = (*_UNKNOWN, said.stamp, said.stamp_version)
        if key not in self._ways:
            self._ways[key] = self._decide_unknown(said)
        return self._ways[key]

    def _decide_unknown(self, said: Submission) -> str:
        own = self._own_maps().get(said.stamp, {}).get(said.stamp_version)
        if own is None or all(one.stamp != said.stamp for one in self._known().values()):
            return said.stamp_version
        strict = formmap.merge(
            own, said.stamp_version, {said.stamp_version: own}, self._floors(None, said.stamp)
        )
        if formmap.SEPARATOR in strict.map.version:
            self._learn(None, strict)
        return strict.map.version

    def _floors(self, row: _Row | None, stamp: str) -> dict[str, int]:
        """Return the levels below which nothing of a version is read: of the shipped form, and of what a server ever said.

        A level that some server raised stays when it is taken back there. Of a question without our columns it said none.
        """
        found = dict(core_levels(stamp))
        for one in self._known().values():
            if one.stamp == stamp and one is not row:
                for asked in formmap.read_map(one.map).questions:
                    if asked.entity is not None:
                        path = "/".join(asked.path)
                        found[path] = max(found.get(path, 0), asked.level)
        return found

    def _own_maps(self) -> dict[str, dict[str, formmap.FormMap]]:
        """Return the maps of this workspace's own workbooks, by stamp and version."""
        if self._own is None:
            self._own = {}
            names = select(form_version.c.stamp, form_version.c.version, form_version.c.map)
            with self.register.reading() as rows:
                for row in rows.execute(names.where(~form_version.c.version.contains(formmap.SEPARATOR))):
                    self._own.setdefault(row.stamp, {})[row.version] = formmap.read_map(row.map)
        return self._own

    def _learn(self, row: _Row | None, strict: formmap.Strict) -> None:
        """Let the register read by this map: under a version of its own, beside what the workbooks here say.

        Of no row, it is that of versions which nobody knows.
        """
        made = strict.map
        if (made.form, made.version) in self.forms.splitters:
            return
        if self.dry_run:
            self.forms.splitters[made.form, made.version] = Splitter(made)
            return
        sha256 = hashlib.sha256(formmap.write_map(made).encode()).hexdigest() if row is None else row.sha256
        values = {
            "form": made.form,
            "version": made.version,
            "stamp": made.form,
            "sha256": f"{sha256}{formmap.SEPARATOR}{made.version.rpartition(formmap.SEPARATOR)[2]}",
            "workbook": b"",  # no workbook says this
            "map": formmap.write_map(made),
            "imported_at": instant(self.clock()),
        }
        with self.register.writing() as rows:
            if (
                formmap.find(rows, made.form, made.version) is None
            ):  # another laptop of the same register may know it
                rows.execute(insert(form_version).values(values))
            if row is not None:
                mine = [deployed_form.c[name] == getattr(row, name) for name in _NAMES[:3]]
                rows.execute(update(deployed_form).where(*mine).values(read_as=made.version))
            self.forms.refresh(rows)

    def _count_once(self, code: str, stamp: str, paths: Iterable[str]) -> None:
        """Count each question of a form once a run, in however many versions it stands."""
        new = {(code, stamp, one) for one in paths} - self._counted
        self._counted |= new
        self._count(code, len(new))

    def _count(self, code: str, more: int) -> None:
        self.notes[code] = self.notes.get(code, 0) + more


def _opened_by_copying(row: _Row, said: Submission, alike: Iterable[_Row]) -> bool:
    """Tell whether a version comes of a copy that was made without the key with which phones encrypt the form itself.

    It is none when its own form was ever encrypted: then it is the version of before. Nor when it is older than the key, or
    phones encrypt the form no more.
    """
    forms: dict[str, list[_Row]] = {}
    for one in sorted(alike, key=lambda one: one.at):
        forms.setdefault(one.form, []).append(one)
    if any(one.public_key for one in forms.pop(row.form, ())):
        return False
    return any(
        theirs[-1].public_key
        and min(one.stamp_version for one in theirs if one.public_key) <= said.stamp_version
        for theirs in forms.values()
    )


@lru_cache(maxsize=16)
def core_levels(stamp: str) -> dict[str, int]:
    """Return the levels of the form as dikalo ships it, by path; empty for a form that is not one of ours."""
    from xlsform.workbooks import workbook

    for form in pack.forms():
        if form.form_id == stamp and form.workbook.is_file():
            made = formmap.form_map(workbook.read(form.workbook.read_bytes(), file=form.workbook.name).form)
            return {"/".join(asked.path): asked.level for asked in made.questions}
    return {}
