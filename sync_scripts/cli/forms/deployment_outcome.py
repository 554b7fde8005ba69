"""What came of ``dikalo forms deploy``, form by form: for a person a line as soon as it is known, for a program one document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from gettext import gettext as _
from gettext import ngettext
from typing import Any, Final, Literal

from sync_scripts.cli.frame.options import deed
from sync_scripts.deploy import Package, Plan
from sync_scripts.errors import N_, DikaloError

SCHEMA: Final = "dikalo.forms.deploy/1"
State = Literal["failed", "untried", "waiting", "held", "sent"]
_LINES: Final[dict[State, str]] = {
    "failed": N_("{form} to {server}: FAILED"),
    "untried": N_("{form} to {server}: not tried"),
    "waiting": N_("{form} to {server}: sent, but its files do not reach phones yet"),
    "held": "",
    "sent": "",
}
"""The gravest first."""
_LEFT: Final[dict[State, str]] = {
    "waiting": N_("Sent, without files on phones yet: {forms}"),
    "failed": N_("Failed: {forms}"),
    "untried": N_(
        "Not tried, as the server failed: {forms}. Run the command again: what is there is not sent twice."
    ),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one form at one server.

    Attributes:
        package: what was to be sent.
        server: name.
        dry_run: nothing was sent.
        made: what was to be done.
        state: sent (or there already), held back, waiting until the server hands it to phones, failed, untried.
        handle: what the server calls it; "" where nothing was sent.
        why: what kept it from the phones, None where nothing did.
    """

    package: Package
    server: str
    dry_run: bool
    made: Plan
    state: State
    handle: str = ""
    why: DikaloError | None = None

    @property
    def document(self) -> dict[str, Any]:
        """Return it for a program."""
        made = self.made
        return {
            "code": made.form,
            "copy_of": self.package.copy_of or None,
            "server": self.server,
            "state": self.state,
            "problem": self.why.code if self.why else None,
            "handle": self.handle,
            "version": made.version,
            "encrypted": self.package.public_key is not None,
            "unchanged": made.unchanged,
            "deeds": [{"deed": deed, "file": name} for deed, name in made.deeds],
            "held": [change.document() for change in made.held],
            "drafted": made.drafted,
            "archived": made.archived,
            "changes": [change.document() for change in made.changes],
        }

    @property
    def line(self) -> str:
        """Return it for a person."""
        made, names = self.made, {"form": self.made.form, "server": self.server}
        if self.state == "held":
            codes = [f"{change.code}:{change.path}" for change in made.held]
            codes += ["DK-F48"] if made.drafted else []
            codes += ["DK-F59"] if made.archived else []
            words = deed(_("{form} to {server}: held back ({codes})"), dry_run=self.dry_run)
            return words.format(**names, codes=", ".join(codes))
        if self.state != "sent":
            return _(_LINES[self.state]).format(**names)
        if made.unchanged:
            return _("{form} to {server}: already there, nothing to send").format(**names)
        count = sum(one in {"file", "list"} for one, _name in made.deeds)
        files = ngettext("{count} file", "{count} files", count).format(count=count)
        if self.package.public_key is not None:
            words = _("{form} to {server}: version {version}, {files}, encrypted on the phones")
        else:
            words = _("{form} to {server}: version {version}, {files}")
        return deed(words, dry_run=self.dry_run).format(**names, version=made.version, files=files)


def gravest(one: Outcome) -> int:
    """Return where it stands among all that came of forms, the gravest first."""
    return list(_LINES).index(one.state)


def document(done: Sequence[Outcome], failed: Mapping[str, DikaloError], *, dry_run: bool) -> dict[str, Any]:
    """Return what a program reads of the whole run."""
    return {
        "schema": SCHEMA,
        "dry_run": dry_run,
        "forms": [one.document for one in done],
        "failures": {name: one.code for name, one in failed.items()},
    }


def left(done: Sequence[Outcome], failed: Mapping[str, DikaloError]) -> Iterator[str]:
    """Yield what is not on phones at the end, where anything is not."""
    if not failed and all(one.state in {"sent", "held"} for one in done):
        return
    yield _("On phones: {count} of {of}").format(count=sum(one.state == "sent" for one in done), of=len(done))
    for state, words in _LEFT.items():
        if names := [f"{one.package.form} ({one.server})" for one in done if one.state == state]:
            yield _(words).format(forms=", ".join(names))
    if failed:
        yield _("Servers to which nothing was sent: {servers}").format(servers=", ".join(failed))
