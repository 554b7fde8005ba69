"""``dikalo alerts links, person links``: alerts of one event and people of two cases, side by side, and what somebody said of it.

Opens nothing itself: what is sealed is compared in a process of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from gettext import gettext as _
from gettext import ngettext
from typing import Annotated, Any, Final

import click
from msgspec import to_builtins

from sync_scripts.cli.frame.listing import listed, table, told_of
from sync_scripts.cli.frame.options import plain
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.cli.opening.opening import compare_in_child
from sync_scripts.errors import N_
from sync_scripts.register.history.visibility import sight_of
from sync_scripts.register.links.compare import reasons_in_words
from sync_scripts.register.links.grouping import BEST
from sync_scripts.register.links.people import Group, Pair, groups
from sync_scripts.register.links.views import SIDE, proposals
from sync_scripts.register.model.listings import DEPARTMENT, Column, Listing, one_of
from sync_scripts.register.queries.views import ALERT_FACTS
from sync_scripts.register.rules.kinds import label, labels
from sync_scripts.register.rules.link_rules import load
from sync_scripts.register.rules.ruleset import local


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Whose pairs are shown, and why what is sealed of them is compared, too; None = of all, and nothing opened."""

    code: Annotated[str | None, place(_("[CODE]"))]
    everything: Annotated[
        bool,
        option(
            "--all", "Show what is decided, too; with a CODE all of each group, and not only the likeliest."
        ),
    ]
    reason: str | None

    def require_code(self, sentence: str) -> None:
        """Refuse with a sentence to open without a code.

        Raises:
            UsageError: it is so.
        """
        if self.reason is not None and self.code is None:
            raise click.UsageError(sentence)

    def show(self, shell: Shell, document: dict[str, Any], lines: Iterable[str]) -> None:
        """Show the pairs, and let another process compare what is sealed; with ``--json`` its document is the only one."""
        if self.code is None or self.reason is None:
            shell.show(document, lines)
            return
        if not shell.json:
            shell.show(document, lines)
        compare_in_child(shell, self.code, self.reason)


def rest(more: int, command: str, decide: str = "") -> Iterator[str]:
    """Yield how many of a group are not shown and what shows them, and how all of it are decided at once, if that is possible here."""
    if more:
        words = ngettext("and {n} more like it: {command}", "and {n} more like it: {command}", more)
        yield words.format(n=more, command=command)
    if decide:
        yield _("To decide on all of them at once: {command}").format(command=decide)


def not_opened(count: int) -> Iterator[str]:
    """Yield how many were not compared: no more than the likeliest are opened at a time."""
    if count:
        words = ngettext(
            "{n} more was not opened: decide on these first, then compare again.",
            "{n} more were not opened: decide on these first, then compare again.",
            count,
        )
        yield words.format(n=count)


@dataclass(frozen=True, kw_only=True)
class _AskedAlerts(Asked):
    """Of alerts."""

    reason: Annotated[
        str | None,
        plain(
            "--open",
            "With a CODE: compare the sealed places and contacts, too. Asks for the vault passphrase; who and why is written "
            "down first. - asks for the reason.",
            _("REASON"),
        ),
    ]


@command("links")
def alert_links(shell: Shell, *, asked: _AskedAlerts) -> None:
    """Show the proposals; nothing that is sealed and no tag of a contact."""
    asked.require_code(_("--open needs the CODE of an alert."))
    with shell.reading() as (workspace, rows):
        sight = sight_of(rows, workspace.actor())
        found = proposals(rows, sight, code=asked.code, everything=asked.everything)
    shown = [
        {**group, "links": [_with_words(line, shell.lang) for line in group["links"]]}
        for group in found.groups
    ]
    document = {"schema": GROUPS.schema, GROUPS.name: shown, "hidden": found.hidden}
    asked.show(shell, document, _alerts_told(shown, found.hidden, detailed=asked.code is not None))


def _with_words(line: Mapping[str, Any], lang: str) -> dict[str, Any]:
    words = reasons_in_words(line["reasons"], lang, load())
    return {**line, "reasons_in_words": [{"rule": rule, "text": text} for rule, text in words]}


def _alerts_told(found: Sequence[Mapping[str, Any]], hidden: int, *, detailed: bool) -> Iterator[str]:
    if not found:
        yield _("No two alerts are proposed as one event.")
    elif detailed:
        for group in found:
            yield from _alert_group(group)
    else:
        yield from listed(GROUPS, [{**one, **one["links"][0]} for one in found])
        yield _("Each alert stands in a group here; what is beside one: dikalo alerts links CODE.")
    if hidden:
        told = ngettext(
            "{n} pair is not shown: it tells of sexual violence and is shown to the worker in charge of the case, or to the "
            "coordinator while there is none.",
            "{n} pairs are not shown: they tell of sexual violence and are shown to the worker in charge of the case, or to "
            "the coordinator while there is none.",
            hidden,
        )
        yield told.format(n=hidden)


def _alert_group(group: Mapping[str, Any]) -> Iterator[str]:
    """Yield the pairs of a group, a line after each, and how many more there are."""
    for line in group["links"]:
        yield from _two_alerts(line)
        yield ""
    code, mark = group["code"], group["mark"]
    many = len(group["links"]) + group["more"] > 1
    yield from rest(
        group["more"],
        f"dikalo alerts links {code} --all",
        f"dikalo alerts decide {code} {mark} same_event|related|not_same" if many else "",
    )


def _other(line: Mapping[str, Any], name: str) -> Any:
    return line["alerts"][1][name]


GROUPS: Final = Listing(
    "dikalo.alert_links/2",
    "groups",
    (
        Column("code", N_("alert"), lambda one: one["alerts"][0]["code"], whole=True),
        Column("other", N_("alert"), lambda one: _other(one, "code"), whole=True),
        Column("more", N_("more"), lambda one: len(one["links"]) - 1 + one["more"] or None, whole=True),
        Column("level", N_("likelihood"), one_of("link_level")),
        Column("points", N_("points")),
        Column("decision", N_("decided"), one_of("link_decision")),
        Column(
            "department", N_("department"), lambda one: DEPARTMENT.says(_other(one, "department")), whole=True
        ),
        Column("facts", N_("facts"), lambda one: labels("alert_icon", _other(one, "icons")), whole=True),
    ),
    narrow="department facts:14 points level:10 facts",
)
"""Each group by its likeliest pair."""


def beside(first: str, second: str) -> tuple[Column, ...]:
    """Return the columns of a table that compares two things: what is compared, and each of them under its name."""
    return Column(0), Column(1, first), Column(2, second)


def _two_alerts(line: Mapping[str, Any]) -> Iterator[str]:
    first, second = line["alerts"]
    yield from table(
        beside(first["code"], second["code"]),
        (
            (name, one, other)
            for (name, one), (_name, other) in zip(_about(first), _about(second), strict=True)
            if one or other
        ),
    )
    yield _("{level}, {points} points; {decision}").format(
        level=label("link_level", line["level"]),
        points=line["points"],
        decision=_decision(line),
    )
    yield from (f"- {reason['text']}" for reason in line["reasons_in_words"])


def _decision(line: Mapping[str, Any]) -> str:
    word = label("link_decision", line["decision"])
    if not line["decided_by"]:
        return word
    told = _("{decision} ({who}, {when})").format(
        decision=word, who=line["decided_by"], when=local(line["decided_at"])
    )
    if line["decision_reason"]:
        told = _("{told}, reason: {reason}").format(told=told, reason=line["decision_reason"])
    return told


_COMPARED: Final = [
    "when" if name == "date_min" else name for name in SIDE if name not in {"code", "date_max"}
]
"""What stands under each of the two codes; the first and the last day in one line."""


def _about(alert: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    first, last = alert["date_min"], alert["date_max"]
    days = first if first == last else _("{first} to {last}").format(first=first, last=last)
    facts = {one.name: one for one in ALERT_FACTS} | {"when": Column("when", N_("When"))}
    return told_of((facts[name] for name in _COMPARED), {**alert, "when": days})


_SHOWN = 20
"""Groups that a screen shows; --json and a CODE show the others."""


@dataclass(frozen=True, kw_only=True)
class _AskedPeople(Asked):
    """Of people."""

    reason: Annotated[
        str | None,
        plain(
            "--open",
            "With a CODE: compare the sealed telephones and documents, too. Asks for the vault passphrase; who and why is written "
            "down first. - asks for the reason.",
            _("REASON"),
        ),
    ]


@command("links")
def person_links(shell: Shell, *, asked: _AskedPeople) -> None:
    """Show the proposals; nothing that is sealed and no tag."""
    asked.require_code(_("--open needs the CODE of a case."))
    with shell.reading() as (workspace, rows):
        found = groups(rows, sight_of(rows, workspace.actor()), code=asked.code, everything=asked.everything)
    whole = asked.code is not None
    most = None if whole and asked.everything else BEST
    document = {
        "schema": "dikalo.person_links/2",
        "groups": [_plain(group, most, whole=whole) for group in found.groups],
        "hidden": found.hidden,
    }
    asked.show(shell, document, _people_told(found.groups, found.hidden, most, whole=whole))


def _plain(group: Group, most: int | None, *, whole: bool) -> dict[str, Any]:
    """Return a group for a program; a mark stands where the group is that of one record, asked for by its case."""
    named = group.beside[:most]
    return {
        "pairs": to_builtins([one.pair for one in named]),
        "more": len(group.beside) - len(named),
        "mark": group.mark if whole else "",
    }


def _people_told(found: Sequence[Group], hidden: int, most: int | None, *, whole: bool) -> Iterator[str]:
    if not found:
        yield _("Nobody is proposed as the same person.")
    shown = found if whole else found[:_SHOWN]
    for number, group in enumerate(shown):
        if number:
            yield ""
        yield from _people_group(group, most if whole else 1, whole=whole)
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


def _people_group(group: Group, most: int | None, *, whole: bool) -> Iterator[str]:
    """Yield the likeliest of a group side by side, and how many more there are; on what is asked for by its case all can be decided."""
    named = group.beside[:most]
    for number, one in enumerate(named):
        if number:
            yield ""
        yield from _two_people(one.pair)
    head = group.beside[0].pair.people[0]
    decide = f"dikalo person decide {head['case']} {head['person']} {group.mark} same|not_same"
    many = whole and len(group.beside) > 1 and head["person"] is not None
    show = f"dikalo person links {head['case']}" + (" --all" if whole else "")
    yield from rest(len(group.beside) - len(named), show, decide if many else "")


def _two_people(pair: Pair) -> Iterator[str]:
    def both(name: str, of: str | None = None) -> list[object]:
        return [label(of, one[name]) if of else one[name] for one in pair.people]

    rows = [
        (_("person"), *both("person")),
        (_("kind"), *both("kind", "victim_kind")),
        (_("age"), *both("age_band", "age_band")),
        (_("department"), *both("department", "cm_admin:department")),
        (_("week"), *both("week")),
        (_("in charge"), *both("owner")),
    ]
    first, second = pair.people
    yield from table(beside(first["case"], second["case"]), rows)
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
