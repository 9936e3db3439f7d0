"""A company as sales sees it, and the report of all companies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.config.sales import Points, Scoring
from engine.errors import RipelineError
from engine.service.account import account_sheet
from engine.service.erase import dossier_of, erase
from engine.service.reports.accounts import accounts
from engine.service.reports.report import Asked
from tests.service.conftest import Found
from tests.service.world import MONDAY, World

COLUMNS = "email,first_name,source,role,company"
PEOPLE = (
    "jane@northwind.example,Jane,web,recommends,Northwind",
    "joe@northwind.example,Joe,web,Uses,",
    "eva@southwind.example,Eva,web,decides,Southwind",
    "ann@gmail.com,Ann,web,pays,",
)
CLICKS = Scoring(points=(Points(name="clicked", each="ever.clicks", points=10),))


@pytest.fixture
def lived(found: Found) -> World:
    """Jane clicked in her mail, the others did nothing."""
    world = found(scoring=CLICKS)
    world.take_in(*PEOPLE, columns=COLUMNS)
    world.go()
    world.hit(1, link=1, at=MONDAY + timedelta(minutes=1))
    world.later(minutes=10)
    return world


@pytest.mark.parametrize("name", ["northwind.example", "NorthWind", "Northwind.example"])
def test_company_is_shown_with_its_people_and_who_is_missing(lived: World, name: str) -> None:
    sheet = account_sheet(lived.home, name)

    assert (sheet.name, sheet.score, sheet.count) == ("Northwind", 10, 2)
    assert [(one.name, one.role, one.score, one.did) for one in sheet.people] == [
        ("Jane", "recommends", 10, "clicked more"),
        ("Joe", "Uses", 0, ""),
    ]
    assert sheet.people[0].at == MONDAY + timedelta(minutes=1)
    assert sheet.missing == ("decides", "pays")


def test_private_mail_makes_no_company(lived: World) -> None:
    with pytest.raises(RipelineError, match=r"no company here is called 'gmail\.com'"):
        account_sheet(lived.home, "gmail.com")


def test_two_companies_of_one_name_are_told_apart_by_domain(lived: World) -> None:
    lived.take_in("bo@other.example,Bo,web,,Northwind", columns=COLUMNS)

    with pytest.raises(RipelineError, match="several companies are called 'Northwind'"):
        account_sheet(lived.home, "Northwind")
    assert account_sheet(lived.home, "other.example").count == 1


def test_report_has_companies_by_score(lived: World) -> None:
    [table] = accounts(lived.home, Asked()).tables

    assert [column.name for column in table.columns][:4] == ["account", "domain", "score", "people"]
    assert table.rows == (
        ("Northwind", "northwind.example", 10, 2, MONDAY.date(), "decides, pays", ""),
        ("Southwind", "southwind.example", 0, 1, None, "pays, recommends, uses", ""),
    )


def test_report_is_as_long_as_asked(lived: World) -> None:
    [table] = accounts(lived.home, Asked(options={"most": "1"})).tables

    assert [row[0] for row in table.rows] == ["Northwind"]
    with pytest.raises(RipelineError, match="a number from 1 to 1,000"):
        accounts(lived.home, Asked(options={"most": "all"}))


def test_company_forgets_who_is_erased_and_goes_with_its_last_person(lived: World) -> None:
    erase(lived.home, dossier_of(lived.home, "jane@northwind.example"), "asked")
    assert (account_sheet(lived.home, "northwind.example").score, account_sheet(lived.home, "Northwind").count) == (
        0,
        1,
    )

    erase(lived.home, dossier_of(lived.home, "joe@northwind.example"), "asked")
    with pytest.raises(RipelineError, match="no company here"):
        account_sheet(lived.home, "northwind.example")
