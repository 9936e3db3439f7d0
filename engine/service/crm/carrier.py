"""The CRM of sales hears of hand-offs: the lead's record, and a task for whoever has it. Letters of the outbox."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from engine.config.outside import Crm
from engine.connect.crm import Connector, CrmError, LeadBrief, TaskBrief
from engine.connect.salesforce import Login, Salesforce
from engine.domain.outbox import Answer, Fate
from engine.errors import RipelineError
from engine.service.home import Home
from engine.store.database import reading
from engine.store.leads import lead_row

HANDED_OFF = "lead.handed_off"
_TITLES = {"escalated": "Not answered in time", "reopened": "Open again", "handed_off": "New lead"}


def connector(home: Home) -> Salesforce:
    """The CRM that config names.

    Raises:
        RipelineError: config names none, or its secret is not where it should be.
    """
    crm = home.config.crm
    if not crm.kind:
        raise RipelineError('no CRM is connected: write  kind = "salesforce"  below [crm] in config.toml')
    return Salesforce(Login(crm.url, crm.client_id, _secret(home, crm), crm.inner), crm.fields)


def _secret(home: Home, crm: Crm) -> str:
    if crm.secret_env:
        found = os.environ.get(crm.secret_env, "")
        if not found:
            raise RipelineError(f"[crm]: the environment variable {crm.secret_env} is not set")
        return found
    path = home.path / crm.secret_file
    try:
        if not crm.secret_file or path.stat().st_mode & 0o077:
            raise RipelineError("[crm]: name secret_env, or a secret_file that nobody else can read (chmod 600)")
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise RipelineError(f"[crm]: the secret cannot be read from {path}") from error


@dataclass(frozen=True, slots=True)
class Trial:
    """A connection that works: with which host, and requests used and allowed in 24 hours, where the CRM tells."""

    host: str
    used: tuple[int, int] | None


def tried(home: Home) -> Trial:
    """Log in to the CRM and read a little of everything.

    Raises:
        CrmError: it refused, or could not be asked.
        RipelineError: config names none, or its secret cannot be read.
    """
    crm = connector(home)
    crm.probe()
    return Trial(urlsplit(home.config.crm.url).hostname or home.config.crm.url, crm.used)


class CrmCarrier:
    """Carries letters of the kind `crm`. One session serves many of them."""

    def __init__(self, home: Home, crm: Connector | None = None) -> None:
        self._home = home
        self._crm = crm

    def carry(self, letter: Any) -> Answer:
        """Bring the lead's record up to date, and add what happened as a task.

        Raises:
            RipelineError: config names no CRM, or its secret cannot be read.
        """
        self._crm = self._crm or connector(self._home)
        brief = self._brief(letter.lead_id)
        if brief is None:
            return Answer(Fate.NEVER, "the lead is not here any more", alone=True)
        try:
            pushed = self._crm.push_lead(brief)
            self._crm.push_task(_task(letter, pushed.id))
        except CrmError as error:
            return Answer(Fate.NEVER if error.lasting else Fate.AGAIN, str(error), error.wish, error.alone)
        return Answer(Fate.DONE, f"{'made' if pushed.new else 'found'} as {pushed.id} in the CRM")

    def _brief(self, number: int | None) -> LeadBrief | None:
        """What the CRM is told of the lead: only fields of which we are the master, and only those with a value."""
        with reading(self._home.store) as connection:
            row = lead_row(connection, number) if number is not None else None
        if row is None:
            return None
        crm = self._home.config.crm
        values = {**row.fields, "country": row.country, "source": row.source}
        ours = {theirs: values.get(name) for name, theirs in crm.fields.items() if name not in crm.theirs}
        return LeadBrief(row.public_id, row.email, {name: value for name, value in ours.items() if value})


def _task(letter: Any, who: str) -> TaskBrief:
    """Something to do for a new lead; of everything else a note that it happened."""
    topic = str(letter.topic).partition(".")[2]
    title = _TITLES.get(topic, topic.replace("_", " ").capitalize())
    because = str(letter.payload.get("because") or dict(letter.payload.get("story") or {}).get("because") or "")
    return TaskBrief(letter.message_id, who, f"Ripeline: {title}", because, done=letter.topic != HANDED_OFF)
