"""Settings that a server refuses, that phones cannot use, or that show too much."""

from __future__ import annotations

from tests.forms.faults.planting import Fault, add, cell, head

FAULTS: tuple[Fault, ...] = (
    cell("alerte", "settings.version", "", "NO-VERSION"),
    cell("alerte", "settings.version", "v2 final", "VERSION-FORM"),
    cell("alerte", "settings.version", "2026139901", "VERSION-FORM"),
    cell("alerte", "settings.version", "#2026.1", "CELL-TYPE"),
    cell("alerte", "settings.form_id", "Alerte été", "FORM-ID"),
    cell("alerte", "settings.form_id", "", "FORM-ID"),
    head("alerte", "#settings.form_id", "Form_ID", "HEADER-CASE"),
    head("alerte", "#settings.version", "Version", "HEADER-CASE"),
    head("alerte", "#choices.list_name", "List_Name", "HEADER-CASE"),
    cell("alerte", "victim_count.default", "@2026-11-25", "CELL-TYPE"),
    cell("alerte", "narrative.name", "récit", "NAME-FORM"),
    cell("alerte", "narrative.name", "what-happened", "NAME-FORM"),
    cell("alerte", "sex/unknown.name", "ne sait pas", "CHOICE-NAME"),
    add("alerte", "start", "deviceid | device", "META-ID"),
    add("alerte", "start", "start-geopoint | place", "GEO-AUTO"),
    add("alerte", "start", "background-audio | sound", "RECORD-ALWAYS"),
    add("alerte", "start", "username | who", "META-ID"),
)
"""The faults of this family."""
