"""Groups that do not close, screens that nobody can leave, looks and parameters that phones ignore."""

from __future__ import annotations

from tests.forms.faults.planting import Fault, add, cell

FAULTS: tuple[Fault, ...] = (
    cell("market", "Thanks.required", "yes", "NOTE-REQUIRED"),
    cell("menage", "age.readonly", "yes", "NOTE-REQUIRED", "age.required"),
    cell("market", "Q01_Town.appearance", "minimall", "APPEARANCE-UNKNOWN"),
    cell("market", "Q05_Quality.appearance", "likret", "APPEARANCE-UNKNOWN"),
    cell("market", "Rice.appearance", "fieldlist", "APPEARANCE-UNKNOWN"),
    cell("menage", "etat.parameters", "start=1 ends=5 step=1", "PX-PARAMETERS", ""),
    cell("menage", "etat.parameters", "start=1 end=5 step=zero", "PX-PARAMETERS", ""),
    cell("menage", "abri.parameters", "maxpixels=1024", "PX-PARAMETERS", ""),
    add("menage", "region", "begin_repeat | voisin | Un voisin | A neighbour", "DK-F01"),
    add("menage", "taille", "end_repeat", "DK-F01"),
    cell("menage", "menage.type", "begin_repeat", "DK-F01", ""),
    cell("menage", "membre.type", "begin_group", "DK-F01", ""),
    add("market", "Q04_Price", "begin_group | Inner | Inner", "DK-F01"),
    cell("market", "Rice.type", "begin group of rice", "DK-F01", ""),
)
"""The faults of this family."""
