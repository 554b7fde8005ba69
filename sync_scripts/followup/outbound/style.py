"""Colours, fonts and borders of the workbook. Every font is named: a font without a name falls back to a serif face.

Contrast of text on ground is at least 4.5 to 1; hues are from the Okabe-Ito set, safe for the colour-blind.
"""

from __future__ import annotations

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side

FACE = "Calibri"
INK = "1F2A37"
NAVY = "0B3C5D"
AMBER = "F2C14E"
GREY_TEXT = "5B6472"
BLUE = "0072B2"
GREEN = "009E73"
WARNING = "B84A00"


def font(
    *, colour: str = INK, size: float = 10, bold: bool = False, italic: bool = False, under: bool = False
) -> Font:
    """Return a font of the one face."""
    return Font(
        name=FACE, size=size, bold=bold, italic=italic, color=colour, underline="single" if under else None
    )


def ground(colour: str) -> PatternFill:
    """Return a plain fill."""
    return PatternFill("solid", start_color=colour, end_color=colour)


TITLE = font(colour=NAVY, size=16, bold=True)
HELP = font(colour=GREY_TEXT, size=10, italic=True)
OTHER_HEADER = font(colour=GREY_TEXT, size=8, italic=True)
HIDDEN = font(colour=GREY_TEXT, size=8)
LOCKED_HEADER = (font(colour="FFFFFF", bold=True), ground(NAVY))
EDITABLE_HEADER = (font(bold=True), ground(AMBER))
EDITABLE_CELL = (font(), ground("FFFBE6"))
LOCKED_CELL = (font(), ground("F3F5F8"))
CODE_CELL = (font(bold=True), ground("F3F5F8"))
LINK_CELL = (font(colour=BLUE, bold=True, under=True), ground("F3F5F8"))
OVERDUE = (font(colour="8A2B00", bold=True), ground("FBD9C5"))
SOON = (font(colour="6B4E00", bold=True), ground("FDECC2"))
REGISTER_SAYS = (font(), ground("DCEBF7"))
FILE_SAYS = (font(), ground("FDECC2"))
OWN_LOOK = {"register": REGISTER_SAYS, "mine": FILE_SAYS}
"""Columns of the conflicts with a ground of their own."""
FLAGS = {"overdue": OVERDUE, "soon": SOON, "fine": LOCKED_CELL}

LINE = Border(bottom=Side(style="thin", color="D5DAE1"))
WRAP = Alignment(horizontal="left", wrap_text=True, vertical="top", indent=1)
"""An indent counts only where the text is set to a side; without it a text clings to the date beside."""
FLUSH = Alignment(horizontal="left", wrap_text=True, vertical="top")
FLAT = Alignment(wrap_text=False, vertical="top")
CENTRE = Alignment(horizontal="center", vertical="top")
HEADER = Alignment(horizontal="left", wrap_text=True, vertical="center", indent=1)
HEADER_FLUSH = Alignment(horizontal="left", wrap_text=True, vertical="center")
HEADER_CENTRE = Alignment(horizontal="center", wrap_text=True, vertical="center")
INDENTED = Alignment(horizontal="left", vertical="top", indent=1)
UNLOCKED = Protection(locked=False)
LOCKED = Protection(locked=True)
