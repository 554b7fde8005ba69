"""What people decide about a case beside its moves: note, urgency, confidentiality, retention class, legal hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sync_scripts.register.case_decisions.case_facts import CaseSeen, see
from sync_scripts.register.consents.handled import require_going_on
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of, require_worked_on
from sync_scripts.register.decisions.levels import case_level
from sync_scripts.register.decisions.proof import require_own_hand, require_own_hand_to_lower
from sync_scripts.register.decisions.proposals import SIGNERS, Proposal, check_still, propose
from sync_scripts.register.history.restricted_view import CLOSEST
from sync_scripts.register.lifecycle import ReasonMissing, check_lowering
from sync_scripts.register.model.decision_errors import CodeNotListed, NoteEmptied, NoteTooLong
from sync_scripts.register.rules.labels import labels_of
from sync_scripts.register.rules.ruleset import Urgency, load
from sync_scripts.register.urgency.merged_cases import asked_about

__all__ = ["Valued", "set_confidentiality", "set_hold", "set_note", "set_retention", "set_urgency"]

LONGEST: Final = 1000
"""Characters of a work note at most."""
_LESS_CLOSELY: Final = "case.confidentiality"


@dataclass(frozen=True, slots=True)
class Valued:
    """What a case says now, and what it said before; ``written`` false when it was so already.

    ``proposal`` is what waits for a second person; then nothing else was changed.
    """

    code: str
    what: str
    was: Any
    now: Any
    written: bool
    proposal: str | None = None


def _set(by: By, case: str, what: str, value: Any, *, again: bool = False, **more: Any) -> Valued:
    """Write one decided column of a case, unless it stands so already; ``again``, as something else is in force by now."""
    found = case_of(by.rows, case)
    code, was = found["case_code"], found[what]
    name = {
        "urgency_decided": "urgency",
        "confidentiality_decided": "confidentiality",
    }.get(what, what)
    op = {"work_note": "note", "legal_hold": "hold", "retention_class": "retention"}.get(name, name)
    require_worked_on(by.rows, found, f"case.{op}")
    if was == value and not again:
        return Valued(code, name, was, value, written=False)
    by.write(by.event(f"case.{op}", f"case:{code}", {"was": was, name: value, **more}))
    return Valued(code, name, was, value, written=True)


def set_note(by: By, case: str, text: str, *, reason: str = "", agreed: bool = False) -> Valued:
    """Put the work note of a case in place of the one before; an empty one takes it away. No names.

    Args:
        by: who decides.
        case: its code as typed.
        text: the note.
        reason: why it is emptied.
        agreed: somebody was asked whether it may be emptied, and said yes.

    Raises:
        CaseUnknown, CaseMerged, CaseLeft, NoteTooLong: as they say.
        NoteEmptied: nobody said why, or was asked.
        AlreadyErased, CaseStopped: nothing further is written of a case that stopped; the note can still be taken away.
    """
    note = "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
    if len(note) > LONGEST:
        raise NoteTooLong(length=len(note), most=LONGEST)
    found = case_of(by.rows, case)
    require_worked_on(by.rows, found, "case.note")
    if note and found["case_code"] not in by.going:
        require_going_on(by.rows, found["case_code"], by.now)
    if not note and found["work_note"] and not (reason.strip() or agreed):
        raise NoteEmptied(case=found["case_code"])
    more: dict[str, Any] = {"reason": reason.strip()} if reason.strip() else {}
    return _set(by, case, "work_note", note or None, **more)


def set_urgency(by: By, case: str, urgency: Urgency | None, *, reason: str = "") -> Valued:
    """Decide how urgent a case is: raising is free, lowering needs a reason and a proved person.

    None lets the rules' result stand again. The level that was decided already can be decided again, once the rules have risen
    above what that had seen, or say something else than it had seen.

    Raises:
        CaseUnknown, CaseMerged, CaseLeft, ReasonMissing, OwnHandMissing: as they say.
    """
    found = case_of(by.rows, case)
    require_worked_on(by.rows, found, "case.urgency")
    code, wanted = found["case_code"], urgency or found["urgency"]
    counts = case_level(by.rows, found)
    for stands in (found["urgency"], found["urgency_decided"], counts):
        check_lowering(code, stands, wanted, reason, load())
        require_own_hand_to_lower(by, code, stands, wanted)
    more = {"rule": found["urgency"], "reason": reason.strip()}
    again = urgency is not None and (counts != found["urgency_decided"] or asked_about(by.rows, code))
    if again and urgency == found["urgency_decided"]:
        require_own_hand(by, code)  # who says the same again answers danger that waits, as who ends its task
    return _set(by, case, "urgency_decided", urgency, again=again, **more)


def set_confidentiality(by: By, case: str, wanted: str, *, reason: str = "") -> Valued:
    """Decide how closely a case is kept: closer is free, less closely needs a reason and a proved person.

    From C4, which two people open, less closely is only proposed: a second person signs it.

    Raises:
        CaseUnknown, CodeNotListed, ReasonMissing, OwnHandMissing, OwnKeyMissing, ProposalWaits: as they say.
    """
    _require(wanted, "confidentiality")
    seen = see(by, case)
    stands = seen.row["confidentiality"]
    if wanted < stands:
        require_own_hand(by, seen.code)
        if not reason.strip():
            raise ReasonMissing(alert=seen.code)
    if wanted < stands == CLOSEST:
        said = {"confidentiality": wanted, "reason": reason.strip()}
        made = propose(by, _LESS_CLOSELY, (seen.unit, seen.code), said=said, seen=_kept(seen))
        return Valued(seen.code, "confidentiality", stands, stands, written=False, proposal=made.id)
    return _decide(by, seen, wanted, reason.strip())


def _decide(by: By, seen: CaseSeen, wanted: str, reason: str, **two: Any) -> Valued:
    """Write how closely a case is kept, and how closely it was."""
    stands = seen.row["confidentiality"]
    more = {"rule": stands, "reason": reason, **two}
    return _set(by, seen.code, "confidentiality_decided", wanted, again=stands != wanted, **more)


def _kept(seen: CaseSeen) -> dict[str, Any]:
    return {name: seen.row[name] for name in ("confidentiality", "confidentiality_decided")}


def _sign_less_closely(by: By, proposal: Proposal) -> None:
    seen, said = see(by, proposal.what), proposal.said
    check_still(proposal, _kept(seen))
    two = {"first": proposal.first.code, "second": by.actor.code, "proposal": proposal.id}
    _decide(by, seen, said["confidentiality"], said["reason"], **two)


SIGNERS[_LESS_CLOSELY] = _sign_less_closely


def set_retention(by: By, case: str, wanted: str, *, reason: str = "") -> Valued:
    """Decide how long a case is kept after its closure.

    Raises:
        CaseUnknown, CodeNotListed: as they say.
    """
    _require(wanted, "retention_class")
    return _set(by, case, "retention_class", wanted, reason=reason.strip())


def set_hold(by: By, case: str, *, held: bool, reason: str) -> Valued:
    """Put a legal hold on a case, which stops every purge, or take it off; both with a reason, off by a proved person only.

    Raises:
        CaseUnknown, ReasonMissing, OwnHandMissing: as they say.
    """
    found = case_of(by.rows, case)
    if not held:
        require_own_hand(by, found["case_code"])
    if found["legal_hold"] != held and not reason.strip():
        raise ReasonMissing(alert=found["case_code"])
    return _set(by, case, "legal_hold", held, reason=reason.strip())


def _require(code: str, name: str) -> None:
    if code not in labels_of(name, "en"):
        raise CodeNotListed(value=code, possible=", ".join(labels_of(name, "en")))
