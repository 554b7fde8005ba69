"""Translations left out, languages spelt twice, references in one language only, media that is not there."""

from __future__ import annotations

from tests.forms.faults.planting import Fault, cell, cut, head

FAULTS: tuple[Fault, ...] = (
    cell("menage", "accord.label::English (en)", "", "TR-MISSING"),
    cell("menage", "resume.label::English (en)", "Minors", "TR-REF", "resume.label::Français (fr)"),
    cell("menage", "arrivee.hint::English (en)", "", "TR-MISSING"),
    cell("menage", "taille.constraint_message::English (en)", "", "TR-MISSING"),
    cell("menage", "taille.required_message::Français (fr)", "", "TR-MISSING"),
    cell("menage", "oui_non/oui.label::English (en)", "", "TR-MISSING"),
    cell("menage", "accord.image::English (en)", "", "TR-MISSING"),
    cell("menage", "accord.image::Français (fr)", "mains.png", "MEDIA-MISSING"),
    cell("menage", "besoins/eau.image::English (en)", "Eau.png", "MEDIA-MISSING"),
    cell("menage", "besoins/abri.image::English (en)", "abri.PNG", "MEDIA-MISSING"),
    cell("menage", "settings.default_language", "fr", "LANG-DEFAULT"),
    cell("menage", "settings.default_language", "Francais (fr)", "LANG-DEFAULT"),
    head("menage", "#survey.label::English (en)", "label::Anglais (en)", "LANG-SPELL", ""),
    head("menage", "#survey.hint::English (en)", "hint::english (en)", "LANG-SPELL", ""),
    head("menage", "#choices.label::Français (fr)", "label::Francais (fr)", "LANG-SPELL", ""),
    head("menage", "#choices.label::English (en)", "label", "TR-MIXED", ""),
    head("menage", "#survey.hint::English (en)", "hint", "TR-MIXED", "arrivee.hint"),
    cut("menage", "#survey.label::English (en)", "TR-MISSING"),
    cut("menage", "#choices.label::English (en)", "TR-MISSING"),
    cut("menage", "#survey.constraint_message::English (en)", "TR-MISSING"),
)
"""The faults of this family."""
