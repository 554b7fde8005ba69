"""Faults of what people are offered: choices that nobody can reach, answers that contradict each other, messages that nobody reads."""

from __future__ import annotations

from tests.forms.rules.faults.planted import Planted

NEEDS = """
type | name | label | constraint | constraint_message | parameters
select_multiple besoin | besoins | Quels besoins ? | {} | « Rien » exclut le reste. | {}
[choices]
list_name | name | label
besoin | eau | De l'eau
besoin | abri | Un abri
besoin | rien | Rien
"""
ALONE = "not(selected(., 'rien') and count-selected(.) > 1)"
PLACES = """
type | name | label | choice_filter
select_one region | region | Région ? |
select_one ville | ville | Ville ? | region = ${region}
[choices]
list_name | name | label | region
region | nord | Nord |
region | sud | Sud |
ville | garoua | Garoua | nord
ville | pitoa | Pitoa | Nord
ville | kribi | Kribi | sud
"""

TABLES = (
    Planted("CHOICE-NOLIST", PLACES.replace("| Nord\n", "| nord\n").replace("ville | kribi", " | kribi").replace(
        "pitoa | Pitoa | nord", "pitoa | Pitoa | sud"), " | kribi", "ville | kribi", nobody=True),
    Planted("CHOICE-CASE", PLACES.replace("| Nord\n", "| nord\n").replace("ville | kribi | Kribi | sud",
            "ville | kribi | Kribi | sud\nville | Kribi | Kribi plage | sud"), "ville | Kribi |", "ville | kribi_plage |", nobody=True),
    Planted("LIST-SPELT", PLACES.replace("| Nord\n", "| nord\n").replace("region | sud | Sud |", "region | sud | Sud |\nRegion | est | Est |")
            .replace("ville | kribi | Kribi | sud", "ville | kribi | Kribi | sud\nville | batouri | Batouri | est"),
            "Region | est", "region | est", more=("CHOICE-UNREACHED",), nobody=True),
    Planted("CHOICE-UNREACHED", PLACES, "| Nord\n", "| nord\n", nobody=True),
    Planted("NONE-BESIDE", NEEDS.format("count-selected(.) <= 2", ""), "count-selected(.) <= 2", ALONE, nobody=True),
    Planted("NONE-REFUSED", NEEDS.format("selected(., 'rien') and count-selected(.) > 1", ""),
            "selected(., 'rien') and count-selected(.) > 1", ALONE, nobody=True),
    Planted("NONE-SHUFFLED", NEEDS.format(ALONE, "randomize=true"), "randomize=true", "", nobody=True),
    Planted("MESSAGE-IDLE", """
type | name | label | constraint | constraint_message
integer | age | Âge ? | | De 0 à 120 ans.
""", "Âge ? | |", "Âge ? | . >= 0 and . <= 120 |", nobody=True),
    Planted("MESSAGE-IDLE", """
type | name | label | required | required_message
integer | age | Âge ? | no | Estimez l'âge.
""", "| no |", "| yes |", nobody=True),
    Planted("CON-OTHERS", """
type | name | label | constraint | constraint_message
integer | enfants | Combien d'enfants ? | . >= 0 | Pas de nombre négatif.
integer | adultes | Combien d'adultes ? | ${enfants} >= 0 | Pas de nombre négatif.
""", "${enfants} >= 0", ". >= 0", nobody=True),
    Planted("OVERWRITTEN", """
type | name | label | calculation | readonly
integer | enfants | Combien d'enfants ? | |
integer | total | Combien de personnes ? | ${enfants} * 2 | no
""", "| no", "| yes", nobody=True),
    Planted("REF-LATER", """
type | name | label | relevant
text | lesquelles | Quelles blessures ? | {}
select_one yes_no | blesse | Blessé ? |
text | soins | Quels soins ? | {}
""".replace("{}", "${blesse} = 'yes'", 1).replace("{}", ""), "lesquelles | Quelles blessures ? | ${blesse} = 'yes'",
            "lesquelles | Quelles blessures ? |", nobody=True),
    Planted("REF-LATER", """
type | name | label | repeat_count
begin_repeat | enfant | Un enfant | ${combien}
text | prenom | Prénom ? |
end_repeat | | |
integer | combien | Combien d'enfants ? |
""", "${combien}", "3", nobody=True),
    Planted("DAY-NUMBER", """
type | name | label | calculation
date | visite | Jour de la visite ? |
calculate | rappel | | ${visite} + 7
note | dire | Prochaine visite : ${rappel} |
""", "${visite} + 7", "format-date(date(${visite} + 7), '%d/%m/%Y')", nobody=True),
    Planted("BRANCH-NEVER", """
type | name | label | required | calculation
range | age | Âge ? | |
calculate | classe | | | if(${age} < 18, 'mineur', if(${age} < 5, 'petit', 'adulte'))
""", "if(${age} < 18, 'mineur', if(${age} < 5, 'petit', 'adulte'))",
            "if(${age} < 5, 'petit', if(${age} < 18, 'mineur', 'adulte'))", also=("NUM-EMPTY",), nobody=True),
    Planted("REGEX-TYPESET", """
type | name | label | constraint | constraint_message
text | code | Code ? | regex(., '^[A–Z]{3}$') | Trois lettres.
""", "A–Z", "A-Z", nobody=True),
    Planted("LOOKUP-KEY", """
type | name | label | calculation
calculate | chef | | pulldata('villages', 'chef', 'code', 'Kumba')
""", "'Kumba'", "'kumba'", also=("PULLDATA",), media=(
        {"villages.csv": b"code,chef\nkumba,A\n"}, {"villages.csv": b"code,chef\nkumba,A\n"}), nobody=True),
    Planted("TYPE-COMPARE", """
type | name | label | relevant
select_one yes_no | blesse | Blessé ? |
text | soins | Quels soins ? | ${blesse} = true()
""", "true()", "'yes'", nobody=True),
    Planted("TEXT-REF", """
type | name | label
text | nom | Votre nom ? |
note | merci | Merci, $nom !
""", "$nom", "${nom}", nobody=True),
    Planted("DEFAULT-REFUSED", """
type | name | label | constraint | constraint_message | default
integer | age | Âge ? | . <= 120 | 120 ans au plus. | 200
""", "| 200", "| 20", nobody=True),
    Planted("ARG-KIND", """
type | name | label | constraint | constraint_message
text | code | Code ? | string-length(. = 9) | Neuf signes.
""", "string-length(. = 9)", "string-length(.) = 9", nobody=True),
    Planted("CHOICE-UNKNOWN", """
type | name | label | relevant
acknowledge | vu | J'ai lu |
text | suite | Suite | ${vu} = 'yes'
""", "'yes'", "'OK'", nobody=True),
)  # fmt: skip
"""One table a fault."""
