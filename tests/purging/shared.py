"""A case that speaks of several people in one form, with files, an edit and an alert; and how one of them is taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sync_scripts.intake.completeness.soundness import KINDS, compare
from sync_scripts.intake.redacting import Done, redact
from sync_scripts.register.decisions.base import By
from sync_scripts.register.purging.person import redaction
from sync_scripts.register.purging.redaction import Redaction, Texts
from sync_scripts.store.database import Actor
from sync_scripts.store.seal import erasing
from sync_scripts.store.vault import items_of_scopes
from tests import every_decision
from tests.intake.scene import COORDINATOR, VERSION, uid
from tests.purging.ground import Ground

CANARY = "Mirandola Quill"
"""Stands in every answer of the first person."""
OTHER = "Otheria Quux"
"""Stands in every answer of the second one."""
TALE = "The tale of both"
FACE, FACE_2, PHOTO = (
    b"face of the first " * 900,
    b"face of the second " * 900,
    b"a photo of the place " * 900,
)
MEDIA = f"{VERSION}m"
KEEP = Texts(keep=True)


def victim(number: int, name: str, face: str, *, age: int = 34) -> str:
    """Return the row of one victim."""
    return (
        f"<victims><victim_uid>v{number}</victim_uid><victim_no>{number}</victim_no><unit>individual</unit>"
        f"<consent_covers>yes</consent_covers><victim_sex>f</victim_sex><age>{age}</age><age_band>25_59</age_band>"
        f"<full_name>{name}</full_name><victim_phone>67700{number}234</victim_phone><displacement>idp</displacement>"
        f"<face>{face}</face></victims>"
    )


def act(number: int, victims: str, detail: str, violation: str = "threat") -> str:
    """Return the row of one act, with a sealed text."""
    return (
        f"<acts><act_uid>a{number}</act_uid><act_no>{number}</act_no><violation>{violation}</violation>"
        f"<act_victims>{victims}</act_victims><torture><ip_circumstances>{detail}</ip_circumstances></torture></acts>"
    )


def both_told(
    number: int,
    *,
    meta: str = "",
    version: str = MEDIA,
    head: str = "",
    plan: str = CANARY,
    hers: str = "",
    violation: str = "threat",
) -> bytes:
    """Return an interview of the first person that speaks of the second one, too."""
    return (
        f'<data xmlns:jr="http://openrosa.org/javarosa" id="case" version="{version}">'
        f"<gate><start>2026-11-24T09:00:00.000+01:00</start><end>2026-11-24T10:00:00.000+01:00</end>"
        f"<interview_private>yes</interview_private><consent_case>yes</consent_case></gate>"
        f"<header><case_known>no</case_known>{head}<doc_date>2026-11-23</doc_date>"
        f"<documenter_code>EN-01</documenter_code><interview_language>ful</interview_language></header>"
        f"<consent><consent_by>self</consent_by><c_document>yes</c_document><c_services>yes</c_services>"
        f"<c_stats>yes</c_stats><c_justice>yes</c_justice><withhold_from>police</withhold_from><confidentiality>C2</confidentiality></consent>"
        f"<reach><service_name>{CANARY}</service_name><service_phone>677998877</service_phone></reach>"
        f"<needs><health_now>no</health_now><needs_expressed>health legal</needs_expressed></needs>"
        f"<incident><incident_date>2026-11-18</incident_date><date_precision>exact</date_precision>"
        f"<region>CM007</region><department>CM007002</department><place_type>home</place_type>"
        f"<narrative>{TALE}</narrative></incident>"
        f"{victim(1, CANARY, 'f1.jpg', age=41).replace('<full_name>', f'{hers}<full_name>')}{victim(2, OTHER, 'f2.jpg')}"
        f"{act(1, 'V1', CANARY, violation)}{act(2, 'V1 V2', TALE)}{act(3, 'V2', OTHER)}"
        f"<perpetrators><perp_uid>p1</perp_uid><perp_no>1</perp_no><actor>unknown</actor><name_alias>Alias</name_alias>"
        f"<perp_acts>A1 A2 A3</perp_acts></perpetrators>"
        f"<evidence><evidence_uid>e1</evidence_uid><evidence_type>photo</evidence_type><file_photo>p.jpg</file_photo></evidence>"
        f"<risk><retaliation_risk>low</retaliation_risk><safety_plan>{plan}</safety_plan></risk>"
        f"<dikalo_form>case</dikalo_form><dikalo_version>{version}</dikalo_version>"
        f"<meta><instanceID>{uid(number)}</instanceID><instanceName>{CANARY}</instanceName>{meta}</meta></data>"
    ).encode()


@dataclass
class Shared:
    """A ground with such a case."""

    ground: Ground
    code: str

    def plan(
        self, texts: Texts = KEEP, who: str = "V1", *, by: Actor = COORDINATOR, reason: str = "she asked"
    ) -> Redaction:
        """Return what would be taken out."""
        with self.ground.scene.register.reading() as rows:
            return redaction(By(rows, by, self.ground.scene.now), self.code, who, texts, reason=reason)

    def raws(self, plan: Redaction) -> dict[tuple[str, str], bytes]:
        """Open what has to be made anew."""
        scopes = sorted({one.scope for one in plan.copies})
        with self.ground.scene.world.vault() as vault:
            with self.ground.scene.register.reading() as rows:
                items = [one for one in items_of_scopes(rows, scopes) if one.kind == "raw"]
            return {(one.item.scope, one.item.version): one.data for one in vault.open_items("test", items)}

    def take_out(self, texts: Texts = KEEP, who: str = "V1", *, by: Actor = COORDINATOR) -> Done:
        """Take one person out, as the command does."""
        self.ground.scene.now = self.ground.scene.now.replace(microsecond=0)
        plan = self.plan(texts, who, by=by)
        raws = self.raws(plan)
        done: Done = self.ground.do(redact, self.ground.scene.register, plan, raws, reason="she asked", by=by)
        assert (plan.items, plan.files) == (done.items, done.files)  # as a dry run says
        erasing.finish(self.ground.scene.register)
        with self.ground.scene.world.vault():
            pass
        return done

    def deep(self) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
        """Read everything again from its sealed bytes; return how many, the different, the lost."""
        with self.ground.scene.world.vault() as vault:
            opened = (
                (one.item, one.data if one.problem is None else None)
                for one in vault.open_kinds("test", *KINDS)
            )
            found = compare(self.ground.scene.register, opened)
        return found.versions, found.different, found.lost


def shared(
    ground: Ground,
    *,
    edited: bool = True,
    late: tuple[str, ...] = (),
    hers: str = "",
    violation: str = "threat",
    plan: str = CANARY,
) -> Shared:
    """Let the case arrive with its alert, its files and an edit.

    Args:
        ground: where to.
        edited: with an edit.
        late: files that do not come yet.
        hers: further answers of the first person.
        violation: what was done to her alone.
        plan: how she is kept safe.
    """
    scene = ground.scene
    scene.know_media()
    alert = ground.code(1)
    ground.do(every_decision.triage, alert)
    ground.do(every_decision.open_case, alert, owner="RD-01")
    head = f"<alert_code>{alert}</alert_code>"
    files = {"f1.jpg": FACE, "f2.jpg": FACE_2, "p.jpg": PHOTO}
    there = {name: data for name, data in files.items() if name not in late}
    scene.lay("c1", both_told(21, head=head, hers=hers, violation=violation, plan=plan), there, form="case")
    scene.pull()
    if edited:
        meta = f"<deprecatedID>{uid(21)}</deprecatedID>"
        scene.lay("c2", both_told(22, head=head, meta=meta, plan=f"{CANARY} again"), files, form="case")
        scene.pull()
    return Shared(ground, str(ground.case()["case_code"]))


def rows_of(dump: dict[str, list[tuple[Any, ...]]], *names: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return some tables of a dump."""
    return {name: dump[name] for name in names}
