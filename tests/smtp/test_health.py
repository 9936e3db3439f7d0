from datetime import UTC, datetime, timedelta

from engine.smtp.health import Health, Use

NOW = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_rests_double_up_to_half_an_hour():
    health, now, rests = Health(), NOW, []
    for _ in range(8):
        health = health.tried().faulted(now, "cannot be reached")
        rests.append((health.retry_at - now) / MINUTE)
        now = health.retry_at
    assert rests == [1, 2, 4, 8, 16, 30, 30, 30]


def test_resting_relay_is_used_again_only_when_the_rest_is_over_and_by_one_mail():
    health = Health().faulted(NOW, "refused our login")
    assert not health.may_use(NOW + 0.9 * MINUTE)
    assert health.may_use(NOW + MINUTE)
    trying = health.tried()
    assert trying.use is Use.TRYING
    assert not trying.may_use(NOW + 10 * MINUTE)
    assert trying.worked().use is Use.FIT
    assert trying.unclear().may_use(NOW + MINUTE)


def test_mails_that_fail_together_count_as_one_fault():
    health = Health().faulted(NOW, "x")
    assert health.faulted(NOW, "y") is health


def test_relay_that_falls_over_again_soon_rests_longer_than_one_that_held_out():
    worked = Health().faulted(NOW, "x").tried().worked()
    soon = worked.faulted(NOW + 2 * MINUTE, "x")
    late = worked.faulted(NOW + 60 * MINUTE, "x")
    assert soon.retry_at - (NOW + 2 * MINUTE) == 2 * MINUTE
    assert late.retry_at - (NOW + 60 * MINUTE) == MINUTE


def test_person_outranks_faults_and_successes():
    stopped = Health().stopped("was paused by ann")
    assert stopped.faulted(NOW, "x") is stopped
    assert stopped.worked() is stopped
    assert stopped.tried() is stopped
    assert not stopped.may_use(NOW + 1000 * MINUTE)
    assert stopped.restarted().may_use(NOW)
