"""Values of another type than is meant: numbers as text, text as numbers, functions with arguments that they cannot take.

Whatever names the cell counts, under whichever code.
"""

from __future__ import annotations

from tests.forms.faults.planting import Fault, cell

FAULTS: tuple[Fault, ...] = (
    cell("market", "Q04_Price.default", "cher", ""),
    cell("menage", "arrivee.default", "25/11/2026", ""),
    cell("menage", "age.default", "dix", ""),
    cell("menage", "telephone.type", "integer", ""),
    cell("menage", "membre.repeat_count", "'deux'", ""),
    cell("menage", "membre.repeat_count", "${prenom}", ""),
    cell("menage", "commune.choice_filter", "region = '${region}'", ""),
    cell("menage", "telephone.constraint", "regex(., '^6[0-9{8}$')", ""),
    cell("menage", "telephone.constraint", "regex(., ^6[0-9]{8}$)", ""),
    cell("menage", "etat.parameters", "start=5 end=1 step=1", ""),
    cell("menage", "mineurs.calculation", "count(${mineur} = 1)", ""),
    cell("menage", "besoins.constraint", "count-selected(.) > 9", ""),
    cell("market", "Bag_Kilo.calculation", "${Q04_Price} / 50", ""),
    cell("market", "Bag_Kilo.calculation", "Q04_Price div 50", ""),
    cell("market", "Bag_Kilo.calculation", "'${Q04_Price}' div 50", ""),
    cell("market", "Q07_Why.relevant", "${Q06_Open} = '0' or '1'", ""),
    cell("market", "Q07_Why.relevant", "$(Q06_Open) = '0'", ""),
    cell("market", "Rice.relevant", "selected(${Q03_Goods}, '1 2')", ""),
    cell("market", "Rice.relevant", "selected('1', ${Q03_Goods})", ""),
    cell("market", "Rice.relevant", "selected(Q03_Goods, '1')", ""),
)
"""The faults of this family."""
