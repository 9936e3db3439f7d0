"""How scenarios ended, for programs: JUnit's XML, which every CI shows, and plain values for JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent, tostring

from engine.rehearsal.coverage import Count, Coverage
from engine.rehearsal.player import Difference, Verdict
from engine.rehearsal.scenarios import CampaignResult, Result

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(result: Result) -> bytes:
    """A file of JUnit results: one suite a campaign, one case a scenario."""
    root = Element("testsuites", {"name": "ripeline test"} | _counts(result.scenarios, result.failed, result.seconds))
    for found in result.campaigns:
        seconds = sum(verdict.seconds for verdict in found.verdicts)
        suite = SubElement(root, "testsuite", name=found.campaign)
        suite.attrib |= _counts(len(found.verdicts), found.failed, seconds)
        for verdict in found.verdicts:
            _case(suite, found.campaign, verdict)
    indent(ElementTree(root))
    written: bytes = tostring(root, "utf-8", xml_declaration=True)
    return written


def _counts(tests: int, failures: int, seconds: float) -> dict[str, str]:
    return {"tests": str(tests), "failures": str(failures), "errors": "0", "time": f"{seconds:.4f}"}


def _case(suite: Element, campaign: str, verdict: Verdict) -> None:
    scenario, difference = verdict.scenario, verdict.difference
    place = difference.place if difference else scenario.place
    case = SubElement(suite, "testcase", name=_clean(scenario.name), classname=campaign)
    case.attrib |= {"file": place.path, "line": str(place.line), "time": f"{verdict.seconds:.4f}"}
    if difference is not None:
        failure = SubElement(case, "failure", message=_clean(f"expected {difference.expected}, got {difference.got}"))
        failure.text = _clean("\n".join(_lines(verdict, difference)))


def _lines(verdict: Verdict, difference: Difference) -> Iterator[str]:
    local = difference.at.astimezone(verdict.scenario.zone)
    yield f"at        {local:%a %d %b %Y %H:%M}"
    yield f"expected  {difference.expected}"
    yield f"got       {difference.got}"
    yield from (f"because   {line}" for line in difference.because)
    yield str(difference.place)


def _clean(text: str) -> str:
    """The text without what XML 1.0 cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", text)


def as_values(result: Result) -> dict[str, object]:
    """The result as plain values; instants are in UTC."""
    return {
        "scenarios": result.scenarios,
        "failed": result.failed,
        "seconds": round(result.seconds, 4),
        "campaigns": [_campaign(found) for found in result.campaigns],
        "untested": list(result.untested),
    }


def _campaign(found: CampaignResult) -> dict[str, object]:
    return {
        "campaign": found.campaign,
        "scenarios": [_scenario(verdict) for verdict in found.verdicts],
        "coverage": _coverage(found.coverage) if found.coverage is not None else None,
    }


def _scenario(verdict: Verdict) -> dict[str, object]:
    place, difference = verdict.scenario.place, verdict.difference
    values: dict[str, object] = {
        "name": verdict.scenario.name,
        "path": place.path,
        "line": place.line,
        "passed": verdict.passed,
        "seconds": round(verdict.seconds, 4),
    }
    if difference is not None:
        values["difference"] = {
            "at": difference.at,
            "line": difference.place.line,
            "expected": difference.expected,
            "got": difference.got,
            "because": list(difference.because),
        }
    return values


def _coverage(found: Coverage) -> dict[str, object]:
    return {"steps": _count(found.steps), "branches": _count(found.ways), "stages": _count(found.stages)}


def _count(count: Count) -> dict[str, object]:
    return {"reached": count.reached, "total": count.total, "never": list(count.never)}
