"""Faults of lists, their filters and their defaults."""

from __future__ import annotations

from tests.forms.rules.faults.planted import Planted

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

VILLAGES = """
type | name | label
select_one_from_file villages.csv | lieu | Où ?
"""


def _file(code: str, faulty: bytes, mended: bytes, french: str, english: str) -> Planted:
    """A list in a file that no workbook shows."""
    media = ({"villages.csv": faulty}, {"villages.csv": mended})
    return Planted(code, VILLAGES, media=media, remark=(french, english), nobody=True)


TABLES = (
    Planted("DEFAULT-CHOICE", """
type | name | label | default
select_one yes_no | blesse | Blessé ? | oui
""", "| oui", "| yes", nobody=True),
    Planted("DEFAULT-CHOICE", """
type | name | label | default
select_multiple signs | signes | Quels signes ? | bites brulures
""", "bites brulures", "bites", nobody=True),
    Planted("FILTER-NOCOL", PLACES.replace("region = ${region}", "zone = ${region}"), "zone =", "region =", nobody=True),
    Planted("FILTER-BARE", PLACES.replace("region = ${region}", "region = region"), "region = region", "region = ${region}",
            nobody=True),
    Planted("QUOTE-MISSING", PLACES.replace("region = ${region}", "region = nord and ${region} = 'nord'"), "= nord", "= 'nord'", nobody=True),
    Planted("FILTER-EMPTY", PLACES.replace("| sud\n", "| nord\n"), "Océan | nord", "Océan | sud", nobody=True),
    Planted("FILTER-WHOLE", PLACES.replace("region = ${region}", "${region} = 'nord'"), "| ${region} = 'nord'", "| region = ${region}", nobody=True),
    Planted("FILTER-NOTHING", PLACES.replace("region = ${region}", "(region = 'nord' and region = 'sud') and ${region} != ''"), "'nord' and", "'nord' or",
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
""", "pulldata('villages', 'chef', 'code', ${code})", "concat('chef de ', ${code})", nobody=True,
            more=("MEDIA-MISSING",)),
    Planted("PULLDATA", """
type | name | label | appearance
select_one yes_no | blesse | Blessé ? | search('reponses')
""", "search('reponses')", "quick", nobody=True),
    _file("FILE-CODING", "name,label\nv1,Bénoué\n".encode("cp1252"), "name,label\nv1,Bénoué\n".encode(),
          "le fichier villages.csv est enregistré en Windows-1252.", "the file villages.csv is saved as Windows-1252."),
    _file("FILE-DELIMITER", b"name\tlabel\nv1\tKumba\n", b"name;label\nv1;Kumba\n",
          "les colonnes de villages.csv sont séparées par des tabulations.", "tabulators stand between the columns of villages.csv."),
    _file("FILE-HEADER", b"name,label,name\nv1,Kumba,v1\n", b"name,label,nom\nv1,Kumba,v1\n",
          "villages.csv commence par name,label,name.", "villages.csv begins with name,label,name."),
    _file("FILE-ROW", b"name,label\nv1,Kumba, Meme\n", b'name,label\nv1,"Kumba, Meme"\n',
          "une ligne de villages.csv est v1,Kumba, Meme.", "a line of villages.csv is v1,Kumba, Meme."),
    _file("FILE-COLUMN", b"name,nom\nv1,Kumba\n", b"name,label\nv1,Kumba\n",
          "villages.csv commence par name,nom.", "villages.csv begins with name,nom."),
    _file("FILE-BLANK", b"name,label\nv1,Kumba\nv2 ,Buea\n", b"name,label\nv1,Kumba\nv2,Buea\n",
          "une ligne de villages.csv est « v2 ,Buea ».", 'a line of villages.csv is "v2 ,Buea".'),
    _file("FILE-TWICE", b"name,label\nv1,Kumba\nv1,Buea\n", b"name,label\nv1,Kumba\nv2,Buea\n",
          "deux lignes de villages.csv commencent par v1.", "two lines of villages.csv begin with v1."),
    _file("CHOICE-DUP-LABEL", b"name,label\nv1,Kumba\nv2,kumba\n", b"name,label\nv1,Kumba\nv2,Buea\n",
          "v1 et v2 ont le même texte dans villages.csv.", "v1 and v2 have the same text in villages.csv."),
    _file("CHOICE-CASE", b"name,label\nv1,Kumba\nV1,Buea\n", b"name,label\nv1,Kumba\nv2,Buea\n",
          "villages.csv contient v1 et V1.", "villages.csv holds v1 and V1."),
    Planted("MEDIA-UNUSED", VILLAGES, media=(
        {"villages.csv": b"name,label\nv1,Kumba\n", "vilages.csv": 10}, {"villages.csv": b"name,label\nv1,Kumba\n"}),
        remark=("le répertoire media contient aussi vilages.csv.", "the folder media also holds vilages.csv."), nobody=True),
    Planted("PX-REPEAT-SOURCE", """
type | name | label
begin_repeat | enfant | Un enfant
text | prenom | Prénom
end_repeat | |
select_multiple ${prenom} | malades | Qui est malade ?
""", "select_multiple ${prenom}", "select_one ${prenom}"),
)  # fmt: skip
"""One table a fault."""
