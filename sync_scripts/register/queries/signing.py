"""What a second person reads before signing, in words: what is proposed, by whom, and who gave each of the two their passphrase."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import gettext, ngettext
from typing import Final

from sync_scripts.errors import N_
from sync_scripts.register.case_decisions.cautions import ToSign
from sync_scripts.register.decisions.authority import KeyGiven
from sync_scripts.register.queries.event_words import proposed
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.ruleset import local


def to_sign_lines(found: ToSign, *, demo: bool = False) -> Iterator[str]:
    """Yield what is proposed, of what, by whom, who gave each of the two their passphrase, and their accounts."""
    closes = found.decision == "case.move"
    reason = gettext("closure: {reason}").format(
        reason=label("closure_reason", found.said.get("closure_reason"))
    )
    states = "case_state" if found.what.startswith("DK") else "alert_state"
    yield gettext("{code} ({state}, {level}): {what}.").format(
        code=found.what,
        state=label(states, found.state),
        level=label("urgency", found.urgency),
        what=reason if closes else proposed(found.decision, found.said, found.seen).removesuffix("."),
    )
    if closes and found.said.get("retention_class"):
        yield gettext("Once closed it is kept as: {kept}.").format(
            kept=label("retention_class", found.said["retention_class"])
        )
    if found.highest not in {None, found.urgency}:
        yield gettext("The highest level it ever had: {level}.").format(level=label("urgency", found.highest))
    for one in found.others:
        yield gettext(
            "A phone asks for it for another reason, and that stays undecided: {reason} ({when})."
        ).format(reason=label("closure_reason", one["reason"]), when=local(one["at"]))
    for case, tasks in found.merged.items():
        yield ngettext(
            "Merged into it: {case}, with {n} critical task open.",
            "Merged into it: {case}, with {n} critical tasks open.",
            tasks,
        ).format(case=case, n=tasks)
    for came in found.came:
        before = found.at is not None and came.at <= found.at
        sentence = (
            gettext(
                "Read here after the closure was asked for, though a server had it before ({when}): {what}."
            )
            if before
            else gettext("Came after the closure was asked for ({when}): {what}.")
        )
        yield sentence.format(when=local(came.at), what=gettext(_CAME[came.what]).format(code=came.code))
    if found.first:
        yield gettext("Proposed by {first} on {when}.").format(first=found.first, when=local(found.at))
    if demo:
        yield gettext("The passphrases of a demonstration are published, so a signature proves nobody here.")
    else:
        yield from dict.fromkeys(map(_vouched, found.keys))  # one line for somebody who would sign alone
    if found.accounts:
        first, own = found.accounts
        yield gettext("Accounts of the database: proposed through {first}, signed through {own}.").format(
            first=first or gettext("an unknown one"), own=own
        )


_CAME: Final = {
    "alert": N_("the alert {code}"),
    "interview": N_("an interview"),
    "risk_up": N_("a visit that reports a growing risk"),
    "merged": N_("the case {code}, merged into it"),
}
"""What came to a case, in words."""


def _vouched(key: KeyGiven) -> str:
    """Return who gave a worker their passphrase, and when."""
    if key.by is None:
        return gettext(
            "{worker}: passphrase made with the workspace, never changed since. To change it: dikalo keys passphrase"
        ).format(worker=key.worker)
    if key.also:
        return gettext(
            "{worker}: passphrase of {when}; before that {givers} had replaced the one that {worker} had."
        ).format(worker=key.worker, when=local(key.at), givers=", ".join(sorted(key.also)))
    if key.own:
        return gettext("{worker}: passphrase set by themselves on {when}.").format(
            worker=key.worker, when=local(key.at)
        )
    return gettext("{worker}: passphrase given by {giver} on {when}.").format(
        worker=key.worker, giver=key.by, when=local(key.at)
    )
