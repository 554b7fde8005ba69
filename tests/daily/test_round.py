"""The whole round: every part whatever became of the one before, nothing twice, nothing half-done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import select

from sync_scripts import cli, config
from sync_scripts.backup.making import Made
from sync_scripts.backup.planning import prepared
from sync_scripts.config import BackupSettings, NotifySettings, ServerSettings, TeamSettings
from sync_scripts.daily import Part
from sync_scripts.daily.backing_up import BackingUp
from sync_scripts.daily.child import Failure
from sync_scripts.daily.pulling import Pull, Pulling, Source, sources_of
from sync_scripts.daily.round import worst
from sync_scripts.errors import Unreachable
from sync_scripts.intake.connections import LoginMissing
from sync_scripts.notify import messages as plan
from sync_scripts.publish.lists import Done
from sync_scripts.register.building.notices import escalate
from sync_scripts.store import logins, outbox
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.lock import hold
from sync_scripts.store.schema import workbooks
from tests import clock
from tests.bench.make import DAY
from tests.daily.rounds import Go, change, likeness, opened, parts
from tests.daily.sinks import webhook
from tests.intake.scene import alert
from tests.store.commands import pipe


def test_a_round_pulls_checks_and_says_what_needs_somebody(root: Path, go: Go) -> None:
    """One document; a second round brings nothing new."""
    code, document, err = go("sync", "--json")
    found = parts(document)

    assert (code, document["exit"]) == (0, 0), err
    assert document["schema"] == "dikalo.sync/1"
    assert found["pull"]["result"][0]["report"]["new"] == 6
    assert document["today"]["counts"]["alerts"] == 3
    assert found["publish"]["skipped"], "no team is in the settings: it says so and goes on"
    assert {one["wrong"] == [] for one in found["verify"]["result"]["checks"]} == {True}
    assert parts(go("sync", "--json")[1])["pull"]["result"][0]["report"]["new"] == 0


def test_a_round_speaks_to_people(root: Path, go: Go) -> None:
    """One line a part; progress is talk and the result is output."""
    code, text, talk = go("sync")

    assert code == 0
    assert "Pull: folders: New: 6." in text
    assert "Check: the register is sound." in text
    assert "Needs you" in text
    assert "Pull ..." in talk


def test_a_dry_run_changes_nothing(root: Path, go: Go) -> None:
    """It says what would come, and every file is what it was."""
    before = likeness(root)
    code, document, _ = go("sync", "--dry-run", "--json")

    assert code == 0
    assert document["dry_run"]
    assert parts(document)["pull"]["result"][0]["report"]["new"] == 6
    assert likeness(root) == before


@pytest.mark.slow
def test_a_server_that_is_down_stops_nothing_else(root: Path, go: Go) -> None:
    """The folder is pulled, the rest is done, and the exit code is that of the network."""
    kobo = ServerSettings(name="kobo", kind="kobo", url="https://127.0.0.1:9")
    change(root, server=(kobo, *config.load(root).server))
    workspace = opened(root)
    logins.keep(workspace.register, "kobo", "pull", logins.Kept(token="x" * 40))
    workspace.close()
    code, document, _ = go("sync", "--json")
    pulls = {one["source"]: one for one in parts(document)["pull"]["result"]}

    assert code == document["exit"] == 5
    assert pulls["folder"]["report"]["new"] == 6
    assert pulls["kobo"]["failure"]["exit"] == 5
    assert document["today"]["counts"]["alerts"] == 3
    assert {one["server"]: one["at"] is None for one in document["today"]["pulled"]} == {
        "folder": False,
        "kobo": True,
    }


def test_without_a_login_it_says_so_and_goes_on(root: Path, go: Go) -> None:
    """To pull without one is a fault that somebody must mend; to publish without one is how most laptops are."""
    kobo = ServerSettings(name="kobo", kind="kobo", url="https://127.0.0.1:9")
    change(
        root,
        server=(*config.load(root).server, kobo),
        team=(TeamSettings(name="north", departments=("CM007002",), people=("EN-NW-02",)),),
    )
    code, document, _ = go("sync", "--json")
    found = parts(document)

    assert code == 4
    assert found["publish"]["exit"] == 0
    assert {one["server"]: one["failure"] for one in found["publish"]["result"]}["kobo"] == "DK-I59"
    assert found["pull"]["exit"] == 4


def test_a_round_asks_the_agent_before_a_person(
    root: Path, go: Go, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Once unlocked, nobody need type."""
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "run"))
    assert go("unlock", "--for", "5m")[0] == 0
    try:
        assert cli.main(["-C", str(root), "sync", "--dry-run"]) == 0
    finally:
        assert cli.main(["-C", str(root), "lock"]) == 0
    assert cli.main(["-C", str(root), "sync", "--dry-run"]) == 4


def test_one_lock_holds_the_whole_round(root: Path, go: Go) -> None:
    """Another command that writes is named, and nothing is begun."""
    with hold(root, "followup import"):
        code, _, err = go("sync")

    assert code == 1
    assert "DK-S01" in err
    assert "followup import" in err


def test_what_is_urgent_is_told_in_the_same_round(root: Path, go: Go) -> None:
    """Written by the pull in its own process, sent by the round."""
    change(root, notify=(NotifySettings(name="night", level="low"),))
    with webhook() as hook:
        workspace = opened(root)
        logins.keep(workspace.register, "night", "notify", logins.Kept(token=hook.url))
        workspace.close()
        code, document, err = go("sync", "--json")

    assert code == 0, err
    workspace = opened(root)
    with workspace.register.reading() as rows:
        told = outbox.listed(rows)
    workspace.close()
    sent = [one for one in told if one.state == "sent"]
    assert len(told) >= 3
    assert (
        parts(document)["notify"]["result"]["sent"] == len(hook.got) == len({one.reference for one in sent})
    )


def test_what_is_critical_is_told_while_a_pull_still_goes_on(
    root: Path, go: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other answers may take hours; what is less urgent goes together once they are here, before any photo; each is counted once."""
    change(root, notify=(NotifySettings(name="night", level="low"),))
    monkeypatch.setattr(plan, "QUIET", (time.max, time.min))  # whenever this runs, it is day
    early, before = list[int](), list[int]()

    class Slow(Pulling):
        """A pull of which the answers take more than a minute."""

        def data(self, meanwhile: Callable[[], None] = lambda: None) -> bool:
            more = super().data()
            assert not hook.got
            meanwhile()  # as each minute of a pull that is not over
            early.append(len(hook.got))
            return more

        def files(self, meanwhile: Callable[[], None] = lambda: None) -> Pull | None:
            before.append(len(hook.got))
            return super().files(meanwhile)

    monkeypatch.setattr("sync_scripts.daily.every_source.Pulling", Slow)
    with webhook() as hook:
        workspace = opened(root)
        logins.keep(workspace.register, "night", "notify", logins.Kept(token=hook.url))
        workspace.close()
        code, document, err = go("sync", "--json")

    assert code == 0, err
    workspace = opened(root)
    with workspace.register.reading() as rows:
        told = [one for one in outbox.listed(rows) if one.state == "sent"]
    workspace.close()
    urgent = {one.reference for one in told if one.level == "critical"}
    assert early == [len(urgent)]
    assert early[0] > 0
    assert (
        parts(document)["notify"]["result"]["sent"] == len(hook.got) == len({one.reference for one in told})
    )
    assert len(hook.got) == before[0] > early[0]


class Answering:
    """A source that notes what it is asked for, brings its answers in some whiles and its files in others."""

    asked: list[str]
    answers: Mapping[str, int]
    """How many whiles more than one the answers of a source take, by its name."""
    files_left: Mapping[str, int]

    def __init__(self, _keys: object, source: Source, *_more: object) -> None:
        self.source, self.over = source, False
        self.left, self.portions = self.answers.get(source.name, 0), self.files_left.get(source.name, 0)

    def __enter__(self) -> Self:
        """Start nothing."""
        return self

    def __exit__(self, *_error: object) -> None:
        """End nothing."""

    def data(self, _meanwhile: Callable[[], None]) -> bool:
        """Bring answers for a while; tell whether there are more."""
        self.asked.append(f"{self.source.name} answers")
        self.left -= 1
        return self.left >= 0

    def files(self, _meanwhile: Callable[[], None]) -> Pull | None:
        """Bring some files, and at the end what it came to."""
        self.asked.append(f"{self.source.name} files")
        self.portions -= 1
        self.over = self.portions < 0
        failure = Failure("DK-N01", "down", 5) if self.source.name == "down" else None
        return Pull(self.source.name, None, failure) if self.over else None


VALUE = "what a value says"


@pytest.fixture
def asked(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Give a function that puts two sources beside the folder, and returns what all of them will be asked for."""

    def beside(*names: str, first: bool, answers: Mapping[str, int], files: Mapping[str, int]) -> list[str]:
        folder = config.load(root).server
        others = tuple(ServerSettings(name=name, kind="kobo", url="https://127.0.0.1:9") for name in names)
        change(root, server=(*others, *folder) if first else (*folder, *others))
        said: list[str] = []
        made = type("Told", (Answering,), {"asked": said, "answers": answers, "files_left": files})
        monkeypatch.setattr("sync_scripts.daily.every_source.Pulling", made)
        return said

    return beside


def test_while_files_come_answers_are_looked_for_everywhere(go: Go, asked: Callable[..., list[str]]) -> None:
    """Also at a source that is over by then; not at one that was out of reach."""
    said = asked("large", "down", first=False, answers={}, files={"large": 2})
    code, document, _err = go("sync", "--json")

    first = ["large answers", "down answers", "folder answers", "large files", "down files", "folder files"]
    again = ["folder answers", "large files", "folder files"]
    assert said == [*first, *again, *again]
    assert code == 5
    assert [one["source"] for one in parts(document)["pull"]["result"]].count("down") == 1


def test_a_source_that_was_down_is_asked_again_while_files_come(
    go: Go, asked: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Photos of another one may take hours, and an alert lies there by then."""
    monkeypatch.setattr("sync_scripts.daily.every_source.AGAIN_S", 0.0)
    said = asked("large", "down", first=False, answers={}, files={"large": 2})
    go("sync", "--json")

    assert said.count("down answers") == 3


def test_a_fault_in_a_part_stops_no_other(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a workbook, a list, a message service or a stick brings about: answers come, and each fault is said without a value."""

    def fault(*_given: object, **_more: object) -> None:
        raise ZeroDivisionError(VALUE)

    for name in ("of_folder", "learn_forms", "escalate", "publish", "verify", "due_place"):
        monkeypatch.setattr(f"sync_scripts.daily.round.{name}", fault)
    code, document, err = go("sync", "--json")
    found = parts(document)

    assert code == 1, err
    assert [one["source"] for one in found["pull"]["result"]] == ["folder"]
    assert {name for name, one in found.items() if "failure" in one} == {
        *("doctor", "forms", "tasks", "publish", "verify"),
    }
    assert {one["failure"]["code"] for one in found.values() if "failure" in one} == {"DK-N65"}
    assert "ZeroDivisionError" in found["forms"]["failure"]["message"]
    assert VALUE not in json.dumps(document) + err


def test_a_server_that_takes_long_keeps_no_other_waiting(go: Go, asked: Callable[..., list[str]]) -> None:
    """What it does not bring in its while comes when the others were asked, and before any photos."""
    said = asked("slow", "quick", first=True, answers={"slow": 2}, files={})
    assert go("sync", "--json")[0] == 0

    answers = [f"{name} answers" for name in ("slow", "quick", "folder", "slow", "slow")]
    assert said == [*answers, "slow files", "quick files", "folder files"]


class Photos:
    """A source with hours of photos: some portions, and before each something happens."""

    def __init__(self, before: list[Callable[[], None]]) -> None:
        self.source, self.over, self.before = Source("large", ("large",)), False, before

    def __enter__(self) -> Self:
        """Start nothing."""
        return self

    def __exit__(self, *_error: object) -> None:
        """End nothing."""

    def data(self, _meanwhile: Callable[[], None]) -> bool:
        """Have nothing to say."""
        return False

    def files(self, meanwhile: Callable[[], None]) -> Pull | None:
        """Bring some; more, while something is to happen."""
        if not self.before:
            self.over = True
            return Pull("large", None, None)
        self.before.pop(0)()
        meanwhile()  # as each minute
        return None


def test_an_alert_that_comes_while_photos_do_wakes_people_before_they_end(
    root: Path, tmp_path: Path, go: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its message goes with it, and when it is not acted upon in its time the next one goes, hours of photos or not."""
    large = ServerSettings(name="large", kind="kobo", url="https://127.0.0.1:9")
    night = NotifySettings(name="night", level="critical")
    change(root, notify=(night,), server=(*config.load(root).server, large))
    monkeypatch.setattr(plan, "QUIET", (time.max, time.min))  # whenever this runs, it is day
    ahead = timedelta(0)
    monkeypatch.setattr("sync_scripts.cli.frame.outcome.machine", lambda: clock.now() + ahead)
    reasons: list[Counter[str]] = []

    def note() -> None:
        workspace = opened(root)
        with workspace.register.reading() as rows:
            told = [one for one in outbox.listed(rows) if one.state == "sent"]
        workspace.close()
        reasons.append(Counter(one.reason for one in told))

    def lay_one() -> None:
        note()
        place = tmp_path / "source" / "alert" / "uuid99"
        place.mkdir()
        (place / "submission.xml").write_bytes(alert(99))

    def wait() -> None:
        nonlocal ahead
        note()
        ahead = timedelta(hours=2)

    photos = Photos([lay_one, wait, note])
    monkeypatch.setattr(
        "sync_scripts.daily.every_source.Pulling",
        lambda keys, source, *more: photos if source.name == "large" else Pulling(keys, source, *more),
    )
    with webhook() as hook:
        workspace = opened(root)
        logins.keep(workspace.register, "night", "notify", logins.Kept(token=hook.url))
        workspace.close()
        go("sync", "--json")

    first, second, third = reasons
    assert second["alert"] == first["alert"] + 1
    assert first["escalation"] == second["escalation"] == 0
    assert third["escalation"] == third["alert"] == second["alert"]


def test_the_worst_part_is_the_exit_code() -> None:
    """Damage before our own faults, those before the network, that before what is not allowed, that before attention."""
    assert [worst(codes) for codes in ([], [0, 3], [3, 4], [4, 5], [5, 1], [1, 6])] == [0, 3, 4, 5, 1, 6]
    missing = Done("kobo", "kobo", failures=[LoginMissing(server="kobo", role="publish")])
    assert Part("publish", [missing, Done("", "folder")]).exit_code == 0
    assert Part("publish", [Done("kobo", "kobo", failures=[Unreachable()])]).exit_code == 5


def test_folders_go_together_and_each_server_by_itself() -> None:
    """All folders of a workspace are one source, as pulls record it, and the last: one that hangs keeps no server waiting."""
    servers = [
        ServerSettings(name="stick", kind="folder", path="a"),
        ServerSettings(name="central", kind="central", url="https://c", project=1),
        ServerSettings(name="phone", kind="folder", path="b"),
    ]

    assert sources_of(servers) == [Source("central", ("central",)), Source("folder", ("stick", "phone"))]


UNOPENED = """
import sys
import pyrage
from pathlib import Path
from types import SimpleNamespace
from typing import Self

def refused(*_anything, **_more):
    raise AssertionError

pyrage.decrypt = pyrage.decrypt_io = pyrage.decrypt_file = refused
from sync_scripts import cli
from sync_scripts.daily import child, pulling

pulling._run = lambda job, key, _meanwhile: (child._told(job, key), 0)  # the pull here, to see what it loads
assert cli.main(["-C", sys.argv[1], "sync", "--json"]) == 0
assert cli.main(["-C", sys.argv[1], "notify", "list"]) == 0
found = [name for name in sys.modules if name.startswith("sync_scripts.store.vault")]
assert not found, found
"""


@pytest.mark.skipif(os.name == "nt", reason="descriptors are not handed over on Windows")
def test_no_part_of_the_round_loads_what_opens_sealed_things(root: Path) -> None:
    """Neither the round nor its pull: the module of the vault is not even there, and age opens nothing."""
    keys = [pipe(DAY), pipe(DAY)]
    code = UNOPENED.replace(
        'assert cli.main(["-C", sys.argv[1], "notify"',
        f'os.environ["DIKALO_KEY_FD"] = "{keys[1]}"\nassert cli.main(["-C", sys.argv[1], "notify"',
    )
    done = subprocess.run(
        [sys.executable, "-c", "import os\n" + code, str(root)],
        pass_fds=keys,
        env={**os.environ, "DIKALO_KEY_FD": str(keys[0])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]


def held_of(root: Path) -> set[str]:
    """Return the exports of which the register still holds what their rows said, or the words that were shown."""
    workspace = opened(root)
    with workspace.register.reading() as rows:
        held = set(rows.execute(select(workbooks.followup_row.c.export_id)).scalars())
        shown = select(workbooks.followup_export.c.export_id).where(
            workbooks.followup_export.c.labels.is_not(None)
        )
        assert set(rows.execute(shown).scalars()) == held
    workspace.close()
    return held


def test_a_round_forgets_what_workbooks_said_when_its_days_are_over(root: Path, go: Go) -> None:
    """Also where nobody hands out or brings back another one; a dry run forgets nothing, and the name of the export stays."""
    workspace = opened(root)
    now = clock.now()
    with workspace.register.writing() as rows:
        for days in (34, 36):
            said = dict.fromkeys(("by", "tier", "scope", "lang", "expires", "file_sha256"), "x")
            at = instant(now - timedelta(days=days))
            export = {"export_id": f"e{days}", "at": at, "columns": "{}", "labels": "{}", **said}
            row = {"export_id": f"e{days}", "sheet": "dk:cases", "row_id": "1", "version": "x"}
            rows.many(workbooks.followup_export, [export])
            rows.many(workbooks.followup_row, [row | {"values": '{"note":"CANARI"}', "case_code": None}])
    workspace.close()
    go("sync", "--dry-run", "--json")
    assert held_of(root) == {"e34", "e36"}
    go("sync", "--json")

    assert held_of(root) == {"e34"}
    workspace = opened(root)
    with workspace.register.reading() as rows:
        assert set(rows.execute(select(workbooks.followup_export.c.export_id)).scalars()) == {"e34", "e36"}
    workspace.close()


def test_a_round_makes_its_backup_last(
    root: Path, go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow stick holds up no message: all were sent when it begins, and what comes due meanwhile is raised and sent."""
    stick, raised, came = tmp_path / "stick", list[int](), list[int]()

    def raising(rows: Rows, now: datetime) -> int:
        raised.append(1)
        return escalate(rows, now)

    class Slow(BackingUp):
        """A backup that takes more than a minute."""

        def done(self, meanwhile: Callable[[], None]) -> Made | Failure:
            before = len(raised), len(hook.got)
            meanwhile()
            came.extend((len(raised) - before[0], before[1]))
            return super().done(meanwhile)

    monkeypatch.setattr("sync_scripts.daily.round.escalate", raising)
    monkeypatch.setattr("sync_scripts.daily.round.BackingUp", Slow)
    night = NotifySettings(name="night", level="low")
    change(root, notify=(night,), backup=BackupSettings(path=str(stick)))
    with webhook() as hook:
        workspace = opened(root)
        logins.keep(workspace.register, "night", "notify", logins.Kept(token=hook.url))
        prepared(workspace, stick)
        workspace.close()
        code, document, err = go("sync", "--json")

    assert code == 0, err
    assert [one["name"] for one in document["parts"]][-2:] == ["notify", "backup"]
    assert document["parts"][-1]["result"]["missing"] == 0
    assert came == [1, len(hook.got)]
    assert hook.got
