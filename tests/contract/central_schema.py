"""What a Central says of its tables: the ``$metadata`` of a form and of an entity list, built from their fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from lxml import etree

from tests.contract.central_xform import Field, XForm

_EDMX: Final = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM: Final = "http://docs.oasis-open.org/odata/ns/edm"
_TYPES: Final = {
    "int": "Edm.Int64",
    "decimal": "Edm.Decimal",
    "date": "Edm.Date",
    "dateTime": "Edm.DateTimeOffset",
    "geopoint": "Edm.GeographyPoint",
    "geotrace": "Edm.GeographyLineString",
    "geoshape": "Edm.GeographyPolygon",
}
_SUBMISSION: Final = {
    "submissionDate": "Edm.DateTimeOffset",
    "updatedAt": "Edm.DateTimeOffset",
    "deletedAt": "Edm.DateTimeOffset",
    "submitterId": "Edm.String",
    "submitterName": "Edm.String",
    "attachmentsPresent": "Edm.Int64",
    "attachmentsExpected": "Edm.Int64",
    "status": "org.opendatakit.submission.Status",
    "reviewState": "org.opendatakit.submission.ReviewState",
    "deviceId": "Edm.String",
    "edits": "Edm.Int64",
    "formVersion": "Edm.String",
}
_ENTITY: Final = {
    "createdAt": "Edm.DateTimeOffset",
    "creatorId": "Edm.String",
    "creatorName": "Edm.String",
    "updates": "Edm.Int64",
    "updatedAt": "Edm.DateTimeOffset",
    "deletedAt": "Edm.DateTimeOffset",
    "version": "Edm.Int64",
    "conflict": "Edm.String",
}
_ENUMS: Final = {
    "Status": ("notDecrypted", "missingEncryptedFormData"),
    "ReviewState": ("hasIssues", "edited", "rejected", "approved"),
}


def schema(form: XForm) -> bytes:
    """Return the schema of a form: a type for each of its tables and groups."""
    space = f"org.opendatakit.user.{form.form}"
    services, top = _opened()
    _system(services, "org.opendatakit.submission", _SUBMISSION, _ENUMS)
    own = _add(services, "Schema", Namespace=space)
    tables: list[tuple[tuple[str, ...], tuple[Field, ...]]] = [((), form.fields)]
    tables += [(one.path, one.inner) for one in form.walk() if one.type == "repeat"]
    for path, fields in tables:
        kind = _keyed(own, ".".join(("Submissions", *path)))
        if path:
            up = "-".join(("Submissions", *path[:-1]))
            _add(kind, "Property", Name=f"__{up}-id", Type="Edm.String")
        else:
            _add(kind, "Property", Name="__system", Type="org.opendatakit.submission.metadata")
        _properties(kind, fields, space)
    for group in (one for one in form.walk() if one.type == "structure"):
        _properties(_add(own, "ComplexType", Name=".".join(group.path)), group.inner, space)
    box = _add(own, "EntityContainer", Name=form.form)
    for path, _fields in tables:
        name = ".".join(("Submissions", *path))
        held = _add(box, "EntitySet", Name=name, EntityType=f"{space}.{name}")
        if not path:
            _said(held, [one.name for one in form.fields])
    return _text(top)


def list_schema(name: str, properties: Iterable[str]) -> bytes:
    """Return the schema of an entity list."""
    space = f"org.opendatakit.user.{name}"
    services, top = _opened()
    _system(services, "org.opendatakit.entity", _ENTITY, {})
    own = _add(services, "Schema", Namespace=space)
    kind = _keyed(own, "Entities")
    _add(kind, "Property", Name="__system", Type="org.opendatakit.entity.metadata")
    for one in ("label", *properties):
        _add(kind, "Property", Name=one, Type="Edm.String")
    box = _add(own, "EntityContainer", Name=name)
    held = _add(box, "EntitySet", Name="Entities", EntityType=f"{space}.Entities")
    _said(held, list(properties))
    about = "Org.OData.Capabilities.V1.Search"
    searched = _record(held, f"{about}Restrictions", Searchable="true")
    cannot = [f"{about}Expressions/{one}" for one in ("And", "Not", "Group")]
    _collected(searched, "UnsupportedExpressions", "EnumMember", cannot)
    return _text(top)


def _opened() -> tuple[Any, Any]:
    top = etree.Element(f"{{{_EDMX}}}Edmx", nsmap={"edmx": _EDMX}, Version="4.0")
    return etree.SubElement(top, f"{{{_EDMX}}}DataServices"), top


def _add(at: Any, tag: str, **said: str) -> Any:
    return etree.SubElement(at, f"{{{_EDM}}}{tag}", said, nsmap={None: _EDM})


def _system(services: Any, space: str, members: dict[str, str], enums: dict[str, tuple[str, ...]]) -> None:
    own = _add(services, "Schema", Namespace=space)
    kind = _add(own, "ComplexType", Name="metadata")
    for name, told in members.items():
        _add(kind, "Property", Name=name, Type=told)
    for name, values in enums.items():
        held = _add(own, "EnumType", Name=name)
        for one in values:
            _add(held, "Member", Name=one)


def _keyed(own: Any, name: str) -> Any:
    kind = _add(own, "EntityType", Name=name)
    _add(_add(kind, "Key"), "PropertyRef", Name="__id")
    _add(kind, "Property", Name="__id", Type="Edm.String")
    return kind


def _properties(kind: Any, fields: tuple[Field, ...], space: str) -> None:
    for one in fields:
        name = ".".join(one.path)
        if one.type == "repeat":
            _add(kind, "NavigationProperty", Name=one.name, Type=f"Collection({space}.Submissions.{name})")
        else:
            own = f"{space}.{name}" if one.type == "structure" else _TYPES.get(one.type, "Edm.String")
            _add(kind, "Property", Name=one.name, Type=own)


def _said(held: Any, fields: list[str]) -> None:
    """Tell what a table can be asked: it counts, and filters by nothing but the server's own members."""
    about = "Org.OData.Capabilities.V1"
    level = f"{about}.ConformanceLevel"
    _add(held, "Annotation", Term=level, EnumMember=f"{level}Type/Minimal")
    _add(held, "Annotation", Term=f"{about}.BatchSupported", Bool="false")
    _record(held, f"{about}.CountRestrictions", Countable="true")
    functions = _record(held, f"{about}.FilterFunctions")
    _collected(functions, "NonCountableProperties", "String", ["eq"])
    limits = _record(held, f"{about}.FilterFunctions", Filterable="true", RequiresFilter="false")
    _collected(limits, "NonFilterableProperties", "PropertyPath", fields)
    _record(held, f"{about}.SortRestrictions", Sortable="false")
    _record(held, f"{about}.ExpandRestrictions", Expandable="false")


def _record(held: Any, term: str, **said: str) -> Any:
    record = _add(_add(held, "Annotation", Term=term), "Record")
    for name, value in said.items():
        _add(record, "PropertyValue", Property=name, Bool=value)
    return record


def _collected(record: Any, name: str, tag: str, values: list[str]) -> None:
    held = _add(_add(record, "PropertyValue", Property=name), "Collection")
    for one in values:
        _add(held, tag).text = one


def _text(top: Any) -> bytes:
    return bytes(etree.tostring(top, xml_declaration=True, encoding="UTF-8"))
