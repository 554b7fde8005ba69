"""What the numbers of the rules are called on the page of the rules, in English and in French; a new number gets its words here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

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
