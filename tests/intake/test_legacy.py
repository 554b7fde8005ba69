"""An old case list taken over: what a map may say, which rows are taken, and that nothing of it lies open."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from bisect import bisect_left
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import update

from sync_scripts import cli
from sync_scripts.intake.legacy import mapping, table
from sync_scripts.intake.legacy.mapping import ListMap, MapWrong, Target
from sync_scripts.intake.legacy.plan import Plan, plan
from sync_scripts.intake.legacy.table import draft
from sync_scripts.intake.legacy.takeover import Taken, compare, take_over
from sync_scripts.intake.pull import Way
from sync_scripts.register.care import rebuild
from sync_scripts.register.case import people
from sync_scripts.register.case_decisions.cases import assign
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.forms.desk_forms import newest_map
from sync_scripts.register.rules.kinds import labels_of
from sync_scripts.store import durable
from sync_scripts.store.canonical import instant
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal import erasing
from sync_scripts.store.workspace import open_workspace
from tests.intake.scene import COORDINATOR, NOW, Scene, shipped
from tests.store.commands import found_demo
from xlsform.model import Choice
from xlsform.workbooks import ooxml

HEADINGS = ["N°", "Date", "Région", "Violation", "Sexe", "Nom", "Observations", "Suivi"]
ROWS: list[list[object]] = [
    ["A-1", "2024-03-05", "Nord-Ouest", "Torture", "Femme", "CANARI-UN", "CANARI-DEUX", "ouvert"],
    ["A-2", "06/04/2024", "CM010", "Torture", "M", "CANARI-TROIS", None, None],
]
MAP = """
key = "N°"
[columns]
"N°" = "extra.1"
"Date" = "incident.date"
"Région" = "incident.region"
"Violation" = "act.violation"
"Sexe" = "person.sex"
"Nom" = "person.full_name"
"Suivi" = "extra.1"
[values."Violation"]
"Torture" = "torture"
[values."Sexe"]
"M" = "m"
"Femme" = "f"
"""
TODAY = date(2026, 11, 25)


Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a demonstration; give its exit code and its document."""
    root = tmp_path / "w"
    found_demo(root, worker="coord-1")
    workspace = open_workspace(root, secret=lambda _question: "")
    with workspace.register.writing() as rows:
        rows.many(raw.form_version, [dict(row) for row in shipped()])
    workspace.close()

    def go(*words: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = cli.main(["-C", str(root), *words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return go


@pytest.fixture
def known(one: Scene) -> dict[str, Target]:
    """Return the fields that a column can go into."""
    with one.register.reading() as rows:
        return mapping.targets(newest_map(rows, "interview"))


def workbook(folder: Path, rows: list[list[object]], headings: list[str] | None = None) -> Path:
    """Write a list as Excel would."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Dossiers"
    sheet.append(headings or HEADINGS)
    for row in rows:
        sheet.append(row)
    path = folder / "liste.xlsx"
    raw_bytes = io.BytesIO()
    book.save(raw_bytes)
    path.write_bytes(raw_bytes.getvalue())
    return path


def planned(path: Path, known: dict[str, Target], text: str = MAP) -> tuple[Plan, ListMap]:
    """Read a list, its map, and decide."""
    old = table.read(path)
    mapped = mapping.read(text, old.headings.values(), known)
    return plan(old, mapped, TODAY), mapped


def taken(
    made: Scene,
    path: Path,
    known: dict[str, Target],
    *,
    text: str = MAP,
    dry_run: bool = False,
    corrected: bool = False,
) -> Taken:
    """Take a list over."""
    decided, mapped = planned(path, known, text)
    way = Way(clock=lambda: NOW, dry_run=dry_run)
    found = compare(made.register, decided.rows, mapped)
    return take_over(made.register, found, mapped, COORDINATOR, way, corrected=corrected)


def odd(
    made: Scene, path: Path, known: dict[str, Target], *, text: str = MAP, corrected: bool = False
) -> list[tuple[str, str]]:
    """Return the rows that are not taken as they are, each with why."""
    decided, mapped = planned(path, known, text)
    found = compare(made.register, decided.rows, mapped)
    return [(one.cell, one.why) for one in found.rejected(mapped.key, corrected=corrected)]


def test_a_row_becomes_a_case_with_its_facts(one: Scene, known: dict[str, Target], tmp_path: Path) -> None:
    """Date, place, person and act stand in the register, tied together; a rebuild gives the same bytes."""
    done = taken(one, workbook(tmp_path, ROWS), known)
    cases = one.rows(tables.case)
    incidents = {row["date"]: row for row in one.rows(tables.incident)}
    people = {row["sex"] for row in one.rows(tables.person)}

    assert (done.new, done.held, len(cases)) == (2, 0, 2)
    assert set(done.cases.values()) == {row["case_code"] for row in cases}
    assert {day: row["region"] for day, row in incidents.items()} == {
        "2024-03-05": "CM007",
        "2024-04-06": "CM010",
    }
    assert people == {"f", "m"}
    assert len(one.rows(tables.act_victim)) == 2
    assert rebuild.check(one.register, NOW).differing == ()


def test_names_and_columns_without_a_field_are_sealed(
    one: Scene, known: dict[str, Target], tmp_path: Path
) -> None:
    """No canary lies in any table or file; the vault opens them; what was asked to stay open is shown beside."""
    taken(one, workbook(tmp_path, ROWS), known)
    dumped = repr(one.dump())
    lying = b"".join(path.read_bytes() for path in one.register.folder.rglob("*") if path.is_file())
    opened = b"".join(one.opened("row"))

    assert "CANARI" not in dumped
    assert b"CANARI" not in lying
    assert b"CANARI-UN" in opened
    assert b"CANARI-DEUX" in opened
    assert {row["value"] for row in one.rows(tables.extra)} >= {"A-1", "A-2", "ouvert"}


def test_nobody_was_asked_so_nothing_is_covered(one: Scene, known: dict[str, Target], tmp_path: Path) -> None:
    """Each person's consent is "not asked", and a task says to ask within seven days."""
    taken(one, workbook(tmp_path, ROWS), known)
    tasks = [row for row in one.rows(tables.task) if row["kind"] == "consent_ask"]

    assert {(row["purpose"], row["state"]) for row in one.rows(tables.consent)} == {("document", "not_asked")}
    assert {row["due_at"] for row in tasks} == {instant(NOW + timedelta(days=7))}
    assert {row["done_at"] for row in tasks} == {None}


def test_a_case_of_an_old_list_is_worked_on_as_any_other(
    one: Scene, known: dict[str, Target], tmp_path: Path
) -> None:
    """What is decided of it derives it anew, with the consents that nobody asked for."""
    code = taken(one, workbook(tmp_path, ROWS), known).cases[2]
    with deciding(one.register, COORDINATOR, NOW + timedelta(hours=1)) as by:
        assign(by, code, "RD-01", new=True)
    (case,) = (row for row in one.rows(tables.case) if row["case_code"] == code)

    assert case["owner_code"] == "RD-01"
    assert len(one.rows(tables.consent)) == 2
    assert rebuild.check(one.register, NOW).differing == ()


CHANGED: list[object] = ["A-2", "2024-04-07", "CM010", "Torture", "M", "x", None, None]
RENAMED: list[object] = ["A-2", "06/04/2024", "CM010", "Torture", "M", "CANARI-TRIOS", None, None]
"""The second row with another day; and with a sealed name of the same length."""
NAMED = f'list = "2025"\n{MAP}'


def test_the_same_list_twice_brings_nothing_twice(
    one: Scene, known: dict[str, Target], tmp_path: Path
) -> None:
    """Also with a row more, and with its columns in another order."""
    first = taken(one, workbook(tmp_path, ROWS), known)
    more = [[*row[:4], row[5], row[4], *row[6:]] for row in [*ROWS, ["A-3", *ROWS[0][1:]]]]
    turned = [*HEADINGS[:4], HEADINGS[5], HEADINGS[4], *HEADINGS[6:]]
    again = taken(one, workbook(tmp_path, more, turned), known)

    assert (again.new, again.held) == (1, 2)
    assert {again.cases[2], again.cases[3]} == set(first.cases.values())
    assert odd(one, workbook(tmp_path, ROWS), known) == []
    assert len(one.aside()) == 0
    assert one.count(tables.case) == 3


@pytest.mark.parametrize("row", [CHANGED, RENAMED], ids=["open", "sealed"])
def test_a_corrected_row_is_a_new_version_when_somebody_says_so(
    one: Scene, known: dict[str, Target], tmp_path: Path, row: list[object]
) -> None:
    """Until then it is named and nothing of it is taken; afterwards the same file brings nothing more."""
    first = taken(one, workbook(tmp_path, ROWS), known)
    later = workbook(tmp_path, [ROWS[0], row])
    before = one.dump("run")
    assert odd(one, later, known) == [("A3", "other")]
    assert (taken(one, later, known).new, one.dump("run")) == (0, before)

    assert odd(one, later, known, corrected=True) == []
    done = taken(one, later, known, corrected=True)
    assert (done.new, done.held, done.corrected, done.cases) == (0, 1, 1, first.cases)
    assert (one.count(tables.case), one.count(raw.submission)) == (2, 3)
    days = {one_["date"] for one_ in one.rows(tables.incident)}
    assert days == {"2024-03-05", "2024-04-07" if row is CHANGED else "2024-04-06"}
    assert odd(one, later, known) == []
    assert odd(one, workbook(tmp_path, ROWS), known) == [
        ("A3", "other")
    ]  # the file of before is the older one now
    back = taken(one, workbook(tmp_path, ROWS), known, corrected=True)
    assert (back.corrected, one.count(tables.case), len(one.aside())) == (1, 2, 0)
    assert rebuild.check(one.register, NOW).differing == ()


def test_another_list_with_the_same_numbers_is_other_rows(
    one: Scene, known: dict[str, Target], tmp_path: Path
) -> None:
    """Once it has a name; until then each of its rows is named, and so is what both lists hold word for word."""
    first = taken(one, workbook(tmp_path, ROWS), known)
    other = workbook(tmp_path, [["A-1", "2025-09-09", "CM010", "Torture", "M", "Y", None, None], CHANGED])
    assert odd(one, other, known) == [("A2", "other"), ("A3", "other")]
    done = taken(one, other, known, text=NAMED)

    assert (done.new, done.held) == (2, 0)
    assert not set(done.cases.values()) & set(first.cases.values())
    assert one.count(tables.case) == 4
    assert taken(one, other, known, text=NAMED.replace('"2025"', '" 2025 "')).held == 2
    assert odd(one, workbook(tmp_path, ROWS), known, text=NAMED.replace("2025", "2024")) == [
        ("A2", "twin"),
        ("A3", "twin"),
    ]


def test_what_was_erased_is_named_and_not_taken_again(
    one: Scene, known: dict[str, Target], tmp_path: Path
) -> None:
    """Neither by its number nor by its words; it is counted as no new case."""
    path = workbook(tmp_path, ROWS)
    decided, mapped = planned(path, known)
    root = compare(one.register, decided.rows, mapped).roots[2]
    with one.register.writing() as rows:
        rows.many(raw.erased, [{"id": root, "scope": "s" * 32, "at": instant(NOW)}])

    assert odd(one, path, known, corrected=True) == [("A2", "erased")]
    assert taken(one, path, known, corrected=True).new == 1
    assert one.count(tables.case) == 1


def test_other_words_under_the_number_of_what_was_erased_are_named(
    one: Scene, known: dict[str, Target], tmp_path: Path
) -> None:
    """They may tell of danger, and nothing of them is taken; the same words ask nobody."""
    path = workbook(tmp_path, ROWS)
    taken(one, path, known)
    scopes = [row["scope"] for row in one.rows(raw.submission)]
    with one.register.writing() as rows:
        erasing.erase(rows, scopes, (), actor=COORDINATOR, now=NOW, details={})
        rows.execute(update(raw.submission).values(erasing.emptied(None)))

    assert odd(one, path, known) == []
    assert odd(one, workbook(tmp_path, [ROWS[0], CHANGED]), known, corrected=True) == [("A3", "erased")]


def test_the_command_names_rows_that_are_known_with_other_words(run: Run, tmp_path: Path) -> None:
    """It takes none until somebody says what they are, and says how; the second time it has nothing to do."""
    (tmp_path / "map.toml").write_text(MAP, "utf-8")
    words = ("cases", "import", str(workbook(tmp_path, ROWS)), "--map", str(tmp_path / "map.toml"))
    assert run(*words)[1]["new"] == 2
    code, again = run(*words)
    assert (code, again["new"], again["held"], again["rejected"]) == (0, 0, 2, [])

    workbook(tmp_path, [ROWS[0], CHANGED, ["A-3", *ROWS[0][1:]]])
    code, asked = run(*words)
    assert (code, asked["new"], asked["corrected"]) == (3, 0, 0)
    assert [(one["cell"], one["column"], one["code"]) for one in asked["rejected"]] == [("A3", "N°", "other")]
    code, done = run(*words, "--corrected")
    assert (code, done["new"], done["held"], done["corrected"]) == (0, 1, 1, 1)


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_long_list_is_taken_whole_or_not_at_all(
    one: Scene, known: dict[str, Target], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Killed at any commit, nothing of it is there or all; and the same command takes what is not."""
    monkeypatch.setattr("sync_scripts.intake.way.BATCH", 2)
    path = workbook(tmp_path, [[f"A-{number}", *ROWS[0][1:]] for number in range(7)])
    commits = 0

    def killed(name: str) -> None:
        nonlocal commits
        commits += name == "commit"
        if name == "commit" and commits == at:
            raise KeyboardInterrupt

    durable.watch(killed)
    try:
        with pytest.raises(KeyboardInterrupt):
            taken(one, path, known)
    finally:
        durable.watch(None)
    held = one.count(raw.submission)
    assert held in {0, 7}
    done = taken(one, path, known)
    assert (done.new, done.held) == (7 - held, held)
    assert one.count(raw.key_page) == 1


def test_a_trial_keeps_nothing(one: Scene, known: dict[str, Target], tmp_path: Path) -> None:
    """It counts as the real run would."""
    before = one.dump()
    done = taken(one, workbook(tmp_path, ROWS), known, dry_run=True)
    assert (done.new, done.held, done.cases) == (2, 0, {})
    assert one.dump() == before


@pytest.mark.parametrize(
    ("column", "cell", "why"),
    [
        (0, None, "key_missing"),
        (0, "A-2", "key_twice"),
        (1, "31/02/2024", "date"),
        (1, "03-05-2024", "date"),
        (1, "1890-01-01", "date"),
        (1, "2027-01-01", "future"),
        (1, "=TODAY()", "formula"),
        (2, "Nowhere", "list"),
        (3, "Torture; autre", "list"),
        (6, "x" * 32_001, "long"),
    ],
)
def test_a_bad_cell_rejects_its_row_and_is_named(
    known: dict[str, Target], tmp_path: Path, column: int, cell: object, why: str
) -> None:
    """The other rows are not touched by it; a key that stands twice rejects both."""
    bad: list[object] = list(ROWS[0])
    bad[column] = cell
    decided, _mapped = planned(workbook(tmp_path, [bad, ROWS[1]]), known)
    found = [(one.cell, one.why) for one in decided.rejected if one.row == 2]

    assert found == [(f"{'ABCDEFGH'[column]}2", why)]
    assert [one.row for one in decided.rows] == ([] if why == "key_twice" else [3])


@pytest.mark.parametrize(
    "text",
    [
        "not toml [",
        "sheet = 'x'",
        'key = "Numéro"',
        'key = "N°"\n[columns]\n"Date" = "incident.dat"',
        'key = "N°"\n[columns]\n"Nulle part" = "incident.date"',
        'key = "N°"\n[columns]\n"Date" = "incident.date"\n"Nom" = "incident.date"',
        'key = "N°"\n[columns]\n"Date" = "person.uid"',
        'key = "N°"\n[columns]\n"Date" = "extra.3"',
        'key = "N°"\nother = 1',
    ],
)
def test_a_map_that_does_not_fit_is_refused(known: dict[str, Target], text: str) -> None:
    """An unknown heading, field or word, and two columns for one field, each stop before anything is read."""
    with pytest.raises(MapWrong):
        mapping.read(text, HEADINGS, known)


def test_a_draft_is_a_map_that_fits(known: dict[str, Target]) -> None:
    """What is written as a beginning can be read back; what nobody recognises is sealed."""
    made = mapping.read(draft(HEADINGS, known), HEADINGS, known)
    assert list(made.columns) == HEADINGS
    assert made.columns["Observations"].level == 3
    region = known["incident.region"].asked.fr
    named = mapping.read(draft([region], known), [region], known)
    assert named.columns[region].target == known["incident.region"]


def test_a_list_in_csv_is_read_too(known: dict[str, Target], tmp_path: Path) -> None:
    """With semicolons, as Excel in French writes it."""
    path = tmp_path / "liste.csv"
    lines = [";".join(HEADINGS), *(";".join(str(cell or "") for cell in row) for row in ROWS)]
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    decided, _mapped = planned(path, known)
    assert [one.row for one in decided.rows] == [2, 3]


# --- words, consent, merged cells ----------------------------------------------------------------------------------


def words_of(text: str, known: dict[str, Target]) -> dict[str, str]:
    """Read a map of one column of violations; give the codes of its words."""
    head = 'key = "N°"\n[columns]\n"Violation" = "act.violation"\n[values."Violation"]\n'
    return dict(mapping.read(head + text, HEADINGS, known).columns["Violation"].values)


@pytest.mark.parametrize("said", ["rape", "RAPE", "Viol", " viol ", "Rape"])
def test_a_word_of_the_map_means_a_code_or_a_label_of_one(known: dict[str, Target], said: str) -> None:
    """Whatever capitals and blanks, in either language, what is kept is the code."""
    assert words_of(f'" Violée  ou "= "{said}"', known) == {"violée ou": "rape"}


@pytest.mark.parametrize(
    ("field", "word", "said", "near"),
    [
        ("act.violation", "Viol", "Viool", "rape"),
        ("act.violation", "viol", "crime", "rape"),
        ("act.violation", "V", "tortur", "torture"),
        ("act.violation", "V", "", "exec_summary"),
        ("incident.region", "Nord-Ouest", "NW", "CM007"),
        ("person.sex", "M", "mâle", "m"),
    ],
)
def test_a_word_of_the_map_that_means_no_code_is_refused(
    known: dict[str, Target], field: str, word: str, said: str, near: str
) -> None:
    """Else a rape would be taken over as a violation that no rule knows: no floor, no care, no task."""
    text = f'key = "N°"\n[columns]\n"Suivi" = "{field}"\n[values."Suivi"]\n"{word}" = "{said}"'
    with pytest.raises(MapWrong) as refused:
        mapping.read(text, HEADINGS, known)
    assert refused.value.code == "DK-P13"
    assert f'"{said}"' in refused.value.problems
    assert near in refused.value.problems.split(field)[1]


def test_one_word_of_the_map_has_one_code(known: dict[str, Target]) -> None:
    """Written twice with other capitals it may mean the same, not something else."""
    assert words_of('"V" = "rape"\n"v" = "Viol"', known) == {"v": "rape"}
    with pytest.raises(MapWrong) as refused:
        words_of('"V" = "rape"\n"v" = "torture"', known)
    assert "rape" in refused.value.problems
    assert "torture" in refused.value.problems


def test_what_an_organisation_added_to_a_list_is_a_code_too(one: Scene) -> None:
    """By its code and its label, as its own form has it; a label that two choices share means none of them."""
    with one.register.reading() as rows:
        form = newest_map(rows, "interview")
    offered = {
        "service": (
            Choice("org_seeds", {"label": {"fr": "Semences", "en": "Seeds"}}),
            Choice("org_twice", {"label": {"fr": "Éducation"}}),
        )
    }
    words = mapping.targets(form, offered)["need.service"].words
    plain = mapping.targets(form)["need.service"].words

    assert (words["semences"], words["org_seeds"], words["seeds"]) == ("org_seeds",) * 3
    assert words["health"] == "health"
    assert plain["éducation"] == words["education"] == "education"
    assert "éducation" not in words
    assert "semences" not in plain


def test_a_label_with_a_comma_is_one_word_also_where_several_may_stand(
    known: dict[str, Target], tmp_path: Path
) -> None:
    """A cell that is such a label as a whole is not cut."""
    label = next(text for text in labels_of("victim_role", "fr").values() if "," in text)
    path = tmp_path / "l.csv"
    path.write_text(f'N;Rôle\n1;"{label}"\n', "utf-8")
    decided, _mapped = planned(path, known, 'key = "N"\n[columns]\n"Rôle" = "person.roles"')
    code = next(code for code, text in labels_of("victim_role", "fr").items() if text == label)
    assert [answer for row in decided.rows for _path, answer in row.answers if answer == code] == [code]


@pytest.mark.parametrize("field", sorted(mapping.ASKED_ANEW))
def test_no_list_gives_or_refuses_consent(known: dict[str, Target], field: str) -> None:
    """A no would make no case of a row and tell nobody, a yes would speak for somebody; the refusal says what to do."""
    with pytest.raises(MapWrong) as refused:
        mapping.read(f'key = "N°"\n[columns]\n"Suivi" = "{field}"', HEADINGS, known)

    assert field not in known
    assert "sealed" in refused.value.problems
    assert f'"{field}"' in refused.value.problems


def test_every_gate_of_consent_is_asked_anew(one: Scene) -> None:
    """What opens or closes an interview, and what its question of consent fills, is no field of an old list."""
    with one.register.reading() as rows:
        form = newest_map(rows, "interview")
    asked = {f"{one_.entity}.{one_.field}" for one_ in form.questions if one_.entity == "interview"}
    gates = {f"interview.{name}" for name in people.GATE}
    assert gates <= mapping.ASKED_ANEW & asked


def merged(folder: Path, rows: list[list[object]], *ranges: str) -> Path:
    """Write a list with merged cells, as an old one has them; however far a range reaches, it is a line of the file."""
    path = workbook(folder, rows)
    said = "".join(f'<mergeCell ref="{one_}"/>' for one_ in ranges)
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(
        b"</sheetData>", f"</sheetData><mergeCells>{said}</mergeCells>".encode()
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, body in parts.items():
            new.writestr(name, body)
    return path


@pytest.mark.parametrize(
    ("ranges", "bad"),
    [
        (["C2:C3"], ["C3"]),
        (["C2:C3", "D2:D3"], ["C3", "D3"]),
        (["D2:E2"], ["E2"]),
        (["C2:D3"], ["D2", "C3", "D3"]),
        (["A2:A3"], ["A3"]),
        (["B3:XFD1048576"], [f"{letter}3" for letter in "CDEFGH"]),
        (["J2:M9", "A9:H900"], []),
    ],
)
def test_a_cell_that_belongs_to_another_row_rejects_its_row(
    known: dict[str, Target], tmp_path: Path, ranges: list[str], bad: list[str]
) -> None:
    """What a merged cell shows beside a row stands in the first one only: read as blank, a rape would be nothing."""
    path = merged(tmp_path, ROWS, *ranges)
    decided, _mapped = planned(path, known)

    assert [(one.cell, one.why) for one in decided.rejected] == [(cell, "merged") for cell in bad]
    assert [row.row for row in decided.rows] == [
        row for row in (2, 3) if not any(str(row) in one for one in bad)
    ]


def test_ranges_made_to_keep_a_computer_busy_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand of them over the same million cells cost what is in the list, and no more than a list may hold."""
    rows: list[list[object]] = [[f"A-{number}", *ROWS[0][1:]] for number in range(200)]
    path = merged(tmp_path, rows, *["A1:XFD1048576"] * 300)
    looked: list[int] = []

    def look(those: list[int], one_: int) -> int:
        looked.append(one_)
        return bisect_left(those, one_)

    monkeypatch.setattr(table, "bisect_left", look)
    with pytest.raises(table.ListTooLarge):
        table.read(path)
    assert len(looked) < 600
    monkeypatch.setattr(ooxml, "MOST_CELLS", 300)
    with pytest.raises(ooxml.WorkbookTooLarge):
        ooxml.look(path.read_bytes(), "another name")


def test_the_command_says_what_to_do_with_merged_cells_and_words(run: Run, tmp_path: Path) -> None:
    """Nothing is taken of either, a trial neither; the row is named with the cell."""
    (tmp_path / "map.toml").write_text(MAP, "utf-8")
    words = ("cases", "import", str(merged(tmp_path, ROWS, "D2:D3")), "--map", str(tmp_path / "map.toml"))
    code, said = run(*words)
    assert (code, said["new"]) == (3, 0)
    assert [(one["cell"], one["code"]) for one in said["rejected"]] == [("D3", "merged")]

    (tmp_path / "map.toml").write_text(MAP.replace('"torture"', '"Torturee"'), "utf-8")
    code, said = run(*words, "--dry-run")
    assert (code, said["code"]) == (2, "DK-P13")


@pytest.mark.parametrize("headings", [["N°", "N°"], ["N°", ""], []])
def test_headings_must_be_there_once(tmp_path: Path, headings: list[str]) -> None:
    """Two columns of one name, or a column without one, cannot be mapped."""
    path = workbook(tmp_path, [["a", "b"]] if headings else [], headings or [""])
    with pytest.raises(table.HeadingsUnusable):
        table.read(path)


def test_another_sheet_than_the_only_one_is_refused(tmp_path: Path) -> None:
    """The sheets that are there are named."""
    with pytest.raises(table.SheetUnknown) as refused:
        table.read(workbook(tmp_path, ROWS), "Feuil9")
    assert refused.value.sheets == "Dossiers"


# --- more than is taken at once -----------------------------------------------------------------------------------


def endless(path: Path, begin: str, part: str, times: int, end: str = "") -> Path:
    """Write a file of many equal parts."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(begin)
        for _ in range(times // 1000):
            file.write(part * 1000)
        file.write(end)
    return path


@pytest.mark.parametrize(
    ("begin", "part", "times"),
    [
        ("A\n", "x\n", 21_000),
        ("A,B\n", "1," * 200 + "\n", 3_000),
        ("A,B\n", "x,", 2_000_000),
        ('A,B\n"', "x\n", 60_000),
        ("A,B\n", '"\n",', 60_000),
        ("A\n", "x" * 1000 + "\n", 51_000),
    ],
    ids=["rows", "cells", "one long line", "a quote that is left open", "one row of many lines", "bytes"],
)
def test_a_list_larger_than_is_taken_at_once_is_refused_in_little_memory(
    tmp_path: Path, begin: str, part: str, times: int
) -> None:
    """Too many rows, cells or bytes, a line or a row without an end: a sentence that says what to do."""
    path = endless(tmp_path / "liste.csv", begin, part, times)
    tracemalloc.start()
    with pytest.raises((table.ListTooLarge, table.ListUnreadable)) as caught:
        table.read(path)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 250_000_000
    if part != "x\n" or begin != 'A,B\n"':  # that one is no CSV at all once its only cell is too long
        assert caught.type is table.ListTooLarge
        assert f"{table.MOST_ROWS} rows" in caught.value.words()


def test_a_workbook_larger_than_is_taken_is_refused_as_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as a form that it never was."""
    path = workbook(tmp_path, [*ROWS, ["no other test has this row"]])  # or what was seen of it is remembered
    monkeypatch.setattr(ooxml, "MOST_CELLS", 5)
    with pytest.raises(table.ListTooLarge):
        table.read(path)


def test_as_many_rows_as_may_be_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row of headings is not counted, and one more is too many."""
    monkeypatch.setattr(table, "MOST_ROWS", 3)
    path = tmp_path / "liste.csv"
    path.write_text("A\n1\n\n2\n3\n", "utf-8")
    assert len(table.read(path).rows) == 3
    path.write_text("A\n1\n2\n3\n4\n", "utf-8")
    with pytest.raises(table.ListTooLarge):
        table.read(path)
