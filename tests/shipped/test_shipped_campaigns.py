"""What ships is without a mistake: every campaign loads, every mail can be written for everybody."""

from __future__ import annotations

import re
import struct
from datetime import UTC, datetime

import pytest

from engine.content.form import render_preview
from engine.content.mails import CompiledMail, LinkKind
from engine.domain.campaign import Campaign
from engine.domain.delivery import MailKind
from engine.domain.steps import EmailStep
from tests.shipped.home import ROOT, context, form_of, mail_steps, shipped, translations

JANE: dict[str, object] = {
    "first_name": "Jane",
    "last_name": "Park",
    "company": "Bluefjord Logistics",
    "crm": "HubSpot",
    "phone": "+49 40 1234",
}
NOBODY: dict[str, object] = {}
TRIAL = {"trial_id": "t-1", "trial_ends": "2026-12-04T17:00:00Z"}
WRITTEN = [
    pytest.param(campaign, step, mail, id=str(mail.key))
    for campaign, stage, step in mail_steps()
    for mail in translations(campaign, stage, step)
]
PHONE_BUTTON = 44


def test_check_has_nothing_to_say_about_the_shipped_home() -> None:
    assert [f"{problem.place}: {problem.message}" for problem in shipped().problems] == []


def test_the_shipped_home_is_in_safe_mode_and_mails_through_this_machine() -> None:
    config = shipped().config
    assert config.safety.deliver_to.endswith("@northlight.example")
    assert {relay.host for relay in config.relay} == {"127.0.0.1"}


def test_three_campaigns_ship() -> None:
    assert set(shipped().campaigns) == {"clean-data", "demo", "trial", "webinar"}


def test_every_mail_step_has_a_mail() -> None:
    missing = [step.mail for campaign, stage, step in mail_steps() if not translations(campaign, stage, step)]
    assert missing == []


def test_the_stream_has_mails_for_four_months_at_least() -> None:
    slow = shipped().campaigns["clean-data"].stage("slow")
    assert slow is not None and slow.cadence is not None
    assert len([step for step in slow.steps if isinstance(step, EmailStep)]) >= 4


def test_all_kinds_of_templates_are_shown() -> None:
    assert {mail.path.rpartition(".")[2] for mail in shipped().mails.values()} == {"md", "html", "mjml"}
    assert {mail.layout for mail in shipped().mails.values()} >= {"default", "letter"}
    assert "de" in {mail.key.language for mail in shipped().mails.values()}


@pytest.mark.parametrize(("campaign", "step", "mail"), WRITTEN)
@pytest.mark.parametrize("fields", [pytest.param(JANE, id="full"), pytest.param(NOBODY, id="address-only")])
def test_mail_is_written_for_everybody(
    campaign: Campaign, step: EmailStep, mail: CompiledMail, fields: dict[str, object]
) -> None:
    form = form_of(campaign, mail)
    subject, html, text = render_preview(form, context(fields, trigger=TRIAL if fields else {}))
    assert subject and not re.search(r"[{}]|None|missing", subject)
    for part in (html, text):
        assert "Hafenweide 12, 20457 Hamburg" in part
        assert not re.search(r"\{[{%]|\bNone\b", part)
        assert ("Jane" in part) <= bool(fields)
    assert len(html.encode()) < 60_000
    assert form.message(context(fields, trigger=TRIAL if fields else {}))


@pytest.mark.parametrize(("campaign", "step", "mail"), WRITTEN)
def test_only_operational_mail_has_no_way_out(campaign: Campaign, step: EmailStep, mail: CompiledMail) -> None:
    leaves = any(link.kind is LinkKind.UNSUBSCRIBE for link in mail.links)
    assert leaves is (step.mail_kind is MailKind.MARKETING)


@pytest.mark.parametrize(("campaign", "step", "mail"), WRITTEN)
def test_subject_and_preheader_are_fit_for_a_phone(campaign: Campaign, step: EmailStep, mail: CompiledMail) -> None:
    subject, _, _ = render_preview(form_of(campaign, mail), context(JANE, trigger=TRIAL))
    choices = step.variants.get("subject", (subject,))
    assert all(len(choice) <= 60 for choice in (subject, *choices))
    assert mail.layout == "letter" or 20 <= len(mail.preheader) <= 130


@pytest.mark.parametrize(("campaign", "step", "mail"), WRITTEN)
def test_every_counted_link_has_a_name(campaign: Campaign, step: EmailStep, mail: CompiledMail) -> None:
    assert [link.target for link in mail.links if link.kind is LinkKind.TRACK and not link.name] == []


@pytest.mark.parametrize(("campaign", "step", "mail"), WRITTEN)
def test_buttons_are_large_enough_for_a_thumb(campaign: Campaign, step: EmailStep, mail: CompiledMail) -> None:
    _, html, _ = render_preview(form_of(campaign, mail), context(JANE, trigger=TRIAL))
    buttons = re.findall(r"<a[^>]*style=\"([^\"]*background(?:-color)?:[^\"]*)\"", html)
    assert len(buttons) == (0 if mail.layout == "letter" else 1)
    for style in buttons:
        padding = re.search(r"padding:\s*(\d+)px", style)
        height = re.search(r"line-height:\s*(\d+)px", style)
        assert padding and height, style
        assert 2 * int(padding[1]) + int(height[1]) >= PHONE_BUTTON


def test_every_link_in_rules_stands_in_a_mail() -> None:
    links: dict[str, set[tuple[str, str]]] = {}
    for campaign, stage, step in mail_steps():
        mails = translations(campaign, stage, step)
        links.setdefault(campaign.id, set()).update((step.id, link.name) for mail in mails for link in mail.links)
    asked = re.compile(r"clicked\((?:'(?P<step>[^']+)')?(?:, )?(?:link='(?P<link>[^']+)')?\)")
    found = 0
    for name, known in links.items():
        for match in asked.finditer((ROOT / "campaigns" / f"{name}.toml").read_text()):
            wanted = (match["step"], match["link"])
            found += 1
            assert any(wanted[0] in (None, step) and wanted[1] in (None, link) for step, link in known), match[0]
    assert found >= 10


def test_german_lead_gets_a_german_mail_down_to_its_footer() -> None:
    campaign = shipped().campaigns["clean-data"]
    mail = next(mail for key, mail in shipped().mails.items() if (key.name, key.language) == ("decay", "de"))
    subject, html, text = render_preview(form_of(campaign, mail), context(JANE))
    assert subject == "Ihre Kontaktliste hat einmal gestimmt"
    assert "Guten Tag Jane Park," in text and "Abmelden" in text and "Unsubscribe" not in text
    assert '<html lang="de"' in html


def test_picture_is_sharp_described_and_small() -> None:
    mail = next(mail for key, mail in shipped().mails.items() if key.name == "report")
    (picture,) = mail.assets
    content = (ROOT / "templates" / picture.path).read_bytes()
    width, height = struct.unpack(">II", content[16:24])
    assert (picture.width, picture.height) == (width, height)
    assert width == 2 * 510
    assert len(content) < 60_000
    assert re.search(r'<img[^>]*alt="Sample report: [^"]{40,}"', mail.html)


def test_bump_answers_the_mail_before_it_as_a_letter() -> None:
    campaign, stage, bump = next(found for found in mail_steps() if found[2].id == "bump")
    (mail,) = translations(campaign, stage, bump)
    assert (bump.thread, mail.layout) == ("cost", "letter")


def test_webinar_mails_take_their_dates_from_the_campaign() -> None:
    campaign, stage, step = next(found for found in mail_steps() if found[2].id == "confirmation")
    assert campaign.vars["starts"] == datetime(2026, 12, 10, 14, 0, tzinfo=UTC)
    (mail,) = translations(campaign, stage, step)
    subject, _, text = render_preview(form_of(campaign, mail), context(NOBODY))
    assert subject == "You have a seat: Thursday, 10 December"
    assert "https://live.northlight.example/clean-crm" in text
