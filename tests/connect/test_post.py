import pytest

from engine.connect.http import RefusedAddressError, checked_address
from engine.connect.post import post_json


@pytest.mark.acceptance(row=29)
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "169.254.169.254", "10.0.0.7", "192.168.1.1", "172.16.0.9", "0.0.0.0", "::1", "fe80::1"],
)
def test_addresses_inside_are_refused(host):
    with pytest.raises(RefusedAddressError, match="public"):
        checked_address(host, 443)


@pytest.mark.acceptance(row=29)
@pytest.mark.parametrize("written", ["2130706433", "0x7f.1", "127.1"])
def test_odd_spellings_of_this_machine_are_refused(written):
    with pytest.raises(RefusedAddressError):
        checked_address(written, 443)


def test_public_address_is_the_one_that_was_checked():
    assert checked_address("8.8.8.8", 443) == "8.8.8.8"


@pytest.mark.parametrize("url", ["http://hooks.example/x", "ftp://hooks.example", "https://", "not an address"])
def test_only_https_is_posted_to(url):
    assert "https://" in post_json(url, {})


@pytest.mark.acceptance(row=29)
def test_posting_inside_says_why_it_was_refused():
    assert post_json("https://127.0.0.1:9/hook", {"text": "x"}) == (
        "127.0.0.1 leads to 127.0.0.1, which is not a public address"
    )


@pytest.mark.acceptance(row=29)
def test_a_name_that_leads_inside_is_refused():
    assert "not a public address" in post_json("https://localhost:9/hook", {})
