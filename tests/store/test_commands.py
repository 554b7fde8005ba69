"""``init``, ``vault`` and ``doctor`` as a person meets them: words, documents, exit codes, refusals."""

from __future__ import annotations

import io
import json
import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from sync_scripts import cli
from sync_scripts.config import ServerSettings, Settings
from sync_scripts.secrets import slots
from sync_scripts.store import custody, published
from sync_scripts.store.canonical import canonical
from sync_scripts.store.database import Rows
from sync_scripts.store.founding import NewKeys, create_demo, create_workspace
from sync_scripts.store.lock import hold
from sync_scripts.store.schema import raw, register
from sync_scripts.store.sealed_rows import keep
from sync_scripts.store.workspace import Workspace, open_workspace
from tests.store.databases import NOW

DAY, VAULT = "abri acier agneau aigle ajout", "une autre phrase secrète"
STORY = "Ils ont emmené mon frère devant l'église."
ALERT, CASE = "AL-7Q2M4X-B", "DK-K7Q4ZZ-6"
Run = Callable[..., tuple[int, Any, str]]


def pipe(text: str) -> int:
    """Return a descriptor from which a text can be read once."""
    read, write = os.pipe()
    os.write(write, text.encode() + b"\n")
    os.close(write)
    return read


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run one command in the workspace of the test; returns exit code, document and talk."""

    def go(*words: str, day: str | None = None, vault: str | None = None) -> tuple[int, Any, str]:
        for name, text in (("DIKALO_KEY_FD", day), ("DIKALO_VAULT_FD", vault)):
            if text is not None:
                monkeypatch.setenv(name, str(pipe(text)))
        capsys.readouterr()
        code = cli.main(["-C", str(tmp_path / "w"), *words])
        monkeypatch.delenv("DIKALO_KEY_FD", raising=False)
        monkeypatch.delenv("DIKALO_VAULT_FD", raising=False)
        out, err = capsys.readouterr()
        return code, json.loads(out) if "--json" in words else out, err

    return go


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a real workspace and a demonstration, each with one alert opened as a case."""
    folder = tmp_path_factory.mktemp("workspaces")
    source = (ServerSettings(name="stick", kind="folder", path="../stick"),)
    keys = NewKeys(
        day=DAY,
        vault=VAULT,
        recovery=published.IDENTITIES["R"].public,
        organisation=published.IDENTITIES["O"].public,
        work=published.WORK,
    )
    settings = Settings(id="e" * 32, server=source)
    create_workspace(folder / "real", settings=settings, worker="coord-1", keys=keys, now=NOW, proved=("V",))
    create_demo(folder / "demo", settings=Settings(id="d" * 32), worker="demo-1", now=NOW)
    for name in ("real", "demo"):
        workspace = open_workspace(folder / name, secret=lambda _prompt: DAY)
        fill(workspace)
        workspace.close()
    return folder


def fill(workspace: Workspace) -> None:
    """Store one alert of two persons with a photo, opened as a case, and another alert."""
    with workspace.register.sealer() as sealer, workspace.register.writing() as rows:
        store_alert(rows, "uuid:1", {"s1": "", "s2": "person:2"}, ALERT, CASE)
        store_alert(rows, "uuid:2", {"s3": ""}, "AL-ABC123-6", None)
        part = {"entity": "alert", "fields": {"short_text": STORY}, "v": 1}
        sealer.seal_part(part, "s1", "row", "alert:uuid:1", "uuid:1")
        sealer.seal(b"<alert/>", "s1", "raw", "submission:uuid:1", "uuid:1")
        sealer.seal_stream(io.BytesIO(b"photo"), "s2", "file", "person:2", "uuid:1", name="../../été:1.jpg")
        sealer.seal_part({**part, "fields": {"short_text": "other"}}, "s3", "row", "alert:uuid:2", "uuid:2")
        keep(rows, sealer, NOW)


def store_alert(rows: Rows, root: str, scopes: dict[str, str], code: str, case: str | None) -> None:
    """Store the rows that lead from codes to scopes."""
    where = {"server": "stick", "form": "alert", "root_id": root}
    kinds = {row: "person" if row else "submission" for row in scopes.values()}
    rows.many(
        raw.scope, [{"id": id_, "kind": kinds[row], **where, "row": row} for id_, row in scopes.items()]
    )
    arrival = int(root[-1])
    version: dict[str, object] = {
        **where,
        "instance_id": root,
        "stamp": "alert",
        "form_version": "1",
        "received_at": "2026-11-25T08:00:00.000000Z",
        "status": "ok",
        "scope": next(iter(scopes)),
        "size": 8,
        "open_part": canonical([]),
        "open_hash": "0",
        "current": True,
        "arrival": arrival,
    }
    rows.many(raw.submission, [version])
    known: dict[str, object] = {
        "stamp": "alert",
        "root_id": root,
        "alert_id": root,
        "code": code,
        "case_code": case,
    }
    known |= {"unit": f"alert:alert/{root}", "alert_code": code, "state": "opened"}
    known |= {"received_at": NOW.isoformat(), "first_received_at": NOW.isoformat(), "filing_no": arrival}
    for table in (register.filing, register.alert):
        row = {column.name: known.get(column.name, version.get(column.name)) for column in table.columns}
        for column in table.columns:
            if row[column.name] is None and not column.nullable:
                row[column.name] = 1 if column.info["kind"] in {"number", "yes_no"} else "-"
        rows.many(table, [row])


@pytest.fixture
def real(templates: Path, tmp_path: Path) -> Path:
    """Give a real workspace."""
    shutil.copytree(templates / "real", tmp_path / "w")
    return tmp_path / "w"


@pytest.fixture
def demo(templates: Path, tmp_path: Path) -> Path:
    """Give a demonstration."""
    shutil.copytree(templates / "demo", tmp_path / "w")
    return tmp_path / "w"


def last_line(root: Path) -> dict[str, Any]:
    """Return the last line of the chain."""
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    with workspace.register.reading() as rows:
        head = custody.head(rows)
    workspace.close()
    assert head is not None
    return head.entry


# --- vault ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [ALERT, "al 7q2m4x b", CASE, "dk-k7q4zz-6"])
def test_an_alert_or_a_case_is_opened_with_the_vault_passphrase_alone(
    real: Path, run: Run, code: str
) -> None:
    """Names and story of its persons, and of nobody else; written down with who and why."""
    exit_code, document, _talk = run("vault", "open", code, "--reason", "a call", "--json", vault=VAULT)

    assert exit_code == 0
    shown = {item["row"]: item for item in document["opened"]}
    assert set(shown) == {"alert:uuid:1", "person:2"}
    assert shown["alert:uuid:1"]["answers"] == [{"code": "short_text", "label": "short_text", "value": STORY}]
    assert all(re.fullmatch(r"[0-9a-f]{8}/\d+", item["code"]) for item in document["opened"])
    line = last_line(real)
    assert (line["action"], line["actor"]) == ("OPENED", "coord-1")
    assert (line["details"]["reason"], line["details"]["proof"]) == ("a call", "key")


@pytest.mark.parametrize(("kind", "holder"), [("paper", "R"), ("organisation", "O")])
def test_paper_or_organisation_open_alone(real: Path, run: Run, kind: str, holder: str) -> None:
    """Without keys.json; whoever types the key says who he is, which is only a claim."""
    (real / "keys.json").rename(real / "keys.away")
    key = published.IDENTITIES[holder].secret  # type: ignore[index] # R or O
    words = ("vault", "open", ALERT, "--reason", "why", "--key", kind)
    refused, _text, talk = run(*words, vault=key)
    assert (refused, "DK-C22" in talk) == (2, True)

    exit_code, text, _talk = run(*words, "--as", "lawyer-1", vault=f" {key.lower()}")

    assert exit_code == 0
    assert STORY in text
    (real / "keys.away").rename(real / "keys.json")
    details = last_line(real)["details"]
    assert (details["holder"], details["proof"]) == (holder, "claimed")


def test_raw_bytes_are_shown_only_when_asked_for(real: Path, run: Run) -> None:
    """The exact bytes hold everything, so they are not shown by the way."""
    _code, document, _talk = run("vault", "open", ALERT, "--reason", "why", "--raw", "--json", vault=VAULT)
    assert [item["text"] for item in document["opened"] if item["kind"] == "raw"] == ["<alert/>"]


def test_a_file_is_put_where_it_is_asked_for_under_a_harmless_name(
    real: Path, run: Run, tmp_path: Path
) -> None:
    """Whatever the phone called it."""
    words = ("vault", "open", ALERT, "--reason", "why")
    _code, text, _talk = run(*words, vault=VAULT)
    assert "--files" in text
    run(*words, "--files", str(tmp_path / "out"), vault=VAULT)
    (found,) = (tmp_path / "out").iterdir()

    assert re.fullmatch(r"[0-9a-f]{8}-2-_\.\._été_1\.jpg", found.name)
    assert found.read_bytes() == b"photo"
    assert not list(tmp_path.glob("*.jpg"))


def test_a_single_item_is_opened_by_its_name(real: Path, run: Run) -> None:
    """As a list showed it."""
    _code, document, _talk = run("vault", "open", ALERT, "--reason", "why", "--json", vault=VAULT)
    name = document["opened"][0]["code"]
    _code, again, _talk = run("vault", "open", "--item", name, "--reason", "why", "--json", vault=VAULT)
    assert again["opened"] == document["opened"][:1]


@pytest.mark.parametrize(
    ("words", "exit_code", "error"),
    [
        (["vault", "open", ALERT, "--reason", " "], 2, "DK-S34"),
        (["vault", "open", "--reason", "why"], 2, "DK-C23"),
        (["vault", "open", ALERT, "--item", "aaaaaaaa/1", "--reason", "why"], 2, "DK-C23"),
        (["vault", "open", "--item", "a/1", "--reason", "why"], 2, "DK-C23"),
        (["vault", "open", "--item", "aaaaaaaa/1", "--reason", "why"], 3, "DK-S35"),
        (["vault", "open", "DK-000000-0", "--reason", "why"], 3, "DK-S35"),
    ],
    ids=["no reason", "nothing", "both", "short", "unknown item", "unknown case"],
)
def test_what_cannot_be_opened_is_said(
    real: Path, run: Run, words: list[str], exit_code: int, error: str
) -> None:
    """In words, and nothing is written down."""
    before = last_line(real)["seq"]
    found, document, _talk = run(*words, "--json", vault=VAULT)
    assert (found, document["code"]) == (exit_code, error)
    assert last_line(real)["seq"] == before


def test_a_wrong_passphrase_opens_nothing(real: Path, run: Run) -> None:
    """Not the everyday one either."""
    code, document, _talk = run("vault", "open", ALERT, "--reason", "why", "--json", vault=DAY)
    assert (code, document["code"]) == (4, "DK-K03")


def test_opening_waits_for_no_pull(real: Path, run: Run) -> None:
    """The chain has one writer; who it is stands in the sentence."""
    with hold(real, "pull"):
        code, _text, talk = run("vault", "open", ALERT, "--reason", "why", vault=VAULT)
    assert (code, "pull" in talk) == (1, True)


def test_damage_is_said_and_the_rest_is_shown(real: Path, run: Run) -> None:
    """Exit code 6, after everything that opens."""
    shutil.rmtree(real / "sealed")
    code, document, _talk = run("vault", "open", ALERT, "--reason", "why", "--json", vault=VAULT)
    problems = {item["row"]: item.get("problem") for item in document["opened"]}
    assert code == 6
    assert problems == {"alert:uuid:1": None, "person:2": "DK-S32"}


def test_a_demonstration_opens_by_itself(demo: Path, run: Run) -> None:
    """And says what it is."""
    code, text, talk = run("vault", "open", ALERT, "--reason", "to see")
    assert (code, STORY in text, "DEMONSTRATION" in talk) == (0, True, True)


def test_a_holder_proves_that_he_opens(real: Path, run: Run) -> None:
    """The day is kept for doctor."""
    code, document, _talk = run("vault", "test", "--json", vault=VAULT)
    assert (code, document["holder"]) == (0, "V")
    key = published.IDENTITIES["O"].secret
    code, document, _talk = run("vault", "test", "--key", "organisation", "--as", "boss", "--json", vault=key)
    assert [proof["code"] for proof in document["proofs"]] == ["V", "O"]


# --- doctor --------------------------------------------------------------------------------------------------------


def levels(document: dict[str, Any]) -> dict[str, str]:
    """Return the worst level of each thing looked at."""
    order = ["ok", "note", "warn", "bad"]
    found: dict[str, str] = {}
    for finding in document["findings"]:
        found[finding["code"]] = max(found.get(finding["code"], "ok"), finding["level"], key=order.index)
    return found


def test_doctor_looks_without_any_passphrase(real: Path, run: Run) -> None:
    """At what can be seen from outside; it says how to see more."""
    code, document, _talk = run("doctor", "--json")
    found = levels(document)
    assert code == 0
    assert (found["slot"], found["source"], found["register"]) == ("ok", "warn", "note")
    assert "proof" not in found


def test_doctor_reminds_of_clear_text(real: Path, run: Run, tmp_path: Path) -> None:
    """What lies on a stick is readable by whoever finds it."""
    (tmp_path / "stick" / "a").mkdir(parents=True)
    (tmp_path / "stick" / "a" / "submission.xml").write_text("<a/>", encoding="utf-8")
    _code, document, _talk = run("doctor", "--json")
    assert levels(document)["clear-text"] == "warn"


def test_doctor_looks_into_the_open_register(real: Path, run: Run) -> None:
    """Which holder has never proved that he opens."""
    _code, document, _talk = run("doctor", "--json", day=DAY)
    proofs = [finding["level"] for finding in document["findings"] if finding["code"] == "proof"]
    assert levels(document)["register"] == "ok"
    assert proofs[1:] == ["warn", "warn"]


@pytest.mark.parametrize("name", ["keys.json", "day.age", "vault.age", "register.db"])
def test_doctor_says_what_is_missing(real: Path, run: Run, name: str) -> None:
    """And that it must be put back now."""
    (real / name).unlink()
    code, text, _talk = run("doctor")
    assert (code, name in text) == (3, True)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_doctor_sees_files_that_others_can_read(real: Path, run: Run) -> None:
    """A backup program may have changed their rights."""
    (real / "keys.json").chmod(0o644)
    _code, document, _talk = run("doctor", "--json")
    assert levels(document)["rights"] == "warn"


def test_doctor_works_anywhere(run: Run) -> None:
    """Also where there is no workspace yet."""
    code, document, _talk = run("doctor", "--json")
    assert (code, levels(document)["workspace"]) == (0, "note")


# --- init ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make new slots with the least work allowed: what is tested is not the work."""
    monkeypatch.setattr(slots, "usual_work", lambda: published.WORK)


def test_init_without_a_terminal(cheap: None, run: Run, tmp_path: Path) -> None:
    """Keys on descriptors, a second holder by option; forms are laid, samples are not."""
    words = ("init", "--worker", "coord-1", "--organisation", published.IDENTITIES["O"].public, "--json")
    code, document, _talk = run(*words, "--source", str(tmp_path / "stick"), day=DAY, vault=VAULT)

    assert code == 0
    assert [holder["code"] for holder in document["holders"]] == ["V", "O"]
    assert [form["code"] for form in document["forms"]] == ["alert", "case", "followup"]
    assert {path.name for path in (tmp_path / "w" / "forms").iterdir()} >= {"alert.xlsx", "case.xlsx"}
    assert not list((tmp_path / "w").rglob("samples"))
    assert run("doctor", "--json", day=DAY)[0] == 0
    assert run("init", "--worker", "coord-1", day=DAY)[0] == 2


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize(
    ("words", "keys", "error"),
    [
        (["--organisation", published.IDENTITIES["O"].public], (DAY, VAULT), "DK-C20"),
        (
            ["--worker", "coord-1", "--organisation", published.IDENTITIES["O"].public],
            (None, VAULT),
            "DK-C20",
        ),
        (["--worker", "coord-1"], (DAY, VAULT), "DK-S20"),
        (["--worker", "coord-1", "--organisation", published.IDENTITIES["O"].public], (DAY, None), "DK-S20"),
        (["--worker", "coord-1", "--organisation", "age1nonsense"], (DAY, VAULT), "DK-S21"),
        (["--worker", "coord-1", "--organisation", published.IDENTITIES["O"].public], (DAY, DAY), "DK-K06"),
        (["--worker", "coord-1", "--organisation", published.IDENTITIES["O"].public], ("x", VAULT), "DK-K05"),
        (["--worker", "Jean Dupont"], (DAY, VAULT), "DK-K09"),
    ],
    ids=["no code", "no key", "only V", "only O", "no key of age", "equal", "weak", "a name"],
)
def test_init_refuses_what_would_not_be_safe(
    run: Run, tmp_path: Path, words: list[str], keys: tuple[str | None, str | None], error: str
) -> None:
    """Each with its own sentence; nothing is made."""
    code, document, _talk = run("init", *words, "--json", day=keys[0], vault=keys[1])
    assert code != 0
    assert document["code"] == error
    assert not (tmp_path / "w").exists() or not list((tmp_path / "w").iterdir())


PROGRAM = """
import sys
from sync_scripts.store import published
from sync_scripts.secrets import slots
slots.usual_work = lambda: published.WORK
from sync_scripts import cli
sys.exit(cli.main(sys.argv[1:]))
"""


class Terminal:
    """A person at a terminal, in front of a running command."""

    def __init__(self, *words: str) -> None:
        self._mine, theirs = os.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words],
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            env={**os.environ, "TERM": "dumb"},
        )
        os.close(theirs)
        self.seen = ""

    def __enter__(self) -> Self:
        """Sit down."""
        return self

    def __exit__(self, *error: object) -> None:
        """Leave; what still runs is ended."""
        self.process.kill()
        self.process.wait()
        os.close(self._mine)

    def wait_for(self, question: str) -> None:
        """Read until the command waits for an answer to this question."""
        until = time.monotonic() + 30
        while not (self.seen.endswith(": ") and question in self.seen.splitlines()[-1]):
            assert time.monotonic() < until, self.seen
            if select.select([self._mine], [], [], 0.2)[0]:
                self.seen += os.read(self._mine, 65536).decode("utf-8", "replace")

    def answer(self, question: str, words: str) -> None:
        """Type words when the command asks."""
        self.wait_for(question)
        os.write(self._mine, words.encode() + b"\n")
        self.seen = ""

    def end(self) -> int:
        """Wait for the end; return the exit code."""
        while select.select([self._mine], [], [], 0.2)[0] or self.process.poll() is None:
            try:
                os.read(self._mine, 65536)
            except OSError:
                break
        return self.process.wait(30)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
def test_init_at_a_terminal(tmp_path: Path, run: Run) -> None:
    """It asks, shows the recovery key once, and ends only when it was typed back; what is typed stays hidden."""
    with Terminal("-C", str(tmp_path / "w"), "init") as at:
        at.answer("Langue / Language", "en")
        at.answer("Folder from which", "")
        at.answer("Your code", "coord-1")
        at.answer("Everyday passphrase", DAY)
        at.answer("The same again", "mistyped")
        at.answer("Everyday passphrase", DAY)
        at.answer("The same again", DAY)
        at.answer("Vault passphrase", VAULT)
        at.answer("The same again", VAULT)
        at.wait_for("Type it back")
        assert DAY not in at.seen
        assert VAULT not in at.seen
        shown = re.search(r"AGE- SECR.*?(?=\r?\n\r?\n)", at.seen, re.DOTALL)
        assert shown is not None
        key = " ".join(shown[0].split())
        at.answer("Type it back", key[:-1] + ("A" if key[-1] != "A" else "C"))
        at.answer("Type it back", key.lower())
        assert at.end() == 0

    words = ("vault", "test", "--key", "paper", "--as", "x1", "--json")
    assert run(*words, vault=key)[1]["holder"] == "R"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
def test_init_makes_nothing_when_the_paper_is_wrong(tmp_path: Path) -> None:
    """Three tries, then nothing was made."""
    words = ("init", "--worker", "c1", "--language", "en", "--source", "x")
    with Terminal("-C", str(tmp_path / "w"), *words) as at:
        at.answer("Everyday passphrase", DAY)
        at.answer("The same again", DAY)
        at.answer("Vault passphrase", VAULT)
        at.answer("The same again", VAULT)
        for _attempt in range(3):
            at.answer("Type it back", "AGE-SECRET-KEY-1")
        assert at.end() == 4

    assert not (tmp_path / "w").exists()
