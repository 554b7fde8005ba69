"""The page of the rules for whoever is not a programmer: levels, deadlines, limits, holidays and retention, with their sources.

Made of `sync_scripts/register/rules/*.toml` and the lists of the forms, so that a lawyer or a nurse reads the very numbers
that the program uses. A number that has no words here stops the making of the page.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from gettext import gettext
from pathlib import Path
from typing import Any, Final, TypeAlias

from docs.rules_words import (
    APPEALS,
    BY_LEVEL,
    CHANGES,
    CLINICAL,
    COLUMNS,
    FIELDS,
    HEAD,
    HEADINGS,
    KEPT,
    LEFT,
    OF_A_CASE,
    UNITS,
    Pair,
)
from sync_scripts import texts
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.ruleset import load

PAGES: Final = {"en": "rules.md", "fr": "rules.fr.md"}
RULES: Final = Path(__file__).resolve().parent.parent / "sync_scripts" / "register" / "rules"

Table: TypeAlias = Mapping[str, Any]


@cache
def _file(name: str) -> Table:
    return tomllib.loads((RULES / f"{name}.toml").read_text(encoding="utf-8"))


def page(language: str) -> str:
    """Return the page of the rules in a language."""
    return "\n".join(RulesPage(language).parts())


class RulesPage:
    """The page of one language, part by part."""

    def __init__(self, language: str) -> None:
        self.lang = language
        self.side = 0 if language == "en" else 1
        self.triage = {**_file("triage"), **_file("deadlines")}
        texts.speak(language)

    def parts(self) -> Iterator[str]:
        """Yield the heading and every part, each with its table."""
        yield self.say(HEAD)
        tables: Mapping[str, tuple[Sequence[str], Iterable[Sequence[str]]]] = {
            "levels": (("level", "least"), self.levels()),
            "rules": (("rule", "reason", "when", "points", "floor"), self.rules()),
            "severity": (("kind", "severity"), self.severities()),
            "override": (("change", "needed"), self.changes()),
            "deadlines": (("what", "starts", *self.triage["deadline"]), self.deadlines()),
            "case": (("what", "starts", "long"), self.case()),
            "services": (("what", "long"), self.services()),
            "clinical": (("what", "kind", "service", "limit", "reminders"), self.clinical()),
            "custody": (("kind", "limits", "ceiling", "source", "read"), self.custody()),
            "courts": (("what", "starts", "long", "reminders", "source", "read"), self.courts()),
            "retention": (("what", "starts", "long"), self.retention()),
            "links": (("rule", "points"), self.links()),
            "holidays": (("day", "date", "source"), self.holidays()),
        }
        for name, (columns, rows) in tables.items():
            heads = [self.head(column) for column in columns]
            lines = [heads, ["---"] * len(heads), *rows]
            yield f"## {self.say(HEADINGS[name])}\n"
            yield "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"

    def say(self, pair: Pair) -> str:
        """Return the words of this language; French gets its non-breaking spaces."""
        words = pair[self.side]
        return words.replace(" :", "\u00a0:").replace(" ;", "\u00a0;") if self.side else words

    def table(self, columns: Iterable[Pair], rows: Iterable[Sequence[str]]) -> str:
        """Return a table with these columns."""
        heads = [self.say(column) for column in columns]
        return "".join(f"| {' | '.join(line)} |\n" for line in (heads, ["---"] * len(heads), *rows))

    def head(self, column: str) -> str:
        """Return the heading of a column; of a level its name."""
        return self.say(COLUMNS[column]) if column in COLUMNS else label("urgency", column, self.lang)

    def amount(self, key: str, value: object) -> str:
        """Return a number with the unit that its key says; a share as percent, roles by name."""
        if isinstance(value, float):
            return f"{value:.0%}" if self.side == 0 else f"{value:.0%}".replace("%", "\u00a0%")
        if isinstance(value, list):
            return ", ".join(label("worker_role", one, self.lang) for one in value)
        unit = next((unit for unit in UNITS if unit and key.endswith(unit)), "")
        told = f"{value}{UNITS[unit][self.side][value != 1]}"
        days = value // 24 if unit == "h" and isinstance(value, int) and value % 24 == 0 else 0
        return f"{told} ({self.amount('d', days)})" if days > 1 else told

    def times(self, table: str, *names: str) -> str:
        """Return a number of the rules with its unit; of one that depends on the urgency, where no level is named, all of them."""
        found = (_file("retention") if table == "withdrawn" else self.triage)[table]
        *level, name = names
        if table == "deadline" and not level:
            told = " / ".join(self.amount(name, one[name]) for one in found.values())
            return told + self.say((" (by urgency)", " (selon l'urgence)"))
        return self.amount("d" if name == "days" else name, (found[level[0]] if level else found)[name])

    def several(self, key: str, values: Iterable[int]) -> str:
        """Return several numbers of one unit."""
        return ", ".join(f"{value}{UNITS[key][self.side][1]}" for value in values)

    def levels(self) -> Iterator[list[str]]:
        """Yield each level with the points from which it holds."""
        for one in self.triage["level"]:
            yield [label("urgency", one["code"], self.lang), str(one["min_score"])]

    def rules(self) -> Iterator[list[str]]:
        """Yield each rule in its order: reason, conditions, points and floor."""
        for one in self.triage["rule"]:
            reason = one[self.lang].replace("{severity}", "0–5")
            floor = label("urgency", one.get("floor"), self.lang) or "–"
            yield [one["id"], reason, self.conditions(one) or "–", self.points(one) or "–", floor]

    def conditions(self, rule: Table) -> str:
        """Return the conditions of a rule in words."""
        both = ((" or ", " and "), (" ou ", " et "))[self.side]
        one_of = both[0].join(map(self.condition, rule.get("any", ())))
        every = [self.condition(one) for one in rule.get("all", ())]
        return both[1].join([f"({one_of})", *every] if one_of else every)

    def condition(self, one: Table) -> str:
        """Return one condition: the question, and the answers that count."""
        words, answers = FIELDS[one["field"]]
        if one.get("empty"):
            return self.say(words) + self.say((": nothing", " : rien"))
        if "min" in one:
            return self.say(words) + self.say((f" {one['min']} or more", f" {one['min']} ou plus"))
        told = " / ".join(label(answers, code, self.lang) for code in one["in"])
        missing = self.say((" / no answer", " / sans réponse")) if one.get("missing") else ""
        return self.say((f"{words[0]}: {told}", f"{words[1]} : {told}")) + missing

    def points(self, rule: Table) -> str:
        """Return what a rule adds."""
        if "points_per_severity" in rule:
            return f"{rule['points_per_severity']} × " + self.say(FIELDS["severity"][0])
        if by := rule.get("points_by"):
            answers = FIELDS[by["field"]][1]
            told = ", ".join(
                f"{label(answers, code, self.lang)}: {points}" for code, points in by["table"].items()
            )
            return told + self.say((f", none: {by['default']}", f", rien: {by['default']}"))
        return str(rule.get("points", ""))

    def severities(self) -> Iterator[list[str]]:
        """Yield each kind of alert; violations have theirs in their list."""
        for code, points in self.triage["severity"]["alert_icon"].items():
            yield [label("alert_icon", code, self.lang), str(points)]
        yield [self.say(("unknown", "inconnu")), str(self.triage["severity"]["unknown_code"])]

    def changes(self) -> Iterator[list[str]]:
        """Yield what a person must give to change the result."""
        for code, one in self.triage["override"].items():
            needed = [self.say(("a reason", "une raison"))] if one["reason_required"] else []
            levels = ", ".join(
                label("urgency", level, self.lang) for level in one.get("second_person_levels", ())
            )
            if one.get("second_person") or levels:
                needed.append(
                    self.say(("a second person", "une seconde personne")) + (f" ({levels})" if levels else "")
                )
            yield [self.say(CHANGES[code]), ", ".join(needed) or self.say(("nothing more", "rien de plus"))]

    def deadlines(self) -> Iterator[list[str]]:
        """Yield each deadline with its time at every level."""
        levels = self.triage["deadline"].values()
        for key in next(iter(levels)):
            words, starts = BY_LEVEL[key]
            yield [self.say(words), self.say(starts), *(self.amount(key, level[key]) for level in levels)]

    def case(self) -> Iterator[list[str]]:
        """Yield the times that do not depend on the level."""
        for key, value in self.triage["case"].items():
            words, starts = OF_A_CASE[key]
            yield [self.say(words), self.say(starts), self.amount(key, value)]

    def services(self) -> Iterator[list[str]]:
        """Yield the times within which a service can be asked for."""
        for code, hours in self.triage["timeframe_h"].items():
            yield [label("timeframe", code, self.lang), self.amount("h", hours)]

    def clinical(self) -> Iterator[list[str]]:
        """Yield the medical limits, from the act."""
        for code, one in self.triage["clinical"].items():
            acts = ", ".join(label("violation_codes", act, self.lang) for act in one["applies_to"])
            service = label("service", one["service"], self.lang)
            limit = self.amount("h", one["limit_h"]) + self.say((" from the act", " depuis l'acte"))
            yield [self.say(CLINICAL[code]), acts, service, limit, self.several("h", one["remind_before_h"])]

    def custody(self) -> Iterator[list[str]]:
        """Yield the limits of each legal basis, with what we know of their source."""
        for code, one in self.triage["custody"].items():
            limits = self.several("h", one["limits_h"])
            source = f"{self.either(one, 'law')} ({self.either(one, 'note')})".removesuffix(" ()")
            kind = label("legal_basis", code, self.lang)
            yield [kind, limits, self.amount("h", one["ceiling_h"]), source, self.either(one, "verified")]
        before = self.several("h", self.triage["custody_task"]["remind_before_h"])
        yield [
            self.say(("reminders before each limit", "rappels avant chaque limite")),
            before,
            "–",
            "–",
            "–",
        ]

    def either(self, one: Table, key: str) -> str:
        """Return a text of the file in this language; "text" and "no" of the sources in words."""
        told = one.get(key if self.lang == "en" else f"{key}_fr", one.get(key, ""))
        return self.say({"text": ("yes", "oui"), "no": ("no", "non")}.get(told, (told, told)))

    def courts(self) -> Iterator[list[str]]:
        """Yield hearings and the ways to contest a judgment."""
        before = self.several("d", self.triage["hearing"]["remind_before_d"])
        hearing = self.say(("hearing", "audience"))
        yield [hearing, self.say(("its day", "son jour")), "–", before, "–", "–"]
        for code, one in self.triage["appeal"].items():
            before = self.several("d", one["remind_before_d"]) if "remind_before_d" in one else "–"
            start = self.say(("day of the judgment", "jour du jugement"))
            long = self.amount("d", one["days"])
            yield [
                self.say(APPEALS[code]),
                start,
                long,
                before,
                self.either(one, "law"),
                self.either(one, "verified"),
            ]

    def retention(self) -> Iterator[list[str]]:
        """Yield how long alerts and cases are kept, and what is left."""
        file = _file("retention")
        words, starts = KEPT["years_by_class"]
        for code, years in file["years_by_class"].items():
            name = label("retention_class", code, self.lang)
            left = self.say(LEFT[file["left"][code]])
            look = (
                self.say(("; reviewed first", " ; examiné d'abord"))
                if code in file["review"]["classes"]
                else ""
            )
            what = f"{self.say(words).replace('{class}', name)} ({left}{look})"
            yield [what, self.say(starts), self.amount("years", years)]
        for table in ("undecided", "alerts", "withdrawn", "plan"):
            for key, value in file[table].items():
                words, starts = KEPT[f"{table}.{key}"]
                unit = "d" if key.endswith("days") else key
                yield [self.say(words), self.say(starts), self.amount(unit, value)]

    def links(self) -> Iterator[list[str]]:
        """Yield from how many points two alerts are proposed as one event."""
        file = _file("duplicates")
        yield [self.say(("offered first", "proposées d'abord")), str(file["threshold"]["probable"])]
        yield [self.say(("offered after", "proposées ensuite")), str(file["threshold"]["possible"])]
        gap = self.amount("d", file["block"]["max_gap_days"])
        within = self.say(
            (
                "never compared: another department, or more apart than",
                "jamais comparées : autre département, ou écart de plus de",
            )
        )
        yield [within, gap]

    def holidays(self) -> Iterator[list[str]]:
        """Yield the public holidays with their law."""
        movable = self.say(("movable: estimated until confirmed", "mobile : estimée jusqu'à confirmation"))
        for one in _file("holidays").values():
            date = movable if one["movable"] else self.say(("every year", "chaque année"))
            yield [one[self.lang], date, gettext(one["law"])]


def unshown() -> set[str]:
    """Return the tables of the rules for triage that no part of the page reads; a test names the few that may be."""
    shown = {
        "level",
        "rule",
        "severity",
        "override",
        "deadline",
        "case",
        "timeframe_h",
        "clinical",
        "custody",
        "custody_task",
    }
    load()  # the page is of a file that the program takes
    return {*_file("triage"), *_file("deadlines")} - shown - {"hearing", "appeal"}
