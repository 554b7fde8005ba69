"""Beginnings that many tests share: played once a process, and laid as they were for every other test that begins the same."""

from __future__ import annotations

import functools
import inspect
import uuid
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from sqlalchemy import select

from sync_scripts.config import NotifySettings
from sync_scripts.store.database import Register
from sync_scripts.store.schema.raw import event, form_version, submission
from tests.register.field import Field
from tests.store.databases import copy_database, drop_database

More = ParamSpec("More")
Made = TypeVar("Made")


class Beginning(NamedTuple):
    """What a register held after it, bytes of a file or the name of a database; and what its field knew then."""

    content: bytes | str
    now: datetime
    drawn: Mapping[str, int]
    arrived: int
    destinations: tuple[NotifySettings, ...]
    around: Callable[[Field], Any]


_beginnings: dict[str, dict[Hashable, Beginning]] = {"sqlite": {}, "postgresql": {}}
_MOST = 16
"""So many of them are kept for each database; the tests of one module follow each other."""


def played_once(
    play: Callable[Concatenate[Register, More], Made],
) -> Callable[Concatenate[Register, More], Made]:
    """Make of a function that plays a beginning one that plays it once; the same again takes a fraction of the time.

    It returns a field, or what is made of a field alone; what it writes depends on its arguments and on nothing else. In a
    register that holds something already it is played.
    """
    signature = inspect.signature(play)

    @functools.wraps(play)
    def begun(*words: Any, **more: Any) -> Any:
        given = signature.bind(*words, **more)
        given.apply_defaults()
        register, *others = given.arguments.values()
        if _used(register):
            return play(*words, **more)
        known = _beginnings[register.dialect]
        key = (play, register.workspace_id, register.match_key, register.destinations, *others)
        if key in known:
            known[key] = known.pop(key)  # the last to be forgotten
            return _laid(register, known[key])
        made = play(*words, **more)
        known[key] = _kept(register, made)
        if len(known) > _MOST:
            _forget(register, known.pop(next(iter(known))))
        return made

    return begun


def _used(register: Register) -> bool:
    """Tell whether anything was written into a register."""
    with register.reading() as rows:
        return any(
            rows.execute(select(table).limit(1)).first() for table in (event, submission, form_version)
        )


def _kept(register: Register, made: Any) -> Beginning:
    field: Field = made if isinstance(made, Field) else made.field
    around = (lambda laid: laid) if isinstance(made, Field) else type(made)
    return Beginning(
        _content(register), field.now, dict(field.drawn), field.arrived, register.destinations, around
    )


def _content(register: Register) -> bytes | str:
    register.engine.dispose()
    file: Path | None = register.engine.get_execution_options().get("dikalo_file")
    if file is None:
        kept = f"begun_{uuid.uuid4().hex}"  # one beginning may be part of another
        copy_database(register.engine, str(register.engine.url.database), kept)
        return kept
    assert not file.with_name(f"{file.name}-wal").exists(), "what the file holds is not all of it"
    return file.read_bytes()


def _laid(register: Register, begun: Beginning) -> Any:
    register.engine.dispose()
    if isinstance(begun.content, str):
        copy_database(register.engine, begun.content, str(register.engine.url.database))
    else:
        register.engine.get_execution_options()["dikalo_file"].write_bytes(begun.content)
    register.destinations = begun.destinations
    return begun.around(Field(register, begun.now, dict(begun.drawn), begun.arrived))


def _forget(register: Register, begun: Beginning) -> None:
    if isinstance(begun.content, str):
        drop_database(register.engine, begun.content)
