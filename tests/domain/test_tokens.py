"""A mail's addresses cannot be forged, mixed or guessed."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.tokens import (
    KeyRing,
    LinkRef,
    MailRef,
    Purpose,
    bound_link_token,
    link_token,
    mail_token,
    read_link_token,
    read_mail_token,
)

RING = KeyRing({1: b"old key, once the newest.........", 2: b"the key that signs now..........."}, current=2)
TABLE, OTHER_TABLE = b"table1", b"table2"
MAIL = MailRef(4711, TABLE)
LINK = LinkRef(3, "https://acme.example/checklist?x=1#top")

mails = st.builds(MailRef, st.integers(0, 2**64 - 1), st.binary(min_size=6, max_size=6))
links = st.builds(LinkRef, st.integers(0, 2**16 - 1), st.text(max_size=80).filter(lambda text: text.isprintable()))
purposes = st.sampled_from(Purpose)
alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(mails, purposes)
def test_mail_token_names_its_mail(mail: MailRef, purpose: Purpose) -> None:
    token = mail_token(RING, purpose, mail)

    assert len(token) == 36
    assert read_mail_token(RING, purpose, token) == mail


@given(mails, links)
def test_link_token_names_its_link(mail: MailRef, link: LinkRef) -> None:
    assert read_link_token(RING, mail, link_token(RING, mail.table, link)) == link
    assert read_link_token(RING, mail, bound_link_token(RING, mail, link)) == link


@pytest.mark.acceptance(row=25)
@given(mails, purposes, purposes)
def test_token_of_another_purpose_is_refused(mail: MailRef, made: Purpose, asked: Purpose) -> None:
    read = read_mail_token(RING, asked, mail_token(RING, made, mail))

    assert (read == mail) is (made is asked)


@pytest.mark.acceptance(row=25)
@given(mails, st.integers(0, 35), st.sampled_from(alphabet))
def test_mail_token_altered_in_one_place_is_refused(mail: MailRef, place: int, letter: str) -> None:
    token = mail_token(RING, Purpose.TRACK, mail)
    altered = token[:place] + letter + token[place + 1 :]

    assert altered == token or read_mail_token(RING, Purpose.TRACK, altered) is None


@pytest.mark.acceptance(row=25)
@given(links, st.data())
def test_link_token_altered_in_one_place_is_refused(link: LinkRef, data: st.DataObject) -> None:
    token = link_token(RING, TABLE, link)
    place = data.draw(st.integers(0, len(token) - 1))
    altered = token[:place] + data.draw(st.sampled_from(alphabet)) + token[place + 1 :]

    assert altered == token or read_link_token(RING, MAIL, altered) is None


@pytest.mark.acceptance(row=25)
@given(st.text(max_size=60) | st.text(alphabet, max_size=60))
def test_what_was_never_signed_is_refused(token: str) -> None:
    assert read_mail_token(RING, Purpose.TRACK, token) is None
    assert read_link_token(RING, MAIL, token) is None


@pytest.mark.acceptance(row=25)
@given(st.integers(0, 100))
def test_truncated_or_extended_token_is_refused(cut: int) -> None:
    mail, link = mail_token(RING, Purpose.TRACK, MAIL), link_token(RING, TABLE, LINK)

    assert read_mail_token(RING, Purpose.TRACK, mail[: cut % len(mail)]) is None
    assert read_mail_token(RING, Purpose.TRACK, mail + "A" * (1 + cut % 4)) is None
    assert read_link_token(RING, MAIL, link[: cut % len(link)]) is None
    assert read_link_token(RING, MAIL, link + "A" * (1 + cut % 4)) is None


@pytest.mark.acceptance(row=25)
def test_link_of_another_template_is_refused() -> None:
    foreign = link_token(RING, OTHER_TABLE, LINK)

    assert read_link_token(RING, MAIL, foreign) is None
    assert read_link_token(RING, MailRef(MAIL.delivery, OTHER_TABLE), foreign) == LINK


@pytest.mark.acceptance(row=25)
def test_bound_link_of_another_lead_is_refused() -> None:
    token = bound_link_token(RING, MAIL, LINK)

    assert read_link_token(RING, MailRef(MAIL.delivery + 1, TABLE), token) is None


@pytest.mark.acceptance(row=25)
def test_halves_of_two_mail_tokens_do_not_make_a_third() -> None:
    one, two = (mail_token(RING, Purpose.TRACK, MailRef(number, TABLE)) for number in (1, 2))

    assert all(read_mail_token(RING, Purpose.TRACK, one[:cut] + two[cut:]) is None for cut in range(12, 36))


def test_older_key_still_verifies_and_the_newest_signs() -> None:
    token = mail_token(replace(RING, current=1), Purpose.VIEW, MAIL)

    assert read_mail_token(RING, Purpose.VIEW, token) == MAIL
    assert base64.urlsafe_b64decode(mail_token(RING, Purpose.VIEW, MAIL))[0] == 2


@pytest.mark.acceptance(row=25)
def test_expired_key_is_refused() -> None:
    ring = KeyRing({2: RING.keys[2]}, current=2)
    old = replace(RING, current=1)

    assert read_mail_token(ring, Purpose.TRACK, mail_token(old, Purpose.TRACK, MAIL)) is None
    assert read_link_token(ring, MAIL, link_token(old, TABLE, LINK)) is None


@pytest.mark.acceptance(row=25)
def test_only_the_canonical_base64_is_accepted() -> None:
    link = link_token(RING, TABLE, LinkRef(1, "https://a.example/1"))
    assert len(link) % 4 == 2, "the last letter has four unused bits"
    twins = [link[:-1] + letter for letter in alphabet if letter != link[-1]]
    same = base64.urlsafe_b64decode(link + "==")

    assert sum(base64.urlsafe_b64decode(twin + "==") == same for twin in twins) == 15
    assert all(read_link_token(RING, MAIL, twin) is None for twin in twins)


@pytest.mark.acceptance(row=25)
@pytest.mark.parametrize("mangle", ["{}=", "{}\n", " {}", "{}%3D", "*{}", "{}é"])
def test_padding_white_space_and_foreign_letters_are_refused(mangle: str) -> None:
    token = mail_token(RING, Purpose.TRACK, MAIL)

    assert read_mail_token(RING, Purpose.TRACK, mangle.format(token)) is None
