"""What a person reads beside the result: the next step, an example instead of a pattern, how far a pull is; each line names something else."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import texts
from sync_scripts.cli.inflow.rounds import _under
from sync_scripts.cli.work import links
from sync_scripts.cli.work.history import to_look_at
from sync_scripts.config import ServerSettings
from sync_scripts.register.case.flags import told_together
from sync_scripts.store import logins
from tests import clock
from tests.contract import central_world
from tests.contract.central_world import EMAIL, PASSWORD, PROJECT
from tests.contract.serving import serving
from tests.daily.rounds import Go, change, opened
from tests.register.field import Field, dealt
from tests.register.running import Ran

CRITICAL, UNASKED = dealt(1, "AL"), dealt(2, "AL")
MORNING = "2026-11-25T08:30"


def test_after_a_decision_the_next_command_is_named(run: Ran) -> None:
    """Triaged: what can be done now; opened: the case to look at."""
    assert f"Next: dikalo alerts triage {CRITICAL}" in run("alerts", "show", CRITICAL)[1]
    triaged = run("alerts", "triage", CRITICAL)[1]
    opened = run("alerts", "open", CRITICAL, "--owner", "RD-09", "--new")[1]

    assert f"Next: dikalo alerts open {CRITICAL} --owner CODE" in triaged
    assert "Codes of workers: dikalo people list; of providers: dikalo providers list" in triaged
    assert "Next: dikalo cases show DK-" in opened
    assert "Next: dikalo cases show DK-" in run("alerts", "show", CRITICAL)[1]


def test_whoever_leaves_the_worker_out_is_told_where_the_codes_stand(run: Ran) -> None:
    """A case needs somebody in charge, and nobody knows the codes by heart."""
    code, _out, err = run("alerts", "open", CRITICAL)

    assert code == 2
    assert "The codes of those who work here: dikalo people list." in err


def test_what_waits_for_a_second_person_says_so_on_the_page(run: Ran) -> None:
    """Instead of the next step: nothing else is to be done with it until somebody signs."""
    run("alerts", "triage", CRITICAL)
    made = json.loads(run("--json", "alerts", "dismiss", CRITICAL, "--reason", "Called: nothing.")[1])
    page, document = (
        run("alerts", "show", CRITICAL)[1],
        json.loads(run("--json", "alerts", "show", CRITICAL)[1]),
    )

    assert f"runs dikalo approve {made['proposal']}." in page
    assert "Next" not in page
    assert document["proposals"] == [made["proposal"]]
    assert json.loads(run("--json", "cases", "show", dealt(0, "DK"))[1])["proposals"] == []


def test_a_trial_and_the_end_have_no_next_step(run: Ran) -> None:
    """Where nothing was written, and where nothing is left to decide."""
    assert "Next" not in run("alerts", "triage", UNASKED, "--dry-run")[1]
    run("alerts", "triage", UNASKED)
    dismissed = run("alerts", "dismiss", UNASKED, "--reason", "Not true, called.")[1]
    assert "Next" not in dismissed
    assert "Next" not in run("alerts", "show", UNASKED)[1]


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize(
    ("words", "example"),
    [
        (("alerts", "contacted", CRITICAL, "--at", "hier"), MORNING),
        (("log", "--since", "hier"), "2026-11-25"),
        (("evidence", "add", "x.jpg", "--case", "DK-X", "--type", "photo", "--taken-at", "hier"), MORNING),
        (("providers", "verify", "X", "--on", "hier"), "2026-11-25"),
        (("consent", "record", "DK-X", "--on", "hier"), "2026-11-25"),
        (("cases", "refer", "DK-X", "health", "--appointment", "hier"), MORNING),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_time_that_is_none_is_answered_with_an_example(
    run: Ran, words: tuple[str, ...], example: str, lang: str
) -> None:
    """Nobody reads ``%Y-%m-%dT%H:%M``."""
    code, _out, talk = run("--lang", lang, *words)

    assert code == 2
    assert "%" not in talk
    assert example in talk
    texts.speak("en")


def test_a_time_may_be_written_with_a_blank(run: Ran) -> None:
    """As people write it; the T is a thing of programs."""
    assert run("alerts", "contacted", CRITICAL, "--at", "2026-11-25 09:30", "--dry-run")[0] in {0, 2}
    assert "is not understood" not in run("alerts", "contacted", CRITICAL, "--at", "2026-11-25 09:30")[2]


@pytest.mark.parametrize("words", [("cases", "import", "old.csv", "--map"), ("alerts", "new", "--from")])
def test_a_file_that_is_not_there_is_said_in_french(run: Ran, tmp_path: Path, words: tuple[str, ...]) -> None:
    """The system's own English words are no answer."""
    (tmp_path / "old.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    texts.speak("fr")
    code, _out, talk = run("--lang", "fr", *words, "nowhere.toml")
    texts.speak("en")

    assert code == 2
    assert "No such file" not in talk
    assert "nowhere.toml" in talk


def test_late_arrivals_are_one_sentence() -> None:
    """Four forms that came late are told once, with how late; what stands alone keeps its own words."""
    late = [{"code": "clock_skew", "detail": hours} for hours in ("59", "27", "30")]
    flags = [late[0], {"code": "two_roads"}, *late[1:]]
    told = list(told_together(flags))

    assert len(told) == 2
    assert told[0].startswith("3 submissions arrived 27 to 59 hours")
    assert next(iter(told_together(late[:1]))).startswith("The submission arrived 59 hours")
    ahead = {"code": "clock_ahead", "detail": "30"}
    assert list(told_together([{"code": "two_roads"}, ahead]))[1].startswith("The phone's clock is 30")
    lines = list(to_look_at({**one, "resolved_at": None} for one in flags))
    assert next(line for line in lines if line.startswith("- ")).startswith("- 3 submissions")


def test_what_the_page_leaves_out_is_named_with_its_list(run: Ran, field_: Field) -> None:
    """The number above the lines is not that of the lines, so the page says where the others are."""
    listed = "dikalo alerts list --urgency critical"
    assert listed not in run()[1]
    for number in range(30):
        field_.send(
            "alert", f"more{number}", {"gate": {"consent_alert": "given"}, "danger": {"danger_now": "yes"}}
        )
    assert f" more: {listed}\n" in run()[1]
    assert "alerts|cases" not in run()[1]


def test_groups_of_people_that_are_left_out_are_counted_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first are shown side by side; all of them the document tells."""
    monkeypatch.setattr(links, "_people_group", lambda _group, _most, **_how: iter(["…"]))
    many: Any = [None] * (links._SHOWN + 3)
    texts.speak("en")

    assert "and 3 more: dikalo person links --json" in list(links._people_told(many, 0, 1, whole=False))
    assert not any("more" in line for line in links._people_told(many, 0, None, whole=True))


def test_the_page_counts_the_groups_that_the_list_shows(run: Ran) -> None:
    """Two alerts that somebody put into one case are no question any more, neither on the page nor in the list."""
    first, second = dealt(0, "AL"), dealt(2, "AL")
    assert {first, second} in _questions(run)
    for words in (("triage", first), ("open", first, "--owner", "RD-09", "--new"), ("triage", second)):
        assert run("alerts", *words)[0] == 0
    case = json.loads(run("--json", "alerts", "show", first)[1])["case_code"]
    assert run("alerts", "link", second, case)[0] == 0

    assert {first, second} not in _questions(run)


def _questions(run: Ran) -> list[set[str]]:
    """Return the pairs that the list names; the page counts its groups."""
    listed = json.loads(run("--json", "alerts", "links")[1])
    page = json.loads(run("--json")[1])
    assert (listed["hidden"], page["counts"]["links"]) == (0, len(listed["groups"]))
    links = (link for group in listed["groups"] for link in group["links"])
    return [{side["code"] for side in link["alerts"]} for link in links]


def test_a_line_under_a_name_begins_at_once() -> None:
    """What a part sets in below its own heading stands, in a round, behind the name of the part."""
    texts.speak("en")
    assert (
        _under("Phones", "  they stay here because they are C4: 6")
        == "Phones: they stay here because they are C4: 6"
    )


@pytest.mark.parametrize(
    ("number", "how"),
    [(0, 'dikalo cases show {code} --open "why"'), (1, "dikalo vault ask {code} --reason")],
    ids=["a case", "a C4 case"],
)
def test_the_page_of_a_case_says_how_what_is_sealed_is_opened(run: Ran, number: int, how: str) -> None:
    """As that of an alert does; of a C4 case, that two people open it."""
    code = dealt(number, "DK")
    assert how.format(code=code) in run("cases", "show", code)[1]


def test_a_pull_counts_submissions_and_then_files(
    root: Path, go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal, in this order; what is looked at once more is not counted again."""
    for xml in (tmp_path / "source").rglob("*.xml"):
        (xml.parent / "photo.jpg").write_bytes(b"a photo")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    code, _text, talk = go("--lang", "en", "pull")

    assert (root.is_dir(), code) == (True, 0)
    submissions, _, files = talk.partition("Files")
    assert "Submissions  6" in submissions
    assert "  6" in files
    assert "Submissions" not in files


@pytest.mark.parametrize("several", [False, True])
def test_a_source_that_is_compared_is_named_once(root: Path, go: Go, *, several: bool) -> None:
    """Before it compares everything it lets others have their turn; where there is none, nothing is said anew."""
    world = central_world.World(forms={"alert": []}, now=clock.now())
    with serving(world.answer) as url:
        names = ["office", "field"] if several else ["office"]
        change(
            root,
            server=tuple(ServerSettings(name=one, kind="central", url=url, project=PROJECT) for one in names),
        )
        workspace = opened(root)
        for one in names:
            logins.keep(workspace.register, one, "pull", logins.Kept(account=EMAIL, password=PASSWORD))
        workspace.close()
        code, _text, err = go("sync")
    said = [line.removesuffix(" ...") for line in err.splitlines() if line.endswith(" ...")]

    assert code in {0, 3}, err
    assert [one for one, other in pairwise(said) if one == other] == []
    answers = [one for one in said if one in names][: 2 * len(names)]
    assert answers == ["office", "field", "office", "field"] if several else ["office", "office"]
