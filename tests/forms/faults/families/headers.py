"""Headers misspelt, doubled, taken out, moved to another language; sheets under another name."""

from __future__ import annotations

from tests.forms.faults.planting import Fault, cut, head, sheet

FAULTS: tuple[Fault, ...] = (
    head("market", "#survey.relevant", "relevent", "COL-UNKNOWN", "Rice.relevent"),
    head("market", "#survey.relevant", "releveant", "COL-UNKNOWN", "Rice.releveant"),
    head("market", "#survey.constraint", "constrain", "COL-UNKNOWN", "Q04_Price.constrain"),
    head("market", "#survey.calculation", "calculations", "COL-UNKNOWN", "Bag_Kilo.calculations"),
    head("market", "#survey.required", "requird", "COL-UNKNOWN", "Q01_Town.requird"),
    head("market", "#survey.choice_filter", "choice_filtre", "COL-UNKNOWN", "Q02-Stall.choice_filtre"),
    head("market", "#survey.appearance", "apperance", "COL-UNKNOWN", "Q01_Town.apperance"),
    head("market", "#survey.default", "defaut", "COL-UNKNOWN", "Q06_Open.defaut"),
    head("market", "#survey.hint", "relevance", "COL-TWICE", "#survey.relevant"),
    head("market", "#survey.hint", "required", "COL-TWICE", ""),
    head("market", "#choices.town", "region", "FILTER-NOCOL", "Q02-Stall.choice_filter"),
    head("market", "#choices.label", "lable", "COL-UNKNOWN", "Town/1.lable"),
    head("market", "#choices.list_name", "listname", "COL-UNKNOWN", ""),
    head("market", "#settings.form_id", "form_idd", "COL-UNKNOWN", "settings.form_idd"),
    head("menage", "#survey.repeat_count", "repeat_counts", "COL-UNKNOWN", "membre.repeat_counts"),
    head("menage", "#survey.parameters", "parametres", "COL-UNKNOWN", "abri.parametres"),
    head("menage", "#survey.readonly", "relevant", "COL-TWICE", ""),
    head("menage", "#settings.instance_name", "instancename", "COL-UNKNOWN", "settings.instancename"),
    head(
        "menage", "#settings.default_language", "default_langage", "COL-UNKNOWN", "settings.default_langage"
    ),
    head("market", "#survey.relevant", "bind::relevent", "COL-UNKNOWN", "Rice.bind::relevent"),
    head("market", "#survey.appearance", "body::apperance", "COL-UNKNOWN", "Q01_Town.body::apperance"),
    head("menage", "#survey.hint::English (en)", "hint:English (en)", "COL-UNKNOWN", ""),
    head(
        "menage",
        "#survey.constraint_message::English (en)",
        "constraint_msg::English (en)",
        "COL-UNKNOWN",
        "",
    ),
    head("menage", "#survey.label::English (en)", "label::English", "LANG-SPELL", ""),
    sheet("market", "#choices", "choice", "SHEET-NAME"),
    sheet("market", "#choices", "Choix", "SHEET-NAME"),
    sheet("market", "#settings", "setting", "SHEET-NAME"),
    sheet("market", "#survey", "enquete", "DK-F25"),
    cut("market", "#survey.label", "PX-NO-LABEL"),
    cut("market", "#choices.town", "FILTER-NOCOL", "Q02-Stall.choice_filter"),
    cut("market", "#choices.list_name", "PX-HEADER_003"),
    cut("market", "#choices.name", "PX-HEADER_003"),
    cut("market", "#survey.calculation", "PX-NO-CALCULATION"),
    cut("alerte", "#survey.sensitivity", "COL-MISSING"),
    cut("alerte", "#survey.register", "COL-MISSING"),
)
"""The faults of this family."""
