"""What is posted is signed so that the published library of Standard Webhooks takes it, and what is not is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from engine.connect.signing import BadSecretError, BadSignatureError, fresh_secret, read_secret, sign, verify

CONTENT = '{"type": "lead.step", "data": {"name": "Zoë"}}'.encode()
OLD, NEW = fresh_secret(), fresh_secret()


def now() -> datetime:
    return datetime.now(UTC)  # the library asks the machine's clock


def signed(*secrets: str, at: datetime | None = None) -> dict[str, str]:
    return sign([read_secret(one) for one in secrets], "step_1", at or now(), CONTENT)


def test_published_library_takes_what_we_sign() -> None:
    assert Webhook(OLD).verify(CONTENT, signed(OLD))["type"] == "lead.step"


def test_while_a_secret_is_changed_both_receivers_take_the_message() -> None:
    headers = signed(NEW, OLD)
    for secret in (NEW, OLD):
        Webhook(secret).verify(CONTENT, headers)


def test_published_library_refuses_another_secret_and_other_content() -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(CONTENT, signed(OLD))
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(CONTENT + b" ", signed(OLD))


def test_we_take_what_the_published_library_signs() -> None:
    at = now()
    headers = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": "v1a,xyz " + Webhook(OLD).sign("msg_1", at, CONTENT.decode()),
    }
    assert verify([read_secret(NEW), read_secret(OLD)], headers, CONTENT, at) == "msg_1"


@pytest.mark.acceptance(row=29)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"webhook-signature": ""}, "not signed"),
        ({"webhook-id": ""}, "not signed"),
        ({"webhook-id": "step_2"}, "no signature"),
        ({"webhook-signature": "v1,AAAA"}, "no signature"),
        ({"webhook-signature": "v1,é"}, "no signature"),
        ({"webhook-timestamp": "soon"}, "no number"),
        ({"webhook-timestamp": "-1"}, "no number"),
        ({"webhook-timestamp": "1"}, "five minutes"),
    ],
)
def test_unsigned_altered_or_old_message_is_refused(change: dict[str, str], words: str) -> None:
    with pytest.raises(BadSignatureError, match=words):
        verify([read_secret(OLD)], signed(OLD) | change, CONTENT, now())


@pytest.mark.acceptance(row=29)
def test_message_from_another_time_is_refused() -> None:
    at = now()
    for off in (timedelta(minutes=6), timedelta(minutes=-6)):
        with pytest.raises(BadSignatureError, match="five minutes"):
            verify([read_secret(OLD)], signed(OLD, at=at + off), CONTENT, at)


@pytest.mark.acceptance(row=29)
def test_nothing_is_taken_without_a_key() -> None:
    with pytest.raises(BadSignatureError):
        verify([], signed(OLD), CONTENT, now())


@pytest.mark.parametrize(
    "text", ["", "secret", "whsec_", "whsec_%%%", "whsec_AAAA", pytest.param("WHSEC_" + OLD[6:], id="wrong prefix")]
)
def test_what_is_no_secret_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(BadSecretError) as refused:
        read_secret(text)
    assert not text or len(text) < 8 or text not in str(refused.value)
