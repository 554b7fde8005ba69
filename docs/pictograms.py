"""Draw the pictograms of the alert form: ``nox -s pictures``. The drawings (SVG) are the source, the PNG are made.

Phones show the PNG, so they are committed; the contact sheet in ``docs/pictures/`` shows them as a small phone does,
at 48 pixels, in colour and in grey. Nothing is drawn that is not in ``forms/media``.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import resvg_py
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
MEDIA = ROOT / "forms" / "media"
SHEET = Path(__file__).resolve().parent / "pictures" / "pictograms.png"
SIDE = 192
SMALL = 48
GAP = 12
LARGE = 120
GROUND = "#d9d9d9"


def draw(drawing: Path, side: int = SIDE) -> bytes:
    """Return a drawing as a PNG of so many pixels a side; no font and no other file is looked for."""
    return bytes(
        resvg_py.svg_to_bytes(svg_path=str(drawing), width=side, height=side, skip_system_fonts=True)
    )


def drawings() -> list[Path]:
    """Return the sources, by name."""
    return sorted(MEDIA.glob("*.svg"))


def sheet(sources: list[Path]) -> Image.Image:
    """Return all of them on one picture: large in rows of six, then at 48 pixels in colour, then in grey."""
    lines = -(-len(sources) // 6)
    width = max(6 * (LARGE + GAP), len(sources) * (SMALL + GAP)) + GAP
    made = Image.new("RGB", (width, lines * (LARGE + GAP) + 2 * (SMALL + GAP) + GAP), GROUND)
    for number, source in enumerate(sources):
        large, small = (_opened(draw(source, side)) for side in (LARGE, SMALL))
        line, column = divmod(number, 6)
        made.paste(large, (GAP + column * (LARGE + GAP), GAP + line * (LARGE + GAP)), large)
        below = GAP + lines * (LARGE + GAP)
        across = GAP + number * (SMALL + GAP)
        made.paste(small, (across, below), small)
        made.paste(small.convert("L").convert("RGB"), (across, below + SMALL + GAP), small)
    return made


def _opened(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png)).convert("RGBA")


def main() -> None:
    """Write every PNG beside its drawing, and the contact sheet."""
    for source in drawings():
        data = draw(source)
        source.with_suffix(".png").write_bytes(data)
        print(f"{source.stem}.png {len(data)} bytes")
    SHEET.parent.mkdir(exist_ok=True)
    sheet(drawings()).save(SHEET, optimize=True)


if __name__ == "__main__":
    main()
