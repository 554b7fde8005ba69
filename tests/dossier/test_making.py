"""A dossier made by the command: what is in it, what never is, what was written down first, and how the file is closed."""

from __future__ import annotations

import hashlib
import os
import signal
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from sqlalchemy import update

from sync_scripts.cli.frame import apart
from sync_scripts.register.building import marks
from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.register.decisions.base import deciding
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor
from sync_scripts.store.schema.raw import submission, to_build
from sync_scripts.store.seal.sealed_items import commitment
from sync_scripts.store.workspace import open_workspace
from tests import clock
from tests.dossier.conftest import TWO, Run
from tests.dossier.sealed import (
    HERS,
    MINE,
    PHONE,
    PLACE,
    RAW,
    STORY,
    items_named,
    opened,
    told,
    unpacked,
)
from tests.passphrases import DAY
from tests.register.field import START, Field, changed, dealt
from tests.store import same_process
from tests.store.terminal import Terminal

CASE = dealt(0, "DK")
COURT = (
    "cases",
    "dossier",
    CASE,
    "--purpose",
    "justice",
    "--to",
    "court:TGI",
    "--reason",
    "the complaint of May",
)


def made(run: Run, *words: str) -> dict[str, Any]:
    """Make a dossier; return what the command says of it."""
    code, document, err = run("--json", *COURT, *words)
    assert code == 0, err
    return dict(document)


def test_what_may_leave_is_in_it_and_nothing_else(run: Run) -> None:
    """The name of who agreed, the place; not the name of who did not, not a story that may speak of her, no telephone."""
    document, page = opened(Path(made(run)["file"]))
    text = str(document) + page

    assert MINE in page
    assert PLACE in page
    for canary in (HERS, STORY, PHONE, "canari"):
        assert canary not in text
    assert [one["name"] for one in document["records"] if one["entity"] == "person"] == ["V1"]
    assert [one["name"] for one in document["records"] if one["entity"] == "act"] == ["A1", "A3"]


def test_what_stays_is_said_with_its_reason(run: Run) -> None:
    """The list at the end names the person, the act, the story, and why; it is on the page, too."""
    document, page = opened(Path(made(run)["file"]))
    said = {(one["entity"], one["name"], one["part"], one["why"]) for one in document["left_out"]}

    assert ("person", "V2", "all", "no_agreement") in said
    assert ("act", "A2", "all", "no_agreement") in said
    assert ("act", "A3", "others", "others_in_it") in said
    assert ("incident", "", "fields", "others_in_it") in said
    assert ("protected", "", "all", "not_needed") in said
    assert not {"extra", "need", "assessment"} & {one[0] for one in said}
    assert "Personne V2" in page or "Person V2" in page


def test_it_is_written_down_before_it_is_opened_and_before_it_is_there(run: Run, root: Path) -> None:
    """Event, chain, opening, event with the hash, chain: in this order; and only what was chosen is in the opening."""
    said = made(run)
    events, chain = told(root)
    begun, given = events[-2:]
    opening, shared = (one for one in chain if one["action"] in {"OPENED", "SHARED"})

    assert (begun.op, given.op) == ("dossier.open", "share.give")
    assert begun.payload["reason"] == "the complaint of May"
    assert begun.payload["people"] == [{"person": "V1", "uid": "v1", "consent": "2026-11-20"}]
    assert given.payload["closed"] == "passphrase"
    assert given.payload["file_sha256"] == hashlib.sha256(Path(said["file"]).read_bytes()).hexdigest()
    assert opening["seq"] < shared["seq"]
    assert said["reference"] in opening["details"]["reason"]
    assert shared["object"] == given.payload["file_sha256"]
    rows = items_named(root, "row")
    numbers = {
        (page, int(one)) for page, text in opening["details"]["items"].items() for one in _numbers(text)
    }
    assert {rows[one] for one in numbers} == {"person:v1", "incident:c1"}


def _numbers(text: str) -> list[int]:
    found: list[int] = []
    for run_ in text.split(","):
        first, _dash, last = run_.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def test_nothing_of_it_lies_in_the_clear(run: Run, root: Path) -> None:
    """No file of the workspace holds a name, a story or the page; the folder holds the one sealed file."""
    said = made(run)

    assert Path(said["file"]).name == f"dossier-{said['reference']}.zip.age"
    assert [path.name for path in (root / "out").iterdir()] == [Path(said["file"]).name]
    for path in root.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert MINE.encode() not in data
            assert b"<!DOCTYPE html>" not in data


def test_with_a_public_key_only_its_holder_opens_it(run: Run) -> None:
    """An ordinary age file for one X25519 key; another key opens nothing."""
    mine, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    data = Path(made(run, "--recipient", str(mine.to_public()))["file"]).read_bytes()

    assert unpacked(pyrage.decrypt(data, [mine]))[0]["case"] == CASE
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(data, [other])


def test_it_lies_unsealed_only_for_a_reason_that_is_kept(run: Run, root: Path) -> None:
    """--clear without words is refused, and beside a key, too; with words they stand in the event and in the chain."""
    refused = run(*COURT, "--clear", " ")
    both = run(*COURT, "--clear", "no computer", "--recipient", "age1nothing")
    data = Path(made(run, "--clear", "the court has no computer")["file"]).read_bytes()
    events, chain = told(root)

    assert (refused[0], both[0]) == (2, 2)
    assert "contradict" in both[2]
    assert unpacked(data)[0]["case"] == CASE
    assert events[-1].payload["clear"] == "the court has no computer"
    assert chain[-1]["details"]["clear"] is True


def test_a_wrong_key_of_the_receiver_is_refused_before_anything_is_opened(run: Run, root: Path) -> None:
    """A typing error in the key must not cost an opening."""
    code, _out, err = run(*COURT, "--recipient", "age1nothing")

    assert (code, "DK-Q04" in err) == (2, True)
    assert not [one for one in told(root)[1] if one["action"] == "OPENED"]


def test_a_dry_run_opens_nothing_and_writes_nothing(run: Run, root: Path) -> None:
    """It says who and what leaves and what not, from the everyday register alone."""
    before = told(root)
    code, document, _err = run("--json", *COURT, "--dry-run")

    assert code == 0
    assert told(root) == before
    assert not list((root / "out").iterdir())
    assert {one["person"]: one["leaves"] for one in document["people"]} == {"V1": True, "V2": False}
    assert document["opened"] == 2
    assert MINE not in str(document)


def test_without_anybodys_yes_nothing_is_opened(run: Run, root: Path) -> None:
    """Exit code 4, the reason in words, no line in the chain, no file."""
    run("consent", "withdraw", CASE, "--person", "V1", "--reason", "changed her mind")
    code, _out, err = run(*COURT)

    assert (code, "DK-Q07" in err, "withdrew" in err) == (4, True, True)
    assert not [one for one in told(root)[1] if one["action"] in {"OPENED", "SHARED"}]
    assert not [one for one in told(root)[0] if one.op in {"dossier.open", "share.give"}]
    assert not list((root / "out").iterdir())


def arrives(root: Path, *, fault: str | None) -> None:
    """Let an edit of the interview arrive in which she says no to a court, stored and not built; ``fault`` = it cannot be."""
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    field = Field(workspace.register, now=START + timedelta(hours=2), arrived=1)
    no = changed(TWO, {"consent": {"c_justice": "no"}})
    with workspace.register.writing() as rows:
        rows.execute(update(submission).values(current=False))
    field.send("case", "c1", no, edit=1, build_it=False)
    with workspace.register.writing() as rows:
        marks.mark(rows, {("case", "c1"): 2}, {"alert"})
        rows.execute(update(to_build).values(fault=fault, failed_at=fault and instant(field.now)))
    workspace.close()


@pytest.mark.parametrize("fault", [None, "KeyError"], ids=["stored", "set apart"])
def test_what_arrived_and_is_not_built_may_say_no(run: Run, root: Path, fault: str | None) -> None:
    """It is built first; where that cannot be, nothing that names her leaves, and it is said why."""
    arrives(root, fault=fault)
    code, _out, err = run(*COURT)

    assert (code, "DK-Q07" in err) == (4, True)
    assert ("could not be read" in err) == (fault is not None)
    assert not [event for event in told(root)[0] if event.op == "dossier.open"]


def test_asked_again_on_a_later_day_her_yes_counts_and_what_could_not_be_read_stays(
    run: Run, root: Path
) -> None:
    """The version before it is what the rows tell of, and what is opened and hashed."""
    arrives(root, fault="KeyError")
    code, _out, err = run(
        "consent",
        "record",
        CASE,
        "justice=yes",
        "--person",
        "V1",
        "--reason",
        "asked her",
    )
    assert code == 0, err
    document, page = opened(Path(made(run)["file"]))

    assert MINE in page
    assert [(one["instance_id"], one["current"]) for one in document["submissions"]] == [("c1", True)]


def test_hashes_of_bytes_are_told_only_where_everybody_agreed(run: Run) -> None:
    """With V2 in the form the commitment is told, and not the SHA-256 from which it follows; after her yes, both."""
    before = opened(Path(made(run)["file"]))[0]["submissions"]
    run("consent", "record", CASE, "justice=yes", "photo_audio=yes", "--person", "V2", "--reason", "asked")
    after = opened(Path(made(run)["file"]))[0]

    assert [(one["sha256"], bool(one["commitment"])) for one in before] == [("", True)]
    (one,) = after["submissions"]
    assert one["sha256"] == hashlib.sha256(RAW).hexdigest()
    assert one["commitment"] == commitment(one["nonce"], one["sha256"])
    assert one["agrees"]
    assert STORY in str(after)
    assert HERS in str(after)


def test_the_opener_is_in_no_process_but_the_child(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever types the command has no vault in it, not even while the dossier is made."""
    import sys

    monkeypatch.setattr(apart, "start", same_process.start_apart)
    kept = {
        name: sys.modules.pop(name)
        for name in list(sys.modules)
        if name.startswith("sync_scripts.store.vault")
    }
    try:
        made(run)
        assert not [name for name in sys.modules if name.startswith("sync_scripts.store.vault")]
    finally:
        sys.modules.update(kept)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--purpose", "stats", "--to", "court:A", "--reason", "r"), "DK-Q01"),
        (("--purpose", "justice", "--to", "somebody", "--reason", "r"), "DK-Q02"),
        (("--purpose", "services", "--to", "ngo:A", "--reason", "r"), "DK-Q03"),
        (("--purpose", "justice", "--to", "court:A"), "DK-Q08"),
        (("--purpose", "justice", "--to", "court:A", "--reason", "call 699 00 00 01"), "DK-R44"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_a_way_out(
    run: Run, root: Path, words: tuple[str, ...], code: str
) -> None:
    """Purpose, receiver, service, reason: each missing one has a code of its own, and nothing is opened."""
    done, _out, err = run("cases", "dossier", CASE, *words)

    assert (done, code in err) == (2, True), err
    assert not [one for one in told(root)[1] if one["action"] == "OPENED"]


def test_what_does_not_open_is_said_in_it_and_ends_with_six(run: Run, root: Path) -> None:
    """A damaged name is missing in the dossier and listed as damaged; the file is there, the exit code says look."""
    from sqlalchemy import text, update

    from sync_scripts.store.schema.raw import sealed_item
    from sync_scripts.store.workspace import open_workspace
    from tests.passphrases import DAY

    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    with workspace.register.writing() as rows:
        guards = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'sealed_item'")
        for name in rows.execute(guards).scalars().all():
            rows.execute(text(f"DROP TRIGGER {name}"))
        wanted = sealed_item.c.row == "person:v1"
        rows.execute(update(sealed_item).where(wanted).values(blob=b"\x01" + bytes(60)))
    workspace.close()
    code, _out, err = run(*COURT)
    document, page = opened(next((root / "out").iterdir()))

    assert (code, "DK-Q06" in err) == (6, True)
    assert ("person", "damaged") in {(one["entity"], one["why"]) for one in document["left_out"]}
    assert MINE not in page


def test_the_page_loads_nothing_and_runs_nothing(run: Run) -> None:
    """No script, no address, no picture: a page that calls home would tell where it is read. What was typed is escaped."""
    import re

    page = opened(Path(made(run)["file"]))[1]

    assert not re.search(r"<(script|img|link|iframe|object|form)\b|https?://|javascript:|@import|url\(", page)
    assert "default-src 'none'" in page
    assert "the complaint of May" in page


def test_the_page_can_be_had_in_french(run: Run) -> None:
    """Labels of the codebook in the language that was asked for, whatever language the screen speaks."""
    french = opened(Path(made(run, "--language", "fr")["file"]))[0]
    english = opened(Path(made(run, "--language", "en")["file"]))[0]

    def sex(document: dict[str, Any]) -> str:
        return next(
            str(one["label"])
            for record in document["records"]
            for one in record["fields"]
            if one["field"] == "person.sex"
        )

    assert (sex(french), sex(english)) == ("Sexe", "Sex")
    assert french["lang"] == "fr"


def test_a_cut_leaves_a_line_too_many_and_never_a_file_without_one(run: Run, root: Path) -> None:
    """Killed before the file has its name: its hash stands in the log, and nothing of it on the disk."""
    from sync_scripts.store import durable

    class Killed(BaseException):
        """The end of the process."""

    def watch(name: str) -> None:
        if name == "file.rename":
            raise Killed

    durable.watch(watch)
    try:
        with pytest.raises(Killed):
            run("vault", *COURT[1:])
    finally:
        durable.watch(None)
    events, chain = told(root)

    assert [one.op for one in events[-2:]] == ["dossier.open", "share.give"]
    assert chain[-1]["action"] == "SHARED"
    assert not list((root / "out").iterdir())


@pytest.mark.parametrize("yes", [True, False])
def test_it_is_read_before_it_is_closed(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch, *, yes: bool
) -> None:
    """--look shows the page from a private place that is gone afterwards; without a yes there is no file and no hand-over."""
    import click

    from sync_scripts.cli.frame.shell import Shell

    seen: list[Path] = []

    def launch(path: str) -> int:
        assert MINE in Path(path).read_text(encoding="utf-8")
        seen.append(Path(path))
        return 0

    def confirm(_shell: Shell, _question: str, *, yes: bool) -> None:
        if not answer:
            raise click.Abort
        assert not yes

    answer = yes
    monkeypatch.setattr("click.launch", launch)
    monkeypatch.setattr(Shell, "confirm", confirm)
    monkeypatch.setattr("sync_scripts.cli.frame.handed.somebody_types", lambda: True)
    code = run("vault", *COURT[1:], "--look")[0]

    assert (code == 0) is yes
    assert not seen[0].parent.exists()
    assert len(list((root / "out").iterdir())) == int(yes)
    assert told(root)[0][-1].op == ("share.give" if yes else "dossier.open")


@pytest.mark.skipif(os.name == "nt", reason="a terminal is not closed so there")
@pytest.mark.parametrize("end", ["SIGHUP", "SIGTERM"])
def test_who_closes_the_window_while_it_is_read_leaves_nothing_of_it(run: Run, root: Path, end: str) -> None:
    """The terminal is gone, or the system shuts down: what was opened to be read does not stay behind."""

    def lying() -> list[Path]:
        name = f"dikalo-opened-cccccccc-{terminal.process.pid}-*/*"
        places = ("/dev/shm", tempfile.gettempdir())  # noqa: S108 - where it would lie
        return [one for place in places for one in Path(place).glob(name)]

    with Terminal("-C", str(root), "--lang", "en", "vault", *COURT[1:], "--look") as terminal:
        terminal.wait_for("may it leave")
        assert [one.name for one in lying()] == ["dossier.html"]
        terminal.process.send_signal(getattr(signal, end))
        terminal.process.wait(30)
        assert not lying()
    assert not list((root / "out").iterdir())


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are listed otherwise there")
def test_no_list_of_processes_tells_for_whom_it_is_made_or_why(run: Run, root: Path) -> None:
    """The process that opens is told nothing where everybody on this computer reads it; it still asks at the terminal."""
    del run  # it hands every passphrase over
    secret = ("--authorisation", "APDP 12", "--clear", "He reads no other file")
    with Terminal("-C", str(root), "--lang", "en", *COURT, *secret, "--look") as terminal:
        terminal.wait_for("may it leave")
        pid = terminal.process.pid
        (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        listed = Path(f"/proc/{child}/cmdline").read_bytes().decode()
        terminal.answer("may it leave", "y")
        ended = terminal.end()

    told_at_start = (CASE, "court:TGI", "justice", "the complaint of May", "APDP 12", "no other file")
    assert not [word for word in told_at_start if word in listed]
    assert ended == 0, terminal.all
    assert len(list((root / "out").iterdir())) == 1


def test_it_is_given_when_it_was_read_and_not_when_it_was_begun(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An override holds for hours: what runs out while somebody reads the page covers nothing, so now is asked anew."""
    from sync_scripts.cli.frame.shell import Shell

    read: list[str] = []

    def confirm(_shell: Shell, _question: str, *, yes: bool) -> None:
        assert not yes
        read.append(instant(clock.now()))

    monkeypatch.setattr("click.launch", lambda _path: 0)
    monkeypatch.setattr(Shell, "confirm", confirm)
    monkeypatch.setattr("sync_scripts.cli.frame.handed.somebody_types", lambda: True)
    assert run("vault", *COURT[1:], "--look")[0] == 0
    begun, given = told(root)[0][-2:]

    assert (begun.op, given.op) == ("dossier.open", "share.give")
    assert begun.at < read[0] <= given.at


def test_where_nobody_can_look_nothing_is_opened(run: Run, root: Path) -> None:
    """--look without a terminal is refused before the vault is opened, and the refusal says so truly."""
    before = told(root)
    code, _document, said = run("vault", *COURT[1:], "--look")

    assert code == 2
    assert "DK-Q13" in said
    assert told(root) == before


def test_who_takes_it_back_while_it_is_read_is_heard(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A colleague at another laptop writes a withdrawal down while somebody reads the page: no file, no hand-over."""
    from sync_scripts.cli.frame.shell import Shell

    def confirm(_shell: Shell, _question: str, *, yes: bool) -> None:
        assert not yes
        workspace = open_workspace(root, secret=lambda _prompt: DAY)
        with deciding(workspace.register, Actor("CO-02", "key"), clock.now()) as by:
            withdraw(by, CASE, person="V1", reason="she wants no trial")
        workspace.close()

    monkeypatch.setattr("click.launch", lambda _path: 0)
    monkeypatch.setattr(Shell, "confirm", confirm)
    monkeypatch.setattr("sync_scripts.cli.frame.handed.somebody_types", lambda: True)
    code, _document, said = run("vault", *COURT[1:], "--look")

    assert code == 1
    assert "DK-R86" in said
    assert not list((root / "out").iterdir())
    assert told(root)[0][-1].op == "consent.withdraw"


def test_a_folder_that_cannot_be_made_is_met_before_the_vault_is_opened(
    run: Run, root: Path, tmp_path: Path
) -> None:
    """Where the file has no place to go, nothing is opened and nothing is written down."""
    before = told(root)
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    code, _document, said = run("vault", *COURT[1:], "--out", str(tmp_path / "taken" / "below"))

    assert code == 2
    assert "DK-Q14" in said
    assert told(root) == before
