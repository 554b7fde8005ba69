"""Codes dealt in advance, so that the invented forms can name the alerts and cases of the demonstration."""

from __future__ import annotations

from sync_scripts.demo.samples import XML, Sample, samples_root
from sync_scripts.intake.receive.answers import read
from sync_scripts.register.model.codes import Kind, draw


class Dealt:
    """Gives each alert the code of its sample; everything else gets a drawn code."""

    def __init__(self, samples: tuple[Sample, ...]) -> None:
        """Note which code goes to which submission."""
        self._codes = {_root(sample): sample.code for sample in samples if sample.code}

    def __call__(self, kind: Kind, root_id: str) -> str:
        """Return the code of a kind for the submission with this root id."""
        dealt = self._codes.get(root_id) if kind == "AL" else None
        return dealt or draw(kind, root_id)


def _root(sample: Sample) -> str:
    said = read((samples_root() / sample.name / XML).read_bytes()).submission
    return said.root_uuid or said.instance_id
