"""Faults of lists, their filters and their defaults."""

from __future__ import annotations

from tests.rules.faults.planted import Planted

PLACES = """
type | name | label | choice_filter
select_one region | region | Région ? |
select_one departement | departement | Département ? | region = ${region}
[choices]
list_name | name | label | region
region | nord | Nord |
region | sud | Sud |
departement | benoue | Bénoué | nord
departement | ocean | Océan | sud
"""
LONG = "\n".join(f"village | v{number} | Village {number}" for number in range(1, 202))

TABLES = (
    Planted("DEFAULT-CHOICE", """
type | name | label | default
select_one yes_no | blesse | Blessé ? | oui
""", "| oui", "| yes", nobody=True),
    Planted("DEFAULT-CHOICE", """
type | name | label | default
select_multiple signs | signes | Quels signes ? | none brulures
""", "none brulures", "none", nobody=True),
    Planted("FILTER-NOCOL", PLACES.replace("region = ${region}", "zone = ${region}"), "zone =", "region =", nobody=True),
    Planted("FILTER-BARE", PLACES.replace("region = ${region}", "region = region"), "region = region", "region = ${region}",
            nobody=True),
    Planted("QUOTE-MISSING", PLACES.replace("region = ${region}", "region = nord and ${region} = 'nord'"), "= nord", "= 'nord'", nobody=True),
    Planted("FILTER-EMPTY", PLACES.replace("| sud\n", "| nord\n"), "Océan | nord", "Océan | sud", nobody=True),
    Planted("FILTER-NOTHING", PLACES.replace("region = ${region}", "region = 'nord' and region = 'sud' and ${region} != ''"), "'nord' and", "'nord' or",
            nobody=True),
    Planted("LIST-UNUSED", """
type | name | label
select_one jour | quand | Quand ?
[choices]
list_name | name | label
jour | lundi | Lundi
mois | janvier | Janvier
""", "\nmois | janvier | Janvier", "", nobody=True),
    Planted("LIST-LONG", f"""
type | name | label
select_one village | lieu | Où ?
[choices]
list_name | name | label
{LONG}
""", "\nvillage | v201 | Village 201", "", nobody=True),
    Planted("OR-OTHER", """
type | name | label
select_one signs or_other | signe | Quel signe ?
""", " or_other", ""),
    Planted("PULLDATA", """
type | name | label | calculation
text | code | Code du village ? |
calculate | chef | | pulldata('villages', 'chef', 'code', ${code})
""", "pulldata('villages', 'chef', 'code', ${code})", "concat('chef de ', ${code})", nobody=True),
    Planted("PULLDATA", """
type | name | label | appearance
select_one yes_no | blesse | Blessé ? | search('reponses')
""", "search('reponses')", "quick", nobody=True),
    Planted("PX-REPEAT-SOURCE", """
type | name | label
begin_repeat | enfant | Un enfant
text | prenom | Prénom
end_repeat | |
select_multiple ${prenom} | malades | Qui est malade ?
""", "select_multiple ${prenom}", "select_one ${prenom}"),
)  # fmt: skip
"""One table a fault."""
