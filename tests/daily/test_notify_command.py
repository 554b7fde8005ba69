"""``dikalo notify``: an address is asked for once, tried, kept, and shown by nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync_scripts import config
from sync_scripts.cli.frame import handed
from sync_scripts.cli.frame.questions import Questions
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.cli.setup.notify import DESCRIPTOR
from sync_scripts.config import FILE, NotifySettings
from sync_scripts.notify import Flushed
from sync_scripts.register.building.notices import escalate
from sync_scripts.store import logins, outbox
from sync_scripts.store.errors import DiskFull
from sync_scripts.store.outbox import Notice
from tests import clock
from tests.bench.make import DAY
from tests.daily.rounds import Go
from tests.daily.sinks import webhook
from tests.daily.telling import held
from tests.register.field import ALERT, Field, changed, dealt
from tests.register.running import Ran
from tests.store.commands import pipe

NOWHERE = "json://127.0.0.1:9/"
NOW = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)


def give(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Hand an address over as a program would."""
    monkeypatch.setenv("DIKALO_NOTIFY_FD", str(pipe(address)))


def test_an_address_is_kept_when_its_message_went_through(
    run: Ran, field_: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And then no longer asked for."""
    with webhook() as hook:
        give(monkeypatch, hook.url)
        code, out, err = run("notify", "test")
        assert code == 0, err
        monkeypatch.delenv("DIKALO_NOTIFY_FD")
        code, document, err = run("notify", "test", "night", "--json")

        assert code == 0, err
        assert json.loads(document)["tried"][0]["status"] == "delivered"
        assert len(hook.got) == 2
        assert hook.url not in out + err + document
    code, _, err = run("notify", "test")
    assert code == 3
    assert "DK-N14" in err
    assert run("notify", "test", "--forget")[0] == 0
    assert logins.find(field_.register, "night", "notify") is None


def test_somebody_who_types_an_address_sees_first_how_one_is_written(
    run: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address of Apprise is nothing that a coordinator has seen before."""
    with webhook() as hook:
        monkeypatch.setattr(Shell, "secret", lambda _shell, _question, **_more: hook.url)
        code, _out, err = run("notify", "test")

    assert (code, "mailtos://user:password@example.org?to=" in err) == (0, True)


def test_an_address_that_leads_nowhere_is_not_kept(
    run: Ran, field_: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one that Apprise does not know, nor one where nobody listens."""
    give(monkeypatch, "carrier-pigeon://loft")
    assert run("notify", "test")[0] == 2
    give(monkeypatch, "json://127.0.0.1:9/")
    assert run("notify", "test")[0] == 3

    assert logins.find(field_.register, "night", "notify") is None


def test_a_dry_run_sends_and_asks_nothing(run: Ran) -> None:
    """Not even for an address."""
    code, out, _ = run("notify", "test", "--dry-run")
    assert (code, "night" in out) == (0, True)
    assert run("notify", "flush", "--dry-run")[0] == 0


def test_what_waits_is_listed_with_the_code_it_is_about(run: Ran, field_: Field) -> None:
    """A person reads codes; ids of submissions stay inside."""
    field_.register.destinations = (NotifySettings(name="night", level="low"),)
    with field_.register.writing() as rows:
        outbox.put(rows, [Notice("alert", "critical", "alert:alert/r2", "CM010")], NOW)

    assert dealt(1, "AL") in run("notify", "list")[1]
    (one,) = json.loads(run("notify", "list", "--json")[1])["messages"]
    assert (one["subject"], one["state"]) == (dealt(1, "AL"), "waiting")


def test_a_flush_says_what_it_did_and_what_is_wrong(run: Ran, field_: Field) -> None:
    """A destination without an address ends with exit code 3; the message is kept."""
    field_.register.destinations = (NotifySettings(name="night", level="low"),)
    with field_.register.writing() as rows:
        outbox.put(rows, [Notice("alert", "critical", "alert:alert/r2")], NOW)
    code, out, _ = run("notify", "flush")

    assert code == 3
    assert "night has no address that can be used" in out
    assert json.loads(run("notify", "flush", "--json")[1])["schema"] == "dikalo.notify.flush/1"


def test_a_flush_writes_first_who_is_told_of_what_is_undone(run: Ran, field_: Field) -> None:
    """An office that runs pull and notify flush by itself is told as well; a trial counts it and writes nothing."""
    field_.register.destinations = (NotifySettings(name="night", level="low"),)
    field_.now = clock.now() - timedelta(hours=6)
    field_.send("alert", "r9", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    with field_.register.writing() as rows:
        outbox.cancel(rows, [one.subject for one in outbox.waiting(rows)])
    code, out, _ = run("notify", "flush", "--dry-run")
    assert (code, "about what is still undone" in out) == (0, True)
    would = json.loads(run("notify", "flush", "--dry-run", "--json")[1])["undone"]
    with field_.register.reading() as rows:
        assert outbox.waiting(rows) == []
    done = json.loads(run("notify", "flush", "--json")[1])
    with field_.register.reading() as rows:
        waiting = outbox.waiting(rows)

    assert done["undone"] == would == len(waiting) >= 1
    assert {one.reason for one in waiting} == {"escalation"}
    assert json.loads(run("notify", "flush", "--json")[1])["undone"] == 0


def test_what_waits_goes_although_what_is_undone_cannot_be_written_down(
    run: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A register that cannot be written to for a moment keeps no message back; the failure is said all the same."""
    sent: list[bool] = []

    def full(*_words: object) -> int:
        raise DiskFull

    def send(*_words: object, **_more: object) -> Flushed:
        sent.append(True)
        return Flushed()

    monkeypatch.setattr("sync_scripts.cli.setup.notify.escalate", full)
    monkeypatch.setattr("sync_scripts.cli.setup.notify.send", send)
    code, out, _ = run("notify", "flush", "--json")

    assert sent == [True]
    assert (code, json.loads(out)["code"]) == (DiskFull().exit_code, DiskFull.code)


def test_a_destination_that_the_settings_do_not_name_is_refused(run: Ran) -> None:
    """With those that there are."""
    code, _, err = run("notify", "test", "day")
    assert code == 2
    assert "(it has: night)" in err


@pytest.mark.parametrize("words", [(), ("night",)])
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_without_any_destination_it_says_so_in_words(go: Go, words: tuple[str, ...], lang: str) -> None:
    """No star and no dash stands for a name: nobody is in the settings yet, and where one is written down."""
    code, _out, said = go("--lang", lang, "notify", "test", *words)

    assert code == 2
    assert "DK-N13" in said
    assert ("no destination for messages yet" in said) is (lang == "en")
    assert "night" not in said
    assert not any(sign in said for sign in ("*", ": -", "(il y a", "(it has"))


def test_the_first_destination_is_written_for_whoever_wants_it(
    go: Go, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A coordinator who has never opened the settings is told of what is critical; a no changes nothing; a yes is asked once."""
    answers = iter([False, True])
    monkeypatch.setattr(handed, "somebody_types", lambda: True)
    monkeypatch.setattr(Questions, "yes", lambda _say, _question, **_more: next(answers))
    before = (root / FILE).read_bytes()

    assert go("notify", "test", "--dry-run")[0] == go("notify", "test")[0] == 2
    assert (root / FILE).read_bytes() == before
    with webhook() as hook:
        typed = {DESCRIPTOR: hook.url}
        monkeypatch.setattr(
            Shell, "secret", lambda _shell, _question, *, descriptor="": typed.get(descriptor, DAY)
        )
        assert go("notify", "test")[0] == 0
        assert go("notify", "test", "coordination")[0] == 0
        assert hook.url not in (root / FILE).read_text("utf-8")

    assert [(one.name, one.level, one.role) for one in config.load(root).notify] == [
        ("coordination", "high", "coordinator")
    ]


def test_an_address_of_several_receivers_is_refused(run: Ran, field_: Field) -> None:
    """Where one of two fails, a service says that all failed, and the other one would get the message ten times."""
    with pytest.MonkeyPatch.context() as patch:
        give(patch, "mailto://127.0.0.1:9/?from=a@example.org&to=b@example.org,c@example.org&mode=insecure")
        code, _, err = run("notify", "test")

    assert code == 2
    assert "DK-N15" in err
    assert "2 receivers" in " ".join(err.split())
    assert logins.find(field_.register, "night", "notify") is None


def test_what_waited_for_a_wrong_address_goes_once_it_is_mended(
    run: Ran, field_: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a day later, when its turn would come; the coordinator has just put it right and looks."""
    logins.keep(field_.register, "night", "notify", logins.Kept(token=NOWHERE))
    field_.register.destinations = (NotifySettings(name="night"),)
    with field_.register.writing() as rows:
        outbox.put(rows, [Notice("alert", "critical", "alert:alert/r1")], clock.now())
    for _time in range(2):
        run("notify", "flush")
    assert {(one.attempts, one.state) for one in held(field_.register)} == {(1, "waiting")}
    with webhook() as hook:
        give(monkeypatch, hook.url)
        assert run("notify", "test", "night", "--change")[0] == 0
        monkeypatch.delenv("DIKALO_NOTIFY_FD")
        assert run("notify", "flush")[0] == 0

        assert {one.state for one in held(field_.register)} == {"sent"}
        assert len(hook.got) >= 2


def test_what_was_given_up_at_a_dead_address_is_told_at_the_next_one(
    run: Ran, field_: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As far as it is still undone: the coordinator has just said where it goes."""
    logins.keep(field_.register, "night", "notify", logins.Kept(token=NOWHERE))
    field_.register.destinations = (NotifySettings(name="night"),)
    field_.send("alert", "r9", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    now = clock.now()
    with field_.register.writing() as rows:
        escalate(rows, now)
        ids = [one.id for one in outbox.waiting(rows)]
        outbox.mark(rows, ids, "given_up", "failed", now, not_before=now)
    assert run("notify", "flush")[0] == 0
    assert {one.state for one in held(field_.register)} == {"given_up"}
    with webhook() as hook:
        give(monkeypatch, hook.url)
        assert run("notify", "test", "night", "--change")[0] == 0
        assert "waiting" in {one.state for one in held(field_.register)}
        monkeypatch.delenv("DIKALO_NOTIFY_FD")
        assert run("notify", "flush")[0] == 0

    assert {one.state for one in held(field_.register) if one.reason == "escalation"} == {"sent"}
