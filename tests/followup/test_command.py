"""``followup export`` as a person meets it: everything at once, and the check for names with the vault open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text

from sync_scripts.followup.outbound import planning
from sync_scripts.store import custody
from sync_scripts.store.detectors import KnownNames
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.seal.sealed_rows import keep
from tests.followup.calling import VAULT, Run, found, opened
from tests.store.databases import NOW

NAME = "Éloundou Inventé-Personne"
NOTE = "Vu hier avec eloundou  INVENTE au centre."


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a real workspace with one case, whose work note names a person who is sealed."""
    root = tmp_path_factory.mktemp("names") / "w"
    workspace = found(root, "coord-1")
    with workspace.register.sealer() as sealer, workspace.register.writing() as rows:
        scope = {"server": "stick", "form": "case", "root_id": "uuid:1", "row": ""}
        rows.many(raw.scope, [{"id": "s1", "kind": "submission", **scope}])
        for entity, fields in (("person", {"full_name": NAME}), ("incident", {"narrative": "au centre"})):
            part = {"entity": entity, "fields": fields, "v": 1}
            sealer.seal_part(part, "s1", "row", f"{entity}:1", "uuid:1")
        keep(rows, sealer, NOW)
        known = {
            "case_code": "DK-7Q2M4X-B",
            "state": "follow_up",
            "urgency": "high",
            "level": "high",
            "opened_at": "2026-11-20T08:00:00.000000Z",
            "confidentiality": "C2",
            "service_only": False,
            "legal_hold": False,
            "work_note": NOTE,
        }
        blank = dict.fromkeys(column.name for column in tables.case.columns)
        rows.many(tables.case, [{**blank, **known}])
    workspace.close()
    return root


@pytest.fixture
def export(run: Run) -> Run:
    """Run ``followup export`` without a password; what it prints names nobody."""

    def go(*words: str, vault: str | None = None) -> tuple[int, Any]:
        code, told = run("export", "--no-password", *words, vault=vault)
        assert NAME not in json.dumps(told, ensure_ascii=False)
        return code, told

    return go


def openings(root: Path) -> list[dict[str, Any]]:
    """Return the lines of the chain about openings."""
    workspace = opened(root)
    with workspace.register.reading() as rows:
        lines = [line.entry for line in custody.read(rows)]
    workspace.close()
    return [line for line in lines if line["action"] == "OPENED"]


@pytest.mark.parametrize("way", [(), ("--all",)])
def test_a_text_that_names_a_sealed_person_is_held(export: Run, root: Path, way: tuple[str, ...]) -> None:
    """The cell is named and the name is not; the opening stands in the chain with its reason and who opened."""
    code, told = export("--check-names", "--reason", "Weekly hand-out", *way, vault=VAULT)

    assert (code, told["code"]) == (1, "DK-W04")
    assert "DK-7Q2M4X-B" in told["message"]
    assert "loundou" not in json.dumps(told, ensure_ascii=False)
    assert list((root / "out").glob("*.xlsx")) == []
    (line,) = openings(root)
    assert (line["actor"], line["details"]["holder"], line["details"]["reason"]) == (
        "coord-1",
        "V",
        "Weekly hand-out",
    )


def test_without_the_check_the_vault_stays_closed(export: Run, root: Path) -> None:
    """What people are called is then not known, and nothing is opened; the document says so."""
    code, told = export()

    assert (code, told["names_checked"]) == (0, False)
    assert openings(root) == []


@pytest.mark.parametrize(
    "words",
    [("--owner", "NOBODY-9"), ("--region", "CM999"), ("--to", "{root}/out/there.xlsx")],
)
def test_what_is_refused_anyway_opens_no_name(export: Run, root: Path, words: tuple[str, ...]) -> None:
    """A slip in the scope or in the name of the file costs no opening of the vault."""
    (root / "out").mkdir(exist_ok=True)
    (root / "out" / "there.xlsx").write_bytes(b"mine")
    typed = [one.format(root=root) for one in words]
    code, _told = export("--check-names", "--reason", "Weekly hand-out", *typed, vault=VAULT)

    assert (code != 0, openings(root)) == (True, [])


def test_other_words_of_the_vault_stop_nothing(export: Run, root: Path) -> None:
    """Only names are looked for: the narrative says "au centre" too."""
    workspace = opened(root)
    with workspace.register.writing() as rows:
        rows.execute(tables.case.update().values(work_note="Vu au centre."))
    workspace.close()
    code, told = export("--check-names", "--reason", "Weekly hand-out", vault=VAULT)

    assert (code, told["names_checked"], told["rows"]["dk:cases"]) == (0, True, 1)
    assert openings(root)


def test_the_recovery_key_opens_for_the_check(export: Run, root: Path) -> None:
    """It belongs to nobody: who opens is said, as wherever something is opened with it."""
    words = ("--check-names", "--reason", "Weekly hand-out", "--key", "paper")
    code, told = export(*words, vault=demo_keys.IDENTITIES["R"].secret)
    assert (code, told["code"], openings(root)) == (2, "DK-C22", [])

    code, told = export(*words, "--as", "coord-1", vault=demo_keys.IDENTITIES["R"].secret)
    assert (code, told["code"]) == (1, "DK-W04")
    (line,) = openings(root)
    assert (line["actor"], line["details"]["holder"]) == ("coord-1", "R")


@pytest.mark.parametrize("words", [("export", "--no-password"), ("import",)])
def test_the_opener_is_in_no_process_but_the_child(run: Run, root: Path, words: tuple[str, ...]) -> None:
    """Whoever reads or writes the workbook has no vault in it, and no name: only marks of them."""
    workspace = opened(root)
    with workspace.register.writing() as rows:
        rows.execute(tables.case.update().values(work_note="Vu au centre."))
    workspace.close()
    out = root / "out" / "a.xlsx"
    if words[0] == "import":
        run("export", "--no-password", "--to", str(out))
        words = (*words, str(out))
    kept = {
        name: sys.modules.pop(name)
        for name in list(sys.modules)
        if name.startswith(("sync_scripts.store.vault", "sync_scripts.cli.opening.vault"))
    }
    try:
        code, _told = run(*words, "--check-names", "--reason", "Weekly hand-out", vault=VAULT)
        assert code == 0
        assert not [name for name in sys.modules if name.startswith("sync_scripts.store.vault")]
    finally:
        sys.modules.update(kept)
    assert openings(root)


def test_what_the_child_hands_over_names_nobody(root: Path) -> None:
    """Marks under a key of the run: none of the words of a name is among them, and twice the same name gives other marks."""
    read, write = os.pipe()
    os.write(write, f"{VAULT}\n".encode())
    os.close(write)
    words = [sys.executable, "-m", "sync_scripts", "-C", str(root), "vault", "names", "--reason", "try"]
    done = subprocess.run(
        words,
        check=True,
        capture_output=True,
        pass_fds=[read],
        env={**os.environ, "DIKALO_VAULT_FD": str(read)},
    )
    os.close(read)
    said = json.loads(done.stdout)
    assert (done.stderr, sorted(said)) == (b"", ["key", "marks"])
    assert not [word for word in ("oundou", "nvent", "ersonne") if word.encode() in done.stdout.lower()]
    assert KnownNames.marked(said).stand_in(NOTE)
    assert KnownNames([NAME]).marks()["marks"] != said["marks"]
    assert len(KnownNames([NAME]).marks()["marks"]) == len(said["marks"])


@pytest.mark.parametrize(
    ("words", "vault", "refusal"),
    [
        (("--check-names",), VAULT, (2, "DK-S34")),
        (("--check-names", "--reason", " "), VAULT, (2, "DK-S34")),
        (("--check-names", "--reason", "x"), "not the passphrase at all", (4, "DK-K03")),
        (("--check-names", "--reason", "x"), None, (4, "DK-C04")),
    ],
)
def test_no_reason_or_no_key_opens_nothing(
    export: Run, root: Path, words: tuple[str, ...], vault: str | None, refusal: tuple[int, str]
) -> None:
    """Nothing is opened, nothing is written."""
    code, told = export(*words, vault=vault)

    assert (code, told["code"]) == refusal
    assert openings(root) == []
    assert not list((root / "out").glob("*.xlsx"))


def test_a_sealed_record_that_does_not_open_stops_the_check(export: Run, root: Path) -> None:
    """A check that would miss a name does not pass for one: exit 6, and no file."""
    workspace = opened(root)
    with workspace.register.writing() as rows:
        guards = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'sealed_item'")
        for name in rows.execute(guards).scalars().all():
            rows.execute(text(f"DROP TRIGGER {name}"))
        rows.execute(raw.sealed_item.update().values(blob=b"\x01" + bytes(200)))
    workspace.close()
    code, told = export("--check-names", "--reason", "Weekly hand-out", vault=VAULT)

    assert (code, told["code"]) == (6, "DK-W10")
    assert told["message"].startswith("2 sealed records")
    assert not list((root / "out").glob("*.xlsx"))


def test_everything_is_written_only_when_asked(
    export: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the limit the plain way refuses; ``--all`` writes plain lists without a dashboard."""
    monkeypatch.setattr(planning, "MOST_ROWS", 0)
    assert export()[1]["code"] == "DK-W06"
    code, told = export("--all")

    assert (code, told["rows"]) == (0, {"dk:todo": 0, "dk:cases": 1, "dk:actions": 0, "dk:referrals": 0})
    assert openpyxl.load_workbook(told["file"]).sheetnames[-1] == "_meta"


def test_a_workbook_that_is_there_is_never_replaced(export: Run, root: Path) -> None:
    """Somebody may have worked in it: the next one of the day goes beside it, and a name that is taken is refused."""
    first, second = (Path(export()[1]["file"]) for _ in range(2))
    held = first.read_bytes()

    assert second.stem == f"{first.stem}-2"  # no blank: it is typed into the next command
    assert (first.read_bytes(), second.exists()) == (held, True)
    code, told = export("--to", str(first))
    assert (code, told["code"]) == (2, "DK-W08")
    assert first.read_bytes() == held


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("--owner", "RD-O1"), "DK-W09"),
        (("--region", "SU"), "DK-W09"),
        (("--department", "Nulle-Part"), "DK-W09"),
        (("--region", "Nulle-Part"), "DK-N01"),
        (("--all", "--region", "CM99"), "DK-N01"),
    ],
)
def test_a_scope_without_a_case_is_refused(
    export: Run, root: Path, words: tuple[str, ...], refusal: str
) -> None:
    """Most often a mistyped code: no empty workbook is written, nor anything remembered; what is no region is not one without cases."""
    code, told = export(*words)

    assert (code, told["code"]) == (2, refusal)
    assert {"SU": "CM009"}.get(words[-1], words[-1]) in told["message"]
    assert list((root / "out").glob("*.xlsx")) == []


@pytest.mark.parametrize(
    "words",
    [("--region", "nord-ouest"), ("--region", "cm007"), ("--region", "North-West"), ("--region", "NW")],
)
def test_a_region_is_named_as_people_name_it(export: Run, root: Path, words: tuple[str, ...]) -> None:
    """By the letters that the lists show, by P-code in any capitals, or by its name in either language."""
    workspace = opened(root)
    with workspace.register.writing() as rows:
        rows.execute(tables.case.update().values(region="CM007"))
    workspace.close()
    code, told = export(*words)

    assert (code, told["rows"]["dk:cases"]) == (0, 1)


def test_a_workbook_bears_the_name_of_a_workbook(export: Run, root: Path) -> None:
    """Under .csv a spreadsheet program would not open it, nor the import take it."""
    code, told = export("--to", str(root / "out" / "suivi.csv"))

    assert (code, told["code"]) == (2, "DK-W36")
    assert list((root / "out").glob("*")) == []


def test_two_words_about_the_password_contradict_each_other(export: Run) -> None:
    """Neither is taken."""
    assert export("--password-prompt")[0] == 2
