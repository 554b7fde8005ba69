"""Rules on repeats and circles: one answer for a reference, none that hangs on itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlsform.expressions.conditions import references
from xlsform.expressions.formulas import Formula, owners
from xlsform.expressions.functions import FUNCTIONS
from xlsform.expressions.types import Types
from xlsform.expressions.xpath import Call, Filtered, Node, Path, Ref, Self, parse, walk
from xlsform.findings.problems import Finding, Spot
from xlsform.model import Question, Resolved, Section


def check_repeats(types: Types) -> Iterator[Finding]:
    """Yield references into a repeat from outside it, repeats on a shared screen, lists from a repeat, circles."""
    form = types.form
    inside = {question.name: question.repeat for question in reversed(form.questions)}
    for one in types.formulas:
        yield from _from_outside(one, inside)
    for spot, text, repeat in _texts(form):
        for name in sorted(references(text)):
            if is_outside(inside.get(name, ()), repeat):
                yield spot.finding("REF-REPEAT", name=name)
    yield from _field_lists(form)
    yield from _sources(form)
    yield from _circles(form)


def _from_outside(one: Formula, inside: Mapping[str, tuple[str, ...]]) -> Iterator[Finding]:
    seen: set[str] = set()
    for node, above in one.parts():
        if not isinstance(node, Ref) or node.last or node.name in seen:
            continue
        if is_outside(inside.get(node.name, ()), one.repeat) and not _takes_all(node, above, one.repeat):
            seen.add(node.name)
            yield one.finding("REF-REPEAT", name=node.name)


def is_outside(repeat: tuple[str, ...], here: tuple[str, ...]) -> bool:
    """Say whether what stands in a repeat has no one answer for what stands here."""
    return here[: len(repeat)] != repeat


def _takes_all(node: Node, above: tuple[Node, ...], repeat: tuple[str, ...]) -> bool:
    """Say whether a reference stands where all rows are meant, or where the row at hand is found.

    In square brackets the converter writes a way from the row of the formula, not from the row that is looked at: outside
    of all repeats both are the same, inside one the way leads nowhere, and only the bare name is right.
    """
    for outer, inner in zip(reversed(above), reversed((*above, node)), strict=False):
        if isinstance(outer, Call) and outer.name in FUNCTIONS and FUNCTIONS[outer.name].rows:
            return True
        if isinstance(outer, Filtered):
            return inner is outer.of or not repeat
        if isinstance(outer, Path):
            return True
    return False


def _texts(form: Resolved) -> Iterator[tuple[Spot, str, tuple[str, ...]]]:
    """Yield the texts on the screen that may show answers, and the repeat they are shown in."""
    for owner in owners(form):
        is_repeat = isinstance(owner, Section) and owner.repeat
        repeat = owner.path if is_repeat else owner.under if isinstance(owner, Section) else owner.repeat
        for column in ("label", "hint", "guidance_hint", "constraint_message", "required_message"):
            for language, text in owner.row.texts.get(column, {}).items():
                if "${" in text:
                    spot = Spot(form.form, owner.row.place, "/".join(owner.path), column, language)
                    yield spot, text, repeat


def _field_lists(form: Resolved) -> Iterator[Finding]:
    lists = [
        section.path
        for section in form.sections
        if not section.repeat and "field-list" in section.row.cell("appearance").split()
    ]
    for section in form.sections:
        around = next((path for path in lists if section.path[: len(path)] == path), None)
        if section.repeat and around is not None:
            spot = Spot(form.form, section.row.place, "/".join(section.path), "type")
            yield spot.finding("REPEAT-IN-FIELDLIST", group="/".join(around))


def _sources(form: Resolved) -> Iterator[Finding]:
    for question in form.questions:
        if question.type in {"select_multiple", "rank"} and (question.list or "").startswith("${"):
            spot = Spot(form.form, question.row.place, "/".join(question.path), "type")
            yield spot.finding("PX-REPEAT-SOURCE", value=(question.list or "")[2:-1])


# --- circles ------------------------------------------------------------------------------------------------------


def _circles(form: Resolved) -> Iterator[Finding]:
    """Yield each circle of calculations and conditions once, at its first row, those of the groups around it included."""
    needs = _knotted({question.name: _needs(question) for question in form.questions if question.name})
    done: set[str] = set()
    for question in form.questions:
        circle = _circle(question.name, needs, done) if question.name in needs else ()
        if circle:
            done.update(circle)
            column = next(
                (name for name in _HANGS_ON if references(question.row.cell(name)) & {*circle}), "relevant"
            )
            spot = Spot(form.form, question.row.place, "/".join(question.path), column)
            yield spot.finding("REF-CYCLE", circle=" → ".join((*circle, circle[0])))


def _knotted(needs: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """Leave only what lies on circles or between two of them: the rest is taken off from both ends."""
    return _turned(_peeled(_turned(_peeled(needs))))


def _peeled(needs: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Take off whatever needs nothing, again and again."""
    users = _turned(needs)
    left = {name: {other for other in others if other in needs} for name, others in needs.items()}
    free = [name for name, others in left.items() if not others]
    while free:
        name = free.pop()
        del left[name]
        for user in users[name]:
            left[user].discard(name)
            if not left[user]:
                free.append(user)
    return {name: frozenset(others) for name, others in left.items()}


def _turned(needs: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    users: dict[str, set[str]] = {name: set() for name in needs}
    for name, others in needs.items():
        for other in others & needs.keys():
            users[other].add(name)
    return {name: frozenset(some) for name, some in users.items()}


_HANGS_ON = ("calculation", "relevant", "required", "readonly")
"""Columns that the engine computes again when an answer in them changes; others are looked at only on the way."""


def _needs(question: Question) -> frozenset[str]:
    texts = (*(question.row.cell(name) for name in _HANGS_ON), *question.relevances)
    found = {name for text in texts for name in references(text)}
    asks_itself = "." in question.row.cell("relevant") and any(
        node == Self() and not any(isinstance(one, Filtered | Path) for one in above)
        for node, above in walk(parse(question.row.cell("relevant")).node)
    )
    return frozenset(found | {question.name} if asks_itself else found)


def _circle(start: str, needs: Mapping[str, frozenset[str]], done: set[str]) -> tuple[str, ...]:
    """Return the shortest way from a question back to itself, () when there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    for way in ways:  # grows while it is read: the nearest come first
        for name in sorted(needs.get(way[-1], ())):
            if name == start:
                return way
            if name not in seen and name not in done:
                seen.add(name)
                ways.append((*way, name))
    return ()
