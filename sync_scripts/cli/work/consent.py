"""What was agreed to in a case or alert, what may leave because of it, and what was given to whom: ``dikalo consent show`` and its tables.

Writes and opens nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from gettext import gettext as _
from typing import Annotated, Any, Final

from sync_scripts.cli.frame.listing import details, show_list, table
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.errors import N_
from sync_scripts.register.consent_decisions.decide import someone
from sync_scripts.register.consent_decisions.views import alert_consent, case_consents
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.handover.handovers import given_rows
from sync_scripts.register.history.visibility import require_sight
from sync_scripts.register.model import codes
from sync_scripts.register.model.listings import Column, Listing, day, one_of
from sync_scripts.register.queries.log import hand_words
from sync_scripts.register.rules.kinds import label, labels
from sync_scripts.register.rules.ruleset import local


@command("show")
def show_consent(shell: Shell, *, code: Annotated[str, place(_("CODE"))]) -> None:
    """Show the consents of one case or alert; nothing that is sealed."""
    with shell.reading() as (workspace, rows):
        require_sight(rows, workspace.actor(), code)
        if codes.read(code, "AL") is not None:
            found = alert_consent(rows, code)
            shell.show({"schema": "dikalo.alert_consent/1", **found}, _of_alert(found))
            return
        found = case_consents(rows, code, shell.clock())
    shell.show({"schema": "dikalo.consent/1", **found}, _of_case(found))


def _of_alert(found: Mapping[str, Any]) -> Iterator[str]:
    yield from details(
        [
            (_("Alert"), found["code"]),
            (_("Consent"), label("consent_state", found["state"])),
            (_("Case"), found["case_code"]),
        ]
    )
    if found["erased"]:
        yield _("It was erased: nothing of it may leave.")
    elif found["state"] in {"refused", "withdrawn"}:
        yield _("Nothing more is done with it: it is only counted.")
    else:
        yield _("It covers handling the alert, without identity, and nothing else.")


def _of_case(found: Mapping[str, Any]) -> Iterator[str]:
    yield from details([(_("Case"), found["code"])])
    if found["erased"]:
        yield _("It was erased: nothing of it may leave.")
    elif found["stopped"]:
        yield _("Everybody withdrew or refused: all work stops. It is on no list of the phones.")
    if not found["people"]:
        yield _("Nobody was interviewed yet: nothing about a person may leave.")
    for person in found["people"]:
        yield ""
        yield from _of_person(person)


def _of_person(person: Mapping[str, Any]) -> Iterator[str]:
    yield from details(
        [
            (_("Person"), person["person"]),
            (_("Never share with"), labels("withhold_from", " ".join(person["withheld"]))),
        ]
    )
    yield from (
        table(_ANSWERS, person["consents"])
        if person["consents"]
        else [_("No answer of this person is recorded.")]
    )
    leaving = [_door(name, answer) for name, answer in person["may_leave"].items()]
    yield _("May leave: {what}").format(what=", ".join(text for ok, text in leaving if ok) or _("nothing"))
    yield _("May not leave: {what}").format(
        what=", ".join(text for ok, text in leaving if not ok) or _("nothing")
    )


def _state(one: Mapping[str, Any]) -> str:
    return label("consent_state", one["state"]) + (_(" (run out)") if one["expired"] else "")


def _detail(one: Mapping[str, Any]) -> str:
    said = json.loads(one["detail"] or "{}")
    parts = [
        labels("service", " ".join(said.get("services", []))),
        label("followup_contact", said.get("channel")),
    ]
    parts.append(label("consent_scope", one["scope"]))
    return ", ".join(part for part in parts if part)


def _until(one: Mapping[str, Any]) -> str:
    if one["override_until"]:
        return _("override by {who} until {when}").format(
            who=" + ".join(one["override_by"]), when=local(one["override_until"])
        )
    return str(one["expires_at"] or "")


_ANSWERS: Final = (
    Column("purpose", N_("purpose"), one_of("consent_purpose")),
    Column("state", N_("answer"), _state, whole=True),
    Column("detail", N_("details"), _detail, whole=True),
    Column("given_at", N_("since"), lambda one: day(one["withdrawn_at"]) or one["given_at"], whole=True),
    Column("expires_at", N_("until"), _until, whole=True),
)


def _door(name: str, answer: Mapping[str, Any]) -> tuple[bool, str]:
    words = {
        "referral": _("referral to another organisation, without identity"),
        "transfer": _("the whole case to another organisation"),
        "report": _("counts in reports"),
        "gbvims": _("GBVIMS table: sexual and gender-based violence in figures, without names"),
        "mrm": _("table of grave violations"),
        "uwazi": _("Uwazi, a database of cases, for advocacy"),
        "bundle": _("evidence bundle for a court"),
        "bundle_un": _("evidence bundle for the United Nations"),
        "media_kit": _("media kit"),
        "evidence": _("pictures and recordings for a court"),
        "facts": _("facts in the team's workbook"),
        "services": _("needs in workbooks"),
        "contact": _("calling or visiting again"),
    }
    text = words[name]
    if answer["by_override"]:
        text = _("{what} (by override)").format(what=text)
    return bool(answer["allowed"]), text if answer["allowed"] else f"{text} ({_why(answer['why'])})"


def _why(why: str) -> str:
    words = {
        "erased": _("it was erased"),
        "missing": _("not recorded"),
        "not_asked": _("not asked yet"),
        "refused": _("refused"),
        "unable": _("cannot be asked"),
        "withdrawn": _("withdrawn"),
        "expired": _("run out: ask again"),
        "withheld": _("the person excluded it"),
        "service_not_ticked": _("not for this service"),
        "scope": _("without identity only"),
        "child": _("a child's consent does not cover it"),
        "purpose": _("not for this purpose"),
        "unread": _("a form came that could not be read: ask again on a later day"),
    }
    return words[why]


def _how(closed: str) -> str:
    words = {
        "key": _("sealed for a key"),
        "passphrase": _("sealed under a passphrase"),
        "clear": _("NOT sealed"),
    }
    return words.get(closed, "")


def _what(one: Mapping[str, Any]) -> str:
    words: dict[str, str] = {
        "dossier": _("dossier {name}"),
        "referral": _("referral, no. {name}"),
        "evidence": _("evidence {name}"),
        "transfer": _("the case"),
    }
    name = one["share"] if one["what"] == "dossier" else one["name"]
    return words[one["what"]].format(name=name)


GIVEN: Final = Listing(
    "dikalo.shared/1",
    "shared",
    (
        Column("at", N_("when"), local),
        Column("what", N_("what"), _what, whole=True),
        Column("receiver", N_("to"), lambda name: name or _("not written down")),
        Column("purpose", N_("purpose"), one_of("consent_purpose")),
        Column("people", N_("about"), lambda people: " ".join(people) or _("everybody in it")),
        Column("closed", N_("how"), _how),
        Column("by", N_("by"), lambda one: hand_words(one["by"], one["proof"], None), whole=True),
    ),
    N_("Nothing was given to anybody, as far as was written down."),
    uncut=True,
)
"""What was given to others."""


@command("shared")
def shared(
    shell: Shell,
    *,
    code: Annotated[str, place(_("CODE"))],
    person: Annotated[str | None, option("--person", "Whose, where there are several people.", "V1")],
) -> None:
    """Show what was given."""
    with shell.reading() as (workspace, rows):
        require_sight(rows, workspace.actor(), code)
        case = case_of(rows, code)["case_code"]
        who = someone(rows, case, person).pseudonym if person is not None else None
        found = [
            one for one in given_rows(rows, case) if who is None or not one["people"] or who in one["people"]
        ]
    show_list(shell, GIVEN, found, code=case, person=who)
