"""Days of rest: public holidays with their legal source, estimates and confirmations, and the flag on a custody."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from sync_scripts.cli.setup.doctor import LAWS
from sync_scripts.config import Settings, parse, render
from sync_scripts.register.care import rebuild
from sync_scripts.register.care.form_learning import learn_holidays
from sync_scripts.register.case import flags
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.rule_changes import keep_holidays
from sync_scripts.register.rules import own_deadlines
from sync_scripts.register.rules.own_deadlines import HolidayWrong, RestDay
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from sync_scripts.texts import language, speak
from tests import clock
from tests.register.field import CASE, COORDINATOR, Field, act, changed


def test_the_feasts_of_the_law_are_all_there() -> None:
    """Four civil and six religious ones, each with its article; nothing of the package is left without a name."""
    found = {one.code for one in own_deadlines.year_of(2026, {})}
    legal = {code for code, one in own_deadlines.feasts().items() if "73/5 of 1973, art" in one.law}
    assert legal <= found
    assert len(legal) == 10
    assert all(one.fr and one.en and one.law for one in own_deadlines.feasts().values())


@pytest.mark.parametrize("year", range(2020, 2036))
def test_every_holiday_of_the_package_has_a_name_of_ours(year: int) -> None:
    """A new name in the package would otherwise be lost in silence."""
    from holidays import country_holidays

    known = {one.name for one in own_deadlines.feasts().values()}
    for names in country_holidays("CM", years=year, language="en_US").values():
        assert {name.partition(" (")[0] for name in names.split("; ")} <= known


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 5, 20), RestDay(date(2026, 5, 20), "national")),
        (date(2026, 11, 21), RestDay(date(2026, 11, 21), "saturday")),
        (date(2026, 11, 22), RestDay(date(2026, 11, 22), "sunday")),
        (date(2026, 11, 25), None),
        (date(2026, 3, 20), RestDay(date(2026, 3, 20), "eid_fitr", estimated=True)),
        (date(2022, 5, 2), RestDay(date(2022, 5, 2), "labour")),
    ],
)
def test_a_day_is_told_from_a_working_day(day: date, expected: RestDay | None) -> None:
    """Fixed feasts are sure, those of the moon are estimates; a civil one on a Sunday is kept on Monday."""
    found = own_deadlines.rest_day(day, {})
    if expected is not None and expected.code == "labour":
        assert found is not None
        assert found.code in {"labour", "eid_fitr"}
    else:
        assert found == expected


def test_what_the_organisation_confirms_takes_the_place_of_the_estimate() -> None:
    """In that year only, and for that feast only; a declared day stands beside the others."""
    own = {"2026-03-21": "eid_fitr", "2026-01-20": "declared"}
    assert own_deadlines.rest_day(date(2026, 3, 20), own) is None
    assert own_deadlines.rest_day(date(2026, 3, 21), own) == RestDay(date(2026, 3, 21), "eid_fitr")
    assert own_deadlines.rest_day(date(2026, 1, 20), own) == RestDay(date(2026, 1, 20), "declared")
    assert own_deadlines.rest_day(date(2026, 5, 20), own) is not None
    later = [one.code for one in own_deadlines.year_of(2027, own)]
    assert "eid_fitr" in later


@pytest.mark.parametrize("said", [{"2026-3-21": "eid_fitr"}, {"2026-02-30": "youth"}, {"2026-03-21": "eid"}])
def test_a_line_that_names_no_day_or_feast_is_refused(said: dict[str, str]) -> None:
    """The feasts that exist are named."""
    with pytest.raises(HolidayWrong) as refused:
        own_deadlines.suitable_holidays(said)
    assert "eid_fitr" in refused.value.words()


def test_the_settings_hold_days_and_feasts() -> None:
    """They are written and read back as a table of their own."""
    made = Settings(id="0" * 32, holidays={"2026-03-21": "eid_fitr"})
    assert parse(render(made).encode()) == made


DAYS: list[tuple[str, str, str]] = [
    ("2026-05-20T10:00:00.000+01:00", "preliminary", "national"),
    ("2026-11-21T10:00:00.000+01:00", "preliminary", "saturday"),
    ("2026-03-20T10:00:00.000+01:00", "warrant", "eid_fitr?"),
    ("2026-11-21T10:00:00.000+01:00", "flagrante", ""),
    ("2026-11-20T10:00:00.000+01:00", "preliminary", ""),
    ("2026-11-20T23:30:00.000+00:00", "preliminary", "saturday"),
]


def detained(at: str, basis: str) -> dict[str, Any]:
    """Return a case form with somebody held since then."""
    return changed(
        CASE,
        {"acts": [act(1, violation="arrest_arbitrary", detention={"arrested_at": at, "legal_basis": basis})]},
    )


def rest_flags(made: Field) -> list[str]:
    """Return what the register flags of days of rest."""
    return [row["detail"] for row in made.rows(tables.flag) if row["code"] == "custody_rest_day"]


@pytest.fixture
def field(sqlite_register: Register) -> Field:
    """Give a field over a register."""
    return Field(sqlite_register)


@pytest.mark.parametrize(("at", "basis", "expected"), DAYS)
def test_a_custody_that_began_on_a_day_of_rest_is_flagged(
    field: Field, at: str, basis: str, expected: str
) -> None:
    """By the local day; not in flagrante delicto; and no clock moves for it.

    The form comes after the arrest: one that is still to come is a slip, and counts from the form.
    """
    field.later(days=2)
    field.send("case", "c1", detained(at, basis))
    (row,) = field.rows(tables.detention)
    assert rest_flags(field) == ([expected] if expected else [])
    hours = 192 if basis == "flagrante" else 144
    assert row["lawful_until"] == instant(datetime.fromisoformat(at) + timedelta(hours=hours))


def test_a_confirmed_date_changes_flags_and_survives_a_rebuild(field: Field) -> None:
    """It becomes an event; saying the same again changes nothing; taking it back brings the estimate back."""
    field.send("case", "c1", detained("2026-03-20T10:00:00.000+01:00", "preliminary"))
    with deciding(field.register, COORDINATOR, field.later()) as by:
        assert keep_holidays(by, {"2026-03-21": "eid_fitr"})
        assert not keep_holidays(by, {"2026-03-21": "eid_fitr"})
    assert rest_flags(field) == []
    assert rebuild.check(field.register, field.now).differing == ()
    with deciding(field.register, COORDINATOR, field.later()) as by:
        assert keep_holidays(by, {})
    assert rest_flags(field) == ["eid_fitr?"]


def test_a_wrong_line_of_the_settings_stops_no_pull(field: Field) -> None:
    """It is handed back to be said; what is right is learnt, and settings that say nothing take nothing back."""
    (wrong,) = learn_holidays(field.register, {"2026-03-21": "eid"}, COORDINATOR, field.later())
    right = learn_holidays(field.register, {"2026-03-21": "eid_fitr"}, COORDINATOR, field.later())
    silent = learn_holidays(field.register, {}, COORDINATOR, field.later())
    with field.register.reading() as rows:
        kept = dict(own_deadlines.own_holidays(rows))

    assert wrong.code == "DK-P20"
    assert (right, silent) == ((), ())
    assert kept == {"2026-03-21": "eid_fitr"}


def test_a_wrong_line_changes_nothing(field: Field) -> None:
    """Nothing is written down of it."""
    with pytest.raises(HolidayWrong), deciding(field.register, COORDINATOR, field.later()) as by:
        keep_holidays(by, {"2026-03-21": "christmass"})
    with field.register.reading() as rows:
        assert own_deadlines.own_holidays(rows) == {}


@pytest.mark.parametrize(
    ("lang", "words"),
    [("fr", "Fête de fin de Ramadan, date estimée"), ("en", "End of Ramadan, estimated date")],
)
def test_the_flag_names_the_feast_in_words(lang: str, words: str) -> None:
    """An estimate is called one, in both languages."""
    before = language()
    speak(lang)
    try:
        assert words in flags.in_words({"code": "custody_rest_day", "detail": "eid_fitr?"})
    finally:
        speak(before)


def test_the_feasts_are_listed_with_what_is_estimated_and_by_what_law(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """This year and the next; a day of the settings takes the place of the estimate, in French the law has French words."""
    year = clock.now().year
    said = f'[holidays]\n{year}-12-30 = "eid_fitr"\n'

    def listed(*words: str) -> tuple[int, str]:
        code = cli.main(["-C", str(tmp_path), "doctor", "--holidays", *words])
        return code, capsys.readouterr().out

    plain = json.loads(listed("--json")[1])
    (tmp_path / "dikalo.toml").write_text(f'id = "{"e" * 32}"\n{said}', encoding="utf-8")
    own = json.loads(listed("--json")[1])
    french = listed("--lang", "fr")[1]
    (tmp_path / "dikalo.toml").write_text(
        f'id = "{"e" * 32}"\n[holidays]\n2026-03-21 = "eid"\n', encoding="utf-8"
    )
    wrong = listed("--json")

    assert plain["schema"] == "dikalo.holidays/1"
    assert {one["day"][:4] for one in plain["holidays"]} == {str(year), str(year + 1)}
    assert all(one["law"] and one["name"] for one in plain["holidays"])
    assert any(one["estimated"] for one in plain["holidays"])
    fitr = [one for one in own["holidays"] if one["feast"] == "eid_fitr" and one["day"][:4] == str(year)]
    assert [(one["day"], one["estimated"], one["own"]) for one in fitr] == [(f"{year}-12-30", False, True)]
    assert "loi 73/5 de 1973" in french
    assert "estimée" in french
    assert (wrong[0], json.loads(wrong[1])["code"]) == (2, "DK-P20")


def test_every_legal_source_has_its_french() -> None:
    """A law that the rules name is on the list of those that are translated."""
    assert {one.law for one in own_deadlines.feasts().values()} == set(LAWS)
