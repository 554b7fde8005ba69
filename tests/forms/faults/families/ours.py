"""Forms of the register: consent that no longer guards, answers without a place, secrets that stand in clear."""

from __future__ import annotations

from tests.forms.faults.planting import Fault, add, cell, drop

FAULTS: tuple[Fault, ...] = (
    cell("alerte", "facts.relevant", "", "CONSENT-GATE", ""),
    cell("alerte", "facts.relevant", "${consent} = 'refused'", "CONSENT-GATE", ""),
    cell("alerte", "facts.relevant", "${consent} != ''", "CONSENT-GATE", ""),
    cell("alerte", "facts.relevant", "${consent} = 'given' or ${consent} = 'refused'", "CONSENT-GATE", ""),
    cell("alerte", "facts.relevant", "${consent} = 'Given'", "CHOICE-UNKNOWN"),
    drop("alerte", "consent", "REF-UNKNOWN", ""),
    cell("alerte", "consent.register", "", "UNMAPPED", ""),
    cell("alerte", "narrative.sensitivity", "1", "SENS-BELOW"),
    cell("alerte", "narrative.register", "short_texts", "REGISTER-UNKNOWN"),
    cell("alerte", "photo.sensitivity", "1", "SENS-LOW"),
    cell("alerte", "photo.parameters", "", "IMG-PIXELS"),
    cell("alerte", "photo.appearance", "signature", "SIGNATURE"),
    cell("alerte", "danger_now.sensitivity", "3", "RULE-SEALED", ""),
    cell("alerte", "person.register", "persons", "REGISTER-UNKNOWN"),
    cell("alerte", "person_uid.calculation", "uuid()", "UID-UNSTABLE"),
    cell("alerte", "person_uid.calculation", "position(..)", "UID-UNSTABLE"),
    drop("alerte", "person_uid", "REPEAT-UID", "person.register"),
    cell("alerte", "sex.register", "sexe", "REGISTER-UNKNOWN"),
    add("alerte", "narrative", "text | village | Quel village ? | | | | | | | | | | | | | 1", "SENS-LOW"),
    add("alerte", "narrative", "text | nom_victime | Nom | | | | | | | | | | | | | 2", "SENS-LOW"),
    add(
        "alerte",
        "narrative",
        "geopoint | point | Où ? | | yes | Répondez. | | | | | | | | | gps | 3",
        "GEO-REQUIRED",
    ),
    add(
        "alerte", "narrative", "text | autre | Autre | | | | | | | | | | | | short_text | 3", "REGISTER-TWICE"
    ),
)
"""The faults of this family."""
