"""The words for what an import says: outcomes, reasons, columns and values, in the language of the run. Holds no data."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from gettext import gettext as _
from typing import Any, Final

import msgspec

from sync_scripts.errors import N_
from sync_scripts.followup.cell_reader import labels_in
from sync_scripts.followup.columns import Column, Lang, sheets
from sync_scripts.followup.inbound.conflicts import ROW, Conflict
from sync_scripts.followup.inbound.values import Decision, Item, Outcome, Value
from sync_scripts.followup.outbound.content import DOUALA
from sync_scripts.store.detectors import hits

_OUTCOMES: Final = {
    Outcome.APPLY: N_("to write"),
    Outcome.NEW: N_("new row"),
    Outcome.SAME: N_("same already"),
    Outcome.CONFLICT: N_("CONFLICT"),
    Outcome.ERASE: N_("emptied"),
    Outcome.SEAL: N_("sealed"),
    Outcome.WARNING: N_("to be confirmed"),
    Outcome.LOCKED_EDIT: N_("not read"),
    Outcome.MISSING_ROW: N_("row not there"),
    Outcome.UNKNOWN_ROW: N_("UNKNOWN ROW"),
    Outcome.REFUSED: N_("REFUSED"),
    Outcome.GONE: N_("GONE"),
    Outcome.ERROR: N_("ERROR"),
}

_WHY: Final = {
    "formula": N_("a formula: write the value itself"),
    "excel_error": N_("an error of the spreadsheet (such as #REF): write the value"),
    "not_in_list": N_("not in the list of this column: choose it from the list of the cell"),
    "yes_no": N_("the spreadsheet took it for true or false: write it in other words"),
    "unreadable_date": N_("no date between 2015 and 2035: write DD/MM/YYYY"),
    "time_of_day": N_("a date with a time of day: write the day alone"),
    "too_long": N_("more than 1,000 characters: shorten it"),
    "phone": N_("looks like a phone number"),
    "coordinates": N_("looks like the coordinates of a place"),
    "name": N_("holds a known name"),
    "day_and_month": N_("far off: are day and month exchanged?"),
    "not_here": N_("does not work here (any more): choose somebody else"),
    "outside_scope": N_(
        "only the coordination puts others in charge: choose yourself or somebody of the coordination, or let them import it"
    ),
    "locked": N_("this column comes from the register and is not read back"),
    "withheld": N_(
        "this case shows five columns only, and takes no others: write it with dikalo cases note CODE TEXT"
    ),
    "closure_reason_missing": N_("this state needs a reason in the column of closure reasons"),
    "closure_state_missing": N_("a closure reason goes with a change of state"),
    "done_state_missing": N_('a day on which it was done needs the status "done"'),
    "done_in_future": N_("done on a day to come"),
    "sent_in_future": N_(
        "sent on a day to come: leave it empty as long as nobody was asked, and the referral is planned"
    ),
    "lowered_without_note": N_("urgency is lowered only with a new note that says why"),
    "note_held": N_("waits for the note, which gives its reason"),
    "note_sealed": N_(
        "its reason is the note of the row, which is to be sealed: write a note there that identifies nobody"
    ),
    "moved_to_other_case": N_("a row stays with its case: fill in a blank row instead"),
    "row_incomplete": N_("a new row needs this"),
    "no_id": N_("cases are not opened here"),
    "copied": N_("the same row twice, saying different things: neither is taken"),
    "other_code": N_(
        "shows another case than the one this row went out for: nothing of it is taken. Put its cells back beside their own case, or export anew"
    ),
    "not_exported": N_("this row was not handed out with this workbook"),
    "other_export": N_("this row comes from another workbook"),
    "row_gone": N_("no longer in the register"),
    "not_asked_now": N_("the register no longer asks this"),
    "moved_meanwhile": N_("the register changed since: the question is asked anew"),
    "says_it_now": N_(
        "the register has come to say what the file said: nothing is left to ask, and the choice was not taken"
    ),
    "register_kept": N_("what the register says stays, which settles the question"),
    "case_unknown": N_("no case has this code here: nothing from this row is imported; correct the code"),
    "no_owner": N_("no one is named for this action: the case owner gets the reminder"),
    "no_owner_at_all": N_(
        "no one is named for this action, and the case has no owner: no one gets a reminder"
    ),
    "row_withdrawn": N_(
        "consent was withdrawn or refused in this case meanwhile: nothing of the row is taken"
    ),
    "case_left": N_("the case was closed, merged or handed over meanwhile"),
    "case_closed": N_(
        "the case was closed meanwhile: what still counts waits until it is reopened (dikalo cases move CODE reopened)"
    ),
    "case_merged": N_(
        "the case was merged meanwhile: write it in the one where the work goes on (dikalo cases show CODE names that one)"
    ),
    "case_handed_over": N_("the case was handed over meanwhile: who has it now has to know"),
    "equal_rows": N_("the same new row twice: is it one or two?"),
    "taken_before": N_(
        "this blank row was taken before and said something else: accept it if it is another one; to correct the first, write in its own row"
    ),
    "under_way": N_(
        "this provider gives that service in the case already, and it is not over: write in its own row, or accept a second one"
    ),
    "refused_move": N_("the register refuses it"),
    "day_passed": N_(
        "the day passed before the workbook came back: this cell alone is not taken; give a day to come in a new workbook"
    ),
    "review_passed": N_(
        "the day of its review passed before the workbook came back: the case is not suspended; suspend it with a day to come, if it "
        "still should be (dikalo cases move CODE suspended, or a new workbook)"
    ),
    "no_base": N_("what the workbook said is no longer known"),
    "no_base_not_here": N_(
        "what the workbook said is no longer known, and you cannot make this person the owner: they may no longer work here"
    ),
    "choice_missing": N_('choose "Other" beside the value'),
    "other_missing": N_("write the other value beside"),
    "both_for_notes": N_("both can be kept of two notes only"),
    "in_file_alone": N_(
        "what it says stands in its file alone: choose Register to let it go, or take it from that file with --accept"
    ),
    "needed": N_("this cannot be emptied"),
    "row_whole": N_("a new row is taken as it is, or not at all: Register or File"),
    "service_stays": N_("the service of a row stays: end this one and fill in a blank row"),
}

_OPTIONS: Final = ("--because", "--reason", "--review", "--emergency")
"""What the register asks for when a command was refused; in a workbook there are columns in their place."""
_IN_COLUMNS: Final = N_(
    "In the workbook --because is the closure reason of the row, --reason its note, --review its next due date; for "
    "anything else: dikalo cases move CODE STATE."
)

_SHEETS: Final = {one.marker: one for one in sheets("T3")}


def outcome(decision: Decision, status: str = "preview") -> str:
    """Return the word for what becomes of a cell, became of it when the file was applied, or would but for an error."""
    if decision.outcome is Outcome.APPLY and status in {"applied", "blocked"}:
        return _("written") if status == "applied" else _("would be written")
    return _(_OUTCOMES[decision.outcome])


def why(decision: Decision, words: str = "") -> str:
    """Return the reason in words, with the labels that are nearest; ``words`` is what the register said itself."""
    told = words or (_(_WHY[decision.why]) if decision.why else "")
    if any(option in words for option in _OPTIONS):
        told = f"{told} {_(_IN_COLUMNS)}"
    if decision.nearest:
        told = _("{reason}; nearest: {labels}").format(reason=told, labels=", ".join(decision.nearest))
    return told


def remark(item: Item, lang: Lang) -> str:
    """Return the reason of one line, and what the register says then where that stands on neither side.

    Of a choice that came too late: what the register said, and what it says now.
    """
    stands = settled_value(item)
    if stands is not None:
        words = shown(item.sheet, item.key, stands, lang)
        return _('it then says: "{value}"').format(value=" / ".join(words.splitlines()))
    if item.decision.why != "moved_meanwhile":
        return why(item.decision, item.words)
    was, now = (
        shown(item.sheet, item.key, value, lang) or _("(empty)") for value in (item.was, item.register)
    )
    return _("the register changed since ({was} -> {now}): the question is asked anew").format(
        was=was, now=now
    )


def settled_value(item: Item) -> Value:
    """Return what a settled question puts into the register when that is on neither side: both notes, or another value."""
    settled = item.decision.outcome is Outcome.APPLY and item.key not in {"", ROW}
    return item.decision.value if settled and item.decision.value != item.file else None


def where_held(one: Conflict, *, leaving: bool = False) -> str:
    """Return where the text or row of a question stands that is in its file alone.

    Args:
        one: the question.
        leaving: it goes into a workbook, where a name that looks like a telephone number may not stand.
    """
    plain = not leaving or next(hits(one.file_name), None) is None
    return _("held in {file}: {cell}").format(file=one.file_name if plain else one.file_mark, cell=one.cell)


def held_elsewhere(one: Conflict) -> dict[str, Any]:
    """Return a place that another file holds, as programs read it."""
    return {
        "file": one.file_name,
        "cell": one.cell,
        "kind": one.kind,
        "case": one.case_code,
        "field": None if one.field == ROW else one.field,
        "raised_by": one.raised_by,
        "raised_at": one.raised_at,
    }


def when(who: str, at: str) -> str:
    """Return who did something, and when in Africa/Douala."""
    return f"{who} · {datetime.fromisoformat(at).astimezone(DOUALA):%d/%m %H:%M}"


def _column(sheet: str, key: str) -> Column | None:
    spec = _SHEETS.get(sheet)
    return next((one for one in spec.columns if one.key == key), None) if spec else None


def column_name(sheet: str, key: str, lang: Lang) -> str:
    """Return the visible name of a column; the key of one that we did not make."""
    if key == ROW:
        return _("(new row)")
    column = _column(sheet, key)
    if column is None:
        return key
    return (column.fr if lang == "fr" else column.en).format(day="").strip()


def locked_name(key: str, lang: Lang) -> str:
    """Return the visible name of a column that nobody writes in, on whatever sheet it is."""
    found = (column_name(sheet, key, lang) for sheet in _SHEETS if _column(sheet, key) is not None)
    return next(found, key)


@cache
def _labels(lang: Lang) -> dict[str, dict[str, str]]:
    return labels_in(lang)


def shown(sheet: str, key: str, value: Value, lang: Lang) -> str:
    """Return what a person reads for a value; of a whole row for all its cells, one after the other."""
    if value is None:
        return ""
    if key in {"", ROW}:
        said = msgspec.json.decode(value, type=dict[str, str | None])
        spec = _SHEETS.get(sheet)
        order = [one.key for one in spec.columns] if spec else []
        known = sorted(said, key=lambda name: order.index(name) if name in order else len(order))
        return " · ".join(shown(sheet, name, said[name], lang) for name in known if said[name] is not None)
    column = _column(sheet, key)
    if column is not None and column.kind == "date" and len(value) == 10:
        year, month, day = value.split("-")
        return f"{day}/{month}/{year}"
    return _labels(lang).get(column.choices, {}).get(value, value) if column is not None else value


def document(item: Item, lang: Lang) -> dict[str, Any]:
    """Return one line as programs read it."""
    return {
        "decision": str(item.decision.outcome),
        "rule": item.decision.rule,
        "why": item.decision.why or None,
        "message": remark(item, lang) or None,
        "sheet": item.sheet.removeprefix("dk:"),
        "title": item.title,
        "cell": item.cell,
        "case": item.case,
        "field": item.key or None,
        "base": item.base,
        "register": item.register,
        "file": item.file,
        "settled": settled_value(item),
    }
