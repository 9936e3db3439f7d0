"""The JSON Schemas and the readers agree: an editor refuses no sound file, and refuses what a schema can refuse."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from pydantic import BaseModel

from engine.authoring.campaign_file import CAMPAIGN_KEYS, STAGE_KEYS
from engine.authoring.config_file import read_config
from engine.authoring.reader import Notes
from engine.authoring.scenario_fields import lead_names
from engine.authoring.scenario_file import SCENARIO_KEYS
from engine.authoring.scenario_steps import FURTHER_KEYS
from engine.authoring.schema import KINDS, schema
from engine.authoring.schema_shapes import as_json
from engine.authoring.step_keys import COMMON_KEYS, STEP_KEYS, keys_of_steps
from engine.authoring.toml_source import read_document
from engine.config.model import Config
from engine.domain.scenario import ACTS, EXPECTATIONS
from engine.service.starter import starter_folder
from tests.authoring.homes import CAMPAIGN, CONFIG, campaign_problems, changed, config
from tests.authoring.mistake import Mistake
from tests.authoring.mistakes_of_form import OF_FORM
from tests.authoring.test_scenario_file import SOUND, problems_of

FORMATS = Draft7Validator.FORMAT_CHECKER
VALIDATORS = {kind: Draft7Validator(schema(kind), format_checker=FORMATS) for kind in KINDS}
OF_THIS_HOME = Draft7Validator(schema("scenario", config()), format_checker=FORMATS)
SHIPPED = {
    "campaign": sorted(
        set((starter_folder() / "campaigns").glob("*.toml")) - set(starter_folder().rglob("*.test.toml"))
    ),
    "scenario": sorted((starter_folder() / "campaigns").glob("*.test.toml")),
    "config": [starter_folder() / "config.toml"],
}

TOLD_BY_THE_READER_ALONE = frozenset(
    {"bad wait", "months", "bad window day", "bad hours", "bad zone", "bad cadence", "bad at"}
)
"""Mistakes of form in the small languages of time, which a pattern cannot say without a second grammar."""

VALUES = ('"x y"', '""', "7", "0.5", "true", "2026-11-02", "2026-11-02T09:00:00", '["a"]', "[]", '{ a = "b" }', "{}")
"""One value of each type of TOML."""

DATES = tuple(value for value in VALUES if value.startswith("2026"))
"""JSON has no dates, so a schema cannot tell them from texts."""


def mistakes(validator: Draft7Validator, text: str) -> list[str]:
    """What an editor would say."""
    return [error.message for error in validator.iter_errors(as_json(tomllib.loads(text)))]


def test_schema_is_a_schema() -> None:
    for validator in VALIDATORS.values():
        Draft7Validator.check_schema(validator.schema)


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_files_are_sound(kind: str) -> None:
    assert SHIPPED[kind]
    for path in SHIPPED[kind]:
        assert mistakes(VALIDATORS[kind], path.read_text("utf-8")) == [], path


def test_sound_files_of_the_tests_are_sound() -> None:
    assert mistakes(VALIDATORS["campaign"], CAMPAIGN) == []
    assert mistakes(VALIDATORS["config"], CONFIG) == []
    assert mistakes(OF_THIS_HOME, SOUND) == []


def is_toml(mistake: Mistake) -> bool:
    try:
        tomllib.loads(changed(mistake.old, mistake.new))
    except tomllib.TOMLDecodeError:
        return False
    return True


@pytest.mark.parametrize("mistake", [one for one in OF_FORM if is_toml(one)], ids=lambda mistake: mistake.name)
def test_mistake_of_form_is_refused(mistake: Mistake) -> None:
    found = mistakes(VALIDATORS["campaign"], changed(mistake.old, mistake.new))
    assert bool(found) == (mistake.name not in TOLD_BY_THE_READER_ALONE)


def tables(found: Any) -> Iterator[dict[str, Any]]:
    """Every schema of a table with keys of its own, at any depth."""
    if isinstance(found, dict):
        if found.get("type") == "object" and "properties" in found:
            yield found["properties"]
        for inside in (value for key, value in found.items() if key != "examples"):
            yield from tables(inside)
    elif isinstance(found, list):
        for inside in found:
            yield from tables(inside)


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_explained(kind: str) -> None:
    for keys in tables(schema(kind)):
        assert [key for key, shape in keys.items() if not shape.get("description")] == []


def test_schema_and_reader_know_the_same_keys() -> None:
    campaign = VALIDATORS["campaign"].schema["properties"]
    stage = campaign["stage"]["additionalProperties"]["properties"]
    assert tuple(campaign) == CAMPAIGN_KEYS
    assert tuple(stage) == STAGE_KEYS
    assert set(stage["step"]["items"]["properties"]) == keys_of_steps()
    assert set(VALIDATORS["config"].schema["properties"]) == set(Config.model_fields)
    scenario = VALIDATORS["scenario"].schema["properties"]["scenario"]["items"]["properties"]
    further = {key for keys in FURTHER_KEYS.values() for key in keys}
    assert tuple(scenario) == SCENARIO_KEYS
    assert set(scenario["then"]["items"]["properties"]) == {*ACTS, *EXPECTATIONS, *further, "on", "after", "within"}
    assert set(OF_THIS_HOME.schema["properties"]["scenario"]["items"]["properties"]["lead"]["properties"]) == set(
        lead_names(config())
    )


def of_campaign(key: str, value: str) -> str:
    """A campaign with this key and value at its top, in a text of its own."""
    stages = '[stage.start]\nexhausted = "exit"\n[[stage.start.step]]\nemail = "hello"\n'
    first = "" if key == "title" else 'title = "T"\n'
    return f"{first}{key} = {value}\n{stages if key != 'stage' else ''}"


def of_stage(key: str, value: str) -> str:
    return f'title = "T"\n[stage.start]\n{key} = {value}\n'


def of_step(kind: str, key: str, value: str) -> str:
    own = {"branch": '[{ go = "exit" }]', "set": '{ lifecycle = "mql" }'}.get(kind, '"hello"')
    lines = {kind: own, **({"max": '"2d"'} if kind == "task" else {}), key: value}
    written = "".join(f"{name} = {one}\n" for name, one in lines.items())
    return f'title = "T"\n[stage.start]\nexhausted = "exit"\n[[stage.start.step]]\n{written}'


def campaigns_with_one_value() -> Iterator[Any]:
    for value in VALUES:
        yield from (pytest.param(of_campaign(key, value), id=f"{key}={value}") for key in CAMPAIGN_KEYS)
        yield from (pytest.param(of_stage(key, value), id=f"stage.{key}={value}") for key in STAGE_KEYS)
        for kind, keys in STEP_KEYS.items():
            for key in (kind, *COMMON_KEYS, *keys.keys):
                yield pytest.param(of_step(kind, key, value), id=f"{kind}.{key}={value}")


@pytest.mark.parametrize("text", list(campaigns_with_one_value()))
def test_schema_and_reader_agree_on_types(text: str) -> None:
    """Whatever has the wrong type is refused by both; what the reader takes, the schema takes."""
    codes = {problem.code for problem in campaign_problems(text) if problem.is_error}
    refused = mistakes(VALIDATORS["campaign"], text)
    if "E012" in codes and not any(date in text for date in DATES):
        assert refused, codes
    if refused:
        assert codes, refused


TEXTS = st.text(st.sampled_from("aZ09 -_.%'\"\n\téevent()trigger."), max_size=12).map(
    lambda text: '"' + text.replace("\\", "").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
)
FORMED = ("title", "theme", "lane", "on", "key", "reenter", "holdout", "reply_to")
NEAR = st.sampled_from(
    (
        *('"0%"', '"99.9 %"', '"100%"', '" 5%"', '"005%"', '"12"', '"after 180d"', '" after 2w"', '"after x"'),
        *("\"event('x')\"", "\" event( 'x y' ) \"", "'event(\"a\")'", '"event(\'a\\")"'),
        *('"trigger.id"', '" trigger.id "', '"trigger.2"', '"a-b_c"', '"-a"'),
    )
)


@given(st.sampled_from(FORMED), TEXTS | NEAR)
def test_schema_refuses_no_text_that_the_reader_takes(key: str, value: str) -> None:
    text = of_campaign(key, value)
    if mistakes(VALIDATORS["campaign"], text):
        assert [problem.code for problem in campaign_problems(text) if problem.is_error]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('mail = "decay"', 'mial = "decay"'),
        ('mail = "decay"', 'mail = "decay", stage = "compare"'),
        ('mail = "decay", ', 'mail = "decay", within = "2d", '),
        ('in = "cost", after', "after"),
        ('clicks = "pricing", in = "cost", after = "2h"', 'clicks = "pricing", in = "cost", within = "2h"'),
        ('stage = "compare", within', 'stage = "compare", after'),
        ('no_mail = "until Mon 30 Nov 09:00"', 'no_mail = "2d", on = "Mon 30 Nov"'),
        ('stage = "compare"', 'stage = "compare", subject = "x"'),
        ('task = "compare-task"', 'task_done = "compare-task"'),
        ('task = "compare-task"', 'sales = "rejects"'),
        ('task = "compare-task"', 'sales = "rejects", reason = "other"'),
        ('task = "compare-task"', 'sales = "accepts", reason = "too_early"'),
        ('task = "compare-task"', 'sales = "snoozes", reason = "too_early"'),
        ('task = "compare-task"', "handed_over = false"),
        ("seats = 7", "saets = 7"),
        ("then  = [", "ten   = ["),
        ('with  = ["trial"]', 'with  = "trial"'),
        ("start = 2026-11-02T09:00:00\n", ""),
        ("[[scenario]]", "[scenario]"),
    ],
)
def test_mistake_in_a_scenario_is_refused_by_both(old: str, new: str) -> None:
    assert SOUND.count(old) >= 1
    text = SOUND.replace(old, new, 1)
    assert problems_of(text)
    assert mistakes(OF_THIS_HOME, text)


@pytest.mark.parametrize(
    "step",
    [
        'sales = "accepts", after = "1h"',
        'sales = "rejects", reason = "too_early", on = "Mon 30 Nov 08:00"',
        'sales = "snoozes", until = "Mon 30 Nov 09:00"',
        'task_done = "compare-task", outcome = "reached", after = "1h"',
        "handed_over = true",
        'handed_over = "ben", because = "score", within = "1h"',
    ],
)
def test_answers_of_colleagues_are_taken_by_both(step: str) -> None:
    text = SOUND.replace('task = "compare-task"', step)
    assert (problems_of(text), mistakes(OF_THIS_HOME, text)) == ([], [])


def scenarios_with_one_value() -> Iterator[Any]:
    """A sound scenario with another value for one of its keys, or for a key of one of its steps."""
    needed = {"name": '"x"', "start": "2026-11-02T09:00:00", "then": '[{ mail = "decay" }]'}
    kinds = (*ACTS, *EXPECTATIONS)
    for value in VALUES:
        for key in SCENARIO_KEYS:
            lines = "".join(f"{name} = {one}\n" for name, one in {**needed, key: value}.items())
            yield pytest.param(f"[[scenario]]\n{lines}", id=f"{key}={value}")
        for kind in kinds:
            more = ', in = "cost"' if kind == "clicks" else ""
            step = f"then = [{{ {kind} = {value}{more} }}]\n"
            yield pytest.param(f'[[scenario]]\nname = "x"\nstart = {needed["start"]}\n{step}', id=f"{kind}={value}")
        for kind, keys in FURTHER_KEYS.items():
            own = {"clicks": '"pricing", in = "cost"', "leaves": '"exit"', "event": '"x"'}.get(kind, '"decay"')
            for key in (*keys, "on"):
                own = own.split(", in")[0] if key == "in" else own
                step = f"then = [{{ {kind} = {own}, {key} = {value} }}]\n"
                text = f'[[scenario]]\nname = "x"\nstart = {needed["start"]}\n{step}'
                yield pytest.param(text, id=f"{kind}.{key}={value}")


@pytest.mark.parametrize("text", list(scenarios_with_one_value()))
def test_schema_and_reader_agree_on_types_of_scenarios(text: str) -> None:
    codes = {problem.code for problem in problems_of(text) if problem.is_error}
    refused = mistakes(OF_THIS_HOME, text)
    if "E012" in codes and not any(f"= {date}" in text.replace("start = 2026", "") for date in DATES):
        assert refused, codes
    if refused:
        assert codes, refused


def test_without_a_home_a_lead_may_have_any_field() -> None:
    text = SOUND.replace("seats = 7", "shoe_size = 7")
    assert mistakes(VALIDATORS["scenario"], text) == []
    assert mistakes(OF_THIS_HOME, text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[company]", "[compny]"),
        ('type = "tags"', 'type = "tag"'),
        ('name = "Acme"', "name = 7"),
        ("[sender]", "[[sender]]"),
    ],
)
def test_mistake_in_a_config_is_refused(old: str, new: str) -> None:
    assert mistakes(VALIDATORS["config"], CONFIG.replace(old, new, 1))


def configs_with_one_value() -> Iterator[Any]:
    """A config with one value for one of its keys, at the top or in a section."""
    for name, field in Config.model_fields.items():
        inside = [one for one in (field.annotation, *get_args(field.annotation)) if isinstance(one, type)]
        model = next((one for one in inside if issubclass(one, BaseModel)), None)
        header = f"[{name}.x]" if get_origin(field.annotation) is dict else f"[{name}]"
        header = f"[[{name}]]" if get_origin(field.annotation) is tuple else header
        for value in VALUES:
            for key in model.model_fields if model else ():
                yield pytest.param(f"{header}\n{key} = {value}\n", id=f"{name}.{key}={value}")
            yield pytest.param(f"{name} = {value}\n", id=f"{name}={value}")


@pytest.mark.parametrize("text", list(configs_with_one_value()))
def test_schema_refuses_the_types_that_the_reader_of_config_refuses(text: str) -> None:
    document, _ = read_document("config.toml", text)
    assert document is not None
    notes = Notes()
    read_config(document, notes)
    codes = {problem.code for problem in notes.problems}
    if codes & {"E010", "E011", "E012"} and not any(date in text for date in DATES):
        assert mistakes(VALIDATORS["config"], text)
