"""Clean forms that a table would be too long or too odd for: 500 questions, numeric choices, other scripts, names in capitals.

They break nothing and lose nothing; whatever is said to do so of one of them is a false alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.forms.faults.planting import sheets_of
from tests.forms.rules.faults.planted import Sheets


def _five_hundred() -> Sheets:
    """500 questions in 20 groups, each group behind the answer to the one before it."""
    rows = [["type", "name", "label", "relevant", "constraint", "constraint_message", "required"]]
    for group in range(20):
        condition = f"${{Q{group - 1}_0}} = '1' or ${{Q{group - 1}_0}} = '2'" if group else ""
        rows.append(["begin_group", f"Section-{group}", f"Section {group}", condition])
        rows.append(["select_one YNU", f"Q{group}_0", f"Shall we go on with part {group + 1}?"])
        for number in range(1, 25):
            limit = f". >= 0 and . < {number * 100}"
            rows.append(
                ["integer", f"Q{group}_{number}", f"Count {number}?", "", limit, "Out of range", "yes"]
            )
        rows.append(["end_group"])
    choices = [["list_name", "name", "label"], *(["YNU", str(code), f"Answer {code}"] for code in range(4))]
    return {"survey": rows, "choices": choices, "settings": [["form_title", "form_id"], ["Long", "LONG-500"]]}


def _scripts() -> Sheets:
    """Three scripts, one of them from right to left; names of choices with hyphens."""
    languages = ("አማርኛ (am)", "العربية (ar)", "Русский (ru)")
    labels = [f"label::{language}" for language in languages]
    return {
        "survey": [
            ["type", "name", *labels, "relevant", "choice_filter"],
            ["select_one zone", "zone", "ዞን", "المنطقة", "Зона"],
            [
                "select_one place",
                "place",
                "ቦታ",
                "المكان",
                "Место",
                "${zone} != 'other-zone'",
                "zone = ${zone}",
            ],
            ["text", "elsewhere", "ሌላ ቦታ", "مكان آخر", "Другое место", "${zone} = 'other-zone'"],
        ],
        "choices": [
            ["list_name", "name", *labels, "zone"],
            ["zone", "north-zone", "ሰሜን", "الشمال", "Север"],
            ["zone", "other-zone", "ሌላ", "أخرى", "Другая"],
            ["place", "a-1", "ሀ", "ا", "А", "north-zone"],
        ],
        "settings": [["form_title", "form_id", "version"], ["Places", "places", "20261103104500"]],
    }


def _old_quotes() -> Sheets:
    """Typographic quotes, which converters make plain, in a condition that leaves out what the filter cannot offer."""
    return {
        "survey": [
            ["type", "name", "label", "relevant", "choice_filter", "required"],
            ["select_one kind", "kind", "What is it?", "", "", "yes"],
            ["select_one detail", "detail", "Which one?", "${kind}=’school’", "kind=${kind}", "yes"],
            [
                "select_one more",
                "more",
                "And which?",
                "not(selected(${kind}, 'home'))",
                "kind=${kind}",
                "yes",
            ],
        ],
        "choices": [
            ["list_name", "name", "label", "kind"],
            ["kind", "school", "School", ""],
            ["kind", "home", "Home", ""],
            ["detail", "primary", "Primary school", "school"],
            ["more", "private", "Private", "school"],
        ],
        "settings": [["form_title", "form_id", "version"], ["Buildings", "buildings", "2026-11-03"]],
    }


def _computed() -> Sheets:
    """An answer that comes from an earlier visit may have a code that this year's list no longer offers."""
    return {
        "survey": [
            ["type", "name", "label", "calculation", "relevant", "default"],
            ["hidden", "last_status", "", "", "", "closed_2024"],
            ["select_one status", "status", "Status?", "", "", "${last_status}"],
            ["text", "why", "Why was it closed?", "", "${status} = 'closed_2024'", ""],
        ],
        "choices": [
            ["list_name", "name", "label"],
            ["status", "open", "Open"],
            ["status", "shut", "Closed this year"],
        ],
        "settings": [["form_title", "form_id", "version"], ["Cycle", "cycle_3", "3"]],
    }


FORMS: Mapping[str, Callable[[], Sheets]] = {
    "five_hundred": _five_hundred,
    "three_scripts": _scripts,
    "typographic_quotes": _old_quotes,
    "earlier_cycle": _computed,
    "base_market": lambda: sheets_of("market"),
    "base_menage": lambda: sheets_of("menage"),
    "base_alerte": lambda: sheets_of("alerte"),
}
"""Name -> what makes its sheets."""
