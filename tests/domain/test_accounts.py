"""Which company an address belongs to."""

from __future__ import annotations

import pytest

from engine.domain.accounts import PERSONAL_DOMAINS, company_test


@pytest.mark.parametrize(
    ("address", "company"),
    [
        ("jane@northwind.example", "northwind.example"),
        ("jane@Northwind.Example", "northwind.example"),
        ("jane@GMail.com", ""),
        ("jane@provider.example", ""),
        ("ann@acme.example", ""),
        ("", ""),
    ],
)
def test_company_is_the_domain_unless_it_is_private_mail_or_our_own(address: str, company: str) -> None:
    company_of = company_test(["Provider.example"], lambda found: found.endswith("@acme.example"))

    assert company_of(address) == company


def test_personal_domains_are_domains_in_small_letters() -> None:
    assert all(domain == domain.casefold() and "." in domain and "@" not in domain for domain in PERSONAL_DOMAINS)
