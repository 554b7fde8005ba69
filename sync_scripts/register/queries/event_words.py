"""Events in words: what was decided, from what to what, why, and what second person agreed. Nothing sealed is in an event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from gettext import gettext
from typing import Any, Final

from sync_scripts.errors import N_
from sync_scripts.register.case.flags import in_words
from sync_scripts.register.case.moved_submissions import GONE
from sync_scripts.register.history.changes import changed
from sync_scripts.register.history.visibility import MAKE
from sync_scripts.register.rules.kinds import label, labels
from sync_scripts.register.rules.ruleset import local

Said = Mapping[str, Any]

TOLD: Final[dict[str, str]] = {
    "alert.code": N_("code given"),
    "alert.channel": N_("came by: {channel}"),
    "alert.triage": N_("triaged"),
    "alert.assign": N_("given to {assigned_to}"),
    "alert.contacted": N_("the person was reached"),
    "alert.contact_undo": N_("taken back that the person was reached, {at}"),
    "alert.ask": N_("more was asked"),
    "alert.open": N_("case {case_code} opened"),
    "alert.link": N_("linked to case {case_code}"),
    "alert.move": N_("moved to case {case_code}"),
    "alert.alone": N_("the work on {of}, of which it is a duplicate, stopped"),
    "alert.duplicate": N_("set aside as a duplicate of {of}"),
    "alert.refer": N_("referred to {provider_code}"),
    "alert.dismiss": N_("dismissed"),
    "link.decide": N_("said of two alerts: {decision}"),
    "case.code": N_("case {case_code} opened for the form"),
    "case.open": N_("case opened"),
    "case.assign": N_("given to {owner_code}"),
    "case.contact": N_("the person was reached: {reached}"),
    "case.contact_undo": N_("taken back: the person was reached: {reached}, {at}"),
    "case.move": N_('"{was}" became "{to}"'),
    "case.closed_to_you": N_("something was decided in a sealed case (C4): not shown here"),
    "case.takes": N_("case {case_code} was merged into this one"),
    "case.note": N_("work note written"),
    "case.sealed_note": N_("a note was sealed"),
    "case.due": N_("next due: {next_due}"),
    "case.urgency": N_("urgency set to {urgency}"),
    "case.confidentiality": N_("confidentiality set to {confidentiality}"),
    "case.keep": N_("kept as closely as before a form went to another case: {confidentiality}"),
    "case.reminders": N_(
        "a visit left for no case that can be read; its reminders before courts and of urgent services stay"
    ),
    "case.form_left": N_("a form was sent to another case: {other_case}"),
    "case.left": N_("left case {case_code}; the form names no other one that can be read"),
    "case.retention": N_("kept as {retention_class}"),
    "case.hold": N_("legal hold: {legal_hold}"),
    "alert.purge": N_("erased ({items} sealed, {files} files)"),
    "case.purge": N_("erased ({items} sealed, {files} files)"),
    "person.erase": N_("{person} asked to be erased"),
    "person.redact": N_("{person} was taken out ({items} sealed, {files} files)"),
    "submission.redact": N_("{person} was taken out of a form"),
    "retention.confirm": N_("plan of erasure {plan} confirmed"),
    "server.purge": N_("{count} submissions declared as deleted at {server} by us (list {list})"),
    "retention.drop": N_("{code} left out of the plan of erasure {plan}"),
    "intervention.add": N_("{service} planned (no. {number})"),
    "intervention.move": N_("intervention {number}: {to}"),
    "intervention.set": N_("intervention {number} changed"),
    "incident.verify": N_("incident: {verification}"),
    "incident.other": N_("the incident of {other_code} is named"),
    "evidence.move": N_("evidence {evidence}: {to}"),
    "evidence.redacted": N_("evidence {evidence} is a redacted copy"),
    "task.done": N_("task ended: {kind}"),
    "task.open": N_("task opened again: {kind}"),
    "task.assign": N_("task {kind} given to {assigned_to}"),
    "flag.raise": N_("remark: {message}"),
    "flag.resolve": N_("looked at: {message}"),
    "flag.open": N_("to be looked at again: {message}"),
    "value.correct": N_('{entity}.{field}: "{value}" instead of "{was}"'),
    "value.restore": N_('{entity}.{field}: "{value}" again, as it was collected'),
    "consent.record": N_("consent written down"),
    "consent.withdraw": N_("consent withdrawn"),
    "consent.override": N_("acted without consent, for a vital interest"),
    "dossier.open": N_("dossier {share} opened for {receiver}, purpose: {purpose}"),
    "share.give": N_("dossier {share} given to {receiver}, purpose: {purpose}"),
    "person.same": N_("{person} and {other_person} of {other_case}: {decision}"),
    "proposal.make": N_("proposed, waits for a second person: {decision}"),
    "proposal.sign": N_("signed by a second person"),
    "proposal.withdraw": N_("proposal taken back"),
    "worker.add": N_("worker named: {roles}"),
    "opening.allow": N_("what is sealed may be opened: it takes two"),
    "provider.set": N_("provider written down: {name}"),
    "provider.verify": N_("provider checked on {verified_on}"),
    "key.slot": N_("given a passphrase of their own"),
    "vault.open": N_("what is sealed was opened ({holder}; sealed items: {items})"),
    "server.deleted": N_("a form was deleted at {server} with the account {account}"),
    "server.edited": N_("a form was changed at {server} with the account {account}"),
    "server.reviewed": N_("a form was reviewed at {server} with the account {account}: {review}"),
    "server.untold": N_(
        "what was done to a form at {server} before this moment is more than its history hands over"
    ),
    "form.add": N_("form version kept"),
    "rules.deadlines": N_("the organisation's own deadlines put in force"),
    "rules.holidays": N_("the organisation's own dates of public holidays put in force"),
    "publish.providers": N_("providers put on a list for the phones"),
    "publish.everywhere": N_("every case put on the lists of every phone"),
    "watch.stay_open": N_("left open after a sleep of the computer"),
}
"""Op of an event -> its sentence; names in braces are values of the payload."""
_RETIRED: Final = N_("no longer works here")
_BY_RULES: Final = N_("urgency given back to the rules: {rule}")
_GONE_NOWHERE: Final = N_("a form left, and names no other case that can be read")
_WOULD: Final[dict[str, str]] = {
    "consent.override": N_("acting without consent, for a vital interest"),
}
"""Op of a proposal -> its sentence, where the one of the log says that it was done."""

_LISTS: Final[dict[str, str]] = {
    "urgency": "urgency",
    "service": "service",
    "retention_class": "retention_class",
    "verification": "verification",
    "closure_reason": "closure_reason",
    "decision": "link_decision",
    "channel": "channel",
    "purpose": "consent_purpose",
}
_FIELDS: Final = {"consent_state": "consent_state"}
"""Field that a person decides on in its own words -> the list of its values; the others are said by their codes."""
_REVIEWS: Final = {
    "validation_status_approved": N_("approved"),
    "validation_status_not_approved": N_("not approved"),
    "validation_status_on_hold": N_("on hold"),
}
"""A status of KoboToolbox, in words."""
_SAME: Final = {"same": N_("the same person"), "not_same": N_("not the same person")}
_HOLDERS: Final = {
    "V": N_("vault passphrase"),
    "R": N_("recovery key on paper"),
    "O": N_("the organisation"),
}
"""Holder of a key of the vault -> how people call it."""
_STATES: Final = {
    "case.move": "case_state",
    "intervention.move": "intervention_status",
    "evidence.move": "evidence_state",
}
"""Op -> the list of its states ``was`` and ``to``."""


def told(
    op: str, said: Said, *, hidden: bool = False, whole: bool = False, sentence: str | None = None
) -> str:
    """Return what an event says, in words; the op itself when this dikalo does not know it.

    Args:
        op: of the event.
        said: its payload, as far as whoever reads it may.
        hidden: most of what it says is kept back from whoever reads; that is said instead.
        whole: for the organisation itself: also whose and from what to what. Never for a dossier.
        sentence: instead of that of the op.
    """
    if op not in TOLD:
        return op
    sentence = gettext(sentence or _special(op, said, hidden=hidden) or TOLD[op])
    values = _Words(op, said, "…" if hidden else "-")
    if op == MAKE and whole and said.get("said"):
        values["decision"] = _without_reason(said)
    words = [sentence.format_map(values), *_more(op, said, whole=whole)]
    if hidden and "…" in words[0]:
        words.append(gettext("a sealed case (C4): not shown here"))
    return ", ".join(words)


def _special(op: str, said: Said, *, hidden: bool) -> str | None:
    """Return the sentence of an event that says something else than most of its op."""
    if op == "worker.add" and said.get("active") is False:
        return _RETIRED
    if op == "case.urgency" and not said.get("urgency"):
        return _BY_RULES
    return _GONE_NOWHERE if op == GONE and not hidden and not said.get("other_case") else None


def proposed(decision: str, said: Said, seen: Said) -> str:
    """Return what a signature would do, in words: whose, what, for how long, from what to what, and why.

    Args:
        decision: op of what it would write.
        said: what was proposed; empty where whoever reads may not know.
        seen: what stood then.
    """
    more: dict[str, Any] = {"vital": True} if decision == "alert.refer" else {}
    if seen.get("confidentiality"):
        more["was"] = seen["confidentiality"]
    would = _WOULD.get(decision)
    return told(decision, {**said, **more} if said else {}, hidden=not said, whole=True, sentence=would)


def _without_reason(said: Said) -> str:
    """Return what a proposal in the log would do; why stands behind it."""
    inner = {name: value for name, value in said["said"].items() if name != "reason"}
    return proposed(said["decision"], inner, said.get("seen") or {})


def told_line(line: Said) -> str:
    """Return what a line of the log says, in words, with what is not needed any more because of it."""
    words = told(str(line["op"]), line["payload"], hidden=bool(line.get("hidden")), whole=True)
    kinds = line.get("not_needed")
    if not kinds:
        return words
    tasks = labels("task_kind", " ".join(kinds))
    return ", ".join((words, gettext("not needed any more: {tasks}").format(tasks=tasks)))


class _Words(dict[str, str]):
    """The values of a payload in words, found when the sentence asks for them."""

    def __init__(self, op: str, said: Said, unsaid: str) -> None:
        super().__init__()
        self._op, self._said, self._unsaid = op, said, unsaid

    def __missing__(self, name: str) -> str:
        value = in_words(self._said) if name == "message" else self._said.get(name)
        if value is None or value == "":
            return self._unsaid
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if name in {"was", "value"} and self._said.get("field") in _FIELDS:
            return label(_FIELDS[self._said["field"]], str(value))
        return _IN_WORDS.get((self._op, name), self._plain)(self._op, name, str(value))

    @staticmethod
    def _plain(op: str, name: str, value: str) -> str:
        if name in {"was", "to"}:
            return label(_STATES.get(op, ""), value)
        return label(_LISTS[name], value) if name in _LISTS else value


def _proposed(_op: str, _name: str, value: str) -> str:
    return told(value, {})


def _kind(_op: str, _name: str, value: str) -> str:
    return label("task_kind", value)


_IN_WORDS: Final[dict[tuple[str, str], Callable[[str, str, str], str]]] = {
    ("proposal.make", "decision"): _proposed,
    ("case.urgency", "rule"): lambda _op, _name, value: label("urgency", value),
    ("task.done", "kind"): _kind,
    ("task.open", "kind"): _kind,
    ("task.assign", "kind"): _kind,
    ("alert.contact_undo", "at"): lambda _op, _name, value: local(value),
    ("case.contact_undo", "at"): lambda _op, _name, value: local(value),
    ("server.reviewed", "review"): lambda _op, _name, value: gettext(_REVIEWS.get(value, value)),
    ("person.same", "decision"): lambda _op, _name, value: gettext(_SAME.get(value, value)),
    ("case.confidentiality", "confidentiality"): lambda _op, name, value: f"{value} ({label(name, value)})",
    ("vault.open", "holder"): lambda _op, _name, value: gettext(_HOLDERS.get(value, value)),
    ("worker.add", "roles"): lambda _op, _name, value: labels("worker_role", value),
}


def _more(op: str, said: Said, *, whole: bool) -> Iterator[str]:
    """Yield what stands behind the sentence: what it was before, why, who else agreed, by what road."""
    yield from changed(op, said) if whole else _outside(op, said)
    yield from _of_note(op, said)
    yield from _of_plan(op, said)
    for name in ("closure_reason", "suspend_reason", "into", "transferred_to"):
        if said.get(name) and op == "case.move":
            yield (
                label("closure_reason", said[name])
                if name.endswith("_reason")
                else gettext("to {where}").format(where=said[name])
            )
    if said.get("until") and op == "opening.allow":
        yield gettext("until {when}").format(when=local(str(said["until"])))
    if said.get("first"):
        yield gettext("proposed by {first}").format(first=said["first"])
    if said.get("second"):
        yield gettext("agreed by {second}").format(second=said["second"])
    reason = said.get("reason") or said.get("resolution") or said.get("why") or _inner(said)
    if reason:
        yield gettext("reason: {reason}").format(reason=reason)
    if isinstance(said.get("via"), Mapping):
        yield gettext("from a workbook")


def _outside(op: str, said: Said) -> Iterator[str]:
    """Yield what somebody outside is told of what a decision changed."""
    if said.get("was") and op == "case.assign":
        yield gettext("before: {owner}").format(owner=said["was"])
    if said.get("urgency") and op == "alert.triage":
        yield gettext("level set to {level}").format(level=label("urgency", said["urgency"]))


def _of_note(op: str, said: Said) -> Iterator[str]:
    """Yield what a note says, or that it was emptied, and what stood there: whoever may read the event may read the note."""
    if op == "intervention.set" and "work_note" in said.get("fields", ()):
        note = said["fields"]["work_note"]
        yield gettext('note: "{note}"').format(note=_one_line(note)) if note else gettext("note emptied")
    if op != "case.note":
        return
    if said.get("work_note"):
        yield gettext('text: "{note}"').format(note=_one_line(said["work_note"]))
    elif "work_note" in said:
        yield gettext("emptied")
    if said.get("was"):
        yield gettext('before: "{note}"').format(note=_one_line(said["was"]))


def _one_line(note: str) -> str:
    return " / ".join(note.splitlines())


def _of_plan(op: str, said: Said) -> Iterator[str]:
    """Yield that whoever confirmed an erasure had looked at the alert or case first."""
    if op == "retention.confirm" and said.get("reviewed"):
        yield gettext("looked at first (--reviewed)")


def _inner(said: Said) -> str:
    inner = said.get("said")
    return str(inner.get("reason") or "") if isinstance(inner, Mapping) else ""
