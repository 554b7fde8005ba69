"""What phones make of a form: its nodes, lists and languages, read from the XForm. Knows no sheet and no column.

Two workbooks that give the same shape are the same form, however their sheets are laid out.

Expressions are written so that they can be compared: a path of the XForm becomes ``${name}``, so that moving a question does not
change what refers to it; white space and the kind of quotes do not count. Nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from xlsform.columns import STAMPS
from xlsform.expressions.conditions import conjuncts, requires

_QUOTED = re.compile(r"""('[^']*'|"[^"]*")""")
_BOUND = re.compile(
    r"(?P<what>\.|string-length\(\.\)|count-selected\(\.\))(?P<sign><=|>=|<|>)(?P<limit>-?\d+(?:\.\d+)?)"
)
_REFERENCE = re.compile(r"\$\{([^}]+)\}")
_FALSE = frozenset({"", "false()", "no", "false"})


def plain(expression: str, root: str) -> str:
    """Return an expression of an XForm in the form that is compared; ``root`` is the name of its root node."""
    path = re.compile(
        rf"(?<![\w)\]\}}.])(?:current\(\)/)?(?:/{re.escape(root)}|\.\.(?:/\.\.)*)(?:/[A-Za-z_][\w.-]*)+"
    )
    pieces = _QUOTED.split(expression)
    for index, piece in enumerate(pieces):
        if index % 2:
            pieces[index] = piece if "'" in piece[1:-1] else f"'{piece[1:-1]}'"
        else:
            pieces[index] = _tight(path.sub(lambda found: "${" + found[0].rpartition("/")[2] + "}", piece))
    return "".join(pieces).strip()


def renamed(expression: str, names: Mapping[str, str]) -> str:
    """Return the expression with the new names of questions that were renamed."""
    return _REFERENCE.sub(lambda found: "${" + names.get(found[1], found[1]) + "}", expression)


def is_tighter(old: str, new: str) -> bool:
    """Say whether the new constraint may refuse what the old one let through."""
    return any(not requires(old, _implying(part)) for part in conjuncts(new) if part) if new else False


def is_newly_required(old: str, new: str) -> bool:
    """Say whether an answer may now be asked for where none was."""
    return new not in _FALSE and old not in {"true()", new}


def _tight(text: str) -> str:
    return re.sub(r"\s*([()\[\],=<>!+])\s*", r"\1", re.sub(r"\s+", " ", text))


def _implying(part: str) -> Callable[[str], bool]:
    """Return the test whether an old part makes this new one true."""
    wanted = _BOUND.fullmatch(part)

    def test(before: str) -> bool:
        had = _BOUND.fullmatch(before)
        if wanted is None or had is None or wanted["what"] != had["what"]:
            return before == part
        if wanted["sign"][0] != had["sign"][0]:
            return False
        limit, there = float(wanted["limit"]), float(had["limit"])
        if limit == there:
            return wanted["sign"] == had["sign"] or wanted["sign"].endswith("=")
        return there < limit if wanted["sign"][0] == "<" else there > limit

    return test


Path = tuple[str, ...]
Texts = Mapping[str, Mapping[str, str]]
"""What a text is for ("label", "hint", "image", ...) -> language -> words."""

SECTIONS = frozenset({"group", "repeat"})


@dataclass(frozen=True, slots=True)
class Node:
    """A question, calculation, note, group or repeat. Expressions are plain (`plain`).

    ``kind`` is named like a type of the survey sheet; ``list`` is the list its choices come from, if it is in the form;
    ``offered`` the rule that says which of them; ``shown`` the condition, for a repeat also the count; ``look``
    everything else.
    """

    path: Path
    kind: str
    texts: Texts
    required: str
    constraint: str
    calculation: str
    shown: str
    list: str
    offered: str
    look: Mapping[str, str]

    @property
    def is_section(self) -> bool:
        """Whether it holds other nodes and no answer."""
        return self.kind in SECTIONS


@dataclass(frozen=True, slots=True)
class Entry:
    """A choice: its texts, and the columns that filters read."""

    texts: Texts
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shape:
    """One form. ``languages`` maps code to name, ``default`` is a code; ``key`` is the public key or ""."""

    form_id: str
    version: str
    key: str
    title: str
    instance_name: str
    languages: Mapping[str, str]
    default: str
    nodes: Mapping[Path, Node]
    lists: Mapping[str, Mapping[str, Entry]]


_INSTANCE = re.compile(r"instance\('([^']+)'\)/root/item(.*)", re.DOTALL)
_ITEXT = re.compile(r"jr:itext\('(.*)'\)")
_CODE = re.compile(r"\(([\w-]+)\)\s*$")
_CONTROLS: Mapping[str, str] = {
    "select1": "select_one",
    "select": "select_multiple",
    "rank": "rank",
    "trigger": "acknowledge",
    "range": "range",
    "input": "",
    "upload": "",
}
_TYPES: Mapping[str, str] = {"string": "text", "int": "integer", "binary": "file"}
_HANDLED = frozenset(
    {
        *("nodeset", "ref", "type", "relevant", "required", "constraint", "calculate", "requiredMsg"),
        *("constraintMsg", "preload", "preloadParams", "count"),
    }
)
_MISSING = "-"
"""What pyxform writes where a translation is missing."""
_META = frozenset({"instanceID", "instanceName"})


def shape_of(xform: str) -> Shape:
    """Return the shape of an XForm that pyxform made."""
    return _Reader(etree.fromstring(xform.encode(), etree.XMLParser(resolve_entities=False))).shape()


def _tag(node: Any) -> str:
    return str(etree.QName(node).localname) if isinstance(node.tag, str) else ""


def _attributes(node: Any) -> dict[str, str]:
    return (
        {etree.QName(name).localname: str(value) for name, value in node.attrib.items()}
        if node is not None
        else {}
    )


class _Reader:
    """One pass over an XForm; every step reads one part of it."""

    def __init__(self, top: Any) -> None:
        self.model = next(node for node in top.iter() if _tag(node) == "model")
        self.body = next(node for node in top.iter() if _tag(node) == "body")
        self.title = next((node.text or "" for node in top.iter() if _tag(node) == "title"), "")
        instances = [node for node in self.model if _tag(node) == "instance"]
        self.data = instances[0][0]
        self.root = _tag(self.data)
        self.instances = {node.get("id"): node for node in instances[1:]}
        self.names: dict[str, str] = {}
        self.default = ""
        self.itext = self._itext()
        self.binds = {self._path(node.get("nodeset")): node for node in self.model if _tag(node) == "bind"}
        self.controls = self._controls()
        self.set = self._set_values()
        self.counts = dict(self._generated_counts())

    def shape(self) -> Shape:
        """Return what was read."""
        submission = next((node for node in self.model if _tag(node) == "submission"), None)
        name = _attributes(self.binds.get(("meta", "instanceName"))).get("calculate", "")
        return Shape(
            form_id=self.data.get("id", ""),
            version=self.data.get("version", ""),
            key=_attributes(submission).get("base64RsaPublicKey", ""),
            title=self.title,
            instance_name=plain(name, self.root),
            languages=self.names,
            default=self.default,
            nodes={path: self._node(path, section) for path, section in self._paths(self.data, ())},
            lists={name: self._list(node) for name, node in self.instances.items() if not node.get("src")},
        )

    def _path(self, nodeset: str) -> Path:
        return tuple(nodeset.strip().strip("/").split("/")[1:])

    def _paths(self, node: Any, under: Path) -> Iterator[tuple[Path, bool]]:
        """Yield the paths of the answers document and whether they hold others; a repeat is in it twice."""
        for child in node:
            path = (*under, _tag(child))
            if (under == ("meta",) and path[-1] in _META) or path in {(name,) for name in STAMPS}:
                continue
            if path != ("meta",) and path not in self.counts:
                yield path, len(child) > 0
            yield from self._paths(child, path)

    # --- texts ---

    def _itext(self) -> dict[str, dict[str, dict[str, str]]]:
        """Return text id -> what it is for -> language -> words."""
        found: dict[str, dict[str, dict[str, str]]] = {}
        for translation in (node for node in self.model.iter() if _tag(node) == "translation"):
            name = translation.get("lang", "")
            code = found_code[1] if (found_code := _CODE.search(name)) else name.casefold()
            self.names[code] = name
            if translation.get("default") == "true()" or not self.default:
                self.default = code
            for text in translation:
                for value in text:
                    words = self._words(value)
                    if words != _MISSING:
                        texts = found.setdefault(text.get("id"), {})
                        texts.setdefault(value.get("form", ""), {})[code] = words
        return found

    def _words(self, node: Any) -> str:
        """Return the words of a text; what is put in at run time as ``${name}``."""
        parts = [node.text or ""]
        for child in node:
            parts += [plain(child.get("value", ""), self.root), child.tail or ""]
        return " ".join("".join(parts).split())

    def _said(self, what: str, reference: str, words: str = "") -> dict[str, dict[str, str]]:
        """Return the texts behind a reference into itext, else the words themselves, for all languages."""
        found = _ITEXT.fullmatch(reference)
        if found is None:
            words = words or reference
            return {what: dict.fromkeys(self.names or ("",), words)} if words else {}
        return {form or what: texts for form, texts in self.itext.get(found[1], {}).items()}

    def _texts(self, control: Any, bind: Mapping[str, str]) -> Texts:
        texts: dict[str, Mapping[str, str]] = {}
        for child in control if control is not None else ():
            if _tag(child) in {"label", "hint"}:
                texts |= self._said(_tag(child), child.get("ref", ""), self._words(child))
        for attribute in ("requiredMsg", "constraintMsg"):
            texts |= self._said(attribute, bind.get(attribute, ""))
        return texts

    # --- nodes ---

    def _controls(self) -> dict[Path, dict[str, Any]]:
        """Return the controls of each path by tag."""
        found: dict[Path, dict[str, Any]] = {}
        for node in self.body.iter():
            place = node.get("ref") or node.get("nodeset")
            if place and _tag(node) in {*_CONTROLS, *SECTIONS}:
                found.setdefault(self._path(place), {})[_tag(node)] = node
        return found

    def _set_values(self) -> dict[Path, tuple[str, str]]:
        """Return the event and value of what is set once or on a change."""
        nodes = [node for top in (self.model, self.body) for node in top.iter() if _tag(node) == "setvalue"]
        return {
            self._path(node.get("ref")): (node.get("event", ""), node.get("value") or node.text or "")
            for node in nodes
        }

    def _generated_counts(self) -> Iterator[tuple[Path, str]]:
        """Yield the rows that pyxform adds to hold the count of a repeat, and what they count."""
        for path, controls in self.controls.items():
            place = self._path(_attributes(controls.get("repeat")).get("count", ""))
            bind = _attributes(self.binds.get(place))
            if place[-1:] == (f"{path[-1]}_count",) and bind.get("readonly") and place not in self.controls:
                yield place, bind.get("calculate", "")

    def _shown(self, bind: Mapping[str, str], repeat: Any) -> str:
        """Return the condition of a node, and how many times a repeat is shown."""
        count = _attributes(repeat).get("count", "")
        return plain(f"{bind.get('relevant', '')} {self.counts.get(self._path(count), count)}", self.root)

    def _node(self, path: Path, section: bool) -> Node:
        controls, bind = self.controls.get(path, {}), _attributes(self.binds.get(path))
        event, value = self.set.get(path, ("", ""))
        triggered = "xforms-value-changed" in event
        repeat = controls.get("repeat")
        kind = ("group" if repeat is None else "repeat") if section else ""
        control = next((controls[tag] for tag in ("group", *_CONTROLS) if tag in controls), None)
        list_name, offered = self._offer(control)
        return Node(
            path=path,
            kind=kind or self._kind(control, bind, triggered=triggered, file=offered.startswith("jr:")),
            texts=self._texts(control, bind),
            required=bind.get("required", "").strip(),
            constraint=plain(_constraint(control, bind), self.root),
            calculation=plain(value if triggered else bind.get("calculate", ""), self.root),
            shown=self._shown(bind, repeat),
            list=list_name,
            offered=offered,
            look=self._look(control, bind, "" if triggered else value),
        )

    def _look(self, control: Any, bind: Mapping[str, str], default: str) -> dict[str, str]:
        look = {name: text for name, text in _attributes(control).items() if name not in _HANDLED}
        look |= {name: text for name, text in bind.items() if name not in _HANDLED}
        return look | ({"default": plain(default, self.root)} if default else {})

    def _kind(self, control: Any, bind: Mapping[str, str], *, triggered: bool, file: bool) -> str:
        basic = _TYPES.get(bind.get("type", "string"), bind.get("type", "text"))
        if control is None:
            return (
                bind.get("preloadParams")
                or bind.get("preload")
                or ("audit" if basic == "file" else "calculate")
            )
        tag = _tag(control)
        if tag in SECTIONS:  # a group whose last question went: a leaf of the instance now
            return tag
        if tag == "upload":
            media = str(control.get("mediatype", "")).partition("/")[0]
            return media if media in {"image", "audio", "video"} else "file"
        if tag == "range":
            return f"range ({basic})"
        if tag == "input":
            is_note = bind.get("readonly") == "true()" and not bind.get("calculate") and not triggered
            return "note" if is_note and basic == "text" else basic
        return _CONTROLS[tag] + ("_from_file" if file else "")

    def _offer(self, control: Any) -> tuple[str, str]:
        """Return the list of a select and the rule of what is offered; a file and its column when it is outside."""
        itemset = (
            next((node for node in control if _tag(node) == "itemset"), None) if control is not None else None
        )
        if itemset is None:
            return "", ""
        nodeset = itemset.get("nodeset", "")
        found = _INSTANCE.search(nodeset)
        if found is None:
            return "", plain(nodeset, self.root)
        rule = plain(found[2], self.root)
        source = self.instances[found[1]].get("src") if found[1] in self.instances else None
        value = next((node.get("ref", "") for node in itemset if _tag(node) == "value"), "")
        return ("", f"{source} {value} {rule}".strip()) if source else (found[1], rule)

    def _list(self, instance: Any) -> dict[str, Entry]:
        entries = {}
        for item in (node for node in instance.iter() if _tag(node) == "item"):
            cells = {_tag(cell): cell.text or "" for cell in item}
            label = cells.pop("label", "")
            texts = self._said(
                "label", f"jr:itext('{cells.pop('itextId')}')" if "itextId" in cells else "", label
            )
            entries[cells.pop("name", "")] = Entry(texts, cells)
        return entries


def _constraint(control: Any, bind: Mapping[str, str]) -> str:
    """Return the constraint, with the ends of a range as parts of it."""
    ends = _attributes(control) if control is not None and _tag(control) == "range" else {}
    parts = [f". {sign} {ends[end]}" for sign, end in ((">=", "start"), ("<=", "end")) if end in ends]
    own = bind.get("constraint", "")
    return " and ".join([*parts, f"({own})"]) if parts and own else own or " and ".join(parts)
