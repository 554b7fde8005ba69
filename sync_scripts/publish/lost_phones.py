"""What a phone that is lost knew, may hold still, and sent, as this register can tell. Decides nothing.

A phone has the list of its last update. What left since is on it: closed cases, secret ones, those of a zone it had. So
each publication notes what went, by team, and a phone that is lost is told of with all that it may hold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import func, literal, select, union_all

from sync_scripts.intake.receive.split import entry_code
from sync_scripts.publish.audiences import Audience, OpenCase, Team, leaving, teams_of_forms
from sync_scripts.publish.files import Note, notes
from sync_scripts.publish.lists import cases_of
from sync_scripts.servers import FOLDERS
from sync_scripts.servers.desk import DESK, LEGACY
from sync_scripts.store import events
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.schema.raw import custody, place, setting, submission
from sync_scripts.store.schema.register import alert, filing
from sync_scripts.store.statements import LOCKED, NEVER_READ

EVERYWHERE: Final = "publish.everywhere"
"""The event that keeps who sent every case to every phone, and why."""

_TEAM: Final = "phones.lists:"
_PEOPLE: Final = "phones.people"
_FORMS: Final = "phones.forms"
_KEPT: Final = timedelta(days=400)
_SLACK: Final = timedelta(days=2)
"""A phone that sent something was connected; its lists may be updated a while later, or the next day."""


def _asked_since(heard: str) -> str:
    """Return from when on what left may be on a phone that was last heard then; "" = whatever left."""
    return instant(datetime.fromisoformat(heard) - _SLACK) if heard else ""


class Lists(msgspec.Struct, frozen=True):
    """The lists of a team: codes that are in them since the last publication, and codes that left, with the instant."""

    now: frozenset[str] = frozenset()
    left: dict[str, str] = {}


class Members(msgspec.Struct, frozen=True):
    """People by code in small letters: teams they are in, and teams that they left, with the instant; or forms that they may fill."""

    now: dict[str, frozenset[str]] = {}
    left: dict[str, dict[str, str]] = {}

    def since(self, code: str, heard: str) -> frozenset[str]:
        """Return those of a person that are now or were when its phone was last heard, "" = ever."""
        person, oldest = code.casefold(), _asked_since(heard)
        left = {one for one, when in self.left.get(person, {}).items() if when >= oldest}
        return self.now.get(person, frozenset()) | left


def after(before: Lists, now: Collection[str], at: datetime, still: Collection[str] = frozenset()) -> Lists:
    """Return what is noted of a team's lists once these codes are in them; ``still`` left before and are on phones yet."""
    gone = {
        **before.left,
        **dict.fromkeys((before.now | (before.left.keys() & set(still))) - set(now), instant(at)),
    }
    oldest = instant(at - _KEPT)
    return Lists(
        frozenset(now), {code: when for code, when in gone.items() if code not in now and when >= oldest}
    )


def _of_teams(teams: Iterable[Team]) -> dict[str, frozenset[str]]:
    """Return the teams of each person."""
    now: dict[str, frozenset[str]] = {}
    for team in teams:
        for person in team.people:
            now[person] = now.get(person, frozenset()) | {team.name}
    return now


def _moved(before: Members, now: Mapping[str, frozenset[str]], at: datetime) -> Members:
    """Return what is noted of people once they are in these teams, or may fill these forms."""
    oldest = instant(at - _KEPT)
    left: dict[str, dict[str, str]] = {}
    for person in {*before.now, *before.left}:
        here = now.get(person, frozenset())
        gone = {
            **before.left.get(person, {}),
            **dict.fromkeys(before.now.get(person, frozenset()) - here, instant(at)),
        }
        kept = {team: when for team, when in gone.items() if team not in here and when >= oldest}
        left |= {person: kept} if kept else {}
    return Members(dict(now), left)


def note_fillers(register: Register, form: str, codes: Collection[str], at: datetime) -> None:
    """Note whose phones may fill a form, and so get its list, from now on. Twice is once."""
    with register.reading() as rows:
        before = _members(rows, _FORMS)
    can = {code.casefold() for code in codes}
    now = {person: before.now.get(person, frozenset()) - {form} for person in before.now.keys() | can}
    now = {person: forms | {form} if person in can else forms for person, forms in now.items()}
    moved = _moved(before, {person: forms for person, forms in now.items() if forms}, at)
    if moved != before:
        with register.writing() as rows:
            rows.upsert(setting, [{"name": _FORMS, "value": _text(moved)}])


def could_fill(register: Register, code: str, heard: str) -> frozenset[str]:
    """Return the forms that a phone could fill at the last publication, or since it was last heard; see `were_in`."""
    with register.reading() as rows:
        noted = _members(rows, _FORMS)
    return noted.since(code, heard)


def note_lists(
    register: Register, teams: Sequence[Team], cases: Sequence[OpenCase], at: datetime, *, everywhere: bool
) -> None:
    """Note what is in the lists of each team from now on; a team that is no more has empty ones. Twice is once."""
    with register.reading() as rows:
        held, people = _lists(rows), _members(rows, _PEOPLE)
    sent = _sent(register)
    every = Audience(tuple(teams), everywhere=True)
    now = {
        team.name: {one.code for one in leaving(cases, every if everywhere else Audience((team,)))}
        for team in teams
    }
    own = {team.name: team.forms for team in teams}
    others = frozenset[str]().union(*own.values())
    later = {}
    for name in {*held, *now}:
        before = held.get(name, Lists())
        there = [note for form, note in sent if form in own.get(name, ()) or form not in others]
        still = frozenset[str]().union(*(note.keeps(before.left) for note in there))
        later[name] = after(before, now.get(name, ()), at, still)
    moved = _moved(people, _of_teams(teams), at)
    changed = {_TEAM + name: _text(one) for name, one in later.items() if one != held.get(name)}
    changed |= {_PEOPLE: _text(moved)} if moved != people else {}
    if changed:
        with register.writing() as rows:
            rows.upsert(setting, [{"name": name, "value": value} for name, value in sorted(changed.items())])


def were_in(register: Register, code: str, heard: str, also: Collection[str] = frozenset()) -> frozenset[str]:
    """Return the codes of the cases that were in the lists of a phone since it was last heard: last published, or left.

    Args:
        register: open.
        code: of the phone's worker.
        heard: instant of its last submission, "" = never; then all that is remembered.
        also: names of teams whose lists it had, besides those of its worker.
    """
    with register.reading() as rows:
        held, people = _lists(rows), _members(rows, _PEOPLE)
    since = _asked_since(heard)
    found: set[str] = set()
    for team in {*also, *people.since(code, heard)}:
        lists = held.get(team, Lists())
        found |= lists.now | {case for case, when in lists.left.items() if when >= since}
    return frozenset(found)


def stayed(
    register: Register, teams: Sequence[Team], own: Collection[Team], held: Collection[str]
) -> frozenset[str]:
    """Return the codes of the cases that files of forms still have for a phone, whatever its lists hold by now.

    Args:
        register: open.
        teams: of the settings.
        own: those of the phone.
        held: forms that it could fill, as the servers say.
    """
    with register.reading() as rows:
        lists = _lists(rows)
    left: dict[str, str] = {}
    for team in own:
        for code, when in lists.get(team.name, Lists()).left.items():
            left[code] = max(left.get(code, ""), when)
    mine = frozenset(held).union(*(team.forms for team in own))
    others = frozenset[str]().union(*(team.forms for team in teams))
    every = len(teams) == len(own) == 1
    found: set[str] = set()
    for form, note in _sent(register):
        if every or form in mine:
            found |= note.cases or frozenset()
        if note.cases is None and (every or form in mine or (own and form not in others)):
            found |= note.keeps(left)
    return frozenset(found)


def _sent(register: Register) -> list[tuple[str, Note]]:
    """Return every form to which a list went as a file, and what is remembered of it."""
    return [one for forms in notes(register).values() for one in forms.items()]


def _lists(rows: Rows) -> Mapping[str, Lists]:
    query = select(setting.c.name, setting.c.value).where(setting.c.name.startswith(_TEAM))
    found = [tuple(one) for one in rows.execute(query)]
    return {name.removeprefix(_TEAM): msgspec.json.decode(value, type=Lists) for name, value in found}


def _members(rows: Rows, name: str) -> Members:
    value = rows.execute(select(setting.c.value).where(setting.c.name == name)).scalar()
    return msgspec.json.decode(value, type=Members) if value else Members()


def _text(one: Lists | Members) -> str:
    return msgspec.json.encode(one, order="deterministic").decode()


_OWN: Final = frozenset({FOLDERS, DESK, LEGACY})
"""Sources that no phone sends to by itself: nobody's account is missing there."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One submission of the phone.

    Attributes:
        server, form: where it came from.
        received_at: instant.
        alert_code, case_code: its own code, or that of the alert it names, and its case, "" = nothing.
        aside: code of its entry in quarantine, "" = it was taken, or waits sealed.
    """

    server: str
    form: str
    received_at: str
    alert_code: str
    case_code: str
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Traces:
    """All that is known of a phone.

    Attributes:
        sent: its submissions, newest first; those that wait, sealed, for a key or their files, and those put aside, too.
        teams: names of its teams.
        cases: codes of the cases that its lists hold today; it has those of its last update. Once somebody let every list
            go to every phone, those of all zones: nothing tells when this phone fetched its list last.
        left: codes of cases that left its lists after it was last heard, or that files of its forms still have; they may be
            on it still.
        aside_of_nobody: what servers showed and was put aside, and of which no account is known here: any phone may have sent it.
    """

    sent: tuple[Sent, ...]
    teams: tuple[str, ...]
    cases: tuple[str, ...]
    left: tuple[str, ...] = ()
    aside_of_nobody: int = 0


def traces(
    register: Register,
    code: str,
    teams: Sequence[Team],
    now: datetime,
    forms: Collection[str] = frozenset(),
) -> Traces:
    """Return what a phone sent and which cases its lists hold, by the code of its account.

    ``forms`` are those that it could fill until now, as the servers say. Those of which publications noted it are added: a
    phone that was locked out before had their lists, too, whatever the settings say of its worker.
    """
    query = (
        select(
            submission.c.server,
            submission.c.form,
            submission.c.received_at,
            func.coalesce(alert.c.code, filing.c.alert_code, ""),
            func.coalesce(filing.c.case_code, ""),
            submission.c.arrival,
        )
        .join_from(
            submission,
            filing,
            (filing.c.stamp == submission.c.stamp) & (filing.c.root_id == submission.c.root_id),
            isouter=True,
        )
        .join(alert, alert.c.filing_no == filing.c.filing_no, isouter=True)
        .where(func.lower(submission.c.submitter) == code.lower(), submission.c.current.is_(True))
    )
    sealed = select(
        place.c.server, place.c.form, place.c.received_at, literal(""), literal(""), literal(-1)
    ).where(func.lower(place.c.submitter) == code.lower(), LOCKED)
    every_one = union_all(query, sealed).subquery()
    newest_first = select(every_one).order_by(every_one.c.received_at.desc(), every_one.c.arrival.desc())
    with register.reading() as rows:
        sent = [Sent(*found[:5]) for found in map(tuple, rows.execute(newest_first))]
        aside, nobody = _aside(rows, code)
    heard = (
        sent[0].received_at if sent else ""
    )  # what is not believed does not say when it had its lists last
    forms = could_fill(register, code, heard).union(forms)
    also = teams_of_forms(teams, forms)
    own = [one for one in teams if one.holds(code) or one.name in also]
    every = cases_of(register, now)
    with register.reading() as rows:
        everywhere = any(events.read(rows, ops=[EVERYWHERE]))
    to = [Audience((team,)) for team in own] + [Audience(tuple(teams), everywhere=True)] * everywhere
    held = {case.code for audience in to for case in leaving(every, audience)}
    left = were_in(register, code, heard, also)
    left = (left | stayed(register, teams, own, forms)) - held
    sent = sorted([*sent, *aside], key=lambda one: one.received_at, reverse=True)
    names = tuple(one.name for one in own)
    return Traces(tuple(sent), names, tuple(sorted(held)), tuple(sorted(left)), nobody)


def _aside(rows: Rows, code: str) -> tuple[list[Sent], int]:
    """Return what a phone sent and was put aside, and how many entries of servers name no account.

    The account stands in the line of custody alone, with the bytes that it is about.
    """
    line = custody.c.line
    named: dict[str, dict[str, str]] = {}
    for row in rows.stream(select(line).where(line.like('%"quarantine":"%')).order_by(custody.c.seq)):
        details = msgspec.json.decode(row.line)["details"]
        named[details.get("quarantine", "")] = details
    found: list[Sent] = []
    nobody = 0
    for row in rows.execute(select(place).where(NEVER_READ, place.c.problem.is_not(None))):
        entry = entry_code(row.tag)
        said = named.get(entry, {})
        who = said.get("submitter") or row.submitter or ""
        if who.lower() == code.lower():
            found.append(Sent(row.server, row.stamp or "", said.get("at") or row.received_at, "", "", entry))
        nobody += not who and row.server not in _OWN and row.state != "erased"
    return found, nobody
