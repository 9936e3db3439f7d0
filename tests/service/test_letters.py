"""What a mail says and from whom, as a real SMTP server received it."""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from engine.config.model import Dkim, Relay, Safety, Sender
from engine.content.message import verp_sender
from engine.errors import RipelineError
from engine.service.deliver import Dispatch
from engine.service.keepsakes import message_as_sent
from engine.store.database import writing
from engine.store.permission import set_tracking
from tests.service.conftest import Found
from tests.service.world import World
from tests.smtpscript import Cut, Rule

JANE, BOB = "jane@northwind.example", "bob@northwind.example"


def test_reply_in_a_thread_names_the_earlier_mail(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.later(days=3)
    first, second = world.received(JANE)
    assert second["In-Reply-To"] == first["Message-ID"]
    assert second["References"] == first["Message-ID"]
    assert str(second["Subject"]).startswith("Re: ")


@pytest.mark.parametrize(
    ("owner", "sender"),
    [
        ("bea", "Bea Day <bea@acme.example>"),
        ("carl", "Ann Lee <ann@acme.example>"),
        ("nobody", "Ann Lee <ann@acme.example>"),
        ("", "Ann Lee <ann@acme.example>"),
    ],
    ids=["verified", "elsewhere", "not configured", "none"],
)
def test_owner_is_the_sender_where_the_domain_is_verified(world: World, owner: str, sender: str) -> None:
    world.take_in(f"{JANE},Jane,web,{owner}", columns="email,first_name,source,owner")
    world.go()
    assert str(world.received()[0]["From"]) == sender


def test_variant_sticks_to_the_lead_and_is_on_record(world: World) -> None:
    world.take_in(*(f"lead{n}@x.example,Jane,choice" for n in range(30)))
    world.go()
    subjects = world.subjects()
    assert set(subjects) == {"Your list rots", "What does a dead lead cost?"}
    for n in range(30):
        (mail,) = world.mails(f"lead{n}@x.example")
        wanted = ("Your list rots", "What does a dead lead cost?")[mail.variants["subject"]]
        assert mail.subject == wanted == world.subjects(f"lead{n}@x.example")[0]


@pytest.mark.parametrize(
    ("language", "greeting"), [("de", "Guten Tag"), ("de-AT", "Guten Tag"), ("fr", "Hello"), ("", "Hello")]
)
def test_lead_is_mailed_in_its_language(world: World, language: str, greeting: str) -> None:
    world.take_in(f"{JANE},choice,{language}", columns="email,source,language")
    world.go()
    body = world.received()[0].get_body(("plain",))
    assert body is not None
    assert greeting in body.get_content()


def test_safety_diverts_every_mail(found: Found) -> None:
    world = found(safety=Safety(deliver_to="ops@acme.example"))
    world.take_in(f"{JANE},Jane,web", f"{BOB},Bob,web")
    world.go()
    assert [mail.recipients for mail in world.server.accepted] == [("ops@acme.example",)] * 2


def test_envelope_sender_names_the_delivery(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.go()
    number = world.mails(JANE)[0].id
    assert world.server.accepted[0].sender == verp_sender(world.home.keys.ring, number, "acme.example")


def test_mail_is_shown_exactly_as_it_was_sent(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.go()
    assert message_as_sent(world.home, world.mails(JANE)[0].id) == world.server.accepted[0].message


def test_message_id_names_delivery_and_home(world: World) -> None:
    world.server.script(Rule("DOT", Cut(accept=True), times=1))
    world.take_in(f"{JANE},Jane,web")
    world.go()
    assert world.mails(JANE)[0].state == "unknown"
    assert str(world.received()[0]["Message-ID"]) == f"<{world.mails(JANE)[0].id}.{world.home.identity}@acme.example>"


def test_relay_of_the_senders_domain_is_used(found: Found) -> None:
    world = found()
    dead = Relay(name="other", host="127.0.0.1", port=1, tls="none")
    ours = Relay(name="ours", host="127.0.0.1", port=world.server.port, tls="none", sender_domains=("acme.example",))
    world.relays = (dead, ours)
    world.changes = {"sender": Sender(default="Ann Lee <ann@acme.example>", bounce_domain="bounces.example")}
    world.take_in(f"{JANE},Jane,web")
    world.go()
    assert world.mails(JANE)[0].relay == "ours"


def key_in(folder: Path) -> bytes:
    """Put a private key there; the DNS record of the public one."""
    key = rsa.generate_private_key(65537, 2048)
    (folder / "dkim.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + b64encode(public)


@pytest.mark.acceptance(row=33)
def test_mail_is_signed_over_both_unsubscribe_headers_in_short_lines(found: Found) -> None:
    world = found(dkim=(Dkim(domain="acme.example", selector="s1", key_file="dkim.pem"),))
    record = key_in(world.path)
    world.take_in(f"{JANE},Jane,web")
    world.go()
    message = world.server.accepted[0].message
    assert dkim.verify(message, dnsfunc=lambda name, timeout=5: record)
    signature = message.partition(b"\r\n\r\n")[0].decode().replace("\r\n", "")
    signed = re.search(r"h=([^;]+);", signature)
    assert signed is not None
    assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(re.split(r"[:\s]+", signed[1].casefold()))
    assert max(len(line) for line in message.split(b"\r\n")) <= 998
    assert re.search(rb"List-Unsubscribe: <https?://[^>\s]+>\r\n", message)


def test_missing_signing_key_is_told_at_the_start(found: Found) -> None:
    world = found(dkim=(Dkim(domain="acme.example", selector="s1", key_file="nowhere.pem"),))
    with pytest.raises(RipelineError, match=r"the DKIM key nowhere\.pem cannot be read"):
        Dispatch(world.home, "node:1")


@pytest.mark.acceptance(row=27)
def test_line_break_in_a_name_cannot_add_a_header(world: World) -> None:
    world.take_in('jane@northwind.example,"Jane\r\nBcc: spy@evil.example",web')
    world.go()
    world.later(hours=1)
    for mail in world.received():
        assert mail["Bcc"] is None
    assert all(mail.recipients == (JANE,) for mail in world.server.accepted)


@pytest.mark.acceptance(row=37)
def test_lead_with_tracking_off_gets_no_pixel_and_plain_links(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    with writing(world.home.store) as connection:
        set_tracking(connection, world.lead(JANE).id, False)
    world.go()
    body = world.received()[0].get_body(("html",))
    assert body is not None
    html = body.get_content()
    assert "/o/" not in html
    assert "/c/" not in html
    assert "https://acme.example/go" in html
