"""``dikalo person links`` and ``person decide``: people who may be in two cases, side by side, and what somebody says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from gettext import gettext as _
from gettext import ngettext
from typing import Any

import click
from msgspec import to_builtins

from sync_scripts.cli.deciding import decides
from sync_scripts.cli.listing import local, table
from sync_scripts.cli.options import reason_option
from sync_scripts.cli.pairs import Asked, pairs_options
from sync_scripts.cli.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.tense import done_lines, either
from sync_scripts.register.labels import label
from sync_scripts.register.links.people import Pair, Pairs, decide_person, pairs
from sync_scripts.register.links.sight import sight_of

__all__ = ["decide", "links"]

_SHOWN = 20
"""Pairs that a screen shows; --json and a CODE show the others."""


@command("links")
@pairs_options(
    opened=_(
        "With a CODE: compare the sealed telephones and documents, too. Asks for the vault passphrase; who and why is written "
        "down first. - asks for the reason."
    )
)
@pass_shell
def links(shell: Shell, code: str | None, *, everything: bool, reason: str | None) -> None:
    """Show the proposals; nothing that is sealed and no tag."""
    asked = Asked(code, reason)
    asked.require_code(_("--open needs the CODE of a case."))
    with shell.reading() as (workspace, rows):
        found = pairs(rows, sight_of(rows, workspace.actor()), code=code, everything=everything)
    document = {"schema": "dikalo.person_links/1", **to_builtins(found)}
    asked.show(shell, document, _told(found, whole=code is not None))


def _told(found: Pairs, *, whole: bool) -> Iterator[str]:
    if not found.pairs:
        yield _("Nobody is proposed as the same person.")
    shown = found.pairs if whole else found.pairs[:_SHOWN]
    for number, pair in enumerate(shown):
        if number:
            yield ""
        yield from _side_by_side(pair)
    if len(shown) < len(found.pairs):
        rest = len(found.pairs) - len(shown)
        yield ""
        words = _("and {n} more: {commands}")
        yield words.format(n=rest, commands="dikalo person links --json")
    if found.hidden:
        yield ngettext(
            "{n} pair is not shown: it tells of gender-based violence and is shown to whoever is in charge of one of the cases.",
            "{n} pairs are not shown: they tell of gender-based violence and are shown to whoever is in charge of one of the "
            "cases.",
            found.hidden,
        ).format(n=found.hidden)
    if found.pairs:
        yield _("To be sure, compare them opened: dikalo person links CODE --open REASON.")


def _side_by_side(pair: Pair) -> Iterator[str]:
    def both(name: str, of: str | None = None) -> list[object]:
        return [label(of, one[name]) if of else one[name] for one in pair.people]

    rows: list[Sequence[object]] = [
        (_("person"), *both("person")),
        (_("kind"), *both("kind", "victim_kind")),
        (_("age"), *both("age_band", "age_band")),
        (_("department"), *both("department", "cm_admin:department")),
        (_("week"), *both("week")),
        (_("in charge"), *both("owner")),
    ]
    yield from table(["", *(one["case"] for one in pair.people)], rows)
    yield _("Why: {reasons}.").format(reasons=_("; ").join(_reasons(pair)))
    if pair.decision:
        said = _("the same person") if pair.decision == "same" else _("not the same person")
        yield _("{by} decided on {when}: {decision} ({reason}).").format(
            by=pair.decided_by, when=local(pair.decided_at), decision=said, reason=pair.reason
        )


def _reasons(pair: Pair) -> Iterator[str]:
    words = {
        "phone": _("the telephone may be the same"),
        "document": _("the identity document may be the same"),
    }
    names = {"kind": _("kind"), "age_band": _("age"), "department": _("department")}
    yield from (words.get(tag, tag) for tag in pair.tags)
    if pair.alike:
        yield _("the same: {names}").format(names=", ".join(names[one] for one in pair.alike))
    if pair.differs:
        yield _("not the same: {names}").format(names=", ".join(names[one] for one in pair.differs))


@command("decide")
@click.argument("code", metavar=_("CODE"))
@click.argument("person", metavar="V1")
@click.argument("other_code", metavar=_("CODE"))
@click.argument("other_person", metavar="V1")
@click.argument("decision", type=click.Choice(["same", "not_same"]))
@reason_option
@as_option
@dry_run_option
@pass_shell
def decide(
    shell: Shell,
    *,
    code: str,
    person: str,
    other_code: str,
    other_person: str,
    decision: str,
    reason: str,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Decide on one pair."""
    with decides(shell, "person decide", as_code=as_code, dry_run=dry_run) as by:
        done = decide_person(by, code, person, (other_code, other_person), decision, reason=reason)
    document: dict[str, Any] = {"schema": "dikalo.person_decided/1", **to_builtins(done), "dry_run": dry_run}
    became = _("the same person") if done.decision == "same" else _("not the same person")
    told = either(
        _("{code} {person} and {other_code} {other_person}: {decision}. Both are kept as they are."),
        _(
            "{code} {person} and {other_code} {other_person} would be: {decision}. Both would be kept as they are."
        ),
        dry_run=dry_run,
    ).format(
        code=done.code,
        person=done.person,
        other_code=done.other_code,
        other_person=done.other_person,
        decision=became,
    )
    shell.show(document, done_lines(told, dry_run=dry_run))
