"""The table of the corpus: family by family, how many faults were planted, found, misled and missed."""

from __future__ import annotations

from collections.abc import Sequence

from tests.forms.faults.judging import Outcome, table

HEADS = {
    "en": ("family", "planted", "found", "misled", "missed"),
    "fr": ("famille", "plantées", "trouvées", "mal nommées", "manquées"),
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
    left = [one for one in outcomes if one.verdict != "found"]
    return [*shown, *(f"- {one.verdict}: {one.family}, {one.words} ({one.code})" for one in left)]
