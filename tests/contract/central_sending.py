"""What a stand-in Central takes and what it refuses, whoever sends and through whichever door."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.contract import central_xform as xform
from tests.contract.central_answers import Failed, lacking, missing
from tests.contract.central_state import Sender, Submission, announced, ids

if TYPE_CHECKING:
    from tests.contract.central_world import World


def addressed(world: World, xml: bytes) -> str:
    """Return the form that a submission is for, when it takes submissions of this version.

    Raises:
        Failed: it names no form, an unknown one or an unknown version of it, or the form is closed.
    """
    form, version = xform.attribute(xml, "id"), xform.attribute(xml, "version") or ""
    if form is None:
        raise lacking("form ID xml attribute")
    if form not in world.published.published and form not in world.forms:
        raise missing()
    versions = {each for name, each in world.published.ever if name == form}
    if versions and version not in versions:
        text = f"The form version specified in this submission '{version}' does not exist."
        raise Failed(404.6, text, submissionVersion=version)
    if world.published.states.get(form) == "closed":
        text = "This form is not currently accepting submissions."
        raise Failed(409.2, f"{text} Please talk to your program staff if this is unexpected.")
    return form


def accept(world: World, form: str, xml: bytes, files: dict[str, bytes], sender: Sender) -> Submission:
    """Take a submission, an edit of one, or more files of one.

    Raises:
        Failed: the id holds another content or was deleted; the edit is of an unknown version or of a stale one.
    """
    instance, deprecated = ids(xml)
    held = {each.instance_id: (one, each) for one in world.forms.get(form, []) for each in one.versions}
    if instance in held and held[instance][0].deleted:
        raise Failed(409.18, "This submission has been deleted. You may not resubmit it.")
    if instance in held and held[instance][1].xml != xml:
        text = "A submission already exists with this ID, but with different XML."
        more = "Resubmissions to attach additional multimedia must resubmit an identical xml_submission_file."
        raise Failed(409.1, f"{text} {more}")
    if deprecated and instance not in held:
        edits(held[deprecated][0] if deprecated in held else None, deprecated)
    named = expected(world, form, xml)
    there = held[instance][0].files if instance in held else {}
    return world.send(
        form, xml, {name: files.get(name, there.get(name)) for name in named}, sender=sender, late=files
    )


def edits(one: Submission | None, deprecated: str) -> Submission:
    """Return the submission that an edit may change.

    Raises:
        Failed: there is none, or somebody edited it before.
    """
    if one is None:
        text = "You tried to update an existing submission, but we can't find that submission to update"
        raise Failed(404.5, f"{text} ({deprecated})", deprecatedId=deprecated)
    if one.present.instance_id != deprecated:
        text = f"You tried to update a submission, but the copy you were editing ({deprecated}) is now out of date."
        more = "Please get the new version that has been submitted, and make your edits again."
        raise Failed(409.9, f"{text} {more}", deprecatedId=deprecated)
    return one


def expected(world: World, form: str, xml: bytes) -> list[str]:
    """Return the files that a submission announces: by the fields of its form, ``f0`` … of a form that nobody sent."""
    named = [name.decode() for name in re.findall(rb"<f[0-9]>([^<]+)", xml)] + [*announced(xml)]
    known = world.form(form)
    return list(dict.fromkeys(named + (xform.named_files(known, xml) if known else [])))


def parts(content_type: str, body: bytes) -> dict[str, bytes]:
    """Return the parts of a multipart request by their names."""
    found = re.search(r'boundary="?([^";]+)"?', content_type)
    made: dict[str, bytes] = {}
    for one in body.split(b"--" + found[1].encode())[1:-1] if found else ():
        head, _empty, content = one.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if name:
            made[name[1].decode()] = content.removesuffix(b"\r\n")
    return made
