"""Faults of names, form ids and versions."""

from __future__ import annotations

from tests.forms.rules.faults.planted import Planted

ONE = """
type | name | label
text | lieu | Où ?
"""

TABLES = (
    Planted("NAME-FORM", ONE.replace("lieu", "région"), "région", "region"),
    Planted("NAME-FORM", ONE.replace("lieu", "a-b"), "a-b", "a_b"),
    Planted("NAME-RESERVED", ONE.replace("lieu", "_id"), "_id", "ident"),
    Planted("NAME-RESERVED", ONE.replace("lieu", "dikalo_lieu"), "dikalo_lieu", "lieu"),
    Planted("NAME-CASE", """
type | name | label
text | village | Village
text | Village | Village voisin
""", "text | Village", "text | village_voisin", more=("NAME-FORM",)),
    Planted("NAME-REUSED", """
type | name | label
begin_group | victime | La victime
integer | age | Âge
end_group | |
begin_group | auteur | L'auteur
integer | age | Âge
end_group | |
""", "auteur | L'auteur\ninteger | age", "auteur | L'auteur\ninteger | age_auteur"),
    Planted("CHOICE-NAME", """
type | name | label
select_one saison | quand | Quand ?
[choices]
list_name | name | label
saison | été,x | Été
saison | hiver | Hiver
""", "été,x", "ete"),
    Planted("FORM-ID", """
type | name | label
text | lieu | Où ?
[settings]
form_id
Alerte été 2
""", "Alerte été 2", "alerte_ete_2"),
    Planted("NO-VERSION", """
type | name | label
text | lieu | Où ?
[settings]
form_id
essai
""", "form_id\nessai", "form_id | version\nessai | 2026112501", settings={"form_title": "Essai"}),
    Planted("VERSION-FORM", """
type | name | label
text | lieu | Où ?
[settings]
version
v2 final
""", "v2 final", "2026112501", nobody=True),
    Planted("STAMP", """
type | name | label | calculation
text | lieu | Où ? |
calculate | dikalo_form | | 'autre'
""", "\ncalculate | dikalo_form | | 'autre'", ""),
)  # fmt: skip
"""One table a fault."""
