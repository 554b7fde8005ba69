"""``dikalo person links``: people who may be in two cases, side by side, and what somebody said of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from gettext import gettext as _
from gettext import ngettext
from typing import Any

from msgspec import to_builtins

from sync_scripts.cli.alerts.pairs import Asked, pairs_options, rest
from sync_scripts.cli.frame.listing import local, table
from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from sync_scripts.register.history.visibility import sight_of
from sync_scripts.register.links.grouping import BEST
from sync_scripts.register.links.people import Group, Pair, groups
from sync_scripts.register.rules.kinds import label

__all__ = ["links"]

_SHOWN = 20
"""Groups that a screen shows; --json and a CODE show the others."""


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
        found = groups(rows, sight_of(rows, workspace.actor()), code=code, everything=everything)
    whole = code is not None
    most = None if whole and everything else BEST
    document = {
        "schema": "dikalo.person_links/2",
        "groups": [_plain(group, most, whole=whole) for group in found.groups],
        "hidden": found.hidden,
    }
    asked.show(shell, document, _told(found.groups, found.hidden, most, whole=whole))


def _plain(group: Group, most: int | None, *, whole: bool) -> dict[str, Any]:
    """Return a group for a program; a mark stands where the group is that of one record, asked for by its case."""
    named = group.beside[:most]
    return {
        "pairs": to_builtins([one.pair for one in named]),
        "more": len(group.beside) - len(named),
        "mark": group.mark if whole else "",
    }


def _told(found: Sequence[Group], hidden: int, most: int | None, *, whole: bool) -> Iterator[str]:
    if not found:
        yield _("Nobody is proposed as the same person.")
    shown = found if whole else found[:_SHOWN]
    for number, group in enumerate(shown):
        if number:
            yield ""
        yield from _group(group, most if whole else 1, whole=whole)
    if len(shown) < len(found):
        yield ""
        words = _("and {n} more: {commands}")
        yield words.format(n=len(found) - len(shown), commands="dikalo person links --json")
    if hidden:
        yield ngettext(
            "{n} pair is not shown: it tells of gender-based violence and is shown to whoever is in charge of one of the cases.",
            "{n} pairs are not shown: they tell of gender-based violence and are shown to whoever is in charge of one of the "
            "cases.",
            hidden,
        ).format(n=hidden)
    if found:
        yield _("To be sure, compare them opened: dikalo person links CODE --open REASON.")


def _group(group: Group, most: int | None, *, whole: bool) -> Iterator[str]:
    """Yield the likeliest of a group side by side, and how many more there are; on what is asked for by its case all can be decided."""
    named = group.beside[:most]
    for number, one in enumerate(named):
        if number:
            yield ""
        yield from _side_by_side(one.pair)
    head = group.beside[0].pair.people[0]
    decide = f"dikalo person decide {head['case']} {head['person']} {group.mark} same|not_same"
    many = whole and len(group.beside) > 1 and head["person"] is not None
    show = f"dikalo person links {head['case']}" + (" --all" if whole else "")
    yield from rest(len(group.beside) - len(named), show, decide if many else "")


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
