"""The table of the corpus: family by family, how many faults were planted, found, misled and missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.forms.faults.judging import Outcome, Verdict, table
from tests.forms.faults.misses import MISSES

HEADS = {
    "en": ("family", "planted", "found", "misled", "missed"),
    "fr": ("famille", "plantées", "trouvées", "mal nommées", "manquées"),
}
VERDICTS: Mapping[str, Mapping[Verdict, str]] = {
    "en": {"misled": "misled", "missed": "missed"},
    "fr": {"misled": "mal nommée", "missed": "manquée"},
}
ALL = {"en": "all", "fr": "toutes"}


def lines(outcomes: Sequence[Outcome], language: str = "en") -> list[str]:
    """Return the table in Markdown, and a line for each fault that was not found."""
    rows = table(outcomes)
    shown = [f"| {' | '.join(HEADS[language])} |", "|---|---|---|---|---|"]
    total = dict.fromkeys(("found", "misled", "missed"), 0)
    for family, row in rows.items():
        counts = [row.counts["found"], row.counts["misled"], row.counts["missed"]]
        shown.append(f"| {family} | {row.planted} | {' | '.join(map(str, counts))} |")
        for name, count in zip(total, counts, strict=True):
            total[name] += count
    shown.append(f"| {ALL[language]} | {len(outcomes)} | {' | '.join(map(str, total.values()))} |")
    return [*shown, "", *(_left(one, language) for one in outcomes if one.verdict != "found")]


def _left(one: Outcome, language: str) -> str:
    """Return the line of a fault that was not found: what was planted, what should have been said, and why it is not."""
    what = f"`{one.words}`" + (f" ({one.code})" if one.code else "")
    why = MISSES.get(one.words, ("", ""))[language == "en"]
    return f"- {VERDICTS[language][one.verdict]}, {one.family}: {what}" + (f" - {why}." if why else "")
