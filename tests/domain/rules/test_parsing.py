"""Mistakes in rules are told at their place, in words that mend them."""

from __future__ import annotations

import pickle

import pytest

from engine.domain.rules import RESERVED_NAMES, Rule, names_used, parse_rule
from engine.errors import Place
from tests.domain.rules.facts import CAMPAIGN_SCOPE, HERE, LEAD_SCOPE, problems, rule


@pytest.mark.parametrize(
    ("source", "code", "marked", "hint"),
    [
        ("lifecyle == 'mql' or clicks >= 2", "E104", "lifecyle", "did you mean 'lifecycle'?"),
        ("industry == finance", "E104", "finance", "if it is a text, it stands in quotes: 'finance'"),
        ("lead.industy == 'Finance'", "E104", "lead.industy", "did you mean 'industry'?"),
        ("leed.industry == 'Finance'", "E104", "leed.industry", "did you mean 'lead'?"),
        ("vars.limt > 2", "E104", "vars.limt", "did you mean 'limit'?"),
        ("ever.clickd > 2", "E104", "ever.clickd", "did you mean 'clicked'?"),
        ("trigger == 2", "E104", "trigger", "write trigger.something"),
        ("clickt('decay')", "E104", "clickt", "did you mean 'clicked'?"),
        ("company('decay')", "E104", "company", "write company without brackets"),
        ("industry == 'finanse'", "E103", "'finanse'", "did you mean 'Finance'?"),
        ("stage in ['aware', 'raedy']", "E103", "'raedy'", "did you mean 'ready'?"),
        ("fit == 'E'", "E103", "'E'", "it is 'A', 'B', 'C' or 'D'"),
        ("clicked('decay', link='chekclist')", "E107", "'chekclist'", "did you mean 'checklist'?"),
        ("clicked(link='chekclist')", "E107", "'chekclist'", "did you mean 'checklist'?"),
        ("clicked('decy')", "E107", "'decy'", "did you mean 'decay'?"),
        ("ever.opened('clean-date/decay')", "E107", "'clean-date/decay'", "did you mean 'clean-data'?"),
        ("ever.opened('clean-data/decy')", "E107", "'clean-data/decy'", "did you mean 'decay'?"),
        ("ever.entered('clean')", "E107", "'clean'", "did you mean 'clean-data'?"),
        ("in_list('newsleter')", "E107", "'newsleter'", "did you mean 'newsletter'?"),
        ("event('demo_bokked')", "E107", "'demo_bokked'", "did you mean 'demo_booked'?"),
        ("industry", "E108", "industry", "known(industry) asks whether there is a value; industry == … compares it"),
        ("not clicks", "E108", "clicks", "write clicks > 0"),
        ("'webinar'", "E108", "'webinar'", "compare it with something"),
        ("employees > '5'", "E102", "'5'", "a number stands without quotes"),
        ("company == 5", "E102", "5", "a text stands in quotes: '5'"),
        ("partner == 'yes'", "E102", "'yes'", "write true or false, without quotes"),
        ("company < 'b'", "E102", "company", "write == or in […]"),
        ("'GmbH' in company", "E102", "company", "write contains(company, 'GmbH')"),
        ("company in 'GmbH'", "E102", "'GmbH'", "a list stands in square brackets: ['GmbH']"),
        ("tags == 'vip'", "E102", "'vip'", "write 'vip' in …"),
        ("contains(tags, 'vip')", "E102", "tags", "write 'vip' in tags"),
        ("company == ''", "E102", "''", "known(field) asks whether there is a value"),
        ("source in []", "E102", "[]", "write the values: ['webinar', 'whitepaper']"),
        ("company + 'x' == 'y'", "E102", "company", ""),
        ("replied == 'yes'", "E102", "'yes'", "a condition stands on its own"),
        ("days_since(renewal) == 14", "E102", "days_since(renewal)", "write >= or <"),
        ("days_in_stage > employees", "E102", "employees", "for example: >= 14"),
        ("days_in_stage + 1 > 3", "E102", "days_in_stage", "for example: days_in_stage >= 14"),
        ("days_since(company) > 1", "E102", "company", ""),
        ("employees > 1e16", "E102", "1e16", ""),
        ("renewal < '31.12.2026'", "E109", "'31.12.2026'", "write the year first: '2026-11-30' or '2026-11-30T09:00'"),
        ("event('demo_booked', within='30')", "E109", "'30'", None),
        ("event('demo_booked', within=30)", "E109", "30", None),
        ("employees / 2 > 1", "E101", "employees / 2", "multiply the other side instead"),
        ("company is 'x'", "E101", "'x'", "write =="),
        ("company == None", "E101", "None", "known(field) asks whether there is one"),
        ("partner if replied else partner", "E101", "partner if replied else partner", "write and, or, not"),
        ("tags[0] == 'a'", "E101", "tags[0]", None),
        ("[x for x in tags]", "E101", "[x for x in tags]", None),
        ("f'{company}' == 'a'", "E101", "f'{company}'", "write a plain text"),
        ("__import__('os')", "E104", "__import__", None),
        ("company.__class__ == 'a'", "E104", "company.__class__", None),
        ("opened", "E106", "opened", "write opened(…)"),
        ("clicked()", "E106", "clicked()", "write clicked('step', link='name')"),
        ("opened('decay', link='checklist')", "E106", "link='checklist'", None),
        ("known('industry')", "E106", "'industry'", "known(industry)"),
        ("ever.clicked('decay')", "E106", "'decay'", "write 'clean-data/decay'"),
        ("sent(decay)", "E106", "decay", "write 'decay'"),
        ("source = 'x'", "E100", "=", "write =="),
        ("source == 'x' && partner", "E100", "&", "write 'and'"),
        ("source == “x”", "E100", "“", None),
        ("(source == 'x'", "E100", "(", "add the closing one"),
        ("source == 'x", "E100", "'", "end it with the same quote it began with"),
        ("source == 'a\\x41'", "E100", "\\", "take it out"),
        ("", "E100", "", None),
        ("source == 'x' and", "E100", "d", "add what is missing"),
        ("1 " + "+ clicks" * 9 + " > 1", "E112", "1 " + "+ clicks" * 8, "split it"),
        ("(" * 300 + "partner" + ")" * 300, "E112", "(", "split it"),
        ("not " * 100 + "partner", "E112", "n", "split it"),
        ("partner or " * 400 + "partner", "E112", "p", "split it"),
    ],
)
def test_mistake_is_told_at_its_place(source: str, code: str, marked: str, hint: str | None) -> None:
    problem = problems(source)[0]
    start = problem.place.column - HERE.column
    assert (problem.code, source[start : start + problem.place.width]) == (code, marked)
    assert problem.place.line == HERE.line
    assert hint is None or problem.hint == hint


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("clicks > 2", "write ever.clicks for the lead's whole history"),
        ("opened('decay')", "write ever.opened('campaign/step') for the lead's whole history"),
        ("stage == 'aware'", ""),
        ("trigger.plan == 'pro'", "only campaigns with on = \"event('…')\" have one"),
        ("vars.limit > 1", ""),
    ],
)
def test_name_of_another_place_says_where_it_exists(source: str, hint: str) -> None:
    (problem,) = problems(source, LEAD_SCOPE)
    assert (problem.code, problem.hint) == ("E105", hint)


def test_all_mistakes_of_a_rule_are_told_at_once() -> None:
    found = problems("lifecyle == 'mql' or 1 < clikcs < 3 or event('x')")
    assert [problem.code for problem in found] == ["E104", "E104", "E107"]


def test_columns_count_characters_not_bytes() -> None:
    (problem,) = problems("company == 'žluťoučký' and foo")
    assert problem.place == HERE.inside(27, 3)


def test_rule_over_several_lines_points_into_its_line() -> None:
    (problem,) = problems("partner\n  and clicks > 2\n  and foo")
    assert problem.place == Place(HERE.path, HERE.line + 2, 7, 3)


def test_leading_spaces_shift_nothing() -> None:
    (problem,) = problems("  foo")
    assert problem.place == HERE.inside(2, 3)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("industry == 'finance' and lead.city == vars.city", {"industry", "city", "vars.city"}),
        ("clicked('decay') or opens > 2", {"clicked", "opened"}),
        ("event('Demo_Booked', within='30d')", {"event:demo_booked", "time"}),
        ("ever.count('demo_booked') > 1", {"ever.event:demo_booked"}),
        ("days_in_stage > 3 or days_since(renewal) < trigger.x", {"days_in_stage", "renewal", "trigger.x", "time"}),
        ("in_list('friends') and not replied", {"list:friends", "replied"}),
        ("ever.finished('clean-data')", {"campaign:clean-data"}),
    ],
)
def test_names_used_tell_what_can_wake_the_rule(source: str, names: set[str]) -> None:
    assert names_used(rule(source)) == names


def test_rules_are_equal_if_written_alike() -> None:
    assert rule("clicks >= 2") == rule("clicks >= 2")
    assert rule("clicks >= 2") != rule("clicks >= 3")


def test_rule_travels_to_another_process() -> None:
    first = rule("clicks >= 2")
    assert callable(first.test)
    assert pickle.loads(pickle.dumps(first)) == first


def test_places_without_catalogues_take_any_name() -> None:
    assert isinstance(
        parse_rule("in_list('x') and ever.clicked('a/b', link='c') and event('z')", LEAD_SCOPE.__class__(), HERE), Rule
    )


def test_words_of_the_language_cannot_be_fields() -> None:
    assert {"lead", "event", "replied", "not", "clicks", "score"} <= RESERVED_NAMES
    assert not RESERVED_NAMES & set(CAMPAIGN_SCOPE.fields)
