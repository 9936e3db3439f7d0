import base64
import re
from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from engine.smtp.body import dot_stuffed, with_crlf
from engine.smtp.dkim import DkimKeyError, DkimSigner

NOW = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
RSA = generate_rsa(65537, 2048)
ED = Ed25519PrivateKey.generate()
HEAD = b"""\
From: "Ann Lee" <ann@acme.example>\r
To: jane@northwind.example\r
Subject: =?utf-8?q?A_folded?=\r
\t=?utf-8?q?_subject?=  \r
Date: Sun, 22 Nov 2026 14:02:00 +0000\r
Message-ID: <1.2@acme.example>\r
MIME-Version: 1.0\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
List-Id: <news.acme.example>\r
List-Unsubscribe: <https://t.acme.example/u/abcdef>\r
List-Unsubscribe-Post: List-Unsubscribe=One-Click\r
Feedback-ID: clean-data:decay:acme\r
X-Own: not signed\r
"""
MESSAGE = HEAD + b"\r\nGood morning,  \r\n\r\n two\t\tblanks =20\r\n.\r\n\r\n\r\n"


def pem(key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def signer(key) -> DkimSigner:
    return DkimSigner.from_pem("acme.example", "s1", pem(key))


def is_valid(message: bytes, key) -> bool:
    """By dkimpy, with the DNS record that belongs to the key."""
    public = key.public_key()
    if isinstance(key, Ed25519PrivateKey):
        kind, octets = "ed25519", public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    else:
        kind, octets = "rsa", public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = f"v=DKIM1; k={kind}; p={base64.b64encode(octets).decode()}".encode()
    return bool(dkim.verify(message, dnsfunc=lambda name, timeout=5: record))


def signed_names(message: bytes) -> list[str]:
    field = message.partition(b"\r\nFrom:")[0].decode()
    return re.sub(r"\s", "", field.partition("h=")[2].partition(";")[0]).split(":")


@pytest.mark.acceptance(row=33)
@pytest.mark.parametrize("key", [RSA, ED], ids=["rsa", "ed25519"])
def test_signature_is_valid_and_covers_both_unsubscribe_headers(key):
    signed = signer(key).sign(MESSAGE, NOW)
    assert signed.endswith(MESSAGE)
    assert is_valid(signed, key)
    names = signed_names(signed)
    assert {"list-unsubscribe", "list-unsubscribe-post", "feedback-id", "message-id", "date", "to", "subject"} <= set(
        names
    )
    assert {"mime-version", "content-type", "content-transfer-encoding"} <= set(names)
    assert names.count("from") == 2
    assert "x-own" not in names
    assert max(len(line) for line in signed.split(b"\r\n")) <= 78


@pytest.mark.parametrize("key", [RSA, ED], ids=["rsa", "ed25519"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/u/abcdef", b"/u/abcdee"),
        (b"One-Click", b"One-Clack"),
        (b"clean-data:", b"dirty-data:"),
        (b"Good morning", b"Good evening"),
        (b"To: jane", b"To: john"),
        (b"\r\nFrom:", b"\r\nFrom: evil@x.example\r\nFrom:"),
        (b"\r\nTo:", b"\r\nSubject: Free money\r\nTo:"),
    ],
)
def test_what_is_signed_cannot_be_altered_or_added_to(key, old, new):
    signed = signer(key).sign(MESSAGE, NOW)
    assert not is_valid(signed.replace(old, new, 1), key)


def test_relays_may_refold_and_trim_blanks():
    signed = signer(RSA).sign(MESSAGE, NOW)
    refolded = signed.replace(b"charset=utf-8", b"\r\n charset=utf-8 ").replace(b"morning,  \r\n", b"morning,\r\n")
    assert is_valid(refolded, RSA)


@given(body=st.text(alphabet="a .\t\r\n=", max_size=40))
def test_every_body_is_hashed_as_dkimpy_hashes_it(body):
    message = with_crlf(HEAD + b"\r\n" + body.encode())
    assert is_valid(signer(ED).sign(message, NOW), ED)


@pytest.mark.parametrize("body", [b"", b"\r\n", b"\r\n\r\n", b" \r\n\t\r\n", b"a", b"a \r\n "])
def test_odd_endings_of_a_body(body):
    assert is_valid(signer(RSA).sign(HEAD + b"\r\n" + body, NOW), RSA)


def test_two_signatures_hold_beside_each_other():
    both = signer(ED).sign(signer(RSA).sign(MESSAGE, NOW), NOW)
    assert is_valid(both, ED)


@pytest.mark.parametrize(
    ("domain", "selector", "key", "words"),
    [
        ("acme.example", "s1", b"no key", "cannot be read"),
        ("acme.example", "s1", pem(generate_ec(SECP256R1())), "must be RSA"),
        ("acme.example; x=1", "s1", pem(ED), "not a DNS name"),
        ("acme.example", "s1\r\nX: y", pem(ED), "not a DNS name"),
        ("bücher.example", "s1", pem(ED), "not a DNS name"),
    ],
)
def test_unusable_key_or_name_is_told(domain, selector, key, words):
    with pytest.raises(DkimKeyError, match=words):
        DkimSigner.from_pem(domain, selector, key)


def test_message_without_sender_is_not_signed():
    with pytest.raises(ValueError, match="From"):
        signer(ED).sign(b"To: jane@x.example\r\n\r\nhello\r\n", NOW)


def test_signed_message_stays_ready_for_the_line():
    message = MESSAGE.replace(b"\r\n.", b"\r\n=2E")
    signed = signer(RSA).sign(message, NOW)
    assert dot_stuffed(with_crlf(signed)) == signed
