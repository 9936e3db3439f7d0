"""What ships for Prometheus and Grafana asks only for what the code exports, in expressions that Prometheus reads."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.debian import ProgramMissingError, unpacked
from engine.config.model import Metrics
from tests.deploy.exported import DEPLOY, ROOT, exported
from tests.docs.pages import all_blocks

ALERTS = DEPLOY / "prometheus/alerts.yml"
DASHBOARD = json.loads((DEPLOY / "grafana/ripeline.json").read_text("utf-8"))
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]
]
TARGET = {"instance", "job"}
"""Labels that Prometheus puts on every series."""

_NAME = re.compile(r"\b(?:ripeline|process)_\w+")
_LABELLED = re.compile(r"\b((?:ripeline|process)_\w+)\{([^}]*)\}")


def _expressions() -> Iterator[str]:
    yield from (target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"])
    yield from (mark["expr"] for mark in DASHBOARD["annotations"]["list"])


def _plain(expression: str) -> str:
    """The expression with Grafana's own variables filled in."""
    return expression.replace("$__rate_interval", "5m").replace("$instance", ".*")


def _asked(expression: str) -> Iterator[tuple[str, set[str]]]:
    labels = {name: set(re.findall(r"(\w+)\s*=", inside)) for name, inside in _LABELLED.findall(expression)}
    yield from ((name, labels.get(name, set())) for name in _NAME.findall(expression))


@pytest.mark.parametrize("expression", [*_expressions(), *(rule["expr"] for rule in RULES)])
def test_what_is_asked_for_is_exported(expression: str, tmp_path: Path) -> None:
    series = exported(tmp_path)
    for name, labels in _asked(_plain(expression)):
        assert name in series, f"nothing exports {name}"
        assert labels <= series[name] | TARGET, f"{name} has no {labels - series[name]}"


def test_dashboard_shows_every_metric(tmp_path: Path) -> None:
    asked = {name for expression in _expressions() for name, _ in _asked(expression)}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in exported(tmp_path) if name.startswith("ripeline")}
    assert families == {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked}


def test_panels_do_not_overlap_and_have_numbers_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        assert panel["description"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_labels_in_legends_exist(tmp_path: Path) -> None:
    series = exported(tmp_path)
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            known = {label for name in _NAME.findall(target["expr"]) for label in series[name]} | TARGET
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= known, panel["title"]


def test_every_alert_says_how_urgent_it_is_and_what_to_do() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES) >= 10
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert rule["annotations"]["summary"].startswith("{{ $labels.instance }}: "), rule["alert"]
        assert rule["annotations"]["description"], rule["alert"]


def test_guide_lists_every_metric_and_every_alert_and_no_other(tmp_path: Path) -> None:
    guide = (ROOT / "docs/how-to/monitor.md").read_text("utf-8")
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in exported(tmp_path) if name.startswith("ripeline")}
    assert set(re.findall(r"`(ripeline_\w+)`", guide)) == families
    assert set(re.findall(r"^\| `(Ripeline\w+)`", guide, re.MULTILINE)) == {rule["alert"] for rule in RULES}


def test_guide_shows_a_config_for_prometheus_that_is_yaml() -> None:
    (block,) = [block for block in all_blocks("yaml") if block.page.name == "monitor.md"]
    shown = yaml.safe_load(block.text)
    assert shown["scrape_configs"][0]["static_configs"][0]["targets"] == [f"{Metrics().host}:{Metrics().port}"]
    assert shown["scrape_configs"][0]["job_name"] == "ripeline"
    assert Path(shown["rule_files"][0]).relative_to("/opt/ripeline") == ALERTS.relative_to(ROOT)


Promtool = Callable[..., None]


@pytest.fixture(scope="module")
def promtool() -> Promtool:
    """Prometheus's own checker: the machine's, or the one of Debian's package, unpacked and never installed."""
    try:
        program = shutil.which("promtool") or str(unpacked("prometheus", ["prometheus"]) / "usr/bin/promtool")
    except ProgramMissingError as fault:
        pytest.skip(f"promtool cannot be had here: {fault}")

    def run(*words: str) -> None:
        done = subprocess.run([program, *words], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    return run


def test_prometheus_reads_every_expression(promtool: Promtool, tmp_path: Path) -> None:
    records = [{"record": f"panel:{number}", "expr": _plain(text)} for number, text in enumerate(_expressions())]
    rules = tmp_path / "panels.yml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": records}]}), "utf-8")
    promtool("check", "rules", str(ALERTS), str(rules))


def test_alerts_stand_when_they_should(promtool: Promtool) -> None:
    promtool("test", "rules", str(Path(__file__).with_name("alerts_over_time.yml")))
