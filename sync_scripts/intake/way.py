"""How a pull works: what its caller may choose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sync_scripts.clock import Clock, machine
from sync_scripts.intake.encryption.keyring import Keyring
from sync_scripts.intake.receive.file_choice import FILE_LIMIT
from sync_scripts.register.model.codes import DrawCode, draw

__all__ = ["Way"]


@dataclass(frozen=True, slots=True)
class Way:
    """How a pull works; the defaults are those of the product.

    Attributes:
        draw: gives codes to new alerts and cases.
        clock: gives the present moment.
        progress: is called with how many more submissions were looked at.
        files: is called with how many more files came.
        file_limit: bytes of one file.
        dry_run: decide and count, and write nothing.
        only: tags of the places to be read, whatever they look like, and no others; None = what may be new.
        keys: opens what came encrypted; None = the everyday keys of the register.
        take_clear: take what came in the clear although phones encrypt its form: a person knows where it is from.
        beside: another pull may go on: leave alone what lies in files and is not stored yet, for it may be what that one brings.
        together: store a page in one transaction, however long it is: all of it or nothing.
        between: is done once the answers of every source are here, before any files are asked for.
        turn: is done between two pages of answers, where nothing is half done: another source can be let go first.
        aside: the same before everything is compared, which can take long and must not be left in the middle.
    """

    draw: DrawCode = draw
    clock: Clock = machine
    progress: Callable[[int], None] = lambda _more: None
    files: Callable[[int], None] = lambda _more: None
    file_limit: int = FILE_LIMIT
    dry_run: bool = False
    only: frozenset[str] | None = None
    keys: Keyring | None = None
    take_clear: bool = False
    beside: bool = False
    together: bool = False
    between: Callable[[], None] = lambda: None
    turn: Callable[[], None] = lambda: None
    aside: Callable[[], None] = lambda: None
