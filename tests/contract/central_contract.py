"""What our client of Central relies on: one class of tests, run over the stand-in and, on request, a real Central.

A test here knows neither: it acts through ``Office``. What the stand-in does otherwise than a real server shows here.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from sync_scripts.deploy import CentralForms, DraftOfOthers, Package, Standing, pack, plan, refuse
from sync_scripts.errors import DikaloError
from sync_scripts.servers.base import Found, Mark, Page, Status
from sync_scripts.servers.central import Central, Visit, source
from sync_scripts.servers.http.errors import NotThere, Refused
from tests.contract.central_world import instance, uuid
from xlsform.compare.change import Acceptance
from xlsform.workbooks import workbook, writing

FORMS = Path(__file__).parents[2] / "forms"
BROKEN = b'<data id="alert" version="2026110101"><a></data>'
PLAIN = Acceptance()


class Office(Protocol):
    """One project with a form ``alert`` that takes text and two files, and its client with three rows a page."""

    server: Central
    visit: Visit

    def send(self, xml: bytes, files: dict[str, bytes] | None = None) -> None:
        """Let a phone send a submission, an edit of one, or more files for one."""

    def delete(self, root: str) -> None:
        """Put a submission into the trash."""

    def restore(self, root: str) -> None:
        """Take it out again."""

    def review(self, root: str, state: str | None) -> None:
        """Review it."""

    def encrypt(self) -> None:
        """Give the project a key, so that the server encrypts every form."""


def announcing(xml: bytes, *names: str) -> bytes:
    """Return a submission that names files; a Central takes no other."""
    told = "".join(f"<f{number}>{name}</f{number}>" for number, name in enumerate(names))
    return xml.replace(b"<meta>", told.encode() + b"<meta>")


def shown(server: Central, after: str | None = None) -> list[Page]:
    """Return all pages since a cursor."""
    return list(server.pages(after))


def contents(server: Central) -> dict[str, bytes]:
    """Return the bytes of every version, by its instance id."""
    said = [one for page in shown(server) for one in page.sightings]
    return {
        one.sighting.place.rsplit("\t", 1)[1]: one.content
        for one in server.fetch(said)
        if isinstance(one, Found)
    }


def status(server: Central, number: int) -> Status:
    """Return what the feed says of one submission."""
    (found,) = [one for page in shown(server) for one in page.statuses if one.root_id == uuid(number)]
    return found


class CentralContract:
    """Tests that hold for every Central. A subclass gives the fixture ``office``, with seven submissions."""

    def test_pages_are_followed_and_their_count_is_kept(self, office: Office) -> None:
        """Three, three and one; then nothing but the cursor."""
        pages = shown(office.server)

        assert [len(page.sightings) for page in pages] == [3, 3, 1, 0]
        assert office.server.count() == 7

    def test_a_cut_loses_nothing(self, office: Office) -> None:
        """The walk goes on where it was cut, and what came in between is found by the next."""
        begun = next(office.server.pages(None))
        office.send(instance(8))
        rest = shown(office.server, begun.cursor)
        first = {one.place for page in (begun, *rest) for one in page.sightings}
        second = {one.place for page in shown(office.server, rest[-1].cursor) for one in page.sightings}

        assert {f"alert\t{uuid(each)}\t{uuid(each)}" for each in range(1, 8)} <= first
        assert f"alert\t{uuid(8)}\t{uuid(8)}" in second

    def test_every_version_comes_with_its_own_bytes(self, office: Office) -> None:
        """Of a submission edited once, and of one edited twice."""
        sent = [instance(101, of=uuid(1)), instance(102, of=uuid(101)), instance(201, of=uuid(2))]
        for xml in sent:
            office.send(xml)
        found = contents(office.server)

        assert [found[uuid(each)] for each in (101, 102, 201)] == sent
        assert found[uuid(1)] == instance(1)
        assert found[uuid(3)] == instance(3)
        assert status(office.server, 1).review == "edited"

    def test_the_versions_of_a_submission_say_their_form_version(self, office: Office) -> None:
        """Newest first; the present one is marked."""
        office.send(instance(101, of=uuid(1)))
        newest, first = office.server.project.versions("alert", uuid(1))

        assert (newest.instance_id, newest.current) == (uuid(101), True)
        assert (first.instance_id, first.current) == (uuid(1), False)
        assert {newest.form_version, first.form_version} == {"2026110101"}

    def test_a_stale_edit_is_refused(self, office: Office) -> None:
        """Of two edits of the same version the second never gets in."""
        office.send(instance(101, of=uuid(1)))
        with pytest.raises(ValueError, match="409"):
            office.send(instance(102, of=uuid(1)))

    def test_another_content_under_the_same_id_is_refused(self, office: Office) -> None:
        """The same content again is no second submission."""
        office.send(instance(1))
        with pytest.raises(ValueError, match="409"):
            office.send(instance(1, answer="autre"))

        assert office.server.count() == 7

    def test_a_deleted_submission_is_said_and_comes_back(self, office: Office) -> None:
        """With the server's stamp; its bytes are gone until it is restored, which moves no stamp."""
        office.delete(uuid(3))
        said = status(office.server, 3)
        assert said.deleted_at is not None
        assert uuid(3) not in contents(office.server)
        assert office.server.count() == 6
        with pytest.raises(NotThere):
            office.server.project.xml("alert", uuid(3), uuid(3))
        assert [one.instance_id for one in office.server.project.listed("alert", deleted=True)] == [uuid(3)]
        assert len(office.server.project.listed("alert")) == 6

        office.restore(uuid(3))
        assert status(office.server, 3).deleted_at is None
        assert contents(office.server)[uuid(3)] == instance(3)

    def test_a_sweep_sees_what_the_feed_cannot(self, office: Office) -> None:
        """A mark for each that is not deleted, moved by an edit."""
        office.send(instance(101, of=uuid(1)))
        office.delete(uuid(2))
        (part,) = office.server.sweep().parts
        marks = {mark.root_id: mark.version for mark in part.marks if isinstance(mark, Mark)}

        assert part.count == len(marks) == 6
        assert marks[uuid(1)] == uuid(101)
        assert uuid(2) not in marks

    def test_a_sweep_is_whole_while_phones_send(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What arrives between its pages is neither counted nor marked, so that it proves something at any hour."""
        monkeypatch.setattr(source, "SWEEP", 3)
        sweep = next(office.server.sweep().parts)
        office.send(instance(8))
        marks = iter(sweep.marks)
        seen = [next(marks)]
        office.send(instance(9))

        assert sweep.count == len([*seen, *marks]) == 7

    def test_a_late_file_is_seen_and_read_exactly(self, office: Office) -> None:
        """No stamp moves; the counts do. A name with accents and blanks comes through."""
        name, blob = "photo été n°1.png", bytes(range(256)) * 300
        xml = announcing(instance(8), name, "absent.png")
        office.send(xml)
        place = f"alert\t{uuid(8)}\t{uuid(8)}"
        before = office.server.project.listed("alert")[0]
        assert (status(office.server, 8).files_missing, office.server.attachments(place)) == (2, ())

        office.send(xml, {name: blob})
        (page,) = office.server.again([("alert", uuid(8))])
        (ref,) = office.server.attachments(place)
        with office.server.open(ref) as file:
            assert file.read() == blob
        assert ref.name == name
        assert page.statuses[0].files_missing == 1
        assert office.server.project.listed("alert")[0] == before

    def test_a_review_is_said_and_taken_back(self, office: Office) -> None:
        """The state comes with the feed, as nothing once it is taken back."""
        office.review(uuid(1), "hasIssues")
        assert status(office.server, 1).review == "hasIssues"
        office.review(uuid(1), None)
        assert status(office.server, 1).review is None

    def test_broken_xml_comes_as_it_is(self, office: Office) -> None:
        """A Central takes it under an id of its own; the feed knows no id, and the bytes are the phone's."""
        office.send(BROKEN)

        assert contents(office.server)[""] == BROKEN

    def test_a_form_that_is_not_there_is_an_error(self, office: Office) -> None:
        """A wrong form id never looks like a form without submissions."""
        lost, found = Central("bureau", office.server.project, wanted=("nulle_part", "alert")), office.server
        pages = shown(lost)
        (trouble,) = [page.trouble for page in pages if page.trouble]

        assert (trouble.form, type(trouble.failure)) == ("nulle_part", NotThere)
        assert sum(len(page.sightings) for page in pages) == sum(len(page.sightings) for page in shown(found))

    def test_what_a_feed_cannot_be_asked(self, office: Office) -> None:
        """A token that is none, and a filter on an answer, are refused; a token of no row ends the list silently."""
        project = office.server.project
        with pytest.raises(Refused) as broken:
            project.rows("alert", {"$top": 3, "$skiptoken": "zz"})
        with pytest.raises(Refused) as answer:
            project.rows("alert", {"$filter": "x eq '1'"})
        unknown: dict[str, str | int] = {
            "$top": 3,
            "$count": "true",
            "$skiptoken": "01eyJpbnN0YW5jZUlkIjoidXVpZDpub25lIn0=",
        }
        silent = project.rows("alert", unknown)

        assert (broken.value.server_code, answer.value.server_code) == ("400.35", "501.5")
        assert (silent.value, silent.count) == ((), 7)

    def test_a_login_that_was_ended_is_made_again(self, office: Office) -> None:
        """In the middle of the pages; and ended twice it is no error."""
        pages = office.server.pages(None)
        seen = len(next(pages).sightings)
        office.visit.end()
        office.visit.end()

        assert seen + sum(len(page.sightings) for page in pages) == 7

    def test_who_and_what_is_said(self, office: Office) -> None:
        """The project with our rights, the server's clock, and no keys of a form in clear."""
        said, date = office.server.project.said()

        assert "submission.read" in said.verbs
        assert date is not None
        assert office.server.project.account().type == "user"
        assert office.server.project.keys("alert") == ()

    def test_a_phone_comes_and_goes(self, office: Office) -> None:
        """Its key is told while it is good; ended twice it is no error."""
        project = office.server.project
        phone = project.add_app_user("Téléphone F12")
        project.assign("alert", phone.id)
        project.revoke(phone.token or "")
        project.revoke(phone.token or "")

        assert len(phone.token or "") == 64
        assert [(one.id, one.token) for one in project.app_users()] == [(phone.id, None)]

    def test_a_form_goes_up_once_and_its_files_may_go_back(self, office: Office) -> None:
        """A second time sends nothing; files that return to what they were get a version of their own."""
        form = pack(FORMS / "situation.xlsx", FORMS / "media")
        name, content = next(iter(form.files.items()))
        other = replace(form, files={**form.files, name: content + b"\n"})
        forms = CentralForms(office.server.project, notes="Essai d'un été")
        for each in (form, other, form):
            made = plan(each, forms.look(each), PLAIN)
            refuse(made, "bureau")
            forms.carry_out(each, made)
            assert plan(each, forms.look(each), PLAIN).unchanged

        assert len(office.server.project.form_versions(form.form)) == 3

    def test_a_form_that_fails_leaves_no_draft(self, office: Office) -> None:
        """But one that was never published, which a Central does not let go; it takes the next one in its place."""
        form = pack(FORMS / "situation.xlsx", FORMS / "media")
        forms = CentralForms(office.server.project)
        lacking = replace(form, files={})
        with pytest.raises(DikaloError):
            forms.carry_out(lacking, plan(lacking, forms.look(lacking), PLAIN))
        assert draft_is_there(office, form)

        forms.carry_out(form, plan(form, forms.look(form), PLAIN))
        again = plan(form, replace(forms.look(form), files={}), PLAIN)
        with pytest.raises(Refused):  # a version that was published already
            forms.carry_out(form, replace(again, version=form.version))
        assert not draft_is_there(office, form)

    def test_somebodys_draft_is_told_from_ours(self, office: Office) -> None:
        """By its workbook and its files; where the server keeps no workbook, by its XForm."""
        ours = pack(FORMS / "situation.xlsx", FORMS / "media")
        theirs = reworded(ours)
        forms, project = CentralForms(office.server.project), office.server.project
        for sealed in (False, True):
            if sealed:
                office.encrypt()
            else:
                project.create(ours.form, theirs.workbook)
                assert forms.look(ours).drafted
                forms.carry_out(theirs, plan(theirs, forms.look(theirs), PLAIN))
                forms.sent[ours.form] = (theirs.version, theirs.workbook)
            project.draft(ours.form, theirs.workbook)
            assert not forms.look(theirs).drafted
            project.draft(ours.form, ours.workbook)
            assert (forms.look(theirs).drafted, forms.look(ours).drafted) == (True, False)
            with pytest.raises(DraftOfOthers):
                forms.carry_out(theirs, replace(plan(theirs, Standing(), PLAIN), form=ours.form))
            project.draft(ours.form, None)
            assert not forms.look(ours).drafted
            project.put_file(ours.form, next(iter(ours.files)), b"name,label\n")
            assert forms.look(ours).drafted
            project.draft(
                ours.form, ours.workbook
            )  # takes its files from the draft before, not from what phones have
            assert forms.look(ours).drafted
            project.drop_draft(ours.form)

    def test_what_was_sent_in_clear_is_known_once_the_project_encrypts(self, office: Office) -> None:
        """The server makes a version of its own of each form, and gives no workbook of it back."""
        ours = pack(FORMS / "situation.xlsx", FORMS / "media")
        forms, project = CentralForms(office.server.project), office.server.project
        forms.carry_out(ours, plan(ours, forms.look(ours), PLAIN))
        forms.sent[ours.form] = (forms.version_of(ours.form), ours.workbook)
        office.encrypt()

        assert project.workbook(ours.form) is None
        assert plan(ours, forms.look(ours), PLAIN).unchanged
        newest, before = (one.version for one in project.form_versions(ours.form))
        assert (newest or "").startswith(f"{before}[encrypted:")


def reworded(package: Package) -> Package:
    """Return another version of a form, as a colleague would write it."""
    form = workbook.read(package.workbook, file="x.xlsx").form
    settings = {**form.settings, "form_title": "Autre titre", "version": "2030010101"}
    made = writing.write(replace(form, settings=settings))
    return replace(package, workbook=made, version="2030010101")


def draft_is_there(office: Office, package: Package) -> bool:
    """Tell whether a form has a draft at the server."""
    try:
        office.server.project.form_files(package.form, draft=True)
    except NotThere:
        return False
    return True
