import pytest

from engine.smtp.settings import RelaySettings, RelaySettingsError, is_loopback, tls_context


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"host": "mx.example", "tls": "none"}, "in clear"),
        ({"tls": "none", "username": "ann", "password": "x"}, "never sent in clear"),
        ({"host": "mx.example", "tls": "none", "insecure": True, "username": "ann"}, "never sent in clear"),
        ({"max_connections": 0}, "max_connections is 0"),
        ({"messages_per_connection": 0}, "messages_per_connection is 0"),
        ({"rate_per_second": 0.0}, "rate_per_second is 0.0"),
        ({"rate_per_hour": -1.0}, "rate_per_hour is -1.0"),
        ({"hostname": "my host"}, "EHLO"),
        ({"hostname": "x\r\nQUIT"}, "EHLO"),
        ({"hostname": ""}, "EHLO"),
    ],
)
def test_relay_that_would_leak_or_cannot_work_is_never_made(settings, words):
    with pytest.raises(RelaySettingsError, match=words):
        RelaySettings(**({"name": "mx", "host": "127.0.0.1", "port": 25} | settings))


def test_clear_mail_needs_a_loopback_host_or_an_explicit_word():
    RelaySettings("local", "::1", 25, tls="none")
    RelaySettings("far", "mx.example", 25, tls="none", insecure=True)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("127.3.2.1", True),
        ("::1", True),
        ("localhost.example", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
    ],
)
def test_loopback(host, expected):
    assert is_loopback(host) is expected


def test_password_is_not_shown():
    assert "s3cret" not in repr(RelaySettings("mx", "mx.example", 587, username="ann", password="s3cret"))


def test_unreadable_certificates_are_told_with_their_path(tmp_path):
    relay = RelaySettings("mx", "mx.example", 587, ca_file=str(tmp_path / "none.pem"))
    with pytest.raises(RelaySettingsError, match=r"none\.pem"):
        tls_context(relay)
