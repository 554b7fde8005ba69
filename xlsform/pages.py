"""Pages from templates: whole HTML files that need nothing but themselves. No page is built from strings anywhere else.

Templates lie in the folder ``templates`` of the package that fills them. Whatever they show is escaped, signs that nobody sees
too; what they name and are not given is an error, and they say their own sentences by ``_`` and ``ngettext``.
"""

from __future__ import annotations

import base64
from functools import cache
from gettext import gettext, ngettext

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from xlsform.visible import visible

__all__ = ["Markup", "escape", "inlaid", "lined", "page"]


def page(package: str, template: str, /, **values: object) -> str:
    """Return the page that a template of a package makes of these values.

    Raises:
        UndefinedError: the template names what it was not given.
    """
    return _environment(package).get_template(template).render(values)


def lined(text: str) -> Markup:
    """Return a text with its line breaks kept."""
    return Markup("<br>").join(text.split("\n"))


def inlaid(picture: bytes) -> str:
    """Return the address of a picture that lies inside the page."""
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


def _seen(value: object) -> object:
    """Return what a template shows, with nothing unseen in it."""
    if isinstance(value, Markup):
        return Markup(visible(value))  # noqa: S704 - it was markup before, and escapes hold no sign of markup
    return visible(value) if isinstance(value, str) else value


@cache
def _environment(package: str) -> Environment:
    made = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        finalize=_seen,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.globals.update(_=gettext, ngettext=ngettext)
    made.filters.update(lined=lined, inlaid=inlaid)
    return made
