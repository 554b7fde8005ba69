"""Several things asked for at once and handed over in their order; a failure takes nothing away that came whole.

On a poor line every pull is cut somewhere. What was on the way beside the one that failed is there already, or nearly:
thrown away, it would be asked for again at the next pull, and that one is cut, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

from sync_scripts.errors import NotAllowed, Unreachable

__all__ = ["in_order"]


class _OfRoot(Protocol):
    """What belongs to a submission; its root id is ``None`` where nothing says it."""

    @property
    def place(self) -> str: ...

    @property
    def root_id(self) -> str | None: ...


One = TypeVar("One", bound=_OfRoot)
Made = TypeVar("Made")


def in_order(do: Callable[[One], Made], every: Iterable[One], at_once: int) -> Iterator[Made]:
    """Yield what is made of each, in their order.

    When one of them ends it, those behind it that came whole are yielded first; but of no submission of which something
    before them is missing: a later version would seem to have come without the earlier one.

    Args:
        do: reads one; called in threads.
        every: what to read.
        at_once: how many on the way at once.

    Raises:
        NotAllowed, Unreachable: the first failure, once what came whole was yielded.
    """
    with ThreadPoolExecutor(at_once) as pool:
        made = [(one, pool.submit(do, one)) for one in every]
        try:
            for number, (one, future) in enumerate(made):
                try:
                    came = future.result()
                except (NotAllowed, Unreachable):
                    yield from _whole(one, made[number + 1 :])
                    raise
                yield came
        finally:
            for _one, future in made:
                future.cancel()


def _whole(failed: One, behind: Sequence[tuple[One, Future[Made]]]) -> Iterator[Made]:
    """Yield what came whole behind the one that failed; what was not begun is not begun any more."""
    missing = {_root(failed)}
    on_the_way = [(one, future) for one, future in behind if not future.cancel()]
    for one, future in on_the_way:
        if isinstance(future.exception(), NotAllowed | Unreachable):
            missing.add(_root(one))
        elif _root(one) not in missing:
            yield future.result()


def _root(one: _OfRoot) -> str:
    return one.root_id or one.place
