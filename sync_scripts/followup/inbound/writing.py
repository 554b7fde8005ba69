"""Write what a workbook asks for: one decision a changed field, through the same doors as the commands.

What the register refuses (a state that cannot follow, a consent that does not cover a referral) comes back as an error
of its cell; the caller then undoes everything. Nothing is written past a decision.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from operator import itemgetter
from typing import Any, Final, TypeAlias

from sync_scripts.errors import Worded
from sync_scripts.followup.columns import sheets
from sync_scripts.followup.inbound.cell_decisions import Settled
from sync_scripts.followup.inbound.import_request import Work, work_of
from sync_scripts.followup.inbound.values import Decision, Item, Outcome, Why
from sync_scripts.followup.outbound import snapshot
from sync_scripts.followup.outbound.gather import service_for
from sync_scripts.followup.outbound.snapshot import Snapshot
from sync_scripts.register.alert_decisions.services import plan_service, set_service
from sync_scripts.register.case_decisions.cases import set_next_due
from sync_scripts.register.case_decisions.joint_opening import seal_note
from sync_scripts.register.consents.agreements import going_on
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.guard_facts import today_of
from sync_scripts.register.declarations import Declaration, cases
from sync_scripts.register.lifecycle.moves import INTERVENTION_FINAL, listed
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Register

_Steps: TypeAlias = Iterator[None]
"""Decisions about one row: each is taken when the next item is asked for."""
_Chain: TypeAlias = deque[tuple[int, _Steps]]
"""What is to be decided about one case, each with its place in the order of the file."""
_END: Final = object()

_MAY_BE_BLANK: Final = frozenset(
    (spec.marker, column.key) for spec in sheets("T3") for column in spec.columns if column.erasable
)

_CASE_ORDER: Final = ("owner", "urgency", "note", "next_due")
OF_CASE: Final[dict[str, tuple[Declaration, Callable[[str], dict[str, Any]]]]] = {
    "owner": (cases.ASSIGN, lambda value: {"worker": value}),
    "urgency": (cases.SET, lambda value: {"urgency": value}),
    "note": (
        cases.NOTE,
        lambda value: {"text": value, "agreed": True},
    ),  # an empty cell was asked about before
}
"""Column of a case -> the decision that its cell takes, declared as its command is, and what the cell says of it."""
_IS_PAST: Final[dict[str, Why]] = {"done_on": "done_in_future", "sent_on": "sent_in_future"}
"""Days that say that something was; why one to come is refused."""
_SAID_OF_NEW: Final = {"dk:actions": ("due", "outcome"), "dk:referrals": ("comment",)}
_SERVICE_FIELDS: Final = {
    "owner": "owner_code",
    "provider": "provider_code",
    "sent_on": "requested_on",
    "due": "due_at",
    "done_on": "done_at",
    "comment": "work_note",
}


class Writer:
    """Writes what was decided about the rows of one file, in the transaction of ``by``."""

    def __init__(
        self,
        by: By,
        register: Register,
        kept: Snapshot,
        sha256: str,
        *,
        late: str | None = None,
        remember: bool = True,
    ) -> None:
        """Take what is kept with each event; ``remember`` keeps with the export what was made of its blank rows."""
        self._remember = remember
        self._alone = self._by = replace(by, held=kept.known)
        self._register = register
        self._kept = kept
        self._via = {"export": kept.export_id, "file": sha256, **({"late": late} if late else {})}
        self._late = bool(late)
        self._refused: list[Item] = []
        self._changes = 0

    def write(self, settled: Iterable[Settled]) -> tuple[list[Item], int]:
        """Write rows; return what was refused, and how many fields and new rows were written."""
        return self.write_works([work_of(one) for one in settled])

    def write_works(self, works: Sequence[Work]) -> tuple[list[Item], int]:
        """Do as `write`: one decision of each case in turn, so that many cases are built at a time."""
        chains: dict[str, _Chain] = {}
        for rank, (case, steps) in enumerate(self._in_order(works)):
            chains.setdefault(case, deque()).append((rank, steps))
        refused: list[tuple[int, Item]] = []
        with self._alone.together() as inner:
            self._by = replace(inner, going=_going(inner, works))
            while chains:
                chains = {case: chain for case, chain in chains.items() if self._step(chain, refused)}
        return [item for _, item in sorted(refused, key=itemgetter(0))], self._changes

    def _in_order(self, works: Sequence[Work]) -> Iterator[tuple[str, _Steps]]:
        """Yield what is to be decided, and of which case. New actions come first: a case may move on because of them."""
        of_cases = [one for one in works if one.sheet == "dk:cases"]
        services = [one for one in works if one.sheet != "dk:cases"]
        yield from ((one.case, self._added(one)) for one in services if one.new)
        yield from ((one.case, self._service(one)) for one in services if not one.new)
        yield from ((one.case, self._case(one)) for one in of_cases)
        yield from ((one.case, self._moved(one)) for one in of_cases)
        yield from ((one.case, self._sealed(one)) for one in works)

    def _step(self, chain: _Chain, refused: list[tuple[int, Item]]) -> bool:
        """Take the next decision of a case; tell whether there was one."""
        while chain:
            rank, steps = chain[0]
            more = next(steps, _END) is not _END
            refused += ((rank, item) for item in self._refused)
            self._refused.clear()
            if more:
                return True
            chain.popleft()
        return False

    # --- one step ------------------------------------------------------------------------------------------------

    def _through(self, work: Work, key: str) -> By:
        place = work.places[key]
        rule = work.decided[key].rule if key in work.decided else ""
        via = {"sheet": work.sheet.removeprefix("dk:"), "cell": place.cell, "rule": rule}
        if work.new:
            via["row"] = work.row_id
        return self._by.through({**self._via, **work.via, **via})

    def _try(self, work: Work, key: str, decide: Callable[[By], Any], *, counts: bool = True) -> Any:
        """Take one decision on what the register says by now; what is refused becomes an error of its cell."""
        self._catch_up(work)
        try:
            done = decide(self._through(work, key))
        except Worded as refused:
            error = Decision(Outcome.ERROR, "12", why="refused_move")
            self._refused.append(replace(work.item(key, error), words=refused.words()))
            return None
        self._changes += counts
        return done

    def _catch_up(self, work: Work) -> None:
        """See to it that the rows of the case say what was decided about it so far."""
        self._by.catch_up(f"case:{work.case}")

    def _no(self, work: Work, key: str, why: Why) -> None:
        wrong = work.decided.get(key)
        if (
            wrong is None or wrong.outcome is not Outcome.ERROR
        ):  # else what is wrong with the cell itself stands
            self._refused.append(work.item(key, Decision(Outcome.ERROR, "12", why=why)))

    def _blank(self, work: Work, key: str) -> bool:
        """Refuse to empty what cannot be empty; tell whether that was so."""
        if work.values[key] is None and (work.sheet, key) not in _MAY_BE_BLANK:
            self._no(work, key, "needed")
            return True
        return False

    # --- cases ---------------------------------------------------------------------------------------------------

    def _case(self, work: Work) -> _Steps:
        for key in _CASE_ORDER:
            if key in work.values and not self._blank(work, key) and not self._is_review(work, key):
                if key == "next_due" and self._has_passed(work.values[key] or ""):
                    self._let_go(work, [key], "day_passed")
                    continue
                self._try(work, key, partial(_decide_case, work=work, key=key))
                yield

    def _let_go(self, work: Work, keys: Iterable[str], why: Why) -> None:
        """Take no cell of some and tell so; what else the file says is taken."""
        passed = Decision(Outcome.REFUSED, "12", why=why)
        self._refused += [work.item(key, passed) for key in keys if key in work.values]

    def _has_passed(self, said: str) -> bool:
        """Tell whether a day lay ahead when a workbook went out, and passed before it came back late.

        Nobody can write it right any more in that file: this cell is not taken, and told, and the others are.
        """
        out = clocks.local_day(moment(self._kept.at), load())
        return self._late and out <= date.fromisoformat(said) < today_of(self._by)

    def _is_review(self, work: Work, key: str) -> bool:
        """Tell whether the next day is the one on which a case that is suspended now is looked at again."""
        return key == "next_due" and work.values.get("state") == "suspended"

    def _moved(self, work: Work) -> _Steps:
        if "state" not in work.values or self._blank(work, "state"):
            return
        to = work.values["state"] or ""
        reasoned = to in {"closure_pending", "suspended"}
        review = work.values.get("next_due") if to == "suspended" else None
        if review is not None and self._has_passed(review):
            # a case is not suspended without a day ahead on which somebody looks at it, and nobody else may choose that day
            self._let_go(work, ("state", "next_due", "closure"), "review_passed")
            return

        said = {
            "code": work.case,
            "state": to,
            "reason": work.reason,
            "because": work.after("closure") if reasoned else None,
            "review_on": date.fromisoformat(review) if review else None,
        }
        if self._try(work, "state", partial(cases.MOVE.decided, said=said)) is not None:
            # reason and review day went along, in the same event
            self._changes += ("closure" in work.values) + (review is not None)
        yield

    def _sealed(self, work: Work) -> _Steps:
        for key, text in work.seals.items():
            self._try(work, key, partial(self._seal, work=work, text=text))
            yield

    def _seal(self, by: By, *, work: Work, text: str) -> bool:
        seal_note(by, self._register, work.case, text)
        return True

    # --- services ------------------------------------------------------------------------------------------------

    def _added(self, work: Work) -> _Steps:
        """Plan a new action or referral, say what the row says of it, and bring it to the status that it says."""
        self._catch_up(work)
        said = work.values
        if self._lies_ahead(work):
            return
        service = said.get("service") or service_for(self._by.rows, work.case, said.get("provider") or "")
        if service is None:
            self._no(work, "service", "row_incomplete")
            return
        sent_on = said.get("sent_on")
        made = self._try(
            work,
            "code",
            lambda by: plan_service(
                by,
                work.case,
                service,
                provider=said.get("provider"),
                owner=said.get("owner"),
                once=False,
                requested_on=date.fromisoformat(sent_on) if sent_on else None,
            ),
        )
        if made is None:
            return
        yield
        status = _status(work)
        values = {status: "referred", **said} if sent_on else dict(said)  # a day on which it was sent: it was
        new = replace(work, values=values, record=made.intervention, now={status: "planned"})
        for key in (*_SAID_OF_NEW[work.sheet], status, "done_on"):
            if values.get(key) is not None and not (key == status and values[key] == "planned"):
                yield from self._say(new, key, counts=False)
        if not self._remember:
            return
        columns = self._kept.columns[work.sheet]
        snapshot.created(
            self._by.rows,
            self._kept,
            work.sheet,
            work.row_id,
            said={key: said.get(key) for key in columns},
            record_id=made.intervention,
        )

    def _lies_ahead(self, work: Work) -> bool:
        """Refuse what is said to be done or sent on a day to come, where a row is taken whole; tell whether that was so."""
        ahead = [
            (key, why)
            for key, why in _IS_PAST.items()
            if (said := work.values.get(key)) is not None and date.fromisoformat(said) > today_of(self._by)
        ]
        for key, why in ahead:
            self._no(work, key, why)
        return bool(ahead)

    def _service(self, work: Work) -> _Steps:
        status = _status(work)
        rest = [key for key in work.values if key not in {status, "done_on"}]
        for key in (*rest, status, "done_on"):
            if key in work.values and not self._blank(work, key):
                yield from self._say(work, key)

    def _say(self, work: Work, key: str, *, counts: bool = True) -> _Steps:
        """Write one column of an action or referral."""
        value, record = work.values[key], work.record or ""
        if key in {"code", "service"}:
            self._no(work, key, "moved_to_other_case" if key == "code" else "service_stays")
        elif key == _status(work):
            yield from self._to(work, value or "", counts=counts)
        else:
            name = "work_note" if key == "outcome" else _SERVICE_FIELDS[key]
            kept = _instant(key, value)
            self._try(work, key, lambda by: set_service(by, work.case, record, **{name: kept}), counts=counts)
            yield

    def _to(self, work: Work, to: str, *, counts: bool) -> _Steps:
        """Bring an intervention to a status by the shortest road there is; each step asks its own guards."""
        key, record = _status(work), work.record or ""
        was = work.now.get(key) or "planned"
        for step in road(was, to, by_others=work.sheet == "dk:referrals"):
            said = {"code": work.case, "number": record, "state": step}
            move_on = partial(cases.REFER.decided, said=said)
            if self._try(work, key, move_on, counts=False) is None:
                return
            yield
        self._changes += counts


def _going(by: By, works: Iterable[Work]) -> frozenset[str]:
    """Return the cases with a note that go on; a workbook decides nothing that could end or begin that."""
    return going_on(by.rows, {one.case for one in works if "note" in one.values}, by.now)


def _decide_case(by: By, *, work: Work, key: str) -> object:
    """Take the decision about one column of a case."""
    value = work.values[key] or ""
    if key == "next_due":
        set_next_due(by, work.case, date.fromisoformat(value))
        return True
    decision, said = OF_CASE[key]
    reason = {"reason": work.reason} if key == "urgency" else {}
    return decision.decided(by, {"code": work.case, **said(value), **reason})


def _status(work: Work) -> str:
    """Return the key of the column that holds the status."""
    return "status" if work.sheet == "dk:actions" else "outcome"


def _instant(key: str, value: str | None) -> str | None:
    """Return a day as it is kept: due at its end, done at its beginning, in the zone of the rules."""
    if value is None or key not in {"due", "done_on"}:
        return value
    day, rules = date.fromisoformat(value), load()
    return instant(clocks.end_of_day(day, rules) if key == "due" else clocks.act_time(day, None, rules))


def road(was: str, to: str, *, by_others: bool) -> list[str]:
    """Return the states from one status to another, the last one included, as a form may leave steps out.

    Without a road the wanted status itself, so that the refusal says why.
    """
    closed = "by_us" if by_others else "by_others"
    found: deque[list[str]] = deque([[was]])
    seen = {was}
    while found:
        path = found.popleft()
        if path[-1] == to:
            return path[1:]
        for step in _steps(path[-1], to, closed):
            if step not in seen:
                seen.add(step)
                found.append([*path, step])
    return [to]


def _steps(was: str, to: str, closed: str) -> Iterator[str]:
    for one in listed("intervention", was):
        if closed not in one.guards and (one.to == to or one.to not in INTERVENTION_FINAL):
            yield one.to
