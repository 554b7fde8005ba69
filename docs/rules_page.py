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

from sync_scripts import texts
from sync_scripts.register.labels import label
from sync_scripts.register.ruleset import load

PAGES: Final = {"en": "rules.md", "fr": "rules.fr.md"}
RULES: Final = Path(__file__).resolve().parent.parent / "sync_scripts" / "register" / "rules"

Table: TypeAlias = Mapping[str, Any]
Pair: TypeAlias = tuple[str, str]
"""A sentence in English and in French."""

HEAD: Final[Pair] = (
    """# The rules

Made from the rules files by `nox -s reference`; do not edit. These are the numbers that dikalo uses.

They are a proposal of the project. A lawyer, a nurse and a specialist of gender-based violence should review them before
field use. An organisation may shorten its deadlines (`dikalo init`); the shorter one counts. What ends each deadline is on
the page [tasks and deadlines](../en/tasks-and-deadlines.md); the kinds of tasks stand on
[a page of their own](tasks.md).
""",
    """# Les règles

Page faite à partir des fichiers de règles par `nox -s reference` ; ne pas modifier. Ce sont les nombres que dikalo utilise.

C'est une proposition du projet. Un juriste, un soignant et un spécialiste des violences basées sur le genre devraient la
relire avant l'emploi sur le terrain. Une organisation peut raccourcir ses délais (`dikalo init`) ; le plus court compte.
Ce qui met fin à chaque délai est sur la page [tâches et échéances](../taches-et-echeances.md) ; les types de tâches sont sur
[leur propre page](tasks.fr.md).
""",
)
HEADINGS: Final[Mapping[str, Pair]] = {
    "levels": ("Levels of urgency", "Niveaux d'urgence"),
    "rules": ("What raises or lowers the urgency", "Ce qui élève ou baisse l'urgence"),
    "severity": ("Severity of the kinds of facts", "Gravité des types de faits"),
    "override": ("What a person may change", "Ce qu'une personne peut changer"),
    "deadlines": ("Deadlines by urgency", "Délais selon l'urgence"),
    "case": ("Other deadlines of a case", "Autres délais d'un dossier"),
    "services": ("Time within which a service is wanted", "Délai dans lequel un service est voulu"),
    "clinical": ("Medical limits", "Limites médicales"),
    "custody": ("Limits of police custody", "Limites de la garde à vue"),
    "courts": ("Hearings and appeals", "Audiences et appels"),
    "retention": ("How long data are kept", "Combien de temps les données sont gardées"),
    "links": ("Alerts of one event", "Alertes d'un même fait"),
    "holidays": ("Public holidays", "Jours fériés"),
}
COLUMNS: Final[Mapping[str, Pair]] = {
    "level": ("level", "niveau"),
    "points": ("points", "points"),
    "least": ("from (points)", "à partir de (points)"),
    "floor": ("at least", "au moins"),
    "rule": ("rule", "règle"),
    "reason": ("reason", "raison"),
    "when": ("applies when", "s'applique quand"),
    "kind": ("kind", "type"),
    "severity": ("severity (0 to 5)", "gravité (0 à 5)"),
    "change": ("change", "changement"),
    "needed": ("needed", "il faut"),
    "what": ("what", "quoi"),
    "starts": ("starts with", "commence avec"),
    "long": ("how long", "combien de temps"),
    "service": ("service", "service"),
    "limit": ("limit", "limite"),
    "limits": ("limits, from the arrest", "limites, depuis l'arrestation"),
    "ceiling": ("beyond every known limit after", "au-delà de toute limite connue après"),
    "reminders": ("reminders before it", "rappels avant"),
    "source": ("source", "source"),
    "read": ("article read by us", "article lu par nous"),
    "day": ("holiday", "jour férié"),
    "date": ("date", "date"),
}
FIELDS: Final[Mapping[str, tuple[Pair, str]]] = {
    "danger_now": (("danger now", "danger maintenant"), "yes_no_unknown"),
    "alert_icon": (("kind of alert", "type d'alerte"), "alert_icon"),
    "violation": (("violation", "violation"), "violation_codes"),
    "victim_kind": (("person", "personne"), "victim_kind"),
    "special": (("special need", "besoin particulier"), "special"),
    "victim_count": (("number of victims", "nombre de victimes"), "victim_count"),
    "when_rel": (("when", "quand"), "when_rel"),
    "hours_since": (("time since the act", "temps depuis l'acte"), "hours_since"),
    "held_since": (("held since", "détenu depuis"), "held_since"),
    "perp_near": (
        ("the perpetrator can reach the person", "l'auteur a accès à la personne"),
        "yes_no_unknown",
    ),
    "retaliation_risk": (("risk of retaliation", "risque de représailles"), "risk_level"),
    "suicide_risk": (("risk of suicide", "risque de suicide"), "yes_no_unknown"),
    "info_source": (("source of the information", "source de l'information"), "info_source"),
    "severity": (("severity", "gravité"), ""),
}
"""What a rule may read -> its words, and the list of its answers."""
BY_LEVEL: Final[Mapping[str, tuple[Pair, Pair]]] = {
    "first_contact_h": (
        ("first contact with the person", "premier contact avec la personne"),
        ("arrival of the alert at the server", "arrivée de l'alerte au serveur"),
    ),
    "first_action_h": (
        ("first action (answer of a provider)", "première action (réponse d'un prestataire)"),
        ("the referral", "l'orientation"),
    ),
    "assessment_h": (
        ("assessment", "évaluation"),
        (
            "arrival of the case's first alert or form",
            "arrivée de la première alerte ou soumission du dossier",
        ),
    ),
    "supervision_h": (
        ("supervision", "point de supervision"),
        ("the last supervision", "le dernier point de supervision"),
    ),
    "followup_d": (("routine visit", "visite de suivi"), ("the last visit", "la dernière visite")),
    "escalate_at": (
        (
            "message about what is undone, at this share of the time",
            "message sur ce qui n'est pas fait, à cette part du délai",
        ),
        ("the same start", "le même début"),
    ),
    "escalate_to": (("who gets it", "qui le reçoit"), ("–", "–")),
}
OF_A_CASE: Final[Mapping[str, tuple[Pair, Pair]]] = {
    "plan_d": (("action plan", "plan d'action"), ("opening of the case", "ouverture du dossier")),
    "emergency_assessment_h": (
        ("assessment after an emergency intervention", "évaluation après une intervention d'urgence"),
        ("the intervention", "l'intervention"),
    ),
    "suspend_after_failed_contacts": (
        (
            "failed contacts in a row before suspension is proposed",
            "contacts manqués de suite avant que la suspension soit proposée",
        ),
        ("the last contact", "le dernier contact"),
    ),
    "lost_contact_d": (
        (
            "time without reaching the person before a closure for lost contact",
            "temps sans joindre la personne avant une fermeture pour contact perdu",
        ),
        ("the last contact", "le dernier contact"),
    ),
    "provider_stale_d": (
        ("a provider of the directory is checked again", "un prestataire de l'annuaire est revérifié"),
        ("the last check", "la dernière vérification"),
    ),
    "consent_ask_d": (
        (
            "consent not asked yet: ask, or erase the identity",
            "consentement pas encore demandé : le demander, ou effacer l'identité",
        ),
        ("arrival of the alert", "arrivée de l'alerte"),
    ),
    "consent_renew_months": (
        ("consent is asked for again", "le consentement est redemandé"),
        ("the consent", "le consentement"),
    ),
    "consent_unable_review_d": (
        (
            "a person who could not be asked: look again",
            "une personne qui n'a pas pu être interrogée : regarder à nouveau",
        ),
        ("that record", "cette note"),
    ),
    "override_max_h": (
        (
            "an override for a vital interest lasts at most",
            "une dérogation pour un intérêt vital dure au plus",
        ),
        ("the second signature", "la seconde signature"),
    ),
    "override_again_d": (
        (
            "another override for the same person and purpose needs a third person",
            "une autre dérogation pour la même personne et le même but demande une troisième personne",
        ),
        ("end of the first one", "fin de la première"),
    ),
    "override_most": (
        (
            "overrides for one person and purpose within that time, at most",
            "dérogations pour une personne et un but dans ce temps, au plus",
        ),
        ("the same", "de même"),
    ),
    "opening_by_two_h": (
        (
            "a C4 case may be opened by the two people",
            "un dossier C4 peut être ouvert par les deux personnes",
        ),
        ("agreement of the second person", "accord de la seconde personne"),
    ),
}
CHANGES: Final[Mapping[str, Pair]] = {
    "raise": ("raise a level", "élever un niveau"),
    "lower": ("lower a level", "baisser un niveau"),
    "dismiss": ("dismiss an alert", "classer une alerte sans suite"),
}
CLINICAL: Final[Mapping[str, Pair]] = {
    "pep": ("post-exposure prophylaxis (HIV)", "prophylaxie post-exposition (VIH)"),
    "emergency_contraception": ("emergency contraception", "contraception d'urgence"),
}
APPEALS: Final[Mapping[str, Pair]] = {
    "opposition": ("opposition to a judgment by default", "opposition à un jugement par défaut"),
    "appeal": ("appeal", "appel"),
}
KEPT: Final[Mapping[str, tuple[Pair, Pair]]] = {
    "years_by_class": (("case, class {class}", "dossier, classe {class}"), ("closure", "fermeture")),
    "undecided.years": (
        ("case without a class: the class is decided", "dossier sans classe : la classe est décidée"),
        ("closure", "fermeture"),
    ),
    "alerts.without_case_months": (
        (
            "alert without a case: then only a trace is left",
            "alerte sans dossier : ensuite il ne reste qu'une trace",
        ),
        ("arrival", "arrivée"),
    ),
    "alerts.ended_days": (
        (
            "refused or dismissed alert: then the identity is erased",
            "alerte refusée ou classée : ensuite l'identité est effacée",
        ),
        ("refusal or dismissal", "refus ou classement"),
    ),
    "alerts.not_asked_days": (
        (
            "consent not asked for: then the identity is erased",
            "consentement non demandé : ensuite l'identité est effacée",
        ),
        ("arrival", "arrivée"),
    ),
    "withdrawn.days": (
        ("erasure after a withdrawal, at most", "effacement après un retrait, au plus"),
        ("withdrawal", "retrait"),
    ),
    "plan.holds_days": (
        ("a confirmed erasure that nobody carried out holds", "un effacement confirmé et non exécuté vaut"),
        ("confirmation", "confirmation"),
    ),
}
LEFT: Final[Mapping[str, Pair]] = {
    "identity": ("everything but the identity is left", "tout reste, sauf l'identité"),
    "trace": ("only a trace is left", "il ne reste qu'une trace"),
}
UNITS: Final[Mapping[str, tuple[Pair, Pair]]] = {
    "h": ((" hour", " hours"), (" heure", " heures")),
    "d": ((" day", " days"), (" jour", " jours")),
    "months": ((" month", " months"), (" mois", " mois")),
    "years": ((" year", " years"), (" an", " ans")),
    "": (("", ""), ("", "")),
}


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
        self.triage = _file("triage")
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
    return set(_file("triage")) - shown - {"hearing", "appeal"}
