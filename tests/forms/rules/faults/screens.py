"""Faults of screens: what cannot be left, said or seen."""

from __future__ import annotations

from tests.forms.rules.faults.planted import Planted

TABLES = (
    Planted("NOTE-REQUIRED", """
type | name | label | required
note | merci | Merci. | yes
""", "| yes", "|", nobody=True),
    Planted("NOTE-REQUIRED", """
type | name | label | required | readonly | required_message
text | code | Le code | yes | yes |
""", "| yes | yes |", "| | yes |", more=("REQ-NOMSG",), nobody=True),
    Planted("CON-NOMSG", """
type | name | label | constraint | constraint_message
integer | age | Âge ? | . < 120 |
""", ". < 120 |", ". < 120 | Moins de 120.", nobody=True),
    Planted("REQ-NOMSG", """
type | name | label | required | required_message
text | lieu | Où ? | yes |
""", "| yes |", "| yes | Dites où.", nobody=True),
    Planted("REPEAT-IN-FIELDLIST", """
type | name | label | appearance
begin_group | famille | La famille | field-list
begin_repeat | enfant | Un enfant |
text | prenom | Prénom |
end_repeat | | |
end_group | | |
""", "La famille | field-list\nbegin_repeat | enfant | Un enfant |", "La famille |\nbegin_repeat | enfant | Un enfant | field-list",
            nobody=True),
    Planted("APPEARANCE-UNKNOWN", """
type | name | label | appearance
text | recit | Que s'est-il passé ? | mutliline
""", "mutliline", "multiline", nobody=True),
)  # fmt: skip
"""One table a fault."""
