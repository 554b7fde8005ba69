"""Forms as anybody may leave them: rows and groups added, dropped, moved, reworded, at random but from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

from xlsform.model import Choice, Form, Kind, Row


@dataclass
class Branch:
    """A row, and what it holds when it is a group."""

    row: Row
    below: list[Branch] = field(default_factory=list)
    end: Row | None = None


def mutated(form: Form, seed: int, most: int = 8) -> Form:
    """Return the form after some random edits."""
    random = Random(seed)
    top = _tree(form.survey)
    for _ in range(random.randrange(most)):
        _edit(top, random)
    return replace(form, survey=tuple(_rows(top)), choices=_lists(form, random))


def _tree(rows: tuple[Row, ...]) -> list[Branch]:
    top: list[Branch] = []
    open_: list[list[Branch]] = [top]
    for row in rows:
        if row.kind is Kind.END:
            open_.pop()
            open_[-1][-1].end = row
            continue
        open_[-1].append(Branch(row))
        if row.base.startswith("begin_"):
            open_.append(open_[-1][-1].below)
    return top


def _rows(branches: list[Branch]) -> Iterator[Row]:
    for branch in branches:
        yield branch.row
        if branch.end is not None:
            yield from _rows(branch.below)
            yield branch.end


def _groups(branches: list[Branch]) -> Iterator[list[Branch]]:
    yield branches
    for branch in branches:
        if branch.end is not None:
            yield from _groups(branch.below)


def _edit(top: list[Branch], random: Random) -> None:
    place = random.choice(list(_groups(top)))
    at = random.randrange(len(place) + 1)
    match random.randrange(8):
        case 0:
            place.insert(at, Branch(_question(random)))
        case 1:
            begin, end = (
                Row("begin_group", f"org_g{random.random()}"),
                Row("end_group", "", {}, _label(random)),
            )
            place.insert(at, Branch(begin, [Branch(_question(random))], end))
        case 2:
            place.insert(at, Branch(Row("note", "", {}, _label(random))))
        case 3:
            random.shuffle(place)
        case kind if place:
            branch = place.pop(random.randrange(len(place)))
            if kind == 4:  # moved anywhere, also out of its group
                random.choice(list(_groups(top))).append(branch)
            elif kind == 5:
                branch.row = replace(branch.row, texts={**branch.row.texts, **_label(random)})
                place.append(branch)
            elif kind == 6:
                kept = {name: text for name, text in branch.row.cells.items() if random.random() < 0.5}
                branch.row = replace(branch.row, cells=kept)
                place.append(branch)


def _question(random: Random) -> Row:
    return Row("text", f"org_{random.random()}", {"sensitivity": "3"}, _label(random))


def _label(random: Random) -> dict[str, dict[str, str]]:
    return {"label": {"fr": str(random.random()), "en": "x"}}


def _lists(form: Form, random: Random) -> dict[str, tuple[Choice, ...]]:
    lists = {name: list(some) for name, some in form.choices.items()}
    for name in random.sample(sorted(lists), k=random.randrange(len(lists) + 1)):
        match random.randrange(4):
            case 0:
                lists[name].pop()
            case 1:
                random.shuffle(lists[name])
            case 2:
                lists[name].insert(0, Choice(f"org_{random.random()}", _label(random)))
            case _:
                del lists[name]
    return {name: tuple(some) for name, some in lists.items() if some}
