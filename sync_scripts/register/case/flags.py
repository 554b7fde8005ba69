"""Flags: what a rule wants a person to look at. A flag holds a code and never an answer above level 2.

The id of a flag follows from what it is about, so that a rebuild gives the same one; its words are here, in the
catalogues' language, and not in the register.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from gettext import gettext
from typing import Any, Final

from sync_scripts.errors import N_
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.lifecycle.moves import GONE, UNREADABLE
from sync_scripts.register.rules import own_deadlines
from sync_scripts.register.rules.clocks import CLOCK_WRONG, skew_h
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant
from sync_scripts.store.events import Event

PROGRAM_CODE: Final = "dikalo"
_LATE: Final = "clock_skew"
EDITED_AFTER_TRIAGE: Final = "edited_after_triage"
"""An alert has a version that nobody had read who triaged it."""
CUT_SHORT: Final = "cut_short"
"""The questions of an alert that was keyed in did not come to their end."""


def _risk(level: str) -> str:
    """Return a risk in words; nothing said is no risk named."""
    return label("risk_level", level) if level else gettext("not named")


def _level(level: str) -> str:
    return label("urgency", level)


_ANSWERS: Final = {
    "released_on": N_("day of the release"),
    "prosecutor_seen_on": N_("day before the prosecutor"),
    "arrested_at": N_("time of the arrest"),
    "date": N_("day of the facts"),
}


def _answer(name: str) -> str:
    return gettext(_ANSWERS[name]) if name in _ANSWERS else name


FLAGS: Final[dict[str, str]] = {
    "clock_skew": N_(
        "The submission arrived {detail} hours after the phone says it was finished: a late network, or a wrong clock."
    ),
    "clock_ahead": N_("The phone's clock is {detail} hours ahead of the server's: check the dates."),
    "clock_wrong": N_("The phone's clock is wrong by more than a year: the dates of this form say nothing."),
    GONE: N_("The submission was deleted at the server; it stays here until somebody decides."),
    "approval_outdated": N_(
        "It was changed after it had been approved at the server (version {detail}): the approval was for the version before. "
        "Look at it again."
    ),
    "maybe_draft": N_(
        "This form was copied from a phone's folder: it may be a draft. Ask the enumerator whether it was finished."
    ),
    "encryption_provisional": N_(
        "Opened before its files came: nothing proves yet that it is as it was sent. Act on it, and use it as evidence later."
    ),
    "encryption_broken": N_(
        "Its files came and do not fit what was signed on the phone: something was changed on the way. Ask the enumerator."
    ),
    "clear_on_encrypted_form": N_(
        "It came unencrypted although phones encrypt this form: the server's administrators could read it. Look at the phone."
    ),
    "plain_beside_encrypted": N_(
        "Unencrypted files lay beside it at the server: its administrators could see them. Look at the phone."
    ),
    CUT_SHORT: N_(
        "The questions of this alert did not come to their end, and what was answered was kept: much may be missing. Ask the rest, and "
        "write down what is said (dikalo person correct CODE FIELD ANSWER --reason …)."
    ),
    "two_roads": N_("This form arrived by more than one road; it is counted once."),
    "second_answer": N_("Two answers for one field: the first one is kept (question {detail})."),
    "uid_missing": N_("A repetition has no identifier of its own; its row rests on its position ({detail})."),
    "uid_twice": N_("Two repetitions have the same identifier ({detail})."),
    "question_unknown": N_("The form was filled with a question that its version does not know ({detail})."),
    "value_unreadable": N_(
        "A number or date could not be read ({detail}); the answer is kept in the submission."
    ),
    "risk_kept": N_(
        "An edit on a phone took away what the risk rested on. Risk by the forms as they are now: {now}; as it stands: {detail}, until "
        "a new visit or interview says otherwise, or a person corrects "
        "assessment.retaliation_risk or followup.risk_change (dikalo person correct CODE FIELD ANSWER)."
    ),
    "level_kept": N_(
        "An edit on a phone took away what the level rested on. Level by the alert as it is now: {now}; as it stands, and by which its "
        "deadlines are counted: {detail}, until a proved person decides it (dikalo alerts triage CODE --urgency LEVEL --reason WHY)."
    ),
    EDITED_AFTER_TRIAGE: N_("The alert was changed on the phone after it was triaged: look at it again."),
    "edited_to_refusal": N_(
        "An edit on the phone made this urgent alert a refusal. Nobody calls her. Ask whoever sent it, and let two people dismiss "
        "the alert."
    ),
    "refusal_kept": N_(
        "An edit on a phone says yes to what was refused. The refusal stands and nothing is shared until somebody asks the person and "
        "records the answer (dikalo consent record CODE PURPOSE=ANSWER)."
    ),
    UNREADABLE: N_(
        "The case code on the form is no case code: the form waits for its case. Ask whoever filled it for the code, then "
        "correct it in the submission at the server, or have the form sent again."
    ),
    "case_unknown": N_("Nobody opened a case with this code here: check the code."),
    "case_closed": N_("A form arrived for this case after it was closed."),
    "case_merged": N_("A form arrived for this case after it was merged: the work goes on in {detail}."),
    "alert_code_unknown": N_("The form names an alert that is not in the register: check the code {detail}."),
    "alert_without_case": N_(
        "The form names the alert {detail}, which has no case yet: link it to this one."
    ),
    "alert_elsewhere": N_("The form names the alert {detail}, which belongs to another case."),
    "victim_unresolved": N_("A victim's number on the form fits none or several people ({detail})."),
    "act_unresolved": N_("An act's number on the form fits none or several acts ({detail})."),
    "interviewee_changed": N_(
        "The person interviewed is another one since the form was changed: check the consents."
    ),
    "act_left_out": N_(
        "An edit on a phone took the act {detail}, or its custody, out of the interview. The reminders of its limits stay. Ask whoever "
        "sent it; a person ends what is too many (dikalo cases task CODE custody_limit --done --reason …, or clinical_limit)."
    ),
    "source_left_out": N_(
        "An edit on a phone took a source in danger out of the interview. Its task stays. Ask whoever sent it; a person ends it where "
        "nobody is in danger (dikalo cases task CODE source_risk --done --reason …)."
    ),
    "step_left_out": N_(
        "An edit on a phone took the step before a court out of the visit. The reminders of its hearing and its appeal stay. Ask "
        "whoever sent it; a person ends what is too many (dikalo cases task CODE hearing --done --reason …, or appeal_limit)."
    ),
    "service_kept": N_(
        "An edit on a phone took a service that was asked for within hours out of the visit, or gave it more time. Its reminder stays "
        "as early as it was. Ask whoever sent it; a person ends it where nobody needs the service (dikalo cases task CODE referral_due "
        "--done --reason …, or referral_answer)."
    ),
    "visit_gone": N_(
        "On {detail} a visit or a request of closure of this case was sent again from a phone with the code of another case, or of "
        "none, and left this one (dikalo log CODE says for which). Ask whoever sent it; where it belongs here, correct "
        "followup.case_code, or closure.case_code, in the other case (dikalo person correct OTHER FIELD CODE --reason …)."
    ),
    "narrative_missing": N_("The facts were told neither in writing nor by voice."),
    "custody_basis_unknown": N_(
        "The basis of the detention is not in the rules ({detail}): it counts as unknown."
    ),
    "custody_untitled": N_("A detention without any basis given."),
    "custody_rest_day": N_(
        "The custody began on a day of rest ({detail}): the law allows that only for a felony or in flagrante delicto."
    ),
    "custody_hour_assumed": N_(
        "The form does not give the hour of this arrest, or it cannot be read: the limits of the custody are counted from the "
        "beginning of the day of the facts or, without a day, from when somebody first told of it. By that assumption no limit known "
        "to us lets it last beyond {detail}. Ask for the hour and correct it."
    ),
    "custody_end_impossible": N_(
        "The day on which the custody is said to have ended cannot be right ({detail}): it lies before the arrest, or after the "
        "day on which it was told. Its reminders go on. Check the day and correct it."
    ),
    "date_ahead": N_(
        "A date of the facts lies after the form that tells of it ({detail}): its limits are counted from the form. Check the "
        "date and correct it."
    ),
    "intervention_unknown": N_(
        "The follow-up names intervention {detail}, which this case did not have; it was opened."
    ),
    "intervention_ended": N_(
        "The follow-up reports on intervention {detail}, which had ended; its state was kept."
    ),
    "intervention_backwards": N_(
        "The follow-up takes intervention {detail} back to an earlier state; it was kept."
    ),
    "consent_not_covering": N_(
        "The recorded consent does not cover intervention {detail}: stop, and ask the person."
    ),
    "verified_unsupported": N_(
        "The incident is said to be verified, and neither two independent sources nor a piece of evidence is there: look at it."
    ),
    "complaint_withheld": N_(
        "A complaint is reported although somebody in the case excluded the authorities: stop, and ask the person."
    ),
    "closure_asked": N_(
        "Closure of this case was asked for on a phone. It stays open until a supervisor decides."
    ),
    "closure_own_approval": N_(
        "The supervisor named for the closure is the person who asks, or who is in charge of the case: somebody else must "
        "decide."
    ),
    "closure_procedure": N_("Closure was asked for while a court procedure is under way."),
    "closure_risk": N_("Closure was asked for with a risk that is high, unknown or not given."),
    "closure_feedback": N_("Closure was asked for without saying whether the person was told the outcome."),
}
"""Code of a flag -> its sentence; ``{detail}`` is a path, number or code, never an answer; ``{now}`` what the forms say by now."""


_IN_WORDS: Final[Mapping[str, Callable[[str], str]]] = {
    "custody_rest_day": own_deadlines.in_words,
    "custody_end_impossible": _answer,
    "date_ahead": _answer,
    "risk_kept": _risk,
    "level_kept": _level,
}
"""Kinds of which what the sentence names is a code -> how that is put in words."""


_ENCRYPTION: Final = {
    "provisional": "encryption_provisional",
    "broken": "encryption_broken",
    "clear": "clear_on_encrypted_form",
    "beside": "plain_beside_encrypted",
}
"""How a submission came, as the raw store says it -> the flag that a person must see; any other way raises none."""


def digest(*parts: str) -> str:
    """Return a short id that follows from its parts and from nothing else."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=10).hexdigest()


def flag(
    filed: Filed, code: str, detail: str = "", *, now: str = "", subject: str = "", at: int = 1
) -> dict[str, Any]:
    """Return the row of a flag that a form raised.

    Args:
        filed: the form.
        code: one of `FLAGS`.
        detail: what the sentence names.
        now: what the forms say by now, where the sentence names that, too.
        subject: ``entity:id`` of what it is about, where that is not the form itself.
        at: 1 = raised when the version that is read arrived, 0 = when the first one did; nothing depends on today.
    """
    about = subject or f"{filed.kind}:{filed.key}"
    return raised(filed.number, instant(filed.received[at]), about, code, detail, now=now)


def raised(
    number: int, at: str, subject: str, code: str, detail: str = "", *, now: str = ""
) -> dict[str, Any]:
    """Return the row of a flag that no form raised; ``number`` is that of a submission beside which it stands."""
    row = {"code": code, "detail": detail or None, "now": now or None, "message": None}
    return _row(number, digest(subject, code, detail, now), subject, at, PROGRAM_CODE) | row


def said(number: int, subject: str, event: Event) -> dict[str, Any]:
    """Return the row of a flag that a person raised by an event."""
    name = digest(subject, event.workspace, str(event.seq))
    row = {"code": None, "detail": None, "now": None, "message": event.payload["message"]}
    return _row(number, name, subject, event.at, event.actor.code) | row


def _row(number: int, name: str, subject: str, at: str, by: str) -> dict[str, Any]:
    settled = dict.fromkeys(("resolved_by", "resolution", "resolved_at"))
    made = {"filing_no": number, "flag_id": name, "subject": subject, "raised_by": by, "raised_at": at}
    return made | settled


SAID: Final = ("code", "detail", "now", "message")
"""Columns of a flag that say what it is about."""


def in_words(row: Mapping[Any, Any]) -> str:
    """Return the sentence of a flag, from its row or the payload of a decision on it; what a person wrote as it is.

    The code itself where this dikalo does not know it.
    """
    code, detail, now, message = (row.get(name) or "" for name in SAID)
    if code not in FLAGS:
        return str(message or code)
    say = _IN_WORDS.get(code, str)
    return gettext(FLAGS[code]).format(detail=say(detail), now=say(now))


def in_keys_and_words(row: Mapping[Any, Any]) -> dict[str, str | None]:
    """Return what a flag says: by its code and what its sentence names, which no language changes, and in words."""
    return {**{name: row[name] for name in SAID}, "message": in_words(row)}


def unreadable(filed: Filed, names: Iterable[str]) -> list[dict[str, Any]]:
    """Return a flag for each answer of a form that could not be read."""
    return [flag(filed, "value_unreadable", name) for name in dict.fromkeys(names)]


def told_together(flags: Iterable[Mapping[Any, Any]]) -> Iterator[str]:
    """Yield the sentences of several flags; the late arrivals, which many forms share, first and as one sentence."""
    every = list(flags)
    late = [int(one["detail"]) for one in every if one["code"] == _LATE]
    if len(late) > 1:
        yield gettext(
            "{count} submissions arrived {least} to {most} hours after the phone says they were finished: a late network, or a wrong "
            "clock."
        ).format(count=len(late), least=min(late), most=max(late))
    yield from (in_words(one) for one in every if one["code"] != _LATE or len(late) == 1)


def of_submission(filed: Filed, unread: Iterable[str], rules: Ruleset) -> list[dict[str, Any]]:
    """Return the flags that any form can raise: its clock, its roads, its remarks, values that cannot be read."""
    found: list[tuple[str, str]] = [(remark.kind, remark.place) for remark in filed.reading.remarks]
    if filed.maybe_draft:
        found.append(("maybe_draft", ""))
    if filed.encryption in _ENCRYPTION:
        found.append((_ENCRYPTION[filed.encryption], ""))
    if filed.roads > 1:
        found.append(("two_roads", ""))
    if filed.outdated:
        found.append(("approval_outdated", str(filed.versions)))
    found += _about_clock(filed, rules)
    flags = [flag(filed, code, detail) for code, detail in dict.fromkeys(found)] + unreadable(filed, unread)
    if filed.gone is not None:
        flags.append(flag(filed, GONE) | {"raised_at": instant(filed.gone)})
    return flags


def _about_clock(filed: Filed, rules: Ruleset) -> list[tuple[str, str]]:
    """Compare the phone's clock with the server's, for the version that was filled first."""
    received, ended = filed.received[0], filed.ended
    if ended is None or abs(received - ended) <= timedelta(hours=rules.clock.skew_flag_h):
        return []
    if abs(received - ended) > CLOCK_WRONG:
        return [("clock_wrong", "")]
    hours = skew_h(received, ended)
    return [("clock_skew", str(hours)) if hours > 0 else ("clock_ahead", str(-hours))]
