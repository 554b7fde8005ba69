"""C4: two people open what is sealed. Every door by which somebody is shown something sealed asks, as it is written and as it runs."""

from __future__ import annotations

import ast
import json
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from sync_scripts.cli.frame import apart
from sync_scripts.register.case_decisions import joint_opening
from sync_scripts.register.case_decisions.openings import may_open
from sync_scripts.register.history.visibility import ALLOW
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import custody, events
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Actor
from sync_scripts.store.schema import raw
from sync_scripts.store.seal import demo_keys, own_keys
from sync_scripts.store.seal.sealed_rows import keep
from sync_scripts.store.vault import by_passphrase
from sync_scripts.store.workspace import open_workspace, unlock
from tests import every_decision
from tests.decisions.work import Work
from tests.passphrases import OTHER, OTHERS_VAULT
from tests.passphrases import SECOND as OPENS
from tests.register.field import ALERT, CASE, START, Field, changed, dealt, victim
from tests.register.test_every_door import modules
from tests.store import same_process
from tests.store.commands import DAY, VAULT, found
from tests.store.databases import NOW

AL, FREE, DK, SECOND = dealt(0, "AL"), dealt(1, "AL"), dealt(0, "DK"), dealt(1, "DK")
STORY, FREE_STORY, NAME = "canari du récit", "canari libre", "canari du nom"
HERS = "canari à elle"
WHY = "a lawyer asked for it"
PHONE = "+237677123456"
Run = Callable[..., tuple[int, Any]]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="descriptors cannot be handed over there")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a workspace of two people: a C4 case with its alert, an alert that may be the same event, a second case."""
    root = tmp_path_factory.mktemp("two") / "w"
    found(root, worker="CO-01", organisation=False)
    opened = unlock(root, secret=lambda _question: DAY)
    own_keys.make(opened, "SU-01", OTHER, demo_keys.WORK).write()
    vault = str(by_passphrase(root, lambda: VAULT).identity)
    own_keys.make(opened, "SU-01", OTHERS_VAULT, demo_keys.WORK, vault=vault).write()
    workspace = open_workspace(root, secret=lambda _question: DAY)
    work = Work(Field(workspace.register))
    for code, roles in (("CO-01", "coordinator"), ("SU-01", "supervisor")):
        work.do(every_decision.name_worker, code, roles)
    for number, root_id in enumerate(("r1", "r2")):
        work.field.send("alert", root_id, ALERT)
        work.do(every_decision.triage, dealt(number, "AL"))
    work.do(every_decision.open_case, AL, owner="CO-01")
    said = changed(CASE, {"consent": {"c_justice": "yes", "confidentiality": "C4"}})
    said = changed(said, {"header": {"case_known": "yes", "case_code": DK}})
    work.field.send("case", "c1", changed(said, {"victims": [victim(1, victim_phone=PHONE)]}))
    both = [victim(2, victim_phone=PHONE), victim(3)]
    work.field.send("case", "c2", changed(CASE, {"victims": both}))
    with workspace.register.sealer() as sealer, workspace.register.writing() as rows:
        theirs = {"server": "folder", "form": "case", "root_id": "c2"}
        rows.many(
            raw.scope,
            [
                {
                    "id": "folder-c2-v3",
                    "kind": "person",
                    **theirs,
                    "row": "person:v3",
                    "submission": "folder-c2",
                }
            ],
        )
        hers = {"entity": "person", "fields": {"full_name": HERS}, "v": 1}
        sealer.seal_part(hers, "folder-c2-v3", "row", "person:v3", "c2")
        for root_id, row, entity, fields in (
            (
                "r1",
                "alert:r1",
                "alert",
                {"short_text": STORY, "contact": PHONE, "place_hint": "canari du lieu"},
            ),
            ("r2", "alert:r2", "alert", {"short_text": FREE_STORY, "contact": PHONE, "place_hint": "ici"}),
            ("c1", "person:v1", "person", {"full_name": NAME, "phone": PHONE}),
            ("c2", "person:v2", "person", {"full_name": "autre", "phone": PHONE}),
        ):
            part = {"entity": entity, "fields": fields, "v": 1}
            sealer.seal_part(part, f"folder-{root_id}", "row", row, root_id)
        keep(rows, sealer, NOW)
    workspace.close()
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """Give a copy of it."""
    shutil.copytree(made, tmp_path / "w")
    return tmp_path / "w"


@pytest.fixture
def run(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    """Run a command as CO-01, or as SU-01, with every passphrase of that person at hand."""
    monkeypatch.setattr(apart, "start", same_process.start)

    def go(*words: str, by: str = "CO-01") -> tuple[int, Any]:
        day, vault = (DAY, VAULT) if by == "CO-01" else (OTHER, OTHERS_VAULT)
        folder = tmp_path / by
        folder.mkdir(exist_ok=True)
        told = same_process.passphrase_files(folder, KEY=day, VAULT=vault, DOSSIER=OPENS)
        for name, path in told.items():
            monkeypatch.setenv(name, path)
        capfd.readouterr()
        code = cli.main(["-C", str(root), "--lang", "en", "--json", *words])
        out = capfd.readouterr().out
        return code, json.loads(out) if out else {}

    return go


def opened_lines(root: Path) -> list[dict[str, Any]]:
    """Return the lines of the chain that say that something was opened."""
    workspace = open_workspace(root, secret=lambda _question: DAY)
    with workspace.register.reading() as rows:
        found = [line.entry for line in custody.read(rows) if line.entry["action"] == "OPENED"]
    workspace.close()
    return found


def agreed(run: Run, code: str, *, why: str = WHY) -> str:
    """Let CO-01 ask and SU-01 agree; return the id of the request."""
    asked, document = run("vault", "ask", code, "--reason", why)
    assert asked == 0, document
    signed, told = run("approve", document["proposal"], by="SU-01")
    assert (signed, told.get("decision")) == (0, "opening.allow"), told
    return str(document["proposal"])


# --- as it is written -------------------------------------------------------------------------------------------

FOR_THE_PROGRAM = {
    "backup.rehearsal": "a sample of a restored copy is opened to see that it opens: what fails is counted, nobody is shown any of it",
    "cli.setup.keys_holders": "pages are written again for other holders: no item is opened",
    "cli.inflow.repair": "what was put aside is read again into the register; sealed bytes are compared: are they the same",
    "cli.opening.vault_reading": "what waited is taken in, sealed; answers are written anew without one person's; names are "
    "compared with a file that goes out: in which cell one stands",
    "store.vault.opening": "the vault itself",
}
"""Modules that open for the program alone, and why nobody is shown anything."""
ONE_WORD = {"vault test": "a word that it sealed itself"}


def vaults(tree: ast.Module) -> list[bool | None]:
    """Return of each vault that is opened in a module whether somebody's leave is asked; None where nothing is said."""
    found: list[bool | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Vault":
            said = [one.value for one in node.keywords if one.arg == "leave"]
            found.append(not isinstance(said[0], ast.Constant) if said else None)
    return found


def test_every_door_that_shows_something_asks_for_a_leave() -> None:
    """Whoever opens a vault says whether anybody sees what is in it; a new door that says nothing fails here."""
    doors = {one.name: vaults(one.tree) for one in modules()}
    shown = {name for name, said in doors.items() if True in said}
    silent = {name for name, said in doors.items() if False in said}

    assert not [name for name, said in doors.items() if None in said]
    assert shown == {
        "cli.opening.vault",
        "cli.opening.vault_comparison",
        "cli.opening.vault_dossier",
    }
    assert silent - {"cli.opening.vault"} == set(FOR_THE_PROGRAM) - {
        "cli.setup.keys_holders",
        "store.vault.opening",
    }
    assert doors["cli.opening.vault"].count(False) == len(ONE_WORD)
    openers = {one.name for one in modules() if {"open_items", "open_kinds"} & one.calls}
    assert openers <= shown | set(FOR_THE_PROGRAM)


def test_a_door_that_says_nothing_is_found() -> None:
    """The test above can fail."""
    assert vaults(ast.parse("with Vault(register, key, actor) as one: pass")) == [None]
    assert vaults(ast.parse("Vault(register, key, actor, leave=None)")) == [False]
    assert vaults(ast.parse("Vault(register, key, actor, leave=leave)")) == [True]


# --- as it runs -------------------------------------------------------------------------------------------------

DOSSIER = ("cases", "dossier", DK, "--purpose", "justice", "--to", "court:TGI", "--reason", WHY)
DOORS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "the page of the case": (("cases", "show", DK, "--open", WHY), (DK,)),
    "the page of its alert": (("alerts", "show", AL, "--open", WHY), (AL,)),
    "its alert by its case": (("vault", "open", AL, "--reason", WHY), (DK,)),
    "the vault": (("vault", "open", DK, "--reason", WHY), (DK,)),
    "the exact bytes, files and voice": (("vault", "open", DK, "--reason", WHY, "--raw"), (DK,)),
    "the dossier": (DOSSIER, (DK,)),
    "alerts side by side": (("alerts", "links", FREE, "--open", WHY), (AL,)),
    "people side by side": (("person", "links", SECOND, "--open", WHY), (DK,)),
}
"""Every door -> its command, and whose opening two people must agree on."""


@pytest.mark.parametrize("door", DOORS)
def test_one_person_opens_nothing_of_a_c4_case_and_two_do(run: Run, root: Path, door: str) -> None:
    """Alone: refused, with what is needed, and no line in the chain. Agreed on: opened, both names written down first."""
    words, units = DOORS[door]
    code, refused = run(*words)

    assert (code, refused["code"]) == (4, "DK-R87")
    named = refused["message"].split("dikalo vault ask ")[1].split()[0]
    assert named in {*words, *units}, "one request, for all that is opened here"
    assert "canari" not in json.dumps(refused, ensure_ascii=False)
    assert opened_lines(root) == []

    requests = [agreed(run, unit) for unit in units]
    code, document = run(*words)
    (line,) = opened_lines(root)
    assert code == 0, document
    assert [one["request"] for one in line["details"]["by_two"]] == requests
    assert {(one["asked"], one["agreed"]) for one in line["details"]["by_two"]} == {("CO-01", "SU-01")}
    assert line["details"]["reason"].endswith(WHY)


def test_a_single_item_of_it_needs_two_as_well(run: Run, root: Path) -> None:
    """By the number under which it stands in a list."""
    agreed(run, DK)
    _code, document = run("vault", "open", DK, "--reason", WHY)
    item = document["opened"][0]["code"]
    run("vault", "ask", DK, "--withdraw")
    code, refused = run("vault", "open", "--item", item, "--reason", WHY)

    assert (code, refused["code"]) == (4, "DK-R87")
    assert len(opened_lines(root)) == 1


def test_an_alert_that_is_in_no_c4_case_is_opened_by_one_person(run: Run) -> None:
    """At night, for the first contact within three hours: nobody is woken to sign; and nobody can be asked to."""
    code, document = run("alerts", "show", FREE, "--open", "call her back")
    assert (code, FREE_STORY in json.dumps(document, ensure_ascii=False)) == (0, True)
    assert run("vault", "ask", FREE, "--reason", WHY)[1]["code"] == "DK-R91"


def test_a_case_is_asked_for_by_its_own_code() -> None:
    """Whichever of its parts is met first: one request for the case is enough, one for its alert would not be."""
    alert, case = ("AL-1", "DK-1"), ("DK-1",)
    assert joint_opening._of_all([alert, case], alert) == "DK-1"
    assert joint_opening._of_all([alert], alert) == "AL-1"
    assert joint_opening._of_all([alert, ("DK-2",)], alert) == "AL-1"


def test_it_is_for_that_unit_these_two_and_that_reason(run: Run) -> None:
    """The other unit, the other reason, a third person by a typed code: refused. Either of the two may open."""
    code, asked = run("vault", "ask", AL, "--reason", WHY)
    waits = run("vault", "open", AL, "--reason", WHY)
    assert (waits[0], waits[1]["code"]) == (1, "DK-R88")
    assert run("approve", asked["proposal"])[1]["code"] == "DK-R14", "never the one who asked"
    assert run("approve", asked["proposal"], "--as", "SU-01")[1]["code"] == "DK-R32", "never a typed code"
    run("approve", asked["proposal"], by="SU-01")

    assert run("vault", "open", AL, "--reason", f"  {WHY.upper()} ")[0] == 0
    assert run("vault", "open", AL, "--reason", WHY, by="SU-01")[0] == 0
    assert run("vault", "open", AL, "--reason", "curious")[1]["code"] == "DK-R90"
    assert run("vault", "open", DK, "--reason", WHY)[1]["code"] == "DK-R87", "the case is more than its alert"
    code, refused = run("vault", "open", AL, "--reason", WHY, "--as", "SU-01")
    assert (code, refused["code"]) == (4, "DK-R32")


def test_a_third_person_is_refused(root: Path, run: Run) -> None:
    """Whoever else has a key of their own."""
    agreed(run, AL)
    workspace = open_workspace(root, secret=lambda _question: DAY)
    with workspace.register.reading() as rows:
        (leave,) = joint_opening.leaves(rows)
        now = moment(leave.until) - timedelta(seconds=1)
        with pytest.raises(joint_opening.OpeningForOther):
            may_open(rows, ["folder-r1"], now, actor=Actor("RD-09", "key"), reason=WHY)
    workspace.close()


def test_it_is_over_after_the_hours_of_the_rules(root: Path, run: Run) -> None:
    """From the signature on, and not a second longer; what is over says so."""
    agreed(run, AL)
    workspace = open_workspace(root, secret=lambda _question: DAY)
    with workspace.register.reading() as rows:
        (leave,) = joint_opening.leaves(rows)
        (event,) = events.read(rows, ops=[ALLOW])
        until = moment(event.at) + timedelta(hours=load().case.opening_by_two_h)
        who = Actor("CO-01", "key")
        assert leave.until == instant(until)
        assert may_open(rows, ["folder-r1"], until - timedelta(seconds=1), actor=who, reason=WHY)
        with pytest.raises(joint_opening.OpeningOver) as caught:
            may_open(rows, ["folder-r1"], until, actor=who, reason=WHY)
        assert "dikalo vault ask" in caught.value.words()
    workspace.close()


def test_what_was_taken_back_opens_nothing(run: Run) -> None:
    """Before it is signed and after; by whoever has a key of their own."""
    run("vault", "ask", AL, "--reason", WHY)
    code, gone = run("vault", "ask", AL, "--withdraw", "--reason", "no need", by="SU-01")
    assert (code, gone["state"]) == (0, "withdrawn")
    assert run("vault", "open", AL, "--reason", WHY)[1]["code"] == "DK-R87"
    request = agreed(run, AL)
    assert run("vault", "ask", request, "--withdraw", by="SU-01")[0] == 0
    assert run("vault", "open", AL, "--reason", WHY)[1]["code"] == "DK-R87"
    assert run("vault", "ask", AL, "--withdraw")[1]["code"] == "DK-R33"


def test_neither_moving_nor_merging_opens_it(root: Path, run: Run) -> None:
    """An alert that was put elsewhere, and the case into which the C4 case was merged, are kept as closely."""
    workspace = open_workspace(root, secret=lambda _question: DAY)
    work = Work(Field(workspace.register, now=START + timedelta(days=2)))
    work.do(every_decision.move_alert, AL, SECOND, reason="a wrong case")
    with workspace.register.reading() as rows:
        assert joint_opening.closely_kept(rows) == {DK}
        assert joint_opening.leave_needed(rows, ["folder-r1"]) == [(AL, DK)]
    work.do(every_decision.merge, DK, SECOND, reason="one event")
    with workspace.register.reading() as rows:
        assert joint_opening.closely_kept(rows) == {DK, SECOND}
    workspace.close()

    assert run("vault", "open", AL, "--reason", WHY)[1]["code"] == "DK-R87"
    assert run("vault", "open", SECOND, "--reason", WHY)[1]["code"] == "DK-R87"


# --- what nobody opens ------------------------------------------------------------------------------------------


def test_nothing_is_opened_of_an_alert_that_was_withdrawn_or_refused(run: Run, root: Path) -> None:
    """Nobody is called any more: neither its page, nor the vault, nor a comparison opens it; and it is said why."""
    assert run("consent", "withdraw", FREE, "--reason", "She called")[0] == 0
    for words in (
        ("alerts", "show", FREE, "--open", "call her back"),
        ("vault", "open", FREE, "--reason", "call her back"),
        ("alerts", "links", FREE, "--open", "one or two?"),
    ):
        code, refused = run(*words)
        assert (code, refused["code"]) == (1, "DK-R92"), words
        assert "dikalo consent show" in refused["message"]
    assert opened_lines(root) == []


def test_of_a_case_that_stopped_nothing_is_opened_but_for_an_override_by_two(run: Run, root: Path) -> None:
    """Everybody withdrew: closed. A life at stake, and two people sign: open again while that lasts."""
    for who in ("V2", "V3"):
        assert run("consent", "withdraw", SECOND, "--person", who, "--reason", "She called")[0] == 0
    code, refused = run("cases", "show", SECOND, "--open", WHY)
    assert (code, refused["code"], opened_lines(root)) == (1, "DK-R92", [])

    vital = ("consent", "override", SECOND, "--person", "V2", "--hours", "24", "--reason", "She bleeds")
    _code, asked = run(*vital)
    assert run("approve", asked["proposal"], by="SU-01")[0] == 0
    code, document = run("cases", "show", SECOND, "--open", WHY)
    assert (code, len(document["opened"])) == (0, 2)


def test_of_a_case_in_which_others_go_on_what_is_hers_alone_stays_closed(run: Run, root: Path) -> None:
    """The rest opens, and it is said that something does not; by its number it does not open either."""
    item = next(
        one["code"]
        for one in run("vault", "open", SECOND, "--reason", WHY)[1]["opened"]
        if one["row"] == "person:v3"
    )
    run("consent", "withdraw", SECOND, "--person", "V3", "--reason", "She called")
    code, document = run("vault", "open", SECOND, "--reason", WHY)

    assert (code, [one["row"] for one in document["opened"]], document["stays_closed"]) == (
        0,
        ["person:v2"],
        1,
    )
    assert run("vault", "open", "--item", item, "--reason", WHY)[1]["code"] == "DK-R92"
    assert opened_lines(root)[-1]["details"]["scopes"] == ["folder-c2"]


def test_what_was_erased_is_said_to_be_erased(run: Run, root: Path) -> None:
    """Not that nothing was found, and nobody is asked to agree to an opening of it."""
    assert run("person", "erase", DK, "--reason", "She asked for it")[0] == 0
    for words in (("cases", "show", DK, "--open", WHY), ("vault", "open", AL, "--reason", WHY)):
        code, refused = run(*words)
        assert (code, refused["code"], "was erased" in refused["message"]) == (1, "DK-R92", True), words
    assert run("vault", "ask", DK, "--reason", WHY)[1]["code"] in {"DK-R91", "DK-R92"}
    assert opened_lines(root) == []
