"""What of a mail follows from config, campaign and lead alone: who it is from, in which variant, in which language.

The daemon's letters and rehearsals ask the same here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from engine.config.model import Config
from engine.content.compiler import compile_line
from engine.content.context import Mailbox
from engine.content.message import split_mailbox
from engine.content.settings import CompileSettings
from engine.domain.campaign import Campaign
from engine.domain.journey.facts import Lead
from engine.domain.steps import EmailStep
from engine.errors import Place


@lru_cache(maxsize=4096)
def mailbox(text: str) -> Mailbox:
    """Senders and owners are few, and every mail asks for some."""
    return Mailbox(*split_mailbox(text))


@lru_cache(maxsize=4096)
def domain_of(text: str) -> str:
    """The domain of a mailbox's address, in lower case."""
    return split_mailbox(text)[1].rpartition("@")[2].casefold()


def owner_of(config: Config, lead: Lead) -> Mailbox:
    """The lead's owner as config knows them; empty if it does not."""
    return mailbox(config.sender.owners.get(lead.owner, ""))


def sender_of(config: Config, campaign: Campaign, step: EmailStep | None, lead: Lead) -> Mailbox:
    """Who the mail is from: the step's sender, the campaign's or config's; the owner only on a verified domain."""
    chosen = (step.sender if step else None) or campaign.sender
    fallback = mailbox(chosen.address if chosen else config.sender.default)
    if chosen is None or not chosen.owner:
        return fallback
    owner = owner_of(config, lead)
    return owner if owner.address and domain_of(owner.address) in config.sender.verified_domains else fallback


def variant_of(chosen: Mapping[str, int], step: EmailStep | None, part: str) -> str:
    """The lead's variant of a part of the mail; empty where the part has none."""
    choices = step.variants.get(part, ()) if step else ()
    number = chosen.get(part, 0)
    return choices[number] if number < len(choices) else ""


def languages(language: str) -> tuple[str, ...]:
    """The languages to look for, the closest first: the lead's own ("de-at"), the bare one ("de"), the home's."""
    wanted = language.casefold().replace("_", "-")
    return wanted, wanted.partition("-")[0], ""


class SubjectLines:
    """Subjects that stand in campaigns, made ready once each."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._ready: dict[tuple[str, str], str] = {}

    def ready(self, text: str, campaign: Campaign) -> str:
        """A variant's subject as a form takes it; empty for the mail's own."""
        if not text:
            return ""
        wanted = (text, campaign.id)
        if wanted not in self._ready:
            fields = {name: declared.type for name, declared in self._config.lead_fields.items()}
            settings = CompileSettings.from_config(self._config, fields)
            known = replace(settings, vars={**settings.vars, **{name: str(v) for name, v in campaign.vars.items()}})
            self._ready[wanted] = compile_line(text, Place(f"campaigns/{campaign.id}.toml"), known)[0]
        return self._ready[wanted]
