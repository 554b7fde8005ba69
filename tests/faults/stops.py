"""What a kill before each step of a deed would leave, taken from one run instead of one run a kill.

The deed is done in a child that stands still before every step, while its workspace is copied from outside. A killed
process takes nothing back of what it gave to the system, and what it had not given yet is not in the copy either: so the
copy is what the kill would have left. Where not one byte moved since the step before (a statement inside a transaction
stays in memory), the state is the one that was looked at already: it counts as a step and is not finished twice.

That a copy is what a real kill leaves is held by ``test_kills``; the real kills at chosen steps stay in ``harness``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.harness import Bench, NotReached, be_the_child

_THERE: Final = b"t"
_REBUILT: Final = "-shm"
"""An index in shared memory that whoever opens the database first makes anew."""
_MARK: Final = "-writes-"
"""In the name of the empty file by which a process shows that it writes; another name in each process."""


@dataclass(frozen=True)
class Stops:
    """The states of one run.

    Attributes:
        names: of all steps, in their order.
        states: numbers of the steps before which something on the disk had moved, each with its copy.
    """

    names: list[str]
    states: dict[int, Path]


def stops(made: Bench, place: Path) -> Stops:
    """Do the deed once and keep what a kill before each step would leave.

    Args:
        made: the case.
        place: an empty folder for the copies.

    Raises:
        NotReached: the deed did not end well.
    """
    found = Stops([], {})
    with made.copy() as folder:
        last = b""
        for number, name in enumerate(_standing(made, folder)):
            found.names.append(name)
            now = _bytes_of(folder / "w")
            if now != last:
                found.states[number] = shutil.copytree(folder, place / str(number))
            last = now
    return found


def survives_every_step(made: Bench, place: Path, finish: Callable[[Path], None]) -> Stops:
    """Let every state be finished by another run, which must come to what an undisturbed one comes to.

    Args:
        made: the case.
        place: an empty folder for the copies.
        finish: does the deed again in a folder and checks everything, as `Bench.finish` does.
    """
    found = stops(made, place)
    for folder in found.states.values():
        finish(folder)
        shutil.rmtree(folder)
    return found


def _standing(made: Bench, folder: Path) -> Iterator[str]:
    """Yield the name of each step while the deed stands before it."""
    ear, mouth = os.pipe()
    wait, go_on = os.pipe()

    def stand(name: str) -> None:
        os.write(mouth, bytes([len(name)]) + name.encode())
        os.read(wait, 1)

    child = os.fork()
    if child == 0:
        os.close(ear)
        os.close(go_on)
        be_the_child(made, folder, stand)
    os.close(mouth)
    os.close(wait)
    try:
        while length := os.read(ear, 1):
            yield os.read(ear, length[0]).decode()
            os.write(go_on, _THERE)
    finally:
        os.close(go_on)
        os.close(ear)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended != 0:
        raise NotReached(ended)


def _bytes_of(root: Path) -> bytes:
    """Return a digest of every name and every byte below a folder."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if not path.name.endswith(_REBUILT) and _MARK not in path.name:
            content = path.read_bytes() if path.is_file() else b""
            digest.update(f"{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    return digest.digest()
