"""What trainers really do: cells filled by Excel, rows copied between forms, conditions turned round, lists put together by hand.

Planted before anybody looked whether there is a rule.
"""

from __future__ import annotations

from tests.forms.faults.planting import Fault, add, cell, cut, head

FAULTS: tuple[Fault, ...] = (
    # --- Excel and word processors ---
    cell("market", "Q04_Price.constraint", ". ≥ 1000 and . ≤ 90000", "EXPR-WORD"),
    cell("market", "Bag_Kilo.calculation", "${Q04_Price} – 50", "EXPR-WORD"),
    cell("market", "Stall/1-a.name", "@2026-01-01", "CELL-TYPE"),
    cell("menage", "taille.constraint", ". >= 0 and . <= 1 000", "EXPR-SYNTAX"),
    cell("menage", "mineurs.calculation", "sum(${mineur}) * 0,5", "EXPR-WORD"),
    cell("menage", "photo_ok.relevant", '${accord2} = "oui"', "REF-UNKNOWN"),
    cell("menage", "telephone.constraint", "regex(., '^6[0–9]{8}$')", "REGEX-TYPESET"),
    cell("menage", "telephone.constraint", "regex(., '^…[0-9]{6}$')", "REGEX-TYPESET"),
    # --- rows copied ---
    cell("menage", "age.constraint", "${taille} >= 0 and ${taille} <= 120", "CON-OTHERS"),
    cell("menage", "taille.constraint", "", "MESSAGE-IDLE", "taille.constraint_message::Français (fr)"),
    cell("menage", "taille.required", "", "MESSAGE-IDLE", "taille.required_message::Français (fr)"),
    cell("menage", "besoins/abri.list_name", "", "CHOICE-NOLIST"),
    add(
        "menage", "photo_ok", "text | detail | Détail | Detail | | | | | | ${incident} = 'oui'", "REF-UNKNOWN"
    ),
    add("menage", "prenom", "text | prenom | Nom | Name", "PX-NAMES_001"),
    add("menage", "sexe/m", "sexe | f | Femme | Woman", "PX-NAMES_007"),
    # --- lists ---
    cell("menage", "commune/bui.region", "NW", "CHOICE-UNREACHED"),
    cell("menage", "besoins.constraint", "", "NONE-BESIDE"),
    cell("menage", "besoins.constraint", "count-selected(.) <= 3", "NONE-BESIDE"),
    cell("menage", "besoins.constraint", "selected(., 'rien') and count-selected(.) > 1", "NONE-REFUSED"),
    cell("menage", "besoins.parameters", "randomize=true", "NONE-SHUFFLED"),
    # --- order ---
    cell("menage", "membre.repeat_count", "${etat}", "REF-LATER"),
    cell("market", "Q03_Goods.relevant", "${Q08_Until} != ''", "REF-LATER"),
    cell("menage", "mineurs.calculation", "once(sum(${mineur}))", "EARLY"),
    cell("menage", "taille.calculation", "count(${membre})", "OVERWRITTEN"),
    # --- kinds ---
    cell("market", "Q07_Why.constraint", ". <= 300", "TEXT-NUMBER"),
    cell(
        "menage", "telephone.constraint", "regex(., '^6[0-9]{8}$') and string-length(.) = 8", "UNANSWERABLE"
    ),
    cell("menage", "arrivee.constraint", "regex(., '^[0-9]{2}/[0-9]{2}/[0-9]{4}$')", "REGEX-NEVER"),
    cell("market", "Q04_Price.constraint", "regex(., '^[0-9]+,[0-9]+$')", "REGEX-NEVER"),
    cell("market", "Q08_Until.constraint", "regex(., '^[0-9]{2}:[0-9]{2}$')", "REGEX-NEVER"),
    cell("menage", "besoins.constraint", "regex(., '^[0-9]+$')", "REGEX-NEVER"),
    cell("menage", "abri.relevant", "count-selected(${photo_ok}) > 1", "NEVER-TRUE"),
    cell("menage", "abri.relevant", "${photo_ok} = true()", "TYPE-COMPARE"),
    cell(
        "menage", "mineur.calculation", "if(${age} < 18, 'oui', 'non')", "TYPE-NUMBER", "mineurs.calculation"
    ),
    cell("menage", "mineur.calculation", "if(${age} < 18, 1, if(${age} < 5, 2, 3))", "BRANCH-NEVER"),
    cell("menage", "mineurs.calculation", "today() + 7", "DAY-NUMBER"),
    cell("menage", "taille.constraint", "string-length(. = 9)", "ARG-KIND"),
    cell("menage", "taille.default", "50", "DEFAULT-REFUSED"),
    cell("menage", "etat.default", "9", "DEFAULT-REFUSED"),
    # --- texts ---
    cell("menage", "resume.label::Français (fr)", "Mineurs : $mineurs", "TEXT-REF"),
    cell("menage", "resume.label::English (en)", "Minors: {mineurs}", "TEXT-REF"),
    cell("menage", "taille.hint::Français (fr)", "État ${etat}", "REF-LATER"),
    cell("menage", "abri.relevant", ". > 0", "REF-CYCLE"),
    # --- headers and languages ---
    head("menage", "#survey.required", "obligatoire", "COL-UNKNOWN", "accord.obligatoire"),
    head("menage", "#survey.constraint", "contrainte", "COL-UNKNOWN", "arrivee.contrainte"),
    head("menage", "#choices.label::Français (fr)", "label::Français(fr)", "LANG-SPELL", ""),
    cut("menage", "#choices.label::English (en)", "TR-MISSING"),
)
"""The faults of this family."""
