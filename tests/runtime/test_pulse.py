"""The daemon's pulse: silent for a minute, or for five ticks where those are longer, means that it stands still."""

from __future__ import annotations

import pytest

from engine.runtime.pulse import Pulse


@pytest.mark.parametrize(("tick", "patience"), [(1.0, 60.0), (5.0, 60.0), (30.0, 150.0)])
def test_pulse_is_felt_for_a_minute_or_five_ticks(tick: float, patience: float) -> None:
    hours = [1000.0]
    pulse = Pulse(tick, lambda: hours[0])
    hours[0] += patience
    assert pulse.is_felt, "the start counts as a beat"
    hours[0] += 0.1
    assert not pulse.is_felt
    pulse.beat()
    assert pulse.is_felt
    assert pulse.silence == 0
