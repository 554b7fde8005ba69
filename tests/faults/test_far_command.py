"""``dikalo pull`` from both servers over a real socket while things go wrong: what is said, and what is never said."""

from __future__ import annotations

import json
import logging
import os
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from sync_scripts import cli
from sync_scripts.intake.pull import pull
from sync_scripts.servers.http import Client, Credential
from sync_scripts.servers.kobo import Account, Kobo
from sync_scripts.store import durable
from sync_scripts.store.database import Actor
from sync_scripts.store.schema import metadata
from tests.contract.kobo_world import TOKEN
from tests.faults.far_case import STEADY
from tests.faults.far_workspace import ANSWERS, SECRETS, Run
from tests.faults.line import Line, Trouble, calm, cut, from_then_on, instead, once
from tests.faults.test_pull_command import stand
from tests.intake.test_commands import DAY, opened
from tests.store.commands import pipe

pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of forks beside threads

BODY = b'{"message": "CANARI-RECIT", "code": 500.1, "x": "' + TOKEN.encode()
PLACE = "http://127.0.0.2:9/CANARI-RECIT?token=" + TOKEN

TROUBLES: dict[str, Callable[[int], Trouble]] = {
    "an error that repeats answer and token": from_then_on(instead(500, BODY)),
    "a refusal that does": once(instead(409, BODY, content_type="application/json")),
    "a page that does": once(instead(200, b"<html>" + BODY, content_type="text/html")),
    "broken JSON that does": once(instead(200, BODY, content_type="application/json")),
    "a redirect that does": once(instead(302, location=PLACE)),
    "an answer that is cut": from_then_on(cut(400)),
    "a login that is refused": from_then_on(instead(401, BODY)),
}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no fork")
def test_a_pull_beside_a_running_one_is_told_who_holds_the_lock(
    run: Run, root: Path, lines: dict[str, tuple[Line, str]]
) -> None:
    """The running one stands in the middle of a page; the second asks no server anything; the first goes on."""
    ear, mouth = os.pipe()
    wait, go_on = os.pipe()
    key = str(pipe(DAY))
    first = os.fork()
    if first == 0:
        os.close(go_on)
        os.environ["DIKALO_KEY_FD"] = key
        durable.watch(partial(stand, mouth, wait))
        os._exit(cli.main(["-C", str(root), "pull", "--quiet"]))
    os.close(wait)
    assert os.read(ear, 1) == b"x"
    for line, _url in lines.values():
        line.calmed()
    code, _out, said = run("pull")
    asked = [[*line.asked] for line, _url in lines.values()]
    os.close(go_on)  # from now on nothing waits any more
    ended = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])
    os.close(ear)
    os.close(mouth)

    assert (code, "DK-S01" in said, f"process {first}" in said) == (1, True, True)
    assert asked == [[], []]
    assert ended in {0, 3}
    assert json.loads(run("pull", "--json")[1])["new"] == 0
    assert run("verify")[0] == 0


@pytest.mark.parametrize("words", [("pull", "-vv"), ("pull", "--json"), ("verify", "-vv")])
def test_no_answer_and_no_secret_is_said_or_stored_in_the_clear(
    run: Run,
    root: Path,
    lines: dict[str, tuple[Line, str]],
    words: tuple[str, ...],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever the servers throw back: not on a screen, not in a log, not in a row, not in a byte of the workspace."""
    caplog.set_level(logging.DEBUG)
    told = ""
    for number, strike in enumerate(TROUBLES.values()):
        for line, _url in lines.values():
            line.calmed(strike(1 + number % 4))
        code, out, said = run(*words)
        told += out + said
        assert code in {0, 3, 4, 5}
    for line, _url in lines.values():
        line.calmed()
    told += "".join(run(*words)[1:]) + "".join(run("pull", "-vv")[1:]) + caplog.text
    assert run("verify")[0] == 0
    assert never(told) == []
    assert never(str(cells(root))) == []
    lying_there = b"".join(path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file())
    assert never(lying_there.decode("latin-1")) == []


def cells(root: Path) -> list[object]:
    """Return every value of every table, as the everyday key sees it."""
    with opened(root) as register, register.reading() as rows:
        return [
            value
            for table in metadata.sorted_tables
            if table.name != "secret" and table.info.get("only", rows.dialect) == rows.dialect
            for row in rows.execute(select(table))
            for value in row
        ]


def never(text: str) -> list[str]:
    """Return which of the canaries a text holds."""
    return [one for one in (*ANSWERS, *SECRETS) if one in text]


@pytest.mark.parametrize("name", TROUBLES)
def test_an_error_holds_nothing_of_an_answer(
    run: Run, root: Path, lines: dict[str, tuple[Line, str]], name: str
) -> None:
    """Neither its words, nor its fields, nor the errors below it, which a traceback would print."""
    line, url = lines["terrain"]
    with opened(root) as register:
        for at in range(7):
            line.calmed(TROUBLES[name](at))
            with Client(
                url, Credential.token(TOKEN, "Token"), patience=STEADY, sleep=lambda _s: None
            ) as reached:
                done = pull(register, [Kobo("terrain", Account(reached))], Actor("coord-1", "key"))
            if done.failure is not None:
                below = "".join(traceback.format_exception(done.failure))
                said = f"{done.failure.words()} {done.failure!r} {vars(done.failure)} {below}"
                assert never(said) == []
    line.calmed(calm)
