"""``dikalo cases dossier``: what of one case may be handed to somebody outside, shown first; then made in a process of its own.

This process never opens anything: a dry run reads levels 0 to 2, and the making is left to a child that ends with all it opened.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import click

from sync_scripts.cli.frame.listing import table
from sync_scripts.cli.frame.options import ByKey, DryRun, Reason, either, nothing_written, plain
from sync_scripts.cli.frame.shell import FOLDER, Shell, command, option, place
from sync_scripts.cli.frame.typed import spoken
from sync_scripts.cli.opening.opening import in_child
from sync_scripts.dossier.wording import entity_words, kind_words, left_out, why_words
from sync_scripts.errors import N_, NotAllowed, UsageProblem
from sync_scripts.register.handover.choosing import Choice, choose
from sync_scripts.register.handover.gathered import Gathered, gather
from sync_scripts.register.handover.handovers import request
from sync_scripts.register.history.visibility import require_sight
from sync_scripts.register.model.listings import Column, yes_no
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.database import Rows

DESCRIPTOR: Final = "DIKALO_DOSSIER_FD"
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

NothingMayLeave: Final = NotAllowed.declare(
    "DK-Q07",
    "Nothing of the case {case} may be shared with this recipient for this purpose: {reasons}. Nothing was opened. "
    "dikalo consent show {case} says what each person agreed to; dikalo consent record CODE PURPOSE=ANSWER records "
    "what they answer when asked.",
)
DossierReason: Final = UsageProblem.declare(
    "DK-Q08",
    "Why is it handed over, and why is it left unsealed if it is? Nothing was opened. Say it with --reason, and with "
    "--clear; both are kept.",
)


@dataclass(frozen=True)
class Wanted:
    """What was typed.

    Attributes:
        recipient: public key of the receiver; None for a passphrase.
        clear: why the file is not sealed; empty when it is.
        reference: drawn for this hand-over.
    """

    code: Annotated[str, place(_("CODE"))]
    purpose: Annotated[
        str,
        option(
            "--purpose", "justice, un, or services with --service: what the person agreed to.", _("PURPOSE")
        ),
    ]
    to: Annotated[
        str,
        plain(
            "--to",
            "Who gets it: a provider's code, or court:NAME, authority:NAME, un:NAME, ngo:NAME.",
            _("RECEIVER"),
        ),
    ]
    reason: Reason = ""
    service: Annotated[
        str | None, option("--service", "Which service, for the purpose services.", _("SERVICE"))
    ] = None
    authorisation: Annotated[
        str,
        plain(
            "--authorisation", "Number of the authorisation by the data-protection authority.", _("NUMBER")
        ),
    ] = ""
    recipient: Annotated[
        str | None,
        option(
            "--recipient",
            "Public key of the receiver; without it the file opens with a passphrase that is drawn and shown once.",
            "age1…",
        ),
    ] = None
    clear: Annotated[
        str | None,
        plain(
            "--clear", "Leave the file unsealed, for this reason, which is kept. - asks for it.", _("REASON")
        ),
    ] = None
    out: Annotated[
        Path | None, option("--out", "Folder for the file; out/ of the workspace without it.", type=FOLDER)
    ] = None
    language: Annotated[
        Literal["fr", "en"], option("--language", "Language of the dossier.", show_default=True)
    ] = "fr"
    look: Annotated[
        bool,
        option(
            "--look", "Show the page in the browser before the file is closed, and ask whether it may leave."
        ),
    ] = False
    reference: str = field(
        init=False, default_factory=lambda: "".join(secrets.choice(_ALPHABET) for _one in range(8))
    )

    def checked(self) -> Wanted:
        """Return it with its reasons trimmed.

        Raises:
            DossierReason: one of them is missing.
            click.UsageError: the file would be sealed and left unsealed.
        """
        if self.recipient is not None and self.clear is not None:
            raise click.UsageError(_("--recipient and --clear contradict each other."))
        if not self.reason.strip() or (self.clear is not None and not self.clear.strip()):
            raise DossierReason
        return replace(self, reason=self.reason.strip(), clear=(self.clear or "").strip())


@command("dossier")
def dossier(shell: Shell, *, wanted: Wanted, by: ByKey, dry_run: DryRun) -> None:
    """Show, or make, one dossier."""
    if not dry_run:
        wanted.checked()
        in_child(shell, "dossier", *spoken(wanted), *spoken(by))
        return
    with shell.reading() as (workspace, rows):
        require_sight(rows, workspace.actor(), wanted.code)
        found, choice = asks(rows, wanted, shell.clock())
    nothing_leaves(choice, found.code)
    document = outline(found, choice, wanted)
    shell.show(document, shown(document))


def asks(rows: Rows, wanted: Wanted, now: datetime) -> tuple[Gathered, Choice]:
    """Return the case, and what of it may leave now; opens nothing."""
    asked = request(rows, wanted.purpose, wanted.to, wanted.service)
    found = gather(rows, wanted.code)
    return found, choose(found, asked, now, local_day(now, load()))


def nothing_leaves(choice: Choice, case: str) -> None:
    """Let a choice pass of which something leaves.

    Raises:
        NothingMayLeave: nobody agreed; says why.
    """
    if choice.people:
        return
    reasons = dict.fromkeys(one.why for one in choice.answers.values())
    raise NothingMayLeave(case=case, reasons=", ".join(map(why_words, reasons)) or why_words("missing"))


def outline(found: Gathered, choice: Choice, wanted: Wanted) -> dict[str, Any]:
    """Return what is in a dossier and what is not, as numbers: nothing of levels above 2."""
    counted = Counter(one.record.entity for one in choice.kept)
    return {
        "schema": "dikalo.case-dossier/1",
        "code": found.code,
        "reference": wanted.reference,
        "purpose": choice.request.purpose,
        "service": choice.request.service,
        "receiver": choice.request.receiver,
        "receiver_kind": choice.request.kind,
        "people": [
            {
                "person": found.names.get(uid, ""),
                "leaves": one.allowed,
                "why": one.why,
                "words": why_words(one.why),
            }
            for uid, one in choice.answers.items()
        ],
        "records": [
            {"entity": name, "what": entity_words(name), "count": count} for name, count in counted.items()
        ],
        "files": len(choice.files),
        "submissions": len(choice.versions),
        "decisions": len(choice.history),
        "opened": len(choice.wanted(found.items)),
        "left_out": [left_out(one) for one in choice.left],
        "dry_run": True,
    }


def shown(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is in a dossier and what is not, in words."""
    yield from nothing_written(dry_run=document["dry_run"])
    yield _("Dossier of case {case}, for {receiver} ({kind}), purpose: {purpose}").format(
        case=document["code"],
        receiver=document["receiver"],
        kind=kind_words(document["receiver_kind"]),
        purpose=label("consent_purpose", document["purpose"]),
    )
    yield from _people(document)
    yield ""
    yield either(_("In it"), _("Would be in it"), dry_run=document["dry_run"])
    yield from table(_IN_IT, _counts(document))
    if document["left_out"]:
        yield ""
        yield either(_("Left out"), _("Would be left out"), dry_run=document["dry_run"])
        yield from table(_LEFT_OUT, document["left_out"])
    if document["dry_run"]:
        yield ""
        number = document["opened"]
        yield ngettext(
            "To make it, {n} sealed item would be opened, and that be written down first.",
            "To make it, {n} sealed items would be opened, and that be written down first.",
            number,
        ).format(n=number)


def _people(document: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield _("People")
    yield from table(_PEOPLE, document["people"])


_IN_IT: Final = (Column(0, N_("what")), Column(1, N_("how many")))
_LEFT_OUT: Final = (
    Column("what", N_("what")),
    Column("count", N_("how many")),
    Column("part_words", N_("left out")),
    Column("words", N_("because")),
)
_PEOPLE: Final = (
    Column("person", N_("who")),
    Column("leaves", N_("leaves"), yes_no),
    Column("words", N_("because")),
)


def _counts(document: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    yield from ((one["what"], one["count"]) for one in document["records"])
    yield _("Files, with their hashes only"), document["files"]
    yield _("Forms as received, with their hashes only"), document["submissions"]
    yield _("Decisions"), document["decisions"]
