"""Find sealed answers of the samples anywhere they must not be: in clear, hex, base64, reversed, or UTF-16."""

from __future__ import annotations

import base64
import io
import threading
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sync_scripts.demo.samples import XML, index, samples_root, shift
from sync_scripts.intake.errors import Refused
from sync_scripts.intake.receive.answers import read
from sync_scripts.register.forms.answers import Tree
from sync_scripts.register.forms.formmap import FormMap, form_map
from xlsform.columns import METADATA
from xlsform.pack import forms, list_names, shared_choices
from xlsform.workbooks.workbook import read as read_workbook

SHORTEST = 8


def form_maps() -> dict[str, FormMap]:
    """Return the map of each shipped form."""
    return {
        form.form_id: form_map(read_workbook(form.workbook.read_bytes(), file=form.workbook.name).form)
        for form in forms()
    }


def _labels() -> set[str]:
    found = set()
    for name in list_names():
        for choice in shared_choices(name, ("fr", "en")):
            found |= {choice.name, *choice.labels.values()}
    return found


def _sealed(tree: Tree, levels: dict[tuple[str, ...], int], path: tuple[str, ...] = ()) -> Iterator[str]:
    for node in tree:
        here = (*path, node.name)
        if isinstance(node.value, tuple):
            yield from _sealed(node.value, levels, here)
        elif isinstance(node.value, str) and levels.get(here, 3) >= 3:
            yield node.value


def canaries(days: int) -> frozenset[str]:
    """Return every sealed answer of the samples, moved by ``days``, of 8 bytes or more, that is no label of a list."""
    maps, found = form_maps(), set[str]()
    for sample in index():
        try:
            answers = read(shift((samples_root() / sample.name / XML).read_bytes(), days))
        except Refused:
            continue
        asked_for = maps[answers.submission.stamp].questions
        noted = {asked.path[-1:]: asked.level for asked in asked_for if asked.type in METADATA}
        levels = noted | {asked.path: asked.level for asked in asked_for}
        found |= set(_sealed(answers.tree, levels))
    return frozenset(text for text in found - _labels() if len(text.encode()) >= SHORTEST)


def disguises(text: str) -> Iterator[bytes]:
    """Yield the ways in which a text could lie around."""
    plain = text.encode()
    yield plain
    yield plain[::-1]
    yield text[::-1].encode()
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")
    for offset in range(3):  # base64 of a text depends on where in its surroundings it begins
        whole = base64.b64encode(b"\0" * offset + plain)
        inner = whole[offset and 4 : len(whole) - 4]
        if len(inner) >= SHORTEST:
            yield inner
    yield text.encode("unicode_escape")


class Net:
    """All disguises of all canaries, ready to be searched for."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Prepare the disguises once."""
        self.needles = {needle: text for text in texts for needle in disguises(text)}

    def hits(self, data: bytes) -> set[str]:
        """Return the canaries found in some bytes; never to be printed, only counted."""
        return {text for needle, text in self.needles.items() if needle in data}

    def hits_in(self, folder: Path) -> dict[str, int]:
        """Return how many canaries each file below a folder holds, members of zips included; clean files are left out."""
        found = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                count = len(self.hits(data)) + sum(len(self.hits(member)) for member in _members(data))
                if count:
                    found[str(path.relative_to(folder))] = count
        return found

    @contextmanager
    def over(self, folder: Path) -> Iterator[set[str]]:
        """Watch a folder while something runs; the set given fills with what was found in files that came and went."""
        found: set[str] = set()
        looked: set[tuple[str, int, int]] = set()
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(0.02):
                for path in folder.rglob("*"):
                    try:
                        about = path.stat()
                        here = (str(path), about.st_mtime_ns, about.st_size)
                        if path.is_file() and here not in looked:
                            looked.add(here)
                            found.update(self.hits(path.read_bytes()))
                    except OSError:  # gone again
                        continue

        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            yield found
        finally:
            ended.set()
            watcher.join()


def _members(data: bytes) -> Iterator[bytes]:
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as members:
            yield from (members.read(name) for name in members.namelist())
