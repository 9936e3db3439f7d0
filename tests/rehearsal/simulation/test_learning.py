"""What is learnt from a history is what made it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest

from engine.rehearsal.simulation.learning import MAILS_NEEDED, learn
from engine.rehearsal.simulation.persona import BOUNCING, LEAVING, Manners
from engine.store.responses import Answer, SentMail
from tests.rehearsal.simulation.setups import MONDAY

HOUR = timedelta(hours=1)


def history(
    leads: int, opens: float, clicks: float, hours: float = 3.0, bounces: float = 0.0
) -> tuple[list[SentMail], list[Answer]]:
    """Five mails to each lead, opened and clicked by these shares of all mails, after exactly so many hours."""
    dice = Random(7)
    mails, answers = [], []
    for lead in range(leads):
        if dice.random() < bounces:
            mail = SentMail(len(mails), lead, "drip", "first", MONDAY, True)
            mails.append(mail)
            answers.append(Answer(mail.delivery, "bounce", MONDAY, ""))
            continue
        for step in range(5):
            mail = SentMail(len(mails), lead, "drip", f"mail{step}", MONDAY + step * 24 * HOUR, False)
            mails.append(mail)
            answers += _answers(mail, dice, opens, clicks, hours)
    return mails, answers


def _answers(mail: SentMail, dice: Random, opens: float, clicks: float, hours: float) -> Iterator[Answer]:
    if dice.random() >= opens:
        return
    at = mail.at + timedelta(hours=hours)
    yield Answer(mail.delivery, "open", at, "")
    if dice.random() < clicks / opens:
        yield Answer(mail.delivery, "click", at, "checklist" if dice.random() < 0.8 else "prices")


@pytest.mark.parametrize(("opens", "clicks"), [(0.45, 0.1), (0.12, 0.01), (0.7, 0.3)])
def test_rates_of_a_history_are_given_back(opens: float, clicks: float) -> None:
    found = learn(*history(1000, opens, clicks))
    assert found.origin.rates and found.origin.mails == 5000 and found.origin.leads == 1000
    assert found.manners.opens == pytest.approx(opens, rel=0.08)
    assert found.manners.clicks == pytest.approx(clicks, rel=0.25)


def test_delays_of_a_history_are_given_back() -> None:
    found = learn(*history(200, 0.5, 0.1, hours=30.0))
    assert found.origin.delays and found.manners.opening.median == pytest.approx(30.0)
    assert {one.pace for one in found.manners.personas} == {1.0}, "what was seen holds for all together"


def test_bounces_are_the_share_of_leads_without_a_mailbox() -> None:
    assert learn(*history(1000, 0.4, 0.05, bounces=0.15)).manners.share(BOUNCING) == pytest.approx(0.15, rel=0.2)


def test_who_leaves_is_more_than_who_left_so_far() -> None:
    mails, answers = history(1000, 0.4, 0.05)
    first = [mail for mail in mails if mail.step == "mail0"][:30]
    answers += [Answer(mail.delivery, "unsubscribe", mail.at, "") for mail in first]
    assert 0.03 < learn(mails, answers).manners.share(LEAVING) < 0.08


def test_short_history_teaches_nothing_and_says_so() -> None:
    mails, answers = history(MAILS_NEEDED // 5 - 1, 0.9, 0.5, hours=1.0)
    found = learn(mails, answers)
    assert not found.origin.rates and found.origin.mails == MAILS_NEEDED - 5
    assert found.manners.opens == Manners().opens
    assert found.origin.delays, "openings there are enough"


def test_links_are_weighed_by_the_people_who_clicked_them() -> None:
    found = learn(*history(1000, 0.5, 0.2))
    weights = found.links["drip", "mail0"]
    assert weights["checklist"] > 2.5 * weights["prices"]
