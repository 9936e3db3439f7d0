"""How mails are called in a lead's story: by their subject, or by their file's name where the subject has holes."""

from __future__ import annotations

from collections.abc import Mapping

from engine.content.mails import CompiledMail, MailKey
from engine.domain.campaign import Campaign
from engine.domain.steps import EmailStep
from engine.service.running import Running
from engine.store.bundles import read_blob
from engine.store.database import Store, reading


class MailTitles:
    """Subjects of mails by (campaign, step): of those sent to this lead, else of the running bundle."""

    def __init__(self, store: Store, running: Running, language: str, sent: Mapping[tuple[str, str], str]) -> None:
        self._store = store
        self._running = running
        self._language = language
        self._known: dict[tuple[str, str], str] = dict(sent)

    def __call__(self, campaign: str, step: str) -> str:
        """The mail's subject in quotes; `step` is the step's id or its mail's name."""
        if (campaign, step) not in self._known:
            self._known[campaign, step] = self._from_bundle(campaign, step) or step
        return f'"{self._known[campaign, step]}"'

    def _from_bundle(self, campaign: str, step: str) -> str:
        found = self._running.programme.campaigns.get(campaign)
        key = _key(found, step) if found else None
        digest = self._running.mail_digest(key, self._language) if key else None
        if digest is None:
            return ""
        with reading(self._store) as connection:
            blob = read_blob(connection, digest)
        subject = CompiledMail.from_json(blob.content.decode()).subject if blob else ""
        return subject if "{" not in subject else ""


def _key(campaign: Campaign, step: str) -> MailKey | None:
    for stage, found in campaign.steps():
        if isinstance(found, EmailStep) and step in (found.id, found.mail):
            mail = found.variants.get("email", (found.mail,))[0]
            return MailKey(campaign.theme, stage.id, mail)
    return None
