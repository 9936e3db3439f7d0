"""The people and places that a campaign names: who its mail is from, who is told, and where webhooks go."""

from __future__ import annotations

from engine.authoring.campaign_file import CampaignDraft, PlacedStep
from engine.authoring.policy import CONFIG_FILE
from engine.authoring.step_keys import OWNER, SALES
from engine.authoring.toml_source import Item
from engine.authoring.values import domain_of, wrong_address
from engine.config.model import Config
from engine.domain.sender import Sender
from engine.domain.steps import EmailStep, HandoffStep, NotifyStep, TaskStep, WebhookStep
from engine.errors import did_you_mean


def check_people(draft: CampaignDraft, config: Config) -> None:
    """Note senders that cannot send, and people and addresses that config does not know."""
    _check_sender_is_known(draft, config)
    if draft.campaign.sender is not None:
        _check_sender(draft, draft.campaign.sender, draft.root.find("from"), config)
    for placed in draft.steps:
        match placed.step:
            case EmailStep(sender=Sender() as sender):
                _check_sender(draft, sender, placed.item.find("from"), config)
            case NotifyStep() | TaskStep():
                _check_who(draft, placed.step.who, _who_item(placed), config, (OWNER,))
            case HandoffStep():
                _check_who(draft, placed.step.to, _to_item(placed), config, (SALES, OWNER))
            case WebhookStep():
                _check_webhook(draft, placed.step, placed, config)


def _check_sender_is_known(draft: CampaignDraft, config: Config) -> None:
    mails = [placed for placed in draft.steps if isinstance(placed.step, EmailStep)]
    if "from" in draft.root.items or "default" in config.sender.model_fields_set or not mails:
        return
    if all("from" in placed.item.items for placed in mails):
        return
    hint = f'add  from = "Ann Lee <ann@acme.example>", or [sender] default in {CONFIG_FILE}'
    message = "nothing says who the mails of this campaign are from"
    if draft.campaign.state.runs:
        draft.notes.error("E231", draft.root.place, message, hint)
    else:
        draft.notes.warning("W231", draft.root.place, message, hint)


def _check_sender(draft: CampaignDraft, sender: Sender, item: Item, config: Config) -> None:
    verified = {domain.casefold() for domain in config.sender.verified_domains}
    fixed = item.find("else") if item.is_table else item
    domain = domain_of(sender.address)
    if verified and isinstance(fixed.value, str) and domain not in verified:
        start = fixed.value.casefold().rfind(domain)
        message = f"the domain {domain} is not among verified_domains"
        hint = did_you_mean(domain, verified) or f"write from one of: {', '.join(sorted(verified))}"
        draft.notes.error("E232", fixed.letters(start, len(domain)), message, hint)
    if sender.owner and not config.sender.owners:
        message = "nobody is known as an owner, so all of this mail comes from the other sender"
        hint = f'add them to {CONFIG_FILE}:  [sender.owners]  ann = "Ann Lee <ann@acme.example>"'
        draft.notes.warning("W233", item.find("owner").key, message, hint)


def _who_item(placed: PlacedStep) -> Item:
    return placed.item.find("who")


def _to_item(placed: PlacedStep) -> Item:
    return placed.item.find("to" if "to" in placed.item.items else "handoff")


def _check_who(draft: CampaignDraft, who: str, item: Item, config: Config, words: tuple[str, ...]) -> None:
    known = (*words, *config.sender.owners)
    if who in known or ("@" in who and not wrong_address(who)):
        return
    message = wrong_address(who) if "@" in who else f"nobody is called '{who}'"
    hint = did_you_mean(who, known) or f"write an address, or one of: {', '.join(known)}"
    draft.notes.error("E234", item.place, message, hint)


def _check_webhook(draft: CampaignDraft, step: WebhookStep, placed: PlacedStep, config: Config) -> None:
    if step.to in config.webhooks:
        return
    hint = did_you_mean(step.to, config.webhooks) or f'add  {step.to} = "https://…"  below [webhooks] in {CONFIG_FILE}'
    message = f"{CONFIG_FILE} has no webhook '{step.to}'"
    draft.notes.error("E235", placed.item.find("webhook").place, message, hint)
