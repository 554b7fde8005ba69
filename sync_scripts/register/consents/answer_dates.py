"""Whether a yes is a person's last word: an older one, typed in late, lifts no later no and widens no later yes. Reads only.

A sheet of paper may lie in a bag for months. What a no says counts from when the register heard of it, a yes from the day of its
talk, as where two records are one person (`talks`): what comes out wrong then is that somebody is asked once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from sync_scripts.register.consents.errors import AnswerOutlived, AnswerRunOut
from sync_scripts.register.consents.other_records import Cases, records_with
from sync_scripts.register.consents.talks import says_no
from sync_scripts.register.forms.answers import GIVEN, Consent
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows

__all__ = ["require_last_word", "require_stands"]


def require_last_word(
    rows: Rows,
    person: tuple[str, str, str],
    made: Iterable[Consent],
    stands: Mapping[str, Consent],
    today: date,
) -> None:
    """Let the answers of a talk pass that may be written down by its day. A no always may, and counts from now on.

    Args:
        rows: the register.
        person: code of the case, uid, pseudonym.
        made: the answers; each yes with the day of the talk.
        stands: what stands of hers, by purpose.
        today: the local day.

    Raises:
        AnswerRunOut: a yes of that day has run out by now.
        AnswerOutlived: she said no later, or something else.
    """
    code, uid, pseudonym = person
    noes: Mapping[str, str] | None = None
    for one in (one for one in made if one.state in GIVEN):
        on, until = date.fromisoformat(one.given_at or ""), one.expires_at or ""
        before = stands.get(one.purpose)
        if before is not None and says_no(before):
            noes = noes if noes is not None else _noes(rows, code, uid)
            at = noes.get(one.purpose)
            # never later than today: what is held here was heard, also of a server whose clock is ahead
            last = min(local_day(moment(at), load()), today) if at else today
        elif before is not None and before.given_at:
            last = min(date.fromisoformat(before.given_at), today)
        else:
            last = date.min
        if on < last:
            raise AnswerOutlived(
                case=code,
                person=pseudonym,
                purpose=one.purpose,
                day=last.isoformat(),
                on=on.isoformat(),
                no=before is not None and before.state not in GIVEN,
            )
        if until <= today.isoformat():
            raise AnswerRunOut(person=pseudonym, purpose=one.purpose, on=on.isoformat(), until=until)


def require_stands(
    rows: Rows,
    person: tuple[str, str, str],
    made: Iterable[Consent],
    stands: Mapping[str, Consent],
    today: date,
) -> None:
    """Let answers pass that stand once they are written down: nothing is called given that a later no keeps down.

    Raises:
        AnswerOutlived: one of them does not; it names the day of the no.
    """
    code, uid, pseudonym = person
    for one in (one for one in made if one.state in GIVEN):
        now = stands.get(one.purpose)
        if now is None or now.state not in GIVEN or now.withdrawn_at is not None:
            at, on = _noes(rows, code, uid).get(one.purpose), one.given_at or ""
            day = (min(local_day(moment(at), load()), today) if at else today).isoformat()
            raise AnswerOutlived(case=code, person=pseudonym, purpose=one.purpose, day=day, on=on, no=True)


def _noes(rows: Rows, code: str, uid: str) -> Mapping[str, str]:
    """Return when a person last refused, by purpose, in every record of her in the case and in those merged with it."""
    return Cases(rows).last_refused(code, uid, {case for case, _uid in records_with(rows, code, uid)})
