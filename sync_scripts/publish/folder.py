"""Lists into the folder that goes to phones by cable, stick or classroom: one folder a team when there are several.

Writes a file only when its bytes change. A list of everybody's cases that lay there before is emptied when teams come, and
that of a team when the settings name it no more, or there is one list for all again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from sync_scripts.errors import DikaloError
from sync_scripts.publish.audiences import Audience, OpenCase, Team, as_folder, leaving, staying
from sync_scripts.publish.lists import CASES, PROVIDERS, Done, Row, case_list, codes_in, content
from sync_scripts.store import durable

ListNotWritten: Final = DikaloError.declare(
    "DK-C40",
    "The list of open cases could not be written to the folder given for phones ({reason}). "
    "The list that was there is unchanged. Check the folder and its free space, then publish again.",
)


def audiences(teams: Sequence[Team], *, everywhere: bool) -> Mapping[str, Audience]:
    """Return who gets which folder: "" is the folder itself."""
    if everywhere or len(teams) < 2:
        return {"": Audience(tuple(teams), everywhere=everywhere)}
    return {"": Audience(()), **{one.name: Audience((one,)) for one in teams}}


def into_folder(
    folder: Path,
    cases: Iterable[OpenCase],
    providers: Sequence[Row] | None,
    to: Mapping[str, Audience],
    *,
    dry_run: bool,
) -> Done:
    """Write the lists for each of these audiences; a file that cannot be written keeps no other from it.

    `Done.failures` has `ListNotWritten` or `DiskFull` for each that the folder refused; the old lists are still there then.
    """
    known = list(cases)
    done = Done("", "folder")
    former = _former(folder, to, done)
    to = {**{name: Audience(()) for name in former}, **to}
    done.count_all(known, [one for one in to.values() if one.teams or one.everywhere])
    for name, audience in sorted(to.items()):
        files = {CASES: case_list(leaving(known, audience))}
        if providers is not None:
            files[PROVIDERS] = content(PROVIDERS, providers)
        for file, data in files.items():
            needed = bool(audience.teams) or audience.everywhere
            _note(folder, name, file, data, done, needed=needed, dry_run=dry_run)
    return done


def lessen(
    folder: Path, cases: Iterable[OpenCase], to: Mapping[str, Audience], *, zoned: bool, dry_run: bool
) -> Done:
    """Take from the lists that are there what must leave them, and let nothing come; fails as `into_folder` does.

    ``zoned``: it is known who works where; see `audiences.staying`. A team that the settings name no more is known to hold
    nothing. The list for all stays where some team's zone is not said: until it is, no team has a folder of its own to go by.
    """
    known = list(cases)
    done = Done("", "folder", less=True)
    former = _former(folder, to, done)
    for name, audience in sorted({**{name: Audience(()) for name in former}, **to}.items()):
        path = _path(folder, name, CASES)
        try:
            there = codes_in(path.read_bytes()) if path.is_file() else set()
        except OSError as problem:
            done.failures.append(ListNotWritten(reason=os.strerror(problem.errno or 0)))
            continue
        stay = staying(there, known, audience, zoned=zoned or name in former)
        if there - {one.code for one in stay}:
            _note(folder, name, CASES, case_list(stay), done, needed=False, dry_run=dry_run)
    return done


def holds(folder: Path) -> bool:
    """Tell whether a list lies in the folder of the phones' lists."""
    return (folder / CASES).is_file() or bool(_former(folder, (), Done("", "folder")))


def _former(folder: Path, to: Iterable[str], done: Done) -> list[str]:
    """Return the folders beside those of the teams that hold a list of ours; none, and a failure, when it cannot be read."""
    mine = {as_folder(name) for name in to if name}
    head = case_list(()).splitlines()[0]
    try:
        names = [one.name for one in folder.iterdir() if one.is_dir() and one.name == as_folder(one.name)]
        found = [name for name in sorted(names) if name not in mine]
        return [name for name in found if _heading(folder / name / CASES) == head]
    except FileNotFoundError:
        return []
    except OSError as problem:
        done.failures.append(ListNotWritten(reason=os.strerror(problem.errno or 0)))
        return []


def _heading(path: Path) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as stream:
        return stream.readline(1_000).rstrip(b"\r\n")


def _path(folder: Path, name: str, file: str) -> Path:
    return folder / as_folder(name) / file if name else folder / file


def _note(
    folder: Path, name: str, file: str, data: bytes, done: Done, *, needed: bool, dry_run: bool
) -> None:
    """Write one list and note it, or why it could not be written."""
    try:
        written = _write(_path(folder, name, file), data, needed=needed, dry_run=dry_run)
    except DikaloError as refused:
        done.failures.append(refused)
    else:
        done.deed("write", f"{name}/{file}" if name else file, int(written))


def _write(path: Path, data: bytes, *, needed: bool, dry_run: bool) -> bool:
    """Write a file if its bytes differ; one that nobody needs is emptied but not made."""
    try:
        changed = path.read_bytes() != data if path.is_file() else needed
        if changed and not dry_run:
            durable.make_folder(path.parent)
            durable.write_whole(path, data)
    except OSError as problem:
        raise ListNotWritten(reason=os.strerror(problem.errno or 0)) from None
    return changed
