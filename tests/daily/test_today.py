"""The page of the day: what stands on it, in what order, and what it never tells."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from sqlalchemy import update

from sync_scripts import texts
from sync_scripts.cli.frame import outcome
from sync_scripts.cli.work import today
from sync_scripts.config import NotifySettings
from sync_scripts.intake.places.table import FILES, NOT_ASKED, OWED, REFUSED, REPORTED
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.workers import name_worker
from sync_scripts.register.queries.pages import case_view
from sync_scripts.register.queries.searches import until
from sync_scripts.register.queries.today import Replaced, Today
from sync_scripts.register.queries.today import today as read
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import logins
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor
from sync_scripts.store.outbox import Silence, silence
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests.register.field import ALERT, COORDINATOR, Field, changed, dealt
from tests.register.field import CASE as CASE_SAID
from tests.register.running import Ran

CRITICAL, THREAT, UNASKED = dealt(1, "AL"), dealt(0, "AL"), dealt(2, "AL")
TAKEN = Replaced("SUPERVISION-01", "COORDINATION-02", "2026-11-20T08:00:00Z")
ADDRESS = "json://127.0.0.1:9/"
CASE, SECRET = dealt(0, "DK"), dealt(1, "DK")


def page(field: Field, *, days: float = 0, servers: tuple[str, ...] = ("kobo",)) -> Today:
    """Return the page some days after the last thing arrived."""
    with field.register.reading() as rows:
        return read(rows, field.now + timedelta(days=days), servers)


def test_what_is_critical_stands_first_and_what_can_wait_is_left_out(field_: Field) -> None:
    """Critical, late, due today, due this week; one line an alert or case."""
    found = page(field_, days=1)

    assert [(one.code, one.bucket) for one in found.items][:3] == [
        (CRITICAL, "critical"),
        (THREAT, "week"),
        (UNASKED, "week"),
    ]
    assert [one.bucket for one in page(field_, days=4).items if one.code == THREAT] == ["overdue"]
    assert (found.alerts, found.cases) == (3, 2)


def test_it_says_who_waits_for_a_consent(field_: Field) -> None:
    """An alert whose consent was never asked for is counted until it is."""
    assert page(field_).consents == 1


def test_of_a_c4_case_nothing_is_told_but_its_line(field_: Field) -> None:
    """Neither what is to be done nor where it lies; that it is sealed stands where others say what is due."""
    found = page(field_, days=20)
    (one,) = [item for item in found.items if item.code == SECRET]

    assert (one.kind, one.region) == (None, None)
    assert one.due_at is not None
    (line,) = [line for line in today.page(replace(found, items=(one,)), "CO-01") if SECRET in line]
    assert "Sealed (C4)" in line


@pytest.mark.parametrize(
    ("actor", "told"),
    [
        (Actor("CO-01", "key"), True),
        (Actor("CO-01", "claimed"), False),
        (Actor("RD-09", "key"), False),
        (Actor("", "claimed"), False),
    ],
    ids=["coordination", "only typed", "somebody else", "nobody"],
)
def test_what_is_to_be_done_in_a_c4_case_is_told_to_the_same_people_as_on_its_page(
    field_: Field, actor: Actor, told: bool
) -> None:
    """One rule: its owner and the coordination, by a passphrase of their own; where it lies stands on neither."""
    with deciding(field_.register, COORDINATOR, field_.later()) as by:
        name_worker(by, "CO-01", "coordinator")
    with field_.register.reading() as rows:
        day = read(rows, field_.now + timedelta(days=20), (), actor)
        (line,) = [item for item in day.items if item.code == SECRET]
        due = {task["kind"] for task in case_view(rows, SECRET, actor)["tasks"]}

    assert (line.kind is not None, bool(due), line.region) == (told, told, None)
    assert line.kind is None or line.kind in due


def test_a_source_that_never_answered_is_not_taken_for_a_quiet_one(field_: Field) -> None:
    """Each source says when it was last read whole, and that the last try failed."""
    at = instant(field_.now)
    line = {"id": "1", "command": "pull", "server": "central,kobo", "actor_code": "x", "counts": "{}"}
    with field_.register.writing() as rows:
        rows.many(raw.run, [{**line, "started_at": at, "ended_at": at, "outcome": "done"}])
        later = instant(field_.now + timedelta(hours=1))
        rows.many(
            raw.run,
            [
                {
                    **line,
                    "id": "2",
                    "server": "kobo",
                    "started_at": later,
                    "ended_at": later,
                    "outcome": "failed",
                }
            ],
        )

    found = {one.server: one for one in page(field_, servers=("kobo", "central", "office")).pulled}

    assert (found["kobo"].at, found["kobo"].failed) == (at, True)
    assert (found["central"].at, found["central"].failed) == (at, False)
    assert found["office"].at is None
    told = "\n".join(today.page(page(field_, days=1, servers=("office", "kobo")), "CO-01"))
    assert "office never" in told
    assert "the last try failed" in told


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("days", [0, 4, 30])
def test_the_page_fits_a_terminal(field_: Field, days: int, lang: str) -> None:
    """However much is due and however long nobody answered: 24 lines of 80 signs."""
    for number in range(40):
        field_.send(
            "alert", f"more{number}", {"gate": {"consent_alert": "given"}, "danger": {"danger_now": "yes"}}
        )
    texts.speak(lang)
    lines = list(
        today.page(page(field_, days=days, servers=("central", "kobo", "folder")), "COORDINATION-01")
    )

    assert len(lines) <= 24
    assert max(map(len, map(click.unstyle, lines))) <= 80


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_what_the_page_leaves_out_is_counted_with_commands_to_paste(field_: Field, lang: str) -> None:
    """How many alerts and how many cases there are more, each with the command that lists them; within the page."""
    found = page(field_)
    critical = next(one for one in found.items if one.bucket == "critical")
    many = [
        msgspec.structs.replace(critical, code=f"{kind}-{n:06}") for n in range(9) for kind in ("AL", "DK")
    ]
    texts.speak(lang)

    lines = [
        click.unstyle(line)
        for line in today.page(replace(found, items=tuple(many), consents=5, consents_of_cases=2), "CO-01")
    ]

    shown = sum(line.startswith(("  AL-", "  DK-")) for line in lines)
    more = [line for line in lines if "--urgency critical" in line]
    assert [line.split(": ")[1] for line in more] == [
        f"dikalo {kind} list --urgency critical" for kind in ("alerts", "cases")
    ]
    assert shown + sum(int(word) for line in more for word in line.split() if word.isdecimal()) == len(many)
    assert lines.index(more[0]) == shown + 2
    assert any(line.endswith("(dikalo alerts list --task consent)") and " 3 " in line for line in lines)
    assert any(line.endswith("(dikalo cases list --task consent)") and " 2 " in line for line in lines)
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


COUNTERS = (
    *("consents", "consents_of_cases", "quarantine", "messages", "conflicts", "approvals", "links"),
    *("supervisions", "closures", "files_left", "unopened"),
)


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("each", [1, 4, 40])
@pytest.mark.parametrize("waiting", [(), COUNTERS[:4], COUNTERS], ids=["nothing", "some", "everything"])
def test_when_everything_waits_the_page_still_begins_on_the_screen(
    field_: Field, lang: str, each: int, waiting: tuple[str, ...]
) -> None:
    """Where it begins and what is critical stay in sight above the next prompt, also where the terminal breaks a line; nothing below is left out."""
    found = page(field_, servers=("central", "kobo", "folder"))
    (one,) = [item for item in found.items if item.code == CRITICAL]
    many = [
        msgspec.structs.replace(one, bucket=bucket, code=code, past=True)
        for bucket in ("critical", "overdue", "today", "week")
        for code in (CRITICAL, CASE)
        for _ in range(each)
    ]
    counts: dict[str, Any] = dict.fromkeys(waiting, 444) | ({"consents": 888} if waiting else {})
    texts.speak(lang)
    counts |= {"ahead": found.now, "nobody_told": "no_address", "replaced": (TAKEN,)} if waiting else {}
    lines = list(today.page(replace(found, items=tuple(many), **counts), "COORDINATION-01"))
    plain = [click.unstyle(line) for line in lines]
    after = plain[
        plain.index(next(line for line in plain if line.startswith(("Critique", "Critical")))) + 1 :
    ]

    assert sum(-(-len(line) // today.COLUMNS) for line in plain) <= today.LINES - 1
    assert len([line for line in after[:3] if line.startswith("  ")]) == min(3, 2 * each)
    assert sum("444" in line for line in plain) == len(waiting)


def test_what_a_server_does_not_hand_over_is_on_the_page(field_: Field) -> None:
    """An alert may be among it; so may it among what the server shows no more, which was told and not marked."""
    owed = {"server": "kobo", "form": "alert", "size": 0, "moved_ns": 0}
    with field_.register.writing() as rows:
        for number, (state, reason) in enumerate(((OWED, REFUSED), (OWED, NOT_ASKED), (REPORTED, REPORTED))):
            root = f"r{number}" if state == OWED else None
            line = {**owed, "tag": f"t{number}", "root_id": root, "state": state, "reason": reason}
            rows.many(raw.place, [line])
        rows.many(raw.place, [{**owed, "tag": "t9", "root_id": "r9", "state": "stored", "reason": FILES}])
    found = page(field_)
    lines = [click.unstyle(line) for line in today.page(found, "CO-01")]

    assert found.document()["counts"]["at_servers"] == 3
    assert "Not opened, left at a server or gone there: 3  (dikalo doctor)" in lines


def test_two_short_commands_share_a_line(field_: Field) -> None:
    """Where a part of the page has one line, that line says it all."""
    found = page(field_)
    week = msgspec.structs.replace(found.items[0], bucket="week")
    many = [msgspec.structs.replace(week, code=f"{kind}-{n:06}") for n in range(30) for kind in ("AL", "DK")]
    crowd = [msgspec.structs.replace(one, bucket="critical") for one in many]
    lines = [click.unstyle(line) for line in today.page(replace(found, items=(*crowd, *many)), "CO-01")]

    assert "  see: dikalo alerts list --due week · dikalo cases list --due week" in lines
    assert not any("and 60 more" in line for line in lines), "more than none"


@pytest.mark.parametrize(
    ("lang", "region", "columns"),
    [("fr", "Extrême-Nord", 80), ("en", "Far North", 80), ("en", "Far North", 60)],
)
def test_a_region_is_named_in_words(
    field_: Field, monkeypatch: pytest.MonkeyPatch, lang: str, region: str, columns: int
) -> None:
    """No letters that somebody new would have to ask about; a kind that is too long gives way with a sign."""
    monkeypatch.setenv("COLUMNS", str(columns))
    found = page(field_)
    one = msgspec.structs.replace(
        found.items[0], region="CM004", kind="consent_review", code="DK-000000-0", owner="RD-EN-01"
    )
    texts.speak(lang)
    line = next(line for line in today.page(replace(found, items=(one,)), "CO-01") if "DK-000000-0" in line)

    assert (region in line, "RD-EN-01" in line) == (True, True)
    assert len(line) < columns


@pytest.mark.parametrize("days", [0, 1, 4, 30])
def test_what_is_left_out_is_truly_listed(field_: Field, run: Ran, days: int) -> None:
    """Every alert and case of the page that is not shown stands in a list that the page names, one that was left too."""
    for number in range(12):
        field_.send("alert", f"more{number}", changed(ALERT, {"danger": {"danger_now": "yes"}}))
        field_.send("case", f"file{number}", changed(CASE_SAID, {}))
    with field_.register.writing() as rows:
        rows.execute(update(tables.case).where(tables.case.c.case_code != SECRET).values(state="transferred"))
        rows.execute(update(tables.case).where(tables.case.c.case_code == CASE).values(state="suspended"))
    found = page(field_, days=days)
    lines = [click.unstyle(line) for line in today.page(found, "CO-01")]
    commands = [line.split(": ", 1)[1] for line in lines if line.startswith("  and ") or " see: " in line]
    left_out = {one.code for one in found.items} - {
        line.split()[0] for line in lines if line.startswith("  ")
    }

    listed = set()
    for command in [one for line in commands for one in line.split(" · ")]:
        assert command.startswith("dikalo ")
        code, text, talk = run(*_at(field_, days, command.split()[1:]), "--json")
        assert code == 0, talk
        document = json.loads(text)
        listed |= {one["code"] for one in document.get("alerts") or document.get("cases")}
    assert left_out
    assert left_out <= listed


def _at(field: Field, days: int, words: list[str]) -> list[str]:
    """Return a command as it would be asked some days after the last thing arrived: by the day instead of by its word."""
    if "--due" not in words:
        return words
    at, word = words.index("--due"), words[-1]
    day = until(word, field.now + timedelta(days=days)).astimezone(load().zone).date()
    return [*words[: at + 1], (day if word == "overdue" else day - timedelta(days=1)).isoformat()]


def test_what_was_erased_is_no_work_of_the_day(field_: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is on no list of what is to be done, so the page neither counts nor shows it."""
    before = page(field_)
    monkeypatch.setattr(
        "sync_scripts.register.queries.today.erased_codes", lambda _rows: frozenset({CRITICAL, CASE})
    )
    found = page(field_)

    assert {CRITICAL, CASE} & {one.code for one in before.items}
    assert not {CRITICAL, CASE} & {one.code for one in found.items}
    assert (found.alerts, found.cases) == (before.alerts - 1, before.cases - 1)


def test_without_a_command_the_page_is_shown_as_text_and_as_a_document(run: Ran) -> None:
    """``dikalo`` alone is the page; with --json one document of the same."""
    code, text, _ = run()
    assert code == 0
    assert CRITICAL in text

    code, text, _ = run("--json")
    found = json.loads(text)
    assert code == 0
    assert found["schema"] == "dikalo.today/1"
    assert found["counts"]["critical"] == 1
    assert found["items"][0]["code"] == CRITICAL


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_it_says_that_nobody_is_told_of_what_is_critical(field_: Field, lang: str) -> None:
    """One line under the heading, that no terminal breaks, with the command that helps; nothing where somebody is told."""
    texts.speak(lang)
    found = page(field_)
    assert "Personne n'est" not in (told := "\n".join(today.page(found, "CO-01")))
    assert "Nobody is told" not in told
    cases: tuple[tuple[Silence, str], ...] = (
        ("no_destination", "dikalo doctor"),
        ("no_address", "dikalo notify test"),
        ("no_region", "dikalo doctor"),
    )
    for why, command in cases:
        line = click.unstyle(list(today.page(replace(found, nobody_told=why), "CO-01"))[1])
        assert command in line
        assert {"fr": "ersonne n'est prévenu", "en": "Nobody is told"}[lang] in line
        assert len(line) <= today.COLUMNS


def test_an_address_ends_it(run: Ran, field_: Field) -> None:
    """The settings name a destination, which has no address yet; then it has one; then they name none."""

    def said() -> tuple[Any, bool]:
        _code, text, _ = run()
        return json.loads(run("--json")[1])["nobody_told"], "Nobody is told" in text

    assert said() == ("no_address", True)
    logins.keep(field_.register, "night", "notify", logins.Kept(token=ADDRESS))
    assert said() == (None, False)
    for settings in ((), (NotifySettings(name="late", role="deputy_coordinator"),)):
        assert silence(field_.register, settings) == "no_destination"


def test_without_a_workspace_it_is_the_help_and_the_first_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody who starts learns what to type, and no passphrase is asked."""
    monkeypatch.chdir(tmp_path)

    assert outcome.run([], "en") == 0
    told = capsys.readouterr().out
    assert "Usage: dikalo" in told
    assert "dikalo demo" in told


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_folder_that_does_not_exist_is_a_mistake_of_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    """A mistyped folder is named, instead of the help as for somebody who starts."""
    assert outcome.run(["-C", str(tmp_path / "nothere"), *more], "en") == 2
    out, err = capsys.readouterr()
    assert "nothere does not exist" in " ".join((out + err).split())
    assert "dikalo demo" not in out


def test_a_demonstration_says_so_on_the_page_too(run: Ran, tmp_path: Path) -> None:
    """On standard error, so that the page stays a page."""
    (tmp_path / "keys.json").write_text('{"slots": [{"demo": true}]}', encoding="utf-8")
    _code, out, err = run()

    assert "DEMONSTRATION" in err
    assert "DEMONSTRATION" not in out
