"""The directory of services and the people of the organisation: kept as events, checked, imported, sent to phones."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from sync_scripts.followup.outbound.gather import reader
from sync_scripts.publish.lists import Row, content, providers_in, together
from sync_scripts.register.care import rebuild
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.directory.providers import (
    NoSuchProvider,
    ProviderField,
    listed,
    set_provider,
    stale,
    verify,
)
from sync_scripts.register.directory.providers_file import FileUnsuitable, read
from sync_scripts.register.directory.staff import RetiresOneself, name, retire, staff
from sync_scripts.register.model.errors import OwnHandMissing, WorkerUnknown
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests.register import alone as decisions
from tests.register.field import ALERT, CASE, COORDINATOR, Field, changed, dealt, flags, service
from tests.register.running import runner

TODAY = date(2026, 11, 25)
CLINIC = {
    "name": "Clinique de la ville",
    "services": "pss health",
    "department": "CM007002",
    "verified_on": "2026-11-01",
}
SHELTER = {
    "name": "Maison du soleil",
    "services": "safehouse",
    "department": "CM007002",
    "contact": "par radio",
}


def by(field: Field, what: Callable[..., Any], *given: Any, actor: Actor = COORDINATOR, **said: Any) -> Any:
    """Take one decision in a transaction of its own, an hour later."""
    with deciding(field.register, actor, field.later()) as who:
        return what(who, *given, **said)


def directory(field: Field) -> list[dict[str, Any]]:
    """Return the directory."""
    with field.register.reading() as rows:
        return listed(rows)


# --- providers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", ["POL-1", " pol-1"])
def test_a_form_refers_nobody_to_the_police_who_excluded_the_authorities(
    register: Register, named: str
) -> None:
    """Whatever service it asks them for; and the cases follow when the directory says what a provider is, or is not."""
    field = Field(register)
    field.send("case", "c1", changed(CASE, {"consent": {"withhold_from": "authorities"}}))
    field.send("case", "c2", CASE)
    for number in range(2):
        asked = service(dealt(number, "DK"), "referred", provider_code=named)
        field.send("followup", f"f{number}", asked)

    def covered() -> list[bool]:
        found = [row["consent_ok"] for row in field.rows(tables.intervention)]
        assert flags(field).count("consent_not_covering") == found.count(False)
        rebuild.require_same(rebuild.check(register, field.later()))
        return found

    clinic = {"name": "Commissariat", "services": "health"}
    assert covered() == [True, True]
    by(field, set_provider, "POL-1", {**clinic, "services": "health police"})
    assert covered() == [False, True]
    field.send("followup", "f2", service(dealt(0, "DK"), "referred", service="legal", provider_code=named))
    assert covered() == [False, True, False]
    with deciding(register, COORDINATOR, field.later()) as alone, alone.together() as who:
        set_provider(who, "POL-1", clinic)
    assert covered() == [True, True, True]


def test_a_form_refers_nobody_to_an_authority_named_in_words(register: Register) -> None:
    """Who is not in the directory says what it is, as where a person decides."""
    field = Field(register)
    field.send("case", "c1", changed(CASE, {"consent": {"withhold_from": "authorities"}}))
    for number, named in enumerate(("authority:BIR", "Court:TGI", "ngo:X")):
        asked = service(dealt(0, "DK"), "referred", service=("health", "legal", "pss")[number])
        field.send("followup", f"f{number}", changed(asked, {"intervention": {"provider_code": named}}))

    assert [row["consent_ok"] for row in field.rows(tables.intervention)] == [False, False, True]


def test_a_provider_is_what_its_events_say(register: Register) -> None:
    """Added, changed in part, checked; a rebuild from nothing gives it back."""
    field = Field(register)
    by(field, set_provider, "hop-1", CLINIC)
    by(field, set_provider, "HOP-1", {"opening": "8-17 h"})
    by(field, verify, "hop-1", date(2026, 11, 19))
    before = directory(field)
    with register.writing() as rows:
        rows.execute(delete(tables.provider))
    rebuild.rebuild(register, field.later())

    assert directory(field) == before
    assert before == [
        {
            "provider_code": "HOP-1",
            **CLINIC,
            "services": "health pss",
            "opening": "8-17 h",
            "contact": None,
            "verified_on": "2026-11-19",
            "on_phones": True,
        }
    ]


def test_what_was_decided_of_a_provider_keeps_what_it_was_before(sqlite_register: Register) -> None:
    """Nothing at first; then the old value of each field that changed, and of the day of the last check."""
    field = Field(sqlite_register)
    by(field, set_provider, "HOP-1", CLINIC)
    by(field, set_provider, "HOP-1", {"name": "Clinique du marché", "opening": "8-17 h", "on_phones": False})
    by(field, verify, "HOP-1", date(2026, 11, 19))
    by(field, verify, "HOP-1", date(2026, 11, 20))
    from sync_scripts.store import events

    with sqlite_register.reading() as rows:
        told = [one.payload["was"] for one in events.read(rows, ops=["provider.set", "provider.verify"])]

    assert told == [
        None,
        {"name": "Clinique de la ville", "opening": None, "on_phones": True},
        "2026-11-01",
        "2026-11-19",
    ]
    assert directory(field)[0]["name"] == "Clinique du marché"


def test_an_entry_that_says_the_same_writes_nothing(sqlite_register: Register) -> None:
    """Importing a file twice leaves one event for each row."""
    field = Field(sqlite_register)
    by(field, set_provider, "HOP-1", CLINIC)
    before = field.rows(tables.provider)
    from sync_scripts.store import events

    with sqlite_register.reading() as rows:
        number = len(list(events.read(rows)))
    by(field, set_provider, "HOP-1", CLINIC)
    with sqlite_register.reading() as rows:
        assert len(list(events.read(rows))) == number
    assert field.rows(tables.provider) == before


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", CLINIC),
        ("A", CLINIC),
        ("HOP 1", CLINIC),
        ("HOP-1", {**CLINIC, "services": "cooking"}),
        ("HOP-1", {**CLINIC, "services": ""}),
        ("HOP-1", {"services": "health"}),
        ("HOP-1", {**CLINIC, "department": "Bui"}),
        ("HOP-1", {**CLINIC, "verified_on": "2030-01-01"}),
        ("HOP-1", {**CLINIC, "verified_on": "11/01/2026"}),
        ("HOP-1", {**CLINIC, "name": "=1+1"}),
        ("HOP-1", {**CLINIC, "name": "x" * 201}),
    ],
)
def test_what_cannot_be_is_refused(sqlite_register: Register, code: str, said: dict[str, str]) -> None:
    """Unknown service, department, a day to come, a formula, nothing where something must be: nothing is written."""
    field = Field(sqlite_register)
    with pytest.raises(ProviderField):
        by(field, set_provider, code, said)
    assert directory(field) == []


def test_an_unknown_provider_is_named_with_the_nearest(sqlite_register: Register) -> None:
    """And nothing is written."""
    field = Field(sqlite_register)
    by(field, set_provider, "HOP-12", CLINIC)
    with pytest.raises(NoSuchProvider) as found:
        by(field, verify, "HOP-13")
    assert "HOP-12" in found.value.words()


def test_an_empty_directory_says_so_and_how_it_is_filled(sqlite_register: Register) -> None:
    """No code is the nearest where there is none; of codes that are all unlike, none is named."""
    field = Field(sqlite_register)
    with pytest.raises(NoSuchProvider) as found:
        by(field, verify, "XX")
    assert "is empty" in found.value.words()
    assert "dikalo providers import" in found.value.words()
    by(field, set_provider, "HOP-12", CLINIC)
    with pytest.raises(NoSuchProvider) as found:
        by(field, verify, "XX")
    assert "nearest" not in found.value.words()


def test_a_check_to_come_is_refused_in_words(sqlite_register: Register) -> None:
    """Not the name of a column, and the last day that can be."""
    field = Field(sqlite_register)
    with pytest.raises(ProviderField) as found:
        by(field, set_provider, "HOP-1", {**CLINIC, "verified_on": "2030-01-01"})

    assert "verified_on" not in found.value.words()
    assert "2026-11-20 at the latest" in found.value.words()


def test_an_entry_is_stale_after_ninety_days() -> None:
    """Or when nobody ever checked it."""
    assert not stale("2026-08-27", TODAY)
    assert stale("2026-08-26", TODAY)
    assert stale(None, TODAY)


def test_phones_get_what_they_may_choose_from(sqlite_register: Register) -> None:
    """Not the contact; a shelter as a bare code, and only when somebody said so; the file's rows beside the directory's."""
    field = Field(sqlite_register)
    by(field, set_provider, "HOP-1", CLINIC)
    by(field, set_provider, "AB-1", SHELTER)
    assert [row.code for row in providers_in(field.register)] == ["HOP-1"]
    by(field, set_provider, "AB-1", {"on_phones": True})
    by(field, set_provider, "HOP-2", {**CLINIC, "on_phones": False})
    old = (
        Row("HOP-1", {"label": "old", "department": "", "services": ""}),
        Row("HOP-9", {"label": "nine", "department": "", "services": ""}),
    )
    rows = together(providers_in(field.register), old)
    assert rows is not None

    assert content("providers.csv", rows).decode().splitlines()[1:] == [
        "AB-1,AB-1,,",
        "HOP-1,Clinique de la ville,CM007002,health pss",
        "HOP-9,nine,,",
    ]
    assert together((), None) is None
    assert together((), ()) == ()


# --- a file -------------------------------------------------------------------------------------------------------


def test_the_file_of_the_phones_is_taken() -> None:
    """Its column name is the code, its label the name."""
    good, bad = read(
        b"\xef\xbb\xbfname,label,department,services\nHOP-1,Clinique,CM007002,health pss\n\n", TODAY
    )

    assert bad == []
    assert [(row.code, row.said) for row in good] == [
        ("HOP-1", {"name": "Clinique", "department": "CM007002", "services": "health pss"})
    ]


def test_a_file_of_excel_in_french_is_taken() -> None:
    """Semicolons between, every column, yes and no in either language."""
    text = (
        "code;name;services;department;opening;contact;verified_on;on_phones\n"
        "hop-1;Clinique;health, pss;CM007002;8-17;677 00;2026-11-01;oui\n"
        "AB-1;Abri;safehouse;;;;;non\n"
    )
    good, bad = read(text.encode(), TODAY)

    assert bad == []
    assert [row.said["on_phones"] for row in good] == [True, False]
    assert good[0].said["services"] == "health pss"


def test_every_bad_row_is_named_with_its_line() -> None:
    """All of them at once, the good ones too, so that a dry run says everything."""
    text = (
        "code,name,services,department,on_phones\n"
        "HOP-1,Clinique,health,CM007002,yes\n"
        "HOP-1,Again,health,,\n"
        "HOP-2,Two,cooking,,\n"
        "HOP-3,Three,health,Bui,\n"
        "HOP-4,Four,health\n"
        ",Five,health,,\n"
        "HOP-6,=6,health,,\n"
        "HOP-7,Seven,health,,perhaps\n"
        "HOP-8,Eight,,,\n"
    )
    good, bad = read(text.encode(), TODAY)

    assert [row.code for row in good] == ["HOP-1"]
    assert [(row.line, row.column) for row in bad] == [
        (3, "code"),
        (4, "services"),
        (5, "department"),
        (6, "-"),
        (7, "code"),
        (8, "name"),
        (9, "on_phones"),
        (10, "services"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"code,name,services,address\n",
        b"code,name\n",
        b"code,code,name,services\n",
        b"PK\x03\x04 a workbook",
        b"code,name,services\n\xff\xfe",
        b"code,name,services\n" + b"A,b,health\n" * 5001,
        b"x" * 2_000_001,
    ],
    ids=["empty", "address", "lacking", "twice", "xlsx", "latin", "endless", "huge"],
)
def test_a_file_that_is_none_is_refused(data: bytes) -> None:
    """A column that is not known stops it whole: above all an address."""
    with pytest.raises(FileUnsuitable):
        read(data, TODAY)


def test_the_commands_of_the_directory(
    sqlite_register: Register,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """List, add, verify, import: a bad row keeps everything out, a dry run too."""
    field = Field(sqlite_register)
    run = runner(sqlite_register, monkeypatch, capsys)
    path = tmp_path / "p.csv"
    path.write_text("code,name,services\nHOP-1,Clinique,health\nHOP-2,Two,cooking\n", "utf-8")
    bad = run("providers", "import", str(path), "--json")
    path.write_text("code,name,services\nHOP-1,Clinique,health\n", "utf-8")
    dry = run("providers", "import", str(path), "--dry-run")
    assert directory(field) == []
    done = run("providers", "import", str(path))
    run("providers", "add", "AB-1", "--name", "Abri", "--services", "safehouse", "--no-phones")
    run("providers", "verify", "HOP-1")
    rows = run("providers", "list")[1].splitlines()

    assert bad[0] == 3
    assert json.loads(bad[1])["bad"][0]["line"] == 3
    assert dry[1].splitlines()[0].startswith("Nothing was written")
    assert done == (0, "1 provider was taken.\n")
    assert [row.split("\t")[0] for row in rows] == ["code", "AB-1", "HOP-1"]
    assert "never: check again" in rows[1]
    assert "check again" not in rows[2]
    assert run("providers", "list", "--stale", "--service", "health")[1] == "No provider.\n"


# --- people -------------------------------------------------------------------------------------------------------


def test_people_are_named_retired_and_taken_back(register: Register) -> None:
    """By code and roles; who retires keeps what is open in sight; a rebuild gives it back."""
    field = Field(register)
    by(field, name, "rd-01", ["case_owner", "supervisor"])
    field.send("alert", "r1", ALERT)
    decisions.triage(register, dealt(0, "AL"), COORDINATOR, field.later())
    decisions.open_case(register, dealt(0, "AL"), COORDINATOR, field.later(), owner="rd-01", draw=field.draw)
    done = by(field, retire, "rd-01")
    with register.reading() as rows:
        (one,) = [one for one in staff(rows) if one.code == done["code"]]

    assert done["cases"] == [dealt(0, "DK")]
    assert (one.roles, one.active, one.cases) == ("case_owner supervisor", False, 1)
    assert rebuild.check(register, field.later()).differing == ()
    by(field, name, "rd-01", ["case_owner"])
    with register.reading() as rows:
        assert [one.active for one in staff(rows) if one.code == done["code"]] == [True]


def test_the_list_says_what_is_in_whose_hands(sqlite_register: Register) -> None:
    """Alerts that somebody has to decide on, until they are decided; then the case, and the tasks all along."""
    field = Field(sqlite_register)

    def hands() -> tuple[int, int, int]:
        with sqlite_register.reading() as rows:
            (one,) = [one for one in staff(rows) if one.code == "RD-01"]
        return one.cases, one.alerts, one.tasks

    by(field, name, "RD-01", ["case_owner"])
    field.send("alert", "r1", ALERT)
    nothing = hands()
    decisions.triage(sqlite_register, dealt(0, "AL"), COORDINATOR, field.later(), assigned_to="RD-01")
    assigned = hands()
    decisions.open_case(
        sqlite_register, dealt(0, "AL"), COORDINATOR, field.later(), owner="RD-01", draw=field.draw
    )

    assert nothing == (0, 0, 0)
    assert assigned[:2] == (0, 1)
    assert assigned[2] > 0
    assert hands()[:2] == (1, 0)


def test_a_deputy_coordinator_is_named_with_a_key_and_called_so(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The role shows C3 cases in a workbook: a typed code does not give it."""
    field = Field(sqlite_register)
    run = runner(sqlite_register, monkeypatch, capsys)
    with pytest.raises(OwnHandMissing):
        by(field, name, "AD-01", ["deputy_coordinator"], actor=Actor("CO-01", "claimed"))

    assert field.rows(tables.worker) == []
    added = run("people", "add", "AD-01", "--role", "deputy_coordinator")
    assert added[0] == 0
    assert "Deputy coordinator" in added[1]
    with sqlite_register.reading() as rows:
        assert reader(rows, "AD-01").sees_c3


def test_whoever_has_alerts_alone_is_told_without_a_word_that_hangs_in_the_air(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same before and afterwards, and what to do with them; nothing of what is not in these hands."""
    field = Field(sqlite_register)
    by(field, name, "RD-01", ["case_owner"])
    field.send("alert", "r1", ALERT)
    decisions.triage(sqlite_register, dealt(0, "AL"), COORDINATOR, field.later(), assigned_to="RD-01")
    run = runner(sqlite_register, monkeypatch, capsys)
    before = run("people", "retire", "RD-01", "--dry-run")
    done = run("people", "retire", "RD-01")

    for _code, told in (before, done):
        assert (
            f"Alerts in these hands: {dealt(0, 'AL')}. To give one to somebody: dikalo alerts assign" in told
        )
        assert "cases" not in told.replace("dikalo cases", "")
    assert "Would be done: RD-01: no longer works here" in before[1]
    assert "RD-01: no longer works here" in done[1].splitlines()[0]


def test_a_new_provider_without_a_name_is_told_what_it_lacks(sqlite_register: Register) -> None:
    """Not that something given was wrong, and no empty list of what could be."""
    field = Field(sqlite_register)
    for said in ({"services": "health"}, {"name": "Clinique"}):
        with pytest.raises(ProviderField) as caught:
            by(field, set_provider, "HOP-1", said)
        assert "needs a name and what it gives" in caught.value.words()
    assert directory(field) == []


def test_nobody_retires_who_is_not_known_or_oneself(sqlite_register: Register) -> None:
    """Nothing is written."""
    field = Field(sqlite_register)
    by(field, name, "CO-01", ["coordinator"])
    with pytest.raises(RetiresOneself):
        by(field, retire, "CO-01")
    with pytest.raises(RetiresOneself):
        by(field, retire, "CO-01", actor=Actor("co-01", "key"))
    with pytest.raises(WorkerUnknown):
        by(field, retire, "XX-99")
    assert [one["active"] for one in field.rows(tables.worker)] == [True]


def test_the_commands_of_the_people_and_of_a_person(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """List, add, retire; a value corrected and restored; everything withdrawn."""
    from tests.register.field import CASE

    field = Field(sqlite_register)
    field.send("case", "c1", CASE)
    run = runner(sqlite_register, monkeypatch, capsys)
    run("people", "add", "RD-07", "--role", "case_owner")
    run("people", "add", "RD-08", "--role", "lawyer")
    retired = run("people", "retire", "RD-08")
    rows = [row.split("\t")[0] for row in run("people", "list")[1].splitlines()]
    code = dealt(0, "DK")
    corrected = run("person", "correct", code, "person.V1.sex", "m", "--reason", "She said so.")
    again = run("person", "correct", code, "person.V1.sex", "m", "--reason", "She said so.")
    now = field.one(tables.person)["sex"]
    restored = run("person", "correct", code, "person.V1.sex", "--restore", "--reason", "A slip.")
    withdrawn = run("person", "withdraw", code, "--reason", "She called.")

    assert retired[0] == 0
    assert "RD-07" in rows
    assert "RD-08" not in rows
    assert corrected[0] == 0
    assert '"m" instead of "f"' in corrected[1]
    assert again[0] == 0
    assert "Nothing was changed" in again[1]
    assert (now, field.one(tables.person)["sex"]) == ("m", "f")
    assert restored[0] == 0
    assert "All work on the case stops." in withdrawn[1]
    assert run("person", "correct", code, "person.V1.full_name", "x", "--reason", "y")[0] == 2


def test_who_refers_is_told_what_to_mind(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A provider that nobody checked, and from whom the person wants it kept: said, and nothing is barred."""
    from sync_scripts.cli.frame import outcome
    from tests.register.field import CASE, changed

    field = Field(sqlite_register)
    field.send("case", "c1", changed(CASE, {"consent": {"withhold_from": "family community"}}))
    field.send("alert", "r1", ALERT)
    by(field, set_provider, "HOP-1", {**CLINIC, "verified_on": "2025-01-01"})
    decisions.triage(sqlite_register, dealt(0, "AL"), COORDINATOR, field.later())
    run = runner(sqlite_register, monkeypatch, capsys)
    run("people", "list")
    capsys.readouterr()
    code = outcome.run(("cases", "refer", dealt(0, "DK"), "health", "--to", "hop-1"), "en")
    said = capsys.readouterr().err
    handed = outcome.run(("alerts", "refer", dealt(0, "AL"), "HOP-1"), "en")
    also = capsys.readouterr().err

    assert (code, handed) == (0, 0)
    assert "Nobody checked HOP-1 for 90 days" in said
    assert "Nobody checked HOP-1 for 90 days" in also
    assert "kept from: The family, The community" in said


@pytest.mark.parametrize(("ticked", "warned"), [("health", False), ("legal", True), (None, True)])
def test_whoever_refers_is_told_when_the_name_stays(
    sqlite_register: Register,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ticked: str | None,
    *,
    warned: bool,
) -> None:
    """The identity goes to the services that the person ticked; a service of our own is no referral."""
    from sync_scripts.cli.frame import outcome

    field = Field(sqlite_register)
    field.send("case", "c1", changed(CASE, {"consent": {"c_refer_identity": ticked}}))
    by(field, set_provider, "HOP-1", CLINIC)
    run = runner(sqlite_register, monkeypatch, capsys)
    run("people", "list")
    for words, told in (
        (("health", "--to", "HOP-1"), warned),
        (("--number", "1", "--state", "accepted"), False),
        (("health",), False),
    ):
        capsys.readouterr()
        assert outcome.run(("cases", "refer", dealt(0, "DK"), *words), "en") == 0
        assert ("without the identity" in capsys.readouterr().err) is told
