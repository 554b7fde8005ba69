"""What differs between two versions: the form as a whole, questions, groups and repeats, choices, and whether the gate is looser.

Each rule takes the old and the new and yields changes. A condition of the gate that cannot be read counts as always true in both
versions: it proves nothing. Decides nothing and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import reduce

from xlsform.columns import METADATA
from xlsform.compare import pairing
from xlsform.compare.change import Change, change
from xlsform.compare.pairing import Pairs, Version
from xlsform.compare.shape import Entry, Node, Path, Shape, is_newly_required, is_tighter, renamed
from xlsform.expressions.conditions import alternatives, conjuncts, limit
from xlsform.model import Kind, Question, Resolved, Section
from xlsform.rules.gate import gate_of


def whole(old: Shape, new: Shape) -> Iterator[Change]:
    """Yield what differs in the settings and languages."""
    if old.form_id != new.form_id:
        yield change("FORM-ID-CHANGED", old=old.form_id, new=new.form_id)
    yield from _encryption(old.key, new.key)
    yield from _languages(old, new)
    if (old.title, old.instance_name) != (new.title, new.instance_name):
        yield change("TITLE-CHANGED")


def version_not_raised(old: Shape, new: Shape, *, differs: bool) -> Iterator[Change]:
    """Yield a change when something differs under a version that is not later; versions are compared as numbers."""
    numbers = old.version.isdigit() and new.version.isdigit()
    backwards = numbers and int(new.version) < int(old.version)
    if backwards or (differs and old.version == new.version):
        yield change("VERSION-NOT-RAISED", old=old.version or "-", new=new.version or "-")


def _encryption(old: str, new: str) -> Iterator[Change]:
    """Yield what happened to the key; no part of a key is ever shown."""
    if old and not new:
        yield change("ENCRYPTION-CHANGED/off")
    elif new and not old:
        yield change("ENCRYPTION-CHANGED/on")
    elif old != new:
        yield change("ENCRYPTION-CHANGED/key")


def _languages(old: Shape, new: Shape) -> Iterator[Change]:
    for code in (code for code in old.languages if code not in new.languages):
        yield change("LANG-GONE", language=old.languages[code])
    for code in (code for code in new.languages if code not in old.languages):
        yield change("LANG-NEW", language=new.languages[code])
    if old.default and new.default and old.default != new.default:
        names = {"old": old.languages[old.default], "new": new.languages[new.default]}
        yield change("LANG-DEFAULT-CHANGED", **names)


_NOTE = "note"
_UID = "once(uuid())"


def fields(old: Version, new: Version, pairs: Pairs) -> Iterator[Change]:
    """Yield what differs in the nodes, in the order of the old version, what is new last."""
    for path, node in old.shape.nodes.items():
        other = new.shape.nodes.get(pairs.paths.get(path, ()))
        if other is None:
            yield from _gone(node)
            continue
        yield from _moved(node, other)
        yield from _type(node, other)
        yield from _both(node, other, pairs.names)
        yield from _calculation(node, other, pairs.names, old.questions.get(path))
        if node.is_section:
            yield from _map_of_section(old.resolved.section(path), new.resolved.section(other.path))
        elif path in old.questions and other.path in new.questions:
            yield from _ours(path, old.questions[path], new.questions[other.path])
    yield from _new(new.shape, pairs)
    yield from _order(old.shape, new.shape, pairs)


def _gone(node: Node) -> Iterator[Change]:
    if node.kind == _NOTE:
        yield change("TEXT-CHANGED", node.path)
    elif not node.is_section:
        yield change("FIELD-GONE", node.path, type=node.kind)


def _moved(node: Node, other: Node) -> Iterator[Change]:
    """Yield where a question stands now; what the phone notes of itself is moved by form builders, and nobody answers it."""
    if node.path == other.path or node.is_section or {node.kind, other.kind} <= METADATA:
        return
    if node.kind == _NOTE == other.kind:
        yield change("TEXT-CHANGED", node.path)
    else:
        yield change("FIELD-MOVED", node.path, near="/".join(other.path))


def _type(node: Node, other: Node) -> Iterator[Change]:
    if node.kind == other.kind:
        return
    if node.is_section and other.is_section:
        yield change("REPEAT-CHANGED", node.path, old=node.kind, new=other.kind)
    elif node.kind == _NOTE:
        yield change("FIELD-NEW", other.path, type=other.kind)
    else:
        yield change("TYPE-CHANGED", node.path, old=node.kind, new=other.kind)


def _both(node: Node, other: Node, names: Mapping[str, str]) -> Iterator[Change]:
    """Yield what differs in one node; a note holds no answer, so all of it is text."""
    if node.kind == _NOTE == other.kind:
        if (node.texts, node.shown, node.look) != (other.texts, other.shown, other.look):
            yield change("TEXT-CHANGED", node.path)
        return
    yield from _label(node, other)
    yield from _demands(node, other, names)
    yield from _conditions(node, other, names)
    if node.look != other.look:
        yield change("LOOK-CHANGED", node.path)


def _label(node: Node, other: Node) -> Iterator[Change]:
    labels = [one.texts.get("label", {}) for one in (node, other)]
    language = next(pairing.differing(*labels), None) if not node.is_section else None
    if language is not None:
        words = {"old": labels[0][language], "new": labels[1][language]}
        yield change("LABEL-MEANING", node.path, language=language or "-", **words)
    elif not _same_texts(node, other):
        yield change("TEXT-CHANGED", node.path)


def _same_texts(node: Node, other: Node) -> bool:
    """Say whether the languages that both have show the same."""
    for what in {*node.texts, *other.texts}:
        one, two = node.texts.get(what, {}), other.texts.get(what, {})
        common = {*one, *two} if not (one and two) else {*one} & {*two}
        if any(one.get(language) != two.get(language) for language in common):
            return False
    return True


def _demands(node: Node, other: Node, names: Mapping[str, str]) -> Iterator[Change]:
    constraint = renamed(node.constraint, names)
    harder = is_newly_required(node.required, other.required)
    tighter = constraint != other.constraint and is_tighter(constraint, other.constraint)
    if harder:
        yield change("REQUIRED-NEW", node.path)
    if tighter:
        yield change("CONSTRAINT-TIGHTER", node.path, old=node.constraint or "-", new=other.constraint)
    if (node.required, constraint) != (other.required, other.constraint) and not (harder or tighter):
        yield change("EASED", node.path)


def _conditions(node: Node, other: Node, names: Mapping[str, str]) -> Iterator[Change]:
    for kind, before, after in (
        ("RELEVANCE-CHANGED", node.shown, other.shown),
        ("FILTER-CHANGED", node.offered, other.offered),
    ):
        if node.kind == other.kind and renamed(before, names) != after:
            yield change(kind, node.path, old=before or "-", new=after or "-")


def _calculation(
    node: Node, other: Node, names: Mapping[str, str], question: Question | None
) -> Iterator[Change]:
    if renamed(node.calculation, names) != other.calculation and node.kind == other.kind:
        is_uid = (question is not None and question.field == "uid") or node.calculation == _UID
        words = {"old": node.calculation or "-", "new": other.calculation or "-"}
        yield change("CALC-CHANGED/uid" if is_uid else "CALC-CHANGED", node.path, **words)


# --- our columns --------------------------------------------------------------------------------------------------


def _ours(path: Path, question: Question, other: Question) -> Iterator[Change]:
    if question.level != other.level:
        kind = "SENS-LOWERED" if other.level < question.level else "SENS-RAISED"
        yield change(kind, path, old=str(question.level), new=str(other.level))
    yield from _place(path, _field(question), _field(other))


def _map_of_section(section: Section | None, other: Section | None) -> Iterator[Change]:
    """Yield a repeat that makes other records; in a group, its questions show what changed."""
    if section is not None and other is not None and section.repeat and other.repeat:
        yield from _place(section.path, section.entity or "", other.entity or "")


def _field(question: Question) -> str:
    return f"{question.entity or ''}.{question.field}".strip(".") if question.field else ""


def _place(path: Path, before: str, after: str) -> Iterator[Change]:
    if before == after:
        return
    if not before:
        yield change("MAP-NEW", path, new=after)
    elif after:
        yield change("MAP-CHANGED", path, old=before, new=after)
    else:
        yield change("MAP-CHANGED/gone", path, old=before)


# --- the whole tree -----------------------------------------------------------------------------------------------


def _new(shape: Shape, pairs: Pairs) -> Iterator[Change]:
    known = set(pairs.paths.values())
    for path, node in shape.nodes.items():
        if path not in known and not node.is_section:
            yield change("TEXT-CHANGED" if node.kind == _NOTE else "FIELD-NEW", path, type=node.kind)


def _order(old: Shape, new: Shape, pairs: Pairs) -> Iterator[Change]:
    """Yield each section in which what stayed stands in another order; the form itself is ``/``."""
    for under in [(), *(path for path, node in old.nodes.items() if node.is_section)]:
        stayed = [path for path in old.nodes if path[:-1] == under and pairs.paths.get(path) == path]
        if stayed != [path for path in new.nodes if path in set(stayed)]:
            yield change("ORDER-CHANGED", under or ("/",))


def choices(old: Version, new: Version, pairs: Pairs) -> Iterator[Change]:
    """Yield what differs in the lists, each once, however many questions use it."""
    used = dict.fromkeys(
        (old.shape.nodes[path].list, new.shape.nodes[other].list)
        for path, other in pairs.paths.items()
        if old.shape.nodes[path].list and new.shape.nodes[other].list
    )
    for before, after in used:
        yield from _list(before, old.shape.lists.get(before, {}), new.shape.lists.get(after, {}))


def _list(name: str, old: Mapping[str, Entry], new: Mapping[str, Entry]) -> Iterator[Change]:
    come = {code: entry for code, entry in new.items() if code not in old}
    for code, entry in old.items():
        if code in new:
            yield from _choice(name, code, entry, new[code])
        else:
            yield change("CHOICE-GONE", (name, code), list=name, name=code, near=_near(code, entry, come))
    for code in come:
        yield change("CHOICE-NEW", (name, code), list=name, name=code)
    stayed = [code for code in old if code in new]
    if stayed != [code for code in new if code in old]:
        yield change("ORDER-CHANGED", (name,))


def _choice(name: str, code: str, entry: Entry, other: Entry) -> Iterator[Change]:
    labels = [one.texts.get("label", {}) for one in (entry, other)]
    language = next(pairing.differing(*labels), None)
    if language is not None:
        words = {"language": language or "-", "old": labels[0][language], "new": labels[1][language]}
        yield change("CHOICE-MEANING", (name, code), list=name, name=code, **words)
    elif any(labels[0][known] != labels[1][known] for known in labels[0] if known in labels[1]):
        yield change("TEXT-CHANGED", (name, code))
    if entry.cells != other.cells:
        yield change("LOOK-CHANGED", (name, code))


def _near(code: str, entry: Entry, come: Mapping[str, Entry]) -> str:
    """Return the new choice that says the same, else the one spelt most alike, else ``-``."""
    label = entry.texts.get("label", {})
    same = (other for other, found in come.items() if label and found.texts.get("label") == label)
    return next(same, None) or next(iter(get_close_matches(code, list(come), n=1)), "-")


_UNANSWERED = ""
_NEVER = "false()"
_Answers = frozenset[str]


class Gate:
    """The question of consent of one version, and what its answers open."""

    def __init__(self, form: Resolved, question: Question) -> None:
        self.form = form
        self.question = question
        names = (choice.name for choice in form.form.choices.get(question.list or "", ()))
        self.every: _Answers = frozenset({*names, _UNANSWERED})

    def opens(self, question: Question, seen: _Answers = frozenset()) -> _Answers:
        """Return the answers after which a question can be asked; all of them when nothing holds it back."""
        texts = (text for text in (*question.relevances, question.relevance) if text)
        return self._all(self._of(text, seen | {question.name}) for text in texts)

    def _all(self, several: Iterator[_Answers]) -> _Answers:
        return reduce(frozenset.intersection, several, self.every)

    def _of(self, expression: str, seen: _Answers) -> _Answers:
        sides = alternatives(expression)
        if len(sides) > 1:
            return frozenset().union(*(self._of(side, seen) for side in sides))
        parts = conjuncts(sides[0])
        if len(parts) > 1:
            return self._all(self._of(part, seen) for part in parts)
        return frozenset() if parts[0] == _NEVER else self._one(parts[0], seen)

    def _one(self, comparison: str, seen: _Answers) -> _Answers:
        said = limit(comparison)
        if said is None:
            return self.every
        if said.question == self.question.name:
            return self.every - said.values if said.without else self.every & said.values
        other = self.form.question(said.question)
        answered = _UNANSWERED in said.values if said.without else _UNANSWERED not in said.values
        return (
            self.opens(other, seen)
            if answered and other is not None and other.name not in seen
            else self.every
        )


def consent(old: Version, new: Version, pairs: Pairs) -> Iterator[Change]:
    """Yield each part of the form that can be asked after an answer that did not open it before."""
    asked, ask = gate_of(old.resolved), gate_of(new.resolved)
    if asked is None:
        return
    if ask is None:
        yield change("CONSENT-LOOSER/gone", asked.path)
        return
    looser: dict[tuple[str, _Answers], list[Path]] = {}
    for path, answers in _opened(old, new, pairs, (Gate(old.resolved, asked), Gate(new.resolved, ask))):
        looser.setdefault((path[0], answers), []).append(path)
    for (_, answers), paths in looser.items():
        words = ", ".join(sorted(answer or "-" for answer in answers))
        yield change("CONSENT-LOOSER", _common(paths), gate="/".join(ask.path), answers=words)


def _opened(
    old: Version, new: Version, pairs: Pairs, gates: tuple[Gate, Gate]
) -> Iterator[tuple[Path, _Answers]]:
    """Yield the path of each question about people with the answers that open it now and did not before."""
    back = {there: here for here, there in pairs.paths.items()}
    before = {
        path: gates[0].opens(question)
        for path, question in old.questions.items()
        if question.kind is Kind.QUESTION and path != gates[0].question.path
    }
    guarded = [
        before[path] for path in before if old.questions[path].level and _UNANSWERED not in before[path]
    ]
    most: _Answers = frozenset().union(*guarded) if guarded else gates[0].every
    for path, question in new.questions.items():
        known = old.questions.get(back.get(path, ()))
        level = max(question.level, known.level if known else 0)
        if question.kind is not Kind.QUESTION or not level or path == gates[1].question.path:
            continue
        allowed = before.get(known.path, most) if known else most
        more = gates[1].opens(question) - allowed
        if more and _UNANSWERED not in allowed:
            yield (known.path if known else path), more


def _common(paths: list[Path]) -> Path:
    """Return the path of what encloses them all; the path itself when there is one."""
    first, last = min(paths), max(paths)
    length = next(
        (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first)
    )
    return first[:length]
