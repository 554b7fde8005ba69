"""What may stand in a follow-up workbook, as values: fields per tier, sheets and their columns. Writes nothing.

One allow-list of register fields per tier, never "all columns minus some".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from sync_scripts.errors import DikaloError
from sync_scripts.register.lifecycle.moves import CASE_OPEN

Tier = Literal["T2", "T3"]
Field = tuple[str, str]
"""A register field: (entity, field)."""


def _fields(entity: str, names: str) -> frozenset[Field]:
    return frozenset((entity, name) for name in names.split())


_T2 = (
    _fields(
        "case",
        "case_code state urgency level urgency_decided owner_code region department opened_at next_due work_note closure_reason",
    )
    | _fields("incident", "week")
    | _fields("need", "service")
    | _fields(
        "intervention",
        "number service provider_code status owner_code due_at requested_on done_at consent_ok work_note",
    )
    | _fields(
        "alert",
        "code state urgency level urgency_decided assigned_to region department week contact_due_at action_due_at",
    )
)
_T3 = (
    _T2
    | _fields("incident", "arrondissement verification")
    | _fields("act", "violation")
    | _fields("person", "kind age_band")
    | _fields("perpetrator", "actor")
    | _fields("legal_event", "step court hearing_at decision")
    | _fields("intervention", "appointment_at")
    | _fields("followup", "fu_type impact")
    | _fields("case", "risk confidentiality")
)
ALLOWED: dict[Tier, frozenset[Field]] = {"T2": _T2, "T3": _T3}

C4_FIELDS = _fields("case", "case_code state urgency level urgency_decided owner_code next_due")
"""All that a case of confidentiality C4 shows in any tier but T4."""


def tier_words(tier: str) -> str:
    """Return a tier as the first page of a workbook says it, in both languages."""
    words = {"T2": "le travail / the work", "T3": "le travail et les faits / the work and what happened"}
    return f"{tier} ({words[tier]})" if tier in words else tier


FieldNotAllowed: Final = DikaloError.declare(
    "DK-W01",
    "The field {entity}.{field} may not be in a workbook of tier {tier}. Nothing was written. "
    "Remove the column, or open the one record with « dikalo vault open CODE --reason TEXT ».",
)


def check(tier: Tier, fields: Iterable[Field]) -> None:
    """Refuse a set of columns that holds a field outside the tier's list.

    Raises:
        FieldNotAllowed: the first such field.
    """
    for entity, field in fields:
        if (entity, field) not in ALLOWED[tier]:
            raise FieldNotAllowed(entity=entity, field=field, tier=tier)


Kind = Literal["text", "date", "choice", "set", "link"]
Lang = Literal["fr", "en"]
FIRST_ROW: Final = 6
"""Row of a data sheet where the data begin; title, help, keys and headings stand above."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key for machines, its two headers, the register field it shows, and who may write in it.

    ``source`` is None for what the workbook makes itself (the deadline flag). ``choices`` names the list whose labels
    are shown for the codes of a ``choice`` (one) or a ``set`` (several, separated by blanks). ``width`` is in characters.
    ``erasable`` is a column that a person may empty; a case without a state, an owner or a next day is not what anybody meant.
    """

    key: str
    fr: str
    en: str
    source: Field | None
    width: int
    kind: Kind = "text"
    editable: bool = False
    choices: str = ""
    erasable: bool = False

    def named(self, lang: Lang) -> str:
        """Return the column's visible name."""
        return self.fr if lang == "fr" else self.en


@dataclass(frozen=True, slots=True)
class Sheet:
    """One data sheet. ``spare`` rows are blank, with an id of their own, ready to be filled."""

    marker: str
    table: str
    fr: str
    en: str
    help_fr: str
    help_en: str
    columns: tuple[Column, ...]
    spare: int = 0

    def title(self, lang: Lang) -> str:
        """Return the sheet's visible name, at most 31 characters."""
        return self.fr if lang == "fr" else self.en


@dataclass(frozen=True, slots=True)
class Line:
    """One data row: id and version for the way back, and the value of each column as a code or an ISO date.

    ``record`` is the id of the intervention that it shows; None for the row of a case and for a blank one. ``withheld``
    are the keys of columns that are not shown of it, and so are not to be written in.
    """

    row_id: str
    version: str
    values: Mapping[str, str | None]
    record: str | None = None
    withheld: frozenset[str] = frozenset()


def _case(field: str) -> Field:
    return ("case", field)


def _intervention(field: str) -> Field:
    return ("intervention", field)


_WRITTEN = partial(Column, editable=True)
_CHOSEN = partial(_WRITTEN, kind="choice")
_TOLD = partial(_WRITTEN, erasable=True)
"""A column that a person writes in: as it is, from a list, or one that may be emptied."""

_CODE = Column("code", "Dossier", "Case", _case("case_code"), 14)
_FLAG = Column("flag", "Échéance au {day}", "Deadline on {day}", None, 14, "choice", choices="flag")
_OWNER = _CHOSEN("owner", "Responsable", "Owner", _case("owner_code"), 13, choices="owner")
_REGION = Column("region", "Région", "Region", _case("region"), 13, "choice", choices="region")
_NEEDS = Column("needs", "Besoins", "Needs", ("need", "service"), 27, "set", choices="service")

_T3_COLUMNS = (
    Column("violations", "Violations", "Violations", ("act", "violation"), 24, "set", choices="violation"),
    Column(
        "people",
        "Personnes touchées",
        "People affected",
        ("person", "kind"),
        16,
        "set",
        choices="victim_kind",
    ),
    Column(
        "arrondissement",
        "Arrondissement",
        "Subdivision",
        ("incident", "arrondissement"),
        18,
        "choice",
        choices="arrondissement",
    ),
    Column(
        "legal", "Étape judiciaire", "Legal step", ("legal_event", "step"), 18, "choice", choices="legal_step"
    ),
)


_OF_CASE: Final = (
    _CODE,
    _FLAG,
    Column("opened", "Ouvert (semaine)", "Opened (week)", _case("opened_at"), 13),
    _REGION,
    Column(
        "department", "Département", "Department", _case("department"), 15, "choice", choices="department"
    ),
    _NEEDS,
)
"""What comes from the register, at either tier."""

_DECIDED_OF_CASE: Final = (
    _CHOSEN("state", "État", "State", _case("state"), 20, choices="state"),
    _CHOSEN("urgency", "Urgence", "Urgency", _case("urgency"), 12, choices="urgency"),
    _OWNER,
    _WRITTEN("next_due", "Prochaine échéance", "Next due date", _case("next_due"), 15, "date"),
    _TOLD("note", "Note de travail (sans nom)", "Work note (no names)", _case("work_note"), 36),
    _CHOSEN(
        "closure",
        "Motif de fermeture",
        "Closure reason",
        _case("closure_reason"),
        22,
        choices="closure_reason",
        erasable=True,
    ),
)
"""What a person writes."""


def _cases(tier: Tier) -> Sheet:
    return Sheet(
        marker="dk:cases",
        table="T_Dossiers",
        fr="Dossiers",
        en="Cases",
        help_fr="Modifiez seulement les colonnes jaunes. Ne supprimez pas de ligne : changez l'état.",
        help_en="Edit yellow columns only. Never delete a row: change its state.",
        columns=(*_OF_CASE, *(_T3_COLUMNS if tier == "T3" else ()), *_DECIDED_OF_CASE),
    )


TODO = Sheet(
    marker="dk:todo",
    table="T_Todo",
    fr="À traiter",
    en="To do",
    help_fr="En retard ou dû dans 7 jours, par urgence puis date. Lecture seule : modifiez dans « Dossiers ».",
    help_en="Overdue or due within 7 days, by urgency then date. Read only: edit in “Cases”.",
    columns=(
        Column("code", "Dossier", "Case", _case("case_code"), 14, "link"),
        _FLAG,
        Column("next_due", "Date", "Due", _case("next_due"), 12, "date"),
        Column("urgency", "Urgence", "Urgency", _case("urgency"), 12, "choice", choices="urgency"),
        Column("owner", "Responsable", "Owner", _case("owner_code"), 13),
        Column("state", "État", "State", _case("state"), 22, "choice", choices="state"),
        _NEEDS,
        _REGION,
        Column("note", "Dernière note", "Last note", _case("work_note"), 36),
    ),
)

_MEANT = _CHOSEN("code", "Dossier", "Case", _case("case_code"), 14, choices="case")
_SERVICE = partial(_CHOSEN, "service", "Service", "Service", _intervention("service"), choices="service")
"""Which case a row is about, and which service it tells of: in both sheets of what is done."""

ACTIONS = Sheet(
    marker="dk:actions",
    table="T_Actions",
    fr="Actions",
    en="Actions",
    help_fr="Ce que nous faisons nous-mêmes. Les lignes vides du bas sont prêtes : remplissez-les.",
    help_en="What we do ourselves. The blank rows below are ready: fill them in.",
    spare=20,
    columns=(
        _MEANT,
        _SERVICE(27),
        _CHOSEN(
            "owner",
            "Responsable",
            "Owner",
            _intervention("owner_code"),
            13,
            choices="owner",
            erasable=True,
        ),
        _WRITTEN("due", "À faire pour le", "Due on", _intervention("due_at"), 13, "date"),
        _CHOSEN("status", "Statut", "Status", _intervention("status"), 20, choices="status"),
        _WRITTEN("done_on", "Fait le", "Done on", _intervention("done_at"), 12, "date"),
        _TOLD("outcome", "Résultat (sans nom)", "Outcome (no names)", _intervention("work_note"), 40),
    ),
)

REFERRALS = Sheet(
    marker="dk:referrals",
    table="T_Orientations",
    fr="Orientations",
    en="Referrals",
    help_fr="Ce qu'un autre service fait. Écrivez le service, jamais la victime ; le consentement ne se change pas ici.",
    help_en="What another service does. Write the service, never the victim; consent is not changed here.",
    spare=20,
    columns=(
        _MEANT,
        _SERVICE(33),
        _WRITTEN("provider", "Prestataire", "Provider", _intervention("provider_code"), 14),
        _TOLD("sent_on", "Envoyé le", "Sent on", _intervention("requested_on"), 12, "date"),
        Column(
            "consent", "Consentement", "Consent", _intervention("consent_ok"), 14, "choice", choices="yes_no"
        ),
        _CHOSEN("outcome", "Réponse", "Answer", _intervention("status"), 22, choices="status"),
        _TOLD("comment", "Commentaire (sans nom)", "Comment (no names)", _intervention("work_note"), 34),
    ),
)


def sheets(tier: Tier) -> tuple[Sheet, ...]:
    """Return the data sheets of a tier, in order: to do, cases, actions, referrals."""
    return (TODO, _cases(tier), ACTIONS, REFERRALS)


WORKBOOK_STATES = (*(state for state in CASE_OPEN if state != "reopened"), "suspended")
"""The states that a workbook may set; the others have commands of their own."""
