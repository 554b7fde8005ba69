"""The interview of ``dikalo init``: what a coordinator says of the organisation, part by part, each kept at once.

Only what is missing is asked; with ``--again`` a part is asked once more, with what it says now as the usual answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from gettext import gettext as _
from typing import Final

from sync_scripts.cli.frame.questions import Questions, labelled
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.cli.setup.init_keep import SECTIONS, Setup
from sync_scripts.cli.setup.init_server import ServerPart
from sync_scripts.config import TeamSettings
from sync_scripts.errors import DikaloError
from sync_scripts.register.model.places import departments_of, listed, name_of
from sync_scripts.register.rules.kinds import label, labels, labels_of
from sync_scripts.register.rules.own_deadlines import TIMES, shortened
from sync_scripts.register.rules.ruleset import Deadline, Ruleset, load
from sync_scripts.secrets.slots import worker_code
from sync_scripts.texts import language
from xlsform.pack import forms

_ROLES: Final = "worker_role"
_LISTS: Final = ("?", "list", "liste")
"""What is typed to see what could be typed."""


def titles() -> Mapping[str, str]:
    """Return what each part of the interview is called."""
    return {
        "server": _("Where submissions come from"),
        "forms": _("Forms"),
        "languages": _("Languages of the forms"),
        "people": _("People"),
        "zones": _("Teams and zones"),
        "deadlines": _("Deadlines"),
    }


def changes_words(*, dry_run: bool) -> Mapping[str, str]:
    """Return what became of a part, or would become of it."""
    if dry_run:
        return {
            "added": _("would be added"),
            "changed": _("would be changed"),
            "login": _("login would be kept"),
        }
    return {"added": _("added"), "changed": _("changed"), "login": _("login kept")}


def interview(shell: Shell, setup: Setup, again: Collection[str]) -> None:
    """Ask every part that is missing, and those that are wanted again."""
    say = Questions(shell)
    part = _Parts(shell, say, setup)
    asked = [name for name in SECTIONS if name in again or setup.lacks(name)]
    if asked:
        say.tell(_("Enter alone takes the usual answer. Ctrl-C stops; what was answered is kept."))
    for number, name in enumerate(asked, 1):
        say.head(number, len(asked), titles()[name])
        part.of(name)()
        setup.mark(name)


@dataclass(frozen=True, slots=True)
class _Parts:
    shell: Shell
    say: Questions
    setup: Setup

    def of(self, name: str) -> Callable[[], None]:
        return {
            "server": ServerPart(self.shell, self.say, self.setup).ask,
            "forms": self.forms,
            "languages": self.languages,
            "people": self.people,
            "zones": self.zones,
            "deadlines": self.deadlines,
        }[name]

    def forms(self) -> None:
        """Ask which of the forms the organisation uses."""
        there = [form.form_id for form in forms()]
        names = [labelled(name, _form_words(name)) for name in there]
        self.say.tell(
            _("Which forms does your organisation use? Those of dikalo, or your own made from them.")
        )
        chosen = self.say.some(_("Numbers (Enter: all)"), names, range(len(there)))
        self.setup.words("forms", forms=tuple(there[one] for one in chosen))

    def languages(self) -> None:
        """Ask in which languages the forms are asked."""
        known = {"fr": "français", "en": "English"}
        now = self.setup.settings.languages
        more = tuple(one for one in now if one not in known)
        self.say.tell(
            _(
                "In which languages are the forms asked? Others can be added with dikalo forms translate export FORM --to LANGUAGE."
            )
        )
        chosen = self.say.some(_("Numbers (Enter: all)"), list(known.values()), range(len(known)))
        self.setup.words("languages", languages=(*(list(known)[one] for one in chosen), *more))

    def people(self) -> None:
        """Ask for the codes of the people and what each does."""
        roles = labels_of(_ROLES, language())
        self.say.tell(
            _(
                "Who works with you? One code each, never a name: whoever finds this register must not learn who it is. The phones "
                "carry the same codes."
            )
        )
        self.say.rows([labelled(code, labels(_ROLES, said)) for code, said in self.setup.people().items()])
        self.say.tell(_("What a person does here:"))
        self.say.numbered(list(roles.values()))
        while typed := self.say.line(_("Code, then numbers, such as F12 2 (Enter: no more)")):
            code, *numbers = typed.replace(",", " ").split()
            chosen = self.say.places(numbers, len(roles))
            try:
                known = worker_code(code)
                if chosen:
                    if self._is_code(known):
                        self.setup.persons([(known, [list(roles)[one] for one in chosen])])
                    continue
            except DikaloError as wrong:
                self.say.wrong(wrong)
                continue
            words = _("{code} was not kept: after the code come numbers of the list above.")
            self.say.tell(words.format(code=known))

    def zones(self) -> None:
        """Ask for teams, their departments and their people."""
        self.say.tell(
            _(
                "Phones hold the open cases of their team's departments and no others, so that a phone that is taken tells little. "
                "Without a team no list of cases is sent."
            )
        )
        self.say.rows([self._team_line(one) for one in self.setup.settings.team])
        while name := self.say.line(_("Name of a team (Enter: no more)")):
            places = self.say.read(
                _("Its departments or regions (list shows them)"), self._departments(departments_of)
            )
            if not places:
                self.say.tell(_("Without a zone this team was not kept."))
                continue
            people = self._people_of_team()
            before = next((one for one in self.setup.settings.team if one.name == name), None)
            made = TeamSettings(
                name=name, departments=places, people=people, forms=before.forms if before else ()
            )
            self.setup.team(made)
            self.say.rows([self._team_line(made)])

    def _team_line(self, team: object) -> str:
        if not isinstance(team, TeamSettings):
            return ""
        places = ", ".join(name_of(code) for code in team.departments)
        return labelled(team.name, f"{places} ({' '.join(team.people)})")

    def _departments(self, reading: Callable[[str], tuple[str, ...]]) -> Callable[[str], tuple[str, ...]]:
        def read(typed: str) -> tuple[str, ...]:
            if typed.casefold() not in _LISTS:
                return reading(typed)
            for region, names in listed(language()):
                self.say.tell(labelled(region, ", ".join(names)))
            again = self.say.line(_("Departments or regions, with commas between them"))
            return reading(again) if again else ()

        return read

    def _people_of_team(self) -> tuple[str, ...]:
        """Return the codes of a team; one that is not known is asked about, with the nearest."""
        found: dict[str, None] = {}
        typed = self.say.line(_("Codes of its people, with blanks between them"))
        for word in typed.replace(",", " ").split():
            code = self._person(word)
            if code:
                found[code] = None
        return tuple(found)

    def _person(self, word: str) -> str | None:
        known = {code.casefold(): code for code in self.setup.people()}
        if word.casefold() in known:
            return known[word.casefold()]
        try:
            code = worker_code(word)
        except DikaloError as wrong:
            self.say.wrong(wrong)
            return None
        unlike = [one for one in known.values() if not _next_to(code, one)]
        near = next(iter(get_close_matches(code, unlike, n=1)), "")
        if near and self.say.yes(
            _("{code} is not known. Is {near} meant?").format(code=code, near=near), default=False
        ):
            return near
        new = _("{code} is not known. Somebody new?").format(code=code)
        if not self.say.yes(new, default=True) or not self._is_code(code):
            return None
        self.setup.persons([(code, ["documenter"])])
        return code

    def _is_code(self, code: str) -> bool:
        """Tell whether this is a code: one without a number may be a name, and is asked about."""
        if code in self.setup.people() or any(sign.isdecimal() for sign in code):
            return True
        words = _("{code} has no number in it. Is it really a code, and nobody's name?")
        return self.say.yes(words.format(code=code), default=False)

    def deadlines(self) -> None:
        """Show the deadlines and ask whether the organisation keeps shorter ones."""
        rules = load()
        now = shortened(rules, self.setup.own_deadlines())
        self.say.tell(
            _("Within these times something must have been done, counted from the arrival of the alert:")
        )
        self._table({str(level): times for level, times in now.deadlines.items()})
        self.say.tell(_("They can be made shorter, never longer."))
        if self.say.yes(_("Keep them as they are?"), default=True):
            self.setup.shorten(self.setup.own_deadlines())
            return
        own = {level: dict(times) for level, times in self.setup.own_deadlines().items()}
        levels = [str(level) for level in rules.deadlines]
        while chosen := self.say.some(_("Number of a level (Enter: done)"), [_level(one) for one in levels]):
            for level in (levels[one] for one in chosen):
                own[level] = self._level_times(level, now, rules)
            now = shortened(rules, own)
        self.setup.shorten(own)

    def _level_times(self, level: str, now: Ruleset, rules: Ruleset) -> dict[str, int]:
        """Ask for each due time of a level."""
        held, limits = (
            {str(name): times for name, times in one.deadlines.items()}[level] for one in (now, rules)
        )
        found: dict[str, int] = {}
        for name in TIMES:
            limit = getattr(limits, name)
            words = _("{level}, {what}, at most {limit}")
            said = words.format(level=_level(level), what=_time(name), limit=_span(name, limit))
            found[name] = self._number(said, getattr(held, name), limit)
        return found

    def _number(self, question: str, default: int, limit: int) -> int:
        while True:
            typed = self.say.line(question, str(default))
            if typed.isdecimal() and 1 <= int(typed) <= limit:
                return int(typed)
            self.say.tell(_("A whole number from 1 to {limit}.").format(limit=limit))

    def _table(self, levels: Mapping[str, Deadline]) -> None:
        heads = [_level(level) for level in levels]
        names = [_time(name) for name in TIMES]
        wide = max(len(one) for one in names)
        columns = [max(len(head), 5) for head in heads]
        lines = [
            "  ".join(["".ljust(wide), *(head.rjust(to) for head, to in zip(heads, columns, strict=True))])
        ]
        for name, words in zip(TIMES, names, strict=True):
            cells = [_span(name, getattr(times, name)) for times in levels.values()]
            lines.append(
                "  ".join([words.ljust(wide), *(c.rjust(to) for c, to in zip(cells, columns, strict=True))])
            )
        self.say.rows(lines)


def _next_to(code: str, other: str) -> bool:
    """Tell whether two codes differ in their number alone: F12 and F13 are two people, and neither is a slip of the other.

    >>> _next_to("F13", "F12"), _next_to("DR-01", "RD-01")
    (True, False)
    """
    letters = [re.sub(r"\d", "", one).casefold() for one in (code, other)]
    return len(code) == len(other) and letters[0] == letters[1]


def _form_words(name: str) -> str:
    words = {
        "alert": _("a first report, in two minutes"),
        "case": _("the documented case, with consent"),
        "followup": _("a visit or a call"),
        "closure": _("the end of a case"),
        "situation": _("the situation of an area"),
    }
    return words.get(name, name)


def _level(level: str) -> str:
    return label("urgency", level).lower()


def _time(name: str) -> str:
    words = {
        "first_contact_h": _("first contact"),
        "first_action_h": _("first action"),
        "supervision_h": _("supervision"),
        "assessment_h": _("assessment of needs"),
        "followup_d": _("next follow-up"),
    }
    return words[name]


def _span(name: str, value: int) -> str:
    return _("{n} d").format(n=value) if name.endswith("_d") else _("{n} h").format(n=value)
