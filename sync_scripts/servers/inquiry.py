"""How a server is asked: for which forms, for how much at once, and what it means when one address fails or a list goes in circles.

A server may fail for good at one submission, one of thousands, and answer everything else: its database lost a page, a proxy forbids
a path, an id is too long for it. Such a submission must not keep the others away; what a server no longer has of one submission is a
matter of that submission, never of the whole pull. Asks nothing by itself.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, TypeVar
from urllib.parse import quote

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.servers.base import FileGone
from sync_scripts.servers.http import errors
from sync_scripts.servers.http.patience import hurried


def among(wanted: Sequence[str], beside: Iterable[str], there: Sequence[str]) -> list[str]:
    """Return the forms to pull: those wanted (none = all), and of those beside them what the server has.

    >>> among(("alert",), ("alert_nord", "alert_sud"), ["alert", "alert_nord", "essai"])
    ['alert', 'alert_nord']
    """
    if not wanted:
        return list(there)
    return list(dict.fromkeys((*wanted, *(form for form in beside if form in there))))


def in_order(forms: Sequence[str], worth: Callable[[str], int | None]) -> tuple[list[str], bool]:
    """Return the forms that are worth asking for, the lowest number first, and whether none is left out.

    >>> in_order(["case", "alert", "closure"], {"alert": 0, "case": 1}.get)
    (['alert', 'case'], False)
    """
    found = sorted((number, place) for place, form in enumerate(forms) if (number := worth(form)) is not None)
    return [forms[place] for _number, place in found], len(found) == len(forms)


def unseen(
    wanted: Sequence[str], beside: Iterable[str], known: AbstractSet[str], there: Collection[str]
) -> list[str]:
    """Return the forms that were pulled once, that the settings still ask for, and that the server does not show.

    One that is named is pulled whether the server shows it or not, and says itself what is wrong.

    >>> unseen((), (), {"alert", "essai"}, ["alert"]), unseen(("alert",), ("sud",), {"essai", "sud"}, ["alert"])
    (['essai'], ['sud'])
    """
    asked = known & set(beside) if wanted else set(known)
    return sorted(asked - {*wanted, *there})


ROOTS_AT_ONCE = 80
"""Submissions named in one question: 5 kB of URL with the ids that phones give."""
ROOTS_BYTES = 8_000
"""Bytes of their ids in a URL, with what stands around each; servers refuse a URL of 16 kB."""
_AROUND = 40
"""Bytes that a question puts around an id."""


def borne(root: str) -> bool:
    """Tell whether a URL bears an id."""
    return _bytes(root) <= ROOTS_BYTES


def _bytes(root: str) -> int:
    return len(quote(root, safe="")) + _AROUND


def batches(wanted: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Yield (form, roots) of submissions named by form and root, as many at once as a URL bears.

    An id that no URL bears is left out: a phone may give any, and the others must be asked for.
    """
    by_form: dict[str, list[str]] = {}
    for form, root in wanted:
        by_form.setdefault(form, []).append(root)
    for form, roots in by_form.items():
        batch: list[str] = []
        size = 0
        for root in roots:
            if not borne(root):
                continue
            more = _bytes(root)
            if batch and (len(batch) == ROOTS_AT_ONCE or size + more > ROOTS_BYTES):
                yield form, batch
                batch, size = [], 0
            batch.append(root)
            size += more
        if batch:
            yield form, batch


LEAST: Final = 10
"""Rows; a server that cannot show so few in time is out of order. Each halving may have cost a minute of waiting."""

_T = TypeVar("_T")


@dataclass(slots=True)
class Amount:
    """Rows of one page of one form.

    Attributes:
        rows: asked for at once; less after each 504, for all pages that follow.
        least: where it ends.
    """

    rows: int
    least: int = LEAST

    def of(self, ask: Callable[[int], _T]) -> _T:
        """Return what is answered when so many rows are asked for, or fewer. Raises what ``ask`` raises."""
        while True:
            try:
                return ask(self.rows)
            except errors.ServerDown as failure:
                if failure.status != 504 or self.rows <= self.least:
                    raise
                self.rows = max(self.rows // 2, self.least)


def halves(failure: object, named: Sequence[_T]) -> tuple[Sequence[_T], ...]:
    """Return what to ask for instead, after a failure, of things that were asked for by name: none unless they were too many.

    >>> from sync_scripts.servers.http.errors import ServerDown
    >>> halves(ServerDown(server="x", status=504), [1, 2, 3]), halves(ServerDown(server="x", status=500), [1, 2])
    (([1], [2, 3]), ())
    """
    if not isinstance(failure, errors.ServerDown) or failure.status != 504 or len(named) < 2:
        return ()
    middle = len(named) // 2
    return named[:middle], named[middle:]


CursorRepeated: Final = Unreachable.declare(
    "DK-I51",
    "The server {server} sends the same page of the form {form} again and again. What came is stored. Run the "
    "command again later; if it happens twice, tell the administrator of the server.",
)


def too_many(seen: int, count: int) -> bool:
    """Tell whether so many rows came, of so many counted at first, that pages must be repeating.

    Rows may come or be edited while a list is read, so some more than counted are no circle; twice as many and a
    thousand are. A server that counts nothing says nothing.

    >>> too_many(10_500, 10_000), too_many(21_001, 10_000), too_many(50_000, 0)
    (False, True, False)
    """
    return count > 0 and seen > 2 * count + 1_000


@contextmanager
def gone_by_now() -> Iterator[None]:
    """Say that a file is gone, instead of "not there" about the server: deleted since it was listed, or lost there.

    Raises:
        FileGone: looked for again at the next pull, while everything else goes on.
    """
    try:
        yield
    except errors.NotThere:
        raise FileGone(errno=errno.ENOENT) from None


IN_A_ROW: Final = 20
"""Addresses that may fail one after the other, each with all its tries; those that follow have one try each."""
MOST_IN_A_ROW: Final = 200
"""Addresses that may fail one after the other before nothing more of their kind is asked for in this run."""
SLOW_IN_A_ROW: Final = 3
"""The same where each of them let us wait until the end: five minutes the first one, a minute each that follows."""
_ITS_WORD: Final = (errors.NotThere, errors.TooLarge)
"""What says something of the thing itself."""
_OF_ONE: Final = (
    errors.AnswerCut,
    errors.JsonBroken,
    errors.NoRight,
    errors.PageForPeople,
    errors.Redirected,
    errors.Refused,
    errors.ServerDown,
    errors.ShapeUnknown,
    errors.TimedOut,
)
"""What may be said of one address; that there is no connection, no protection or no login is said of the server."""


@dataclass(slots=True)
class Addresses:
    """How addresses of one kind do in one run; threads may share it.

    A server that answers something else right then is not down, however many of them fail.

    Attributes:
        alive: asks the server for something else, and raises when it does not answer that either.
        bounded: whether there may be more of them than anybody would wait for.
        code: of the last failure, "" = none failed.
    """

    alive: Callable[[], object]
    bounded: bool = True
    code: str = ""
    _failed: int = 0
    _slow: int = 0
    _lock: Lock = field(default_factory=Lock)

    @property
    def enough(self) -> bool:
        """Tell whether so many failed in a row that the others wait for the next run."""
        return self._slow >= SLOW_IN_A_ROW or (self.bounded and self._failed >= MOST_IN_A_ROW)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Let what is asked meanwhile have one try, where many failed before it."""
        with hurried() if self._slow or self._failed >= IN_A_ROW else nullcontext():
            yield

    def answered(self) -> None:
        """Note that an address handed over what it was asked for."""
        with self._lock:
            self._failed = self._slow = 0

    def aside(self, failure: NotAllowed | Unreachable) -> str:
        """Return the code of an error of one address, which failed after all its tries.

        Raises:
            NotAllowed, Unreachable: it is one of the server as a whole: what `alive` raises, else the error itself.
        """
        if isinstance(failure, _ITS_WORD):
            return failure.code
        if not isinstance(failure, _OF_ONE):
            raise failure
        self.alive()
        with self._lock:
            self._failed += 1
            self._slow += isinstance(failure, errors.TimedOut)
            self.code = failure.code
        return failure.code
