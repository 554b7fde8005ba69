"""A form rehearsed: many random fillings, and what they show. Changes nothing, sends nothing, keeps no submission.

``rehearse(form, xform, Plan(...)) -> Rehearsal`` says which questions nobody could reach, which fillings the phone would
not let finish, what a refusal leaves in the submission, and how long the form is.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from xlsform import pack
from xlsform.engine.filling import FRESH
from xlsform.engine.hints import Hint, hint_of
from xlsform.engine.opened import Setting
from xlsform.engine.simulation import Habits, NoAnswerFits, Simulated, simulate
from xlsform.engine.telling import Spread, field_lists, screens
from xlsform.errors import FormError
from xlsform.expressions.conditions import alternatives, conjuncts, limit, references
from xlsform.model import Kind, Question, Resolved
from xlsform.rules import gate as gates
from xlsform.sources import plain_yaml

SKIP = 0.2
"""Share of optional questions left empty."""
BLIND = 4
"""Every so many fillings aims at nothing, so that refusals and rare ways are met too."""
_SAYS_NOTHING = frozenset(("", "0", "no", "NaN"))
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)


@dataclass(frozen=True, slots=True)
class Gate:
    """The question of the agreement, by its path, and the answers that are one."""

    path: str
    opens: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a form is rehearsed.

    Attributes:
        runs: how many fillings.
        seed: the same seed gives the same answers on the same day.
        settings: language and lists, taken in turn.
        gate: the question of the agreement; None when the form has none.
        unreachable: path -> reason, of questions that nobody is expected to reach.
    """

    runs: int = 200
    seed: int = 1
    settings: Sequence[Setting] = (FRESH,)
    gate: Gate | None = None
    unreachable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Invalid:
    """A filling that the phone would not let finish: its number (1 = first) and the question that took no answer."""

    run: int
    path: str


@dataclass(frozen=True, slots=True)
class Leak:
    """An answer about a person that a refused submission holds: number of the filling, path of the question."""

    run: int
    path: str


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the fillings showed. ``dead`` and ``declared`` are questions that nobody reached, in the form's order."""

    runs: int
    questions: int
    invalid: tuple[Invalid, ...]
    dead: tuple[str, ...]
    declared: Mapping[str, str]
    reached_although: tuple[str, ...]
    """Declared unreachable, and reached all the same."""
    gate: Gate | None
    refusals: int
    leaks: tuple[Leak, ...]
    screens: Spread
    answers: Spread

    @property
    def reached(self) -> int:
        """How many questions were met at least once."""
        return self.questions - len(self.dead) - len(self.declared)


def gate_of(form: Resolved, root: Path | None = None) -> Gate | None:
    """Return the gate: what ``core.yaml`` says of this form, else the question that holds the agreement.

    Raises:
        FormError: ``core.yaml`` cannot be read.
    """
    said = _core(form.form.form_id, root)
    if said == "none":
        return None
    question = gates.gate_of(form)
    if isinstance(said, Gate):
        return said
    if question is None:
        return None
    codes = (choice.name for choice in form.form.choices.get(question.list or "", ()))
    return Gate("/".join(question.path), frozenset(codes) - gates.CLOSED)


def unreachable(form_id: str, root: Path | None = None) -> dict[str, str]:
    """Return the questions that a forms folder declares unreachable: path -> reason, from ``unreachable.yaml``.

    Raises:
        FormError: the file is there and cannot be read.
    """
    path = (root or pack.forms_root()) / "unreachable.yaml"
    top = _read(path) if path.is_file() else None
    return plain_yaml.texts_of(top, form_id) if top is not None else {}


def _core(form_id: str, root: Path | None) -> Gate | str | None:
    """Return what ``core.yaml`` says of a form's gate: the gate, a word that there is none, or nothing."""
    path = (root or pack.forms_root()) / "core.yaml"
    path = path if path.is_file() else pack.forms_root() / "core.yaml"
    if not path.is_file():
        return None
    top = _read(path)
    node = plain_yaml.mapping(top.entries.get(form_id, plain_yaml.ScalarNode("", top.mark)), form_id)
    gate = node.entries.get("gate")
    if gate is None or isinstance(gate, plain_yaml.ScalarNode):
        return gate.value if gate is not None else None
    question = plain_yaml.mapping(gate, "gate").entries["question"]
    opens = plain_yaml.texts_under(gate, "opens")
    return Gate(plain_yaml.scalar(question, "question").value, frozenset(opens))


def _read(path: Path) -> plain_yaml.MappingNode:
    file = pack.shown(path)
    return plain_yaml.mapping(plain_yaml.parse(plain_yaml.decode(path.read_bytes(), file), file), file)


def rehearse(
    form: Resolved, xform: str, plan: Plan | None = None, tick: Callable[[], None] = lambda: None
) -> Rehearsal:
    """Fill a form many times at random.

    Args:
        form: the form, resolved.
        xform: what a phone gets of it.
        plan: how many times, with which lists, and what is expected.
        tick: called after each filling.

    Raises:
        JavaMissing, EngineForked, MediaMissing, NoSuchLanguage, FormUnreadable: see ``opened``.
    """
    plan = plan or Plan()
    notes = _Notes(form, plan)
    for run in range(1, plan.runs + 1):
        setting = plan.settings[run % len(plan.settings)]
        try:
            notes.add(run, simulate(xform, plan.seed * 1_000_003 + run, notes.habits(run), setting))
        except NoAnswerFits as stuck:
            notes.stuck(run, stuck)
        tick()
    return notes.summed()


class _Notes:
    """What is gathered while a form is rehearsed."""

    def __init__(self, form: Resolved, plan: Plan) -> None:
        self._plan = plan
        self._shown = {
            "/".join(question.path): question for question in form.questions if _is_shown(question)
        }
        self._levels = {
            "/".join(question.path): question for question in form.questions if question.level >= 1
        }
        self._lists = field_lists(form)
        self._wants = _Wants(form)
        self._hints = _hints(form)
        self._seen: set[str] = set()
        self._screens: list[int] = []
        self._answers: list[int] = []
        self._refusals = 0
        self._leaks: list[Leak] = []
        self.invalid: list[Invalid] = []

    def habits(self, run: int) -> Habits:
        """Aim at a question that nobody has met, except now and then."""
        rnd = random.Random(f"{self._plan.seed}/{run}")  # noqa: S311 - no secret, a rehearsal
        left = [path for path in self._shown if path not in self._seen] or list(self._shown)
        aim = self._shown[rnd.choice(left)] if left and run % BLIND else None
        return Habits(hints=self._hints, wants=self._wants.of(aim, rnd) if aim else {}, skip=SKIP)

    def stuck(self, run: int, at: FormError) -> None:
        """Note where a filling could not go on, and what it had met until then."""
        self._seen.update(at.seen)
        self.invalid.append(Invalid(run, at.path))

    def add(self, run: int, one: Simulated) -> None:
        """Note what a filling met."""
        self._seen.update(one.seen)
        self._screens.append(len(screens(one.asked, self._lists)))
        self._answers.append(one.answers)
        gate = self._plan.gate
        if gate is None:
            return
        held = dict(_held(one.submission))
        if held.get(gate.path, "") not in gate.opens:
            self._refusals += 1
            self._leaks += [Leak(run, path) for path in held if path != gate.path and self._tells(path, held)]

    def _tells(self, path: str, held: Mapping[str, str]) -> bool:
        """Tell whether a submission says something of a person there; a calculation that came to nothing does not."""
        question = self._levels.get(path)
        if question is None or question.kind is Kind.NOTE:
            return False
        return question.kind is Kind.QUESTION or held[path] not in _SAYS_NOTHING

    def summed(self) -> Rehearsal:
        left = [path for path in self._shown if path not in self._seen]
        known = self._plan.unreachable
        return Rehearsal(
            runs=self._plan.runs,
            questions=len(self._shown),
            invalid=tuple(self.invalid),
            dead=tuple(path for path in left if path not in known),
            declared={path: known[path] for path in left if path in known},
            reached_although=tuple(path for path in known if path not in left),
            gate=self._plan.gate,
            refusals=self._refusals,
            leaks=tuple(self._leaks),
            screens=Spread.of(self._screens),
            answers=Spread.of(self._answers),
        )


def _is_shown(question: Question) -> bool:
    return question.kind in {Kind.QUESTION, Kind.NOTE} and question.type not in {
        "hidden",
        "csv-external",
        "xml-external",
    }


def _held(submission: bytes) -> Iterator[tuple[str, str]]:
    """Yield path and text of each leaf of a submission."""
    root = etree.fromstring(submission, _PARSER)
    for element in root.iter():
        if isinstance(element.tag, str) and not len(element) and element is not root:
            names = [etree.QName(one).localname for one in (element, *element.iterancestors())]
            yield "/".join(reversed(names[:-1])), (element.text or "").strip()


def _hints(form: Resolved) -> dict[str, Hint]:
    """Return what the constraints give away, by path."""
    said = {"/".join(one.path): one.row.cell("constraint") for one in form.questions}
    return {path: hint_of(constraint) for path, constraint in said.items() if constraint}


class _Wants:
    """Which answers open the way to a question: read from the conditions above it, as far as they can be read."""

    def __init__(self, form: Resolved) -> None:
        self._form = form
        self._named = {question.name: question for question in form.questions}
        self._lists = form.form.choices

    def of(self, aim: Question, rnd: random.Random) -> dict[str, frozenset[str]]:
        """Return path -> codes to prefer; of each ``or`` one side is tried."""
        wants: dict[str, frozenset[str]] = {}
        self._follow(aim, rnd, wants, set())
        return wants

    def _follow(
        self, aim: Question, rnd: random.Random, wants: dict[str, frozenset[str]], met: set[str]
    ) -> None:
        if aim.name in met:
            return
        met.add(aim.name)
        for text in filter(None, (*aim.relevances, aim.relevance, aim.row.cell("calculation"))):
            for part in conjuncts(rnd.choice(alternatives(text))):
                self._want(part, wants)
                for name in sorted(references(part)):
                    if name in self._named:
                        self._follow(self._named[name], rnd, wants, met)

    def _want(self, part: str, wants: dict[str, frozenset[str]]) -> None:
        said = limit(part)
        question = self._named.get(said.question) if said else None
        if said is None or question is None:
            return
        values = said.values
        if said.without:
            values = frozenset(one.name for one in self._lists.get(question.list or "", ())) - said.values
        path = "/".join(question.path)
        wants[path] = (wants[path] & values or wants[path]) if path in wants else values
