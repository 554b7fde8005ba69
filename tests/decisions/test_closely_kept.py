"""A C4 case to somebody who is neither its owner nor the coordination: five columns, by whatever command. One walk over all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click
import pytest

from sync_scripts.cli.tree import cli
from sync_scripts.register.case_decisions.openings import ask_opening
from sync_scripts.register.consent_decisions import overriding
from sync_scripts.register.directory.providers import set_provider
from sync_scripts.register.history.visibility import CaseSealed, KeptByTwo, sealed_from
from sync_scripts.register.links import same
from sync_scripts.register.purging import confirming
from sync_scripts.register.rules.retention import Line
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import workbooks
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, OTHER, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, COORDINATOR, act, changed, dealt, victim
from tests.register.running import Opened, Ran, over

OTHER_CASE, LOOSE = dealt(1, "DK"), dealt(1, "AL")
CLAIMED = Actor("RD-01", "claimed")
PHONE = "677 123 456"
CANARIES = {
    "Canari": "what somebody typed: note, remark, reason",
    "CM005": "where it is",
    "Littoral": "where it is, in words",
    "V8": "who is in it",
    "disappearance": "what happened",
    "isappear": "what happened, in words",
    "kidnapping": "what the alert says",
    "armed_group": "who did it, as the alert says",
    "referral_answer": "what is to be done",
}
"""What stands in nothing that a stranger is shown -> what it would tell."""


@dataclass
class Desk:
    """The register, and a command line at which people take turns."""

    work: Work
    opened: Opened
    ran: Ran

    def leaks(self, *words: str, by: Actor) -> list[str]:
        """Return the canaries in what a command says, in words and as a document."""
        self.opened.who = by
        said = "".join(text for more in ((), ("--json",)) for text in self.ran(*words, *more)[1:])
        typed = " ".join(words)
        return [one for one in CANARIES if one in said.replace(typed, "") and one not in typed]

    def ends(self, *words: str, by: Actor) -> tuple[int, str]:
        """Return how a command ends: exit code, and code of the refusal."""
        self.opened.who = by
        code, out, _talk = self.ran(*words, "--json")
        return code, json.loads(out).get("code", "")


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """Give a C4 case of RD-01 in which everything is a canary; a case of RD-02 with the same person, and an alert like its own."""
    work = begin(sqlite_register, consent=False)
    work.do(set_provider, "PRE-07", {"name": "Avocats", "services": "legal"})
    where = {"region": "CM005", "department": "CM005004", "place_type": "home"}
    what = {"what": {"alert_icon": "kidnapping"}, "story_any": "yes", "story": {"actor_kind": "armed_group"}}
    work.field.send("alert", "r1", changed(ALERT, what), edit=1)
    work.field.send("alert", "r2", ALERT)
    said: dict[str, Any] = {
        "header": {"case_known": "yes", "case_code": CASE_CODE},
        "consent": {"confidentiality": "C4", "c_justice": "yes"},
        "incident": where,
        "victims": [victim(8, victim_phone=PHONE)],
        "acts": [act(1, "V8", violation="disappearance")],
    }
    work.field.send("case", "c1", changed(CASE, said))
    twin = {"header": {"case_code": OTHER_CASE}, "victims": [victim(1, victim_phone=PHONE)]}
    work.field.send("alert", "r3", changed(ALERT, {"where": {"department": "CM007003"}}))
    work.do(every_decision.triage, dealt(2, "AL"))
    work.do(every_decision.open_case, dealt(2, "AL"), owner="RD-02")
    work.field.send("case", "c2", changed(CASE, twin))
    work.do(every_decision.set_note, CASE_CODE, "Canari note")
    work.do(every_decision.plan_service, CASE_CODE, "legal")
    work.do(every_decision.refer, CASE_CODE, "legal", "PRE-07")
    work.do(every_decision.raise_flag, CASE_CODE, "Canari remark")
    work.do(every_decision.assign_task, CASE_CODE, "referral_answer", "RD-01")
    work.do(every_decision.raise_flag, ALERT_CODE, "Canari of the alert")
    work.do(same.decide_person, CASE_CODE, "V8", (OTHER_CASE, "V1"), "same", reason="Canari twin")
    work.do(overriding.override, CASE_CODE, hours=24, reason="Canari override", person="V8")
    work.do(ask_opening, ALERT_CODE, reason="Canari opening")
    work.do(every_decision.correct, CASE_CODE, "person.V8.sex", "m", reason="Canari correction")
    with work.field.register.writing() as rows:
        rows.many(workbooks.followup_conflict, [_conflict()])
    return work


@pytest.fixture
def desk(work: Work, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Give that, and the command line over it."""
    opened = Opened(work.field.register)
    return Desk(work, opened, over(opened, monkeypatch, capsys))


def _conflict() -> dict[str, Any]:
    names = {column.name: None for column in workbooks.followup_conflict.columns}
    known = {
        "conflict_id": "A" * 26,
        "export_id": "E1",
        "file_sha256": "0" * 64,
        "kind": "both",
        "sheet": "dk:cases",
        "row_id": "R1",
        "cell": "H2",
        "case_code": CASE_CODE,
        "field": "note",
        "base": "Canari base",
        "register": "Canari register",
        "mine": "Canari mine",
        "raised_at": "2026-11-25T08:00:00.000000Z",
        "raised_by": "CO-01",
    }
    return {**names, **known}


READS: tuple[tuple[str, ...], ...] = (
    (),
    ("alerts", "list", "--all"),
    ("alerts", "list", "--all", "--region", "CM005"),
    ("alerts", "list", "--all", "--text", "kidnapping"),
    ("alerts", "list", "--all", "--task", "consent_ask"),
    ("alerts", "show", ALERT_CODE),
    ("alerts", "show", dealt(2, "AL")),
    ("alerts", "links"),
    ("alerts", "links", ALERT_CODE),
    ("alerts", "links", LOOSE, "--all"),
    ("alerts", "task", ALERT_CODE),
    ("cases", "list", "--all"),
    ("cases", "list", "--region", "CM005"),
    ("cases", "list", "--task", "referral_answer"),
    ("cases", "list", "--text", "Canari"),
    ("cases", "show", CASE_CODE),
    ("cases", "show", OTHER_CASE),
    ("cases", "task", CASE_CODE),
    (
        "cases",
        "dossier",
        CASE_CODE,
        "--purpose",
        "justice",
        "--to",
        "court:TGI",
        "--reason",
        "x",
        "--dry-run",
    ),
    ("consent", "show", CASE_CODE),
    ("consent", "show", ALERT_CODE),
    ("approve",),
    ("log",),
    ("log", CASE_CODE),
    ("log", ALERT_CODE),
    ("log", OTHER_CASE),
    ("followup", "conflicts"),
    ("person", "links", "--all"),
    ("person", "links", CASE_CODE, "--all"),
    ("person", "shared", CASE_CODE),
    ("people", "list"),
    ("quarantine", "list"),
    ("retention", "plan"),
)
"""What reads the register."""

REASON = ("--reason", "x")
DECIDES: tuple[tuple[str, ...], ...] = (
    ("alerts", "ask", ALERT_CODE),
    ("alerts", "assign", ALERT_CODE, "RD-02"),
    ("alerts", "contacted", ALERT_CODE),
    ("alerts", "decide", LOOSE, ALERT_CODE, "related"),
    ("alerts", "dismiss", ALERT_CODE, *REASON),
    ("alerts", "link", LOOSE, CASE_CODE),
    ("alerts", "move", ALERT_CODE, OTHER_CASE, *REASON),
    ("alerts", "open", ALERT_CODE, "--owner", "RD-02"),
    ("alerts", "refer", ALERT_CODE, "PRE-07"),
    ("alerts", "task", ALERT_CODE, "first_action", "--done", *REASON),
    ("alerts", "triage", ALERT_CODE),
    ("alerts", "unlink", ALERT_CODE, *REASON),
    ("cases", "assign", CASE_CODE, "RD-02"),
    ("cases", "contacted", CASE_CODE),
    ("cases", "merge", CASE_CODE, OTHER_CASE, *REASON),
    ("cases", "merge", OTHER_CASE, CASE_CODE, *REASON),
    ("cases", "move", CASE_CODE, "closure_pending"),
    ("cases", "note", CASE_CODE, "Seen"),
    ("cases", "refer", CASE_CODE, "health"),
    ("cases", "refer", CASE_CODE, "--number", "9", "--state", "accepted"),
    ("cases", "set", CASE_CODE, "--hold", *REASON),
    ("cases", "set", CASE_CODE, "--confidentiality", "C1", *REASON),
    ("cases", "task", CASE_CODE, "referral_answer", "--done", *REASON),
    ("cases", "task", CASE_CODE, "nonsense", "--done", *REASON),
    ("cases", "verify", CASE_CODE, "verified", *REASON),
    ("consent", "override", CASE_CODE, "services", *REASON),
    ("consent", "record", CASE_CODE, "services=yes"),
    ("consent", "withdraw", CASE_CODE, *REASON),
    ("evidence", "move", CASE_CODE, "E9", "retained"),
    ("person", "correct", CASE_CODE, "person.V9.sex", "m", *REASON),
    ("person", "decide", OTHER_CASE, "V1", CASE_CODE, "V9", "same", *REASON),
    ("person", "withdraw", CASE_CODE, *REASON),
)
"""What decides on the case or its alert."""

ELSEWHERE = {
    "alerts new": "takes a new alert",
    "approve": "its list is read here; whoever is to sign is shown what they sign",
    "cases import": "takes in a list",
    "evidence add": "takes in a file and gives its number",
    "followup export": "tests.followup.test_files",
    "followup import": "shows what its file says",
    "notify flush": "says how many",
    "notify list": "needs a workspace: the region is left out as here",
    "notify test": "sends invented words",
    "person erase": "erases; says how many",
    "providers add": "no case",
    "providers import": "no case",
    "providers list": "no case: its names are the directory's",
    "providers verify": "no case",
    "people add": "no case",
    "people retire": "no case",
    "phones": "whom a phone held must be warned: says codes and times",
    "publish": "tests.publish.test_leaving",
    "quarantine retry": "what is in no case yet",
    "quarantine show": "what is in no case yet",
    "rebuild": "says how many rows",
    "retention purged": "says how many of each form",
    "retention run": "says how many",
    "reviews push": "says how many",
    "vault": "tests.store.test_opened_by_two",
    **dict.fromkeys(("sync", "watch", "pull", "verify", "doctor", "demo", "init", "keys"), "says how many"),
    **dict.fromkeys(
        ("classroom", "qr", "forms", "guide", "unlock", "lock", "panic", "decrypt", "tree"),
        "no register, or no case",
    ),
    **dict.fromkeys(("backup", "restore", "anchor", "export", "exchange", "kit", "report"), "not here"),
}
"""Commands that this walk leaves out, and why."""


def leaves(command: click.Command, name: str, context: click.Context) -> Iterator[str]:
    """Yield every command."""
    if isinstance(command, click.Group):
        for word in command.list_commands(context):
            member = command.get_command(context, word)
            assert member is not None
            inner = click.Context(member, info_name=word, parent=context)
            yield from leaves(member, f"{name} {word}".strip(), inner)
    else:
        yield name


def test_the_walk_passes_every_command_or_says_why_not() -> None:
    """A command that is new is walked, or named with its reason."""
    walked = {" ".join(words[:2]) for words in (*READS, *DECIDES)} | {words[0] for words in READS if words}
    missing = [
        name
        for name in leaves(cli, "", click.Context(cli))
        if name not in walked and name not in ELSEWHERE and name.partition(" ")[0] not in ELSEWHERE
    ]

    assert missing == []


@pytest.mark.parametrize(
    "who", [OTHER, SUPERVISOR, CLAIMED], ids=["a colleague", "a supervisor", "a typed code"]
)
def test_nothing_of_it_is_in_what_somebody_else_is_shown(desk: Desk, who: Actor) -> None:
    """In words and for programs; what is listed is the case, by its five columns."""
    with desk.work.field.register.reading() as rows:
        assert sealed_from(rows, who) == {CASE_CODE}
    leaking = {words: found for words in READS if (found := desk.leaks(*words, by=who))}

    assert leaking == {}
    desk.opened.who = who
    assert CASE_CODE in desk.ran("cases", "list")[1]
    assert ALERT_CODE in desk.ran("approve")[1], "that an opening waits for a second person"
    assert ALERT_CODE in desk.ran("alerts", "list", "--all")[1]
    assert ALERT_CODE not in desk.ran("alerts", "list", "--all", "--region", "CM007")[1], "nor by a filter"
    assert "RD-01" in desk.ran("cases", "show", CASE_CODE)[1]


def test_whoever_is_in_charge_and_the_coordination_see_the_canaries(desk: Desk) -> None:
    """So the walk above can fail: they are there, and these two see them."""
    shown = {one for who in (OWNER, COORDINATOR) for words in READS for one in desk.leaks(*words, by=who)}
    unseen = {"disappearance", "isappear", "CM005", "Littoral"}
    assert set(CANARIES) - shown == unseen, "no page shows acts and place of a C4 case"
    desk.opened.who = COORDINATOR
    assert ALERT_CODE in desk.ran("alerts", "links", LOOSE)[1]
    for words in (("alerts", "show", ALERT_CODE), ("log", CASE_CODE), ("consent", "show", CASE_CODE)):
        assert all(desk.leaks(*words, by=who) for who in (OWNER, COORDINATOR)), words


def test_a_plan_of_erasure_does_not_tell_who_withdrew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why something of it is due, and whose, is for those who see the case."""
    line = Line(
        f"case:{CASE_CODE}",
        CASE_CODE,
        "person_withdrawn",
        "identity",
        "2026-10-01T00:00:00Z",
        "2026-11-01T00:00:00Z",
        "by_hand",
        who="V8",
        items=41,
    )
    monkeypatch.setattr(confirming, "plan", lambda *_given: confirming.Plan("P", "r", (line,)))
    words = ("retention", "plan")
    desk.opened.who = OTHER
    said = "".join((*desk.ran(*words), *desk.ran(*words, "--json"))[1::3])

    assert CASE_CODE in said
    assert not [one for one in ("V8", "withdr", "41") if one in said]
    assert desk.leaks(*words, by=COORDINATOR) == ["V8"]


@pytest.mark.parametrize("words", DECIDES, ids=" ".join)
def test_nobody_decides_on_what_they_do_not_see(desk: Desk, words: tuple[str, ...]) -> None:
    """Refused before it is looked at, a guess that is right like one that is wrong; nothing is written and nothing told."""
    before = len(desk.work.events())
    assert desk.leaks(*words, by=OTHER) == []
    assert desk.ends(*words, by=OTHER) == (CaseSealed.exit_code, CaseSealed.code)
    assert len(desk.work.events()) == before


def test_a_task_guessed_by_its_kind_is_not_ended(desk: Desk) -> None:
    """Neither by the command nor by any other road to the decision; a remark for those who see it may be left."""
    for kind in ("referral_answer", "nonsense"):
        for what in (every_decision.end_task, every_decision.open_task):
            desk.work.refused(CaseSealed, what, CASE_CODE, kind, by=OTHER, reason="x")
        desk.work.refused(CaseSealed, every_decision.assign_task, CASE_CODE, kind, "RD-02", by=OTHER)
    desk.work.refused(CaseSealed, every_decision.end_task, ALERT_CODE, "first_action", by=OTHER, reason="x")
    desk.work.refused(CaseSealed, every_decision.resolve_flag, CASE_CODE, "abcdef", by=OTHER, resolution="x")
    assert desk.ends("cases", "task", CASE_CODE, "--flag", "She called me", by=OTHER)[0] == 0
    assert (
        desk.work.do(every_decision.end_task, CASE_CODE, "referral_answer", by=OWNER, reason="x").kind
        == "referral_answer"
    )


def test_nobody_alone_keeps_a_c4_case_less_closely(sqlite_register: Register) -> None:
    """Else one person would open it: a decision waits for the second one, and an answer is not corrected to it."""
    work = begin(sqlite_register)
    work.do(every_decision.set_confidentiality, CASE_CODE, "C4")
    answer = (CASE_CODE, "interview.confidentiality", "C2")
    words = work.refused(KeptByTwo, every_decision.correct, *answer, reason="Misheard")
    assert "somebody else signs it" in words
    waits = work.do(every_decision.set_confidentiality, CASE_CODE, "C2", reason="She speaks in public")
    work.do(every_decision.set_note, CASE_CODE, "Called twice")
    assert work.do(every_decision.sign, waits.proposal, by=SUPERVISOR).second == "SU-01"
    assert work.case()["confidentiality"] == "C2"
    assert work.do(every_decision.set_confidentiality, CASE_CODE, "C1", reason="As above").written, (
        "from C3 down one is enough"
    )
    assert work.sound()
