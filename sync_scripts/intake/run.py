"""What all parts share that pull one source: the source itself, who pulls and how, what is counted, and what a trial remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sync_scripts.intake.encryption.unlocking import Unlocking
from sync_scripts.intake.receive.file_choice import Shadow
from sync_scripts.intake.receive.known import Forms
from sync_scripts.intake.receive.plan import Trial
from sync_scripts.intake.receive.split import Tagger
from sync_scripts.intake.tally import Tally
from sync_scripts.intake.way import Way
from sync_scripts.servers.base import Server
from sync_scripts.store.database import Actor, Register


@dataclass(slots=True)
class Run:
    """One source while it is pulled.

    Attributes:
        register: what is held.
        server: the source, which opens what came encrypted.
        actor: who pulls.
        way: how.
        tally: counts and notes.
        tags: keyed tags.
        trial: what a dry run would have stored.
        forms: the form versions that the register holds.
        shadow: the files that a dry run would have stored.
        origin: tells the places of the source from those of others of its name, once it is known who it is.
    """

    register: Register
    server: Unlocking
    actor: Actor
    way: Way
    tally: Tally
    tags: Tagger
    trial: Trial
    forms: Forms = field(default_factory=Forms)
    shadow: Shadow = field(default_factory=dict)
    origin: str = ""

    @property
    def name(self) -> str:
        """Return the name of the source."""
        return self.server.name

    @property
    def source(self) -> Server:
        """Return the source as it is, behind what opens it."""
        return self.server.server

    @property
    def dry_run(self) -> bool:
        """Tell whether nothing is written."""
        return self.way.dry_run

    def clock(self) -> datetime:
        """Return the present moment."""
        return self.way.clock()

    def tag(self, place: str) -> str:
        """Return the tag of a place of the source."""
        return self.tags.place(self.name, self.origin, place)
