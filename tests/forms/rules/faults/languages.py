"""Faults of languages, labels and media."""

from __future__ import annotations

from tests.forms.rules.faults.planted import Planted

TABLES = (
    Planted("TR-MISSING", """
type | name | label::Français (fr) | label::English (en)
text | lieu | Où ? | Where?
text | suite | Et ensuite ? |
""", "Et ensuite ? |", "Et ensuite ? | And then?", nobody=True),
    Planted("TR-MISSING", """
type | name | label::Français (fr) | label::English (en) | hint::Français (fr) | hint::English (en)
text | lieu | Où ? | Where? | Le village | The village
text | suite | Et ensuite ? | And then? | En une phrase |
""", "En une phrase |", "En une phrase | In one sentence", nobody=True),
    Planted("TR-MISSING", """
type | name | label::Français (fr) | label::English (en)
select_one jour | quand | Quand ? | When?
[choices]
list_name | name | label::Français (fr) | label::English (en)
jour | lundi | Lundi | Monday
jour | mardi | Mardi |
""", "Mardi |", "Mardi | Tuesday", nobody=True),
    Planted("TR-MIXED", """
type | name | label::Français (fr) | label
text | lieu | Où ? | Where?
""", "| label\n", "| label::English (en)\n"),
    Planted("TR-SAME", """
type | name | label::Français (fr) | label::English (en)
text | lieu | Où cela s'est-il passé ? | Où cela s'est-il passé ?
""", "| Où cela s'est-il passé ? | Où cela s'est-il passé ?", "| Où cela s'est-il passé ? | Where did it happen?"),
    Planted("LANG-WRONG", """
type | name | label::Français (fr) | label::English (en)
text | lieu | Where did it happen? | Où cela s'est-il passé ?
""", "| Where did it happen? | Où cela s'est-il passé ?", "| Où cela s'est-il passé ? | Where did it happen?", nobody=True),
    Planted("LANG-WRONG", """
type | name | label::Français (fr) | label::English (en)
text | lieu | In which of the two towns did it happen? | In which town did it happen?
""", "| In which of the two towns did it happen? |", "| Dans laquelle des deux villes ? |", nobody=True),
    Planted("TEXT-LONG", """
type | name | label::Français (fr) | label::English (en)
text | lieu | Pouvez-vous me dire dans quel quartier ou dans quel village de la région ces faits ont eu lieu ce jour-là selon vous ? | Where?
""", "Pouvez-vous me dire dans quel quartier ou dans quel village de la région ces faits ont eu lieu ce jour-là selon vous ?",
            "Dans quel quartier ? Si c'est hors de la ville, dans quel village ?", nobody=True),
    Planted("HINT-LONG", """
type | name | label::Français (fr) | label::English (en) | hint::Français (fr) | hint::English (en)
text | lieu | Où ? | Where? | Le village. Ou le quartier. Jamais un nom. | The village.
""", "Le village. Ou le quartier. Jamais un nom.", "Le village ou le quartier. Jamais un nom.", nobody=True),
    Planted("TEXT-HARD", """
type | name | label::Français (fr) | label::English (en)
text | lieu | Localisation administrative approximative des événements rapportés | Where?
""", "Localisation administrative approximative des événements rapportés", "Où est-ce ?", rows=12, nobody=True),
    Planted("WORD-OFFICE", """
type | name | label::Français (fr) | label::English (en)
text | lieu | Veuillez dire où elle habite. | Where do they live?
""", "Veuillez dire où elle habite.", "Où habite-t-elle ?", nobody=True),
    Planted("WORDS-RARE", """
type | name | label::Français (fr) | label::English (en)
text | corps | Avait-elle des ecchymoses, des éraflures ou des contusions ? | Was there blood?
text | lieu | Combien de jours est-elle restée dans cette geôle ? | How long?
text | suite | Quelqu'un de la famille a-t-il pu venir la voir ? Que lui ont dit les hommes avant de partir ? | Who came?
text | apres | Est-ce que la police est venue plus tard ? Avez-vous parlé avec le médecin de cette ville ? | And then?
""", "ecchymoses, des éraflures ou des contusions ? | Was there blood?\ntext | lieu | Combien de jours est-elle restée dans cette geôle",
            "traces de coups, ou du sang sur elle ? | Was there blood?\ntext | lieu | Combien de jours est-elle restée dans cette prison",
            nobody=True),
    Planted("TR-REF", """
type | name | label::Français (fr) | label::English (en)
text | lieu | Où ? | Where?
text | suite | Que s'est-il passé à ${lieu} ? | What happened there?
""", "happened there?", "happened at ${lieu}?"),
    Planted("LANG-SPELL", """
type | name | label::Français (fr) | label::Francais (fr)
text | lieu | Où ? | Dans quel village ?
""", " | label::Francais (fr)\ntext | lieu | Où ? | Dans quel village ?", "\ntext | lieu | Dans quel village ?", nobody=True),
    Planted("LANG-CODE", """
type | name | label::Français | label::English (en)
text | lieu | Où ? | Where?
""", "Français", "Français (fr)"),
    Planted("LANG-DEFAULT", """
type | name | label::English (en) | label::Français (fr)
text | lieu | Where? | Où ?
[settings]
default_language
fr
""", "default_language\nfr", "default_language\nFrançais (fr)", nobody=True),
    Planted("CHOICE-DUP-LABEL", """
type | name | label
select_one accord | accord | D'accord ?
[choices]
list_name | name | label
accord | oui | Oui
accord | peut_etre | Oui
""", "peut_etre | Oui", "peut_etre | Peut-être", nobody=True),
    Planted("MEDIA-MISSING", """
type | name | label | image
note | consigne | Regardez. | carte.png
""", "carte.png", "plan.png", media=({"plan.png": 900}, {"plan.png": 900}), nobody=True),
    Planted("MEDIA-MISSING", """
type | name | label
select_one_from_file villages.csv | lieu | Où ?
""", media=({}, {"villages.csv": b"name,label\n"}), remark=("Le fichier villages.csv manque.", "The file villages.csv is missing.")),
    Planted("MEDIA-BIG", """
type | name | label | image
note | consigne | Regardez. | plan.png
""", media=({"plan.png": 90_000}, {"plan.png": 9_000}),
            remark=("Le fichier plan.png a 90 ko.", "The file plan.png has 90 kB.")),
    Planted("MEDIA-BIG", """
type | name | label | audio
note | consigne | Écoutez. | consigne.ogg
""", media=({"consigne.ogg": 190_000}, {"consigne.ogg": 50_000}),
            remark=("Le fichier consigne.ogg a 190 ko.", "The file consigne.ogg has 190 kB.")),
)  # fmt: skip
"""One table a fault."""
