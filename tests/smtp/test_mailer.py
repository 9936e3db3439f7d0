import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from engine.clock import SteppedClock
from engine.smtp.health import Use
from engine.smtp.mailer import Mailer, RelaySet, Routes, SendResult
from engine.smtp.replies import OutcomeKind, Phase
from engine.smtp.settings import RelaySettings, RelaySettingsError
from tests.smtp.sending import OpenGate, mail_to, relay_to
from tests.smtp.warp import run_warped
from tests.smtpscript import Cut, Rule, Say, Stall, Wait
from tests.smtpserver import SmtpServer

K = OutcomeKind
START = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)


class Pager:
    """The operator's pager."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def relay_paused(self, relay: str, reason: str, retry_at: datetime) -> None:
        self.heard.append(f"relay '{relay}' {reason}; next try {retry_at:%H:%M}")

    def relay_resumed(self, relay: str) -> None:
        self.heard.append(f"relay '{relay}' works again")


class Office:
    """A mailer over test servers, with a clock and a pager."""

    def __init__(self, *servers: SmtpServer, routes: Routes | None = None, **settings) -> None:
        self.servers = servers
        self.clock = SteppedClock(START)
        self.pager = Pager()
        self.relays = [relay_to(server, **({"name": f"mx{n}"} | settings)) for n, server in enumerate(servers, start=1)]
        loop = asyncio.get_running_loop()
        self.set = RelaySet(self.relays, routes or Routes("mx1"), self.clock, self.pager, loop.time)
        self.mailer = Mailer(self.set, self.clock)
        self.gate = OpenGate()

    async def send(self, recipient: str = "jane@x.example", **changes) -> SendResult:
        return await self.mailer.send(mail_to(recipient, **changes), self.gate)

    async def send_many(self, count: int) -> list[SendResult]:
        return await asyncio.gather(*(self.send(f"lead{n}@x.example", ticket=n) for n in range(count)))


Story = Callable[[Office], Awaitable[None]]


def play(story: Story, *servers: SmtpServer, warped: bool = False, routes: Routes | None = None, **settings) -> Office:
    """Start the servers, let the story happen, close everything."""

    async def run() -> Office:
        for server in servers:
            await server.start()
        office = Office(*servers, routes=routes, **settings)
        try:
            await story(office)
        finally:
            await office.mailer.close(drain=True)
            for server in servers:
                await server.stop()
        return office

    return run_warped(run()) if warped else asyncio.run(run())


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_mails_go_over_no_more_lines_than_allowed_and_each_once():
    server = SmtpServer()

    async def story(office: Office) -> None:
        results = await office.send_many(200)
        assert {result.outcome.kind for result in results} == {K.ACCEPTED}
        assert [result.ticket for result in results] == list(range(200))
        assert all(result.relay == "mx1" and result.finished_at == START for result in results)

    play(story, server, max_connections=5)
    assert sorted(mail.recipients[0] for mail in server.accepted) == sorted(f"lead{n}@x.example" for n in range(200))
    assert server.open_most == 5
    assert server.sessions == 5


def test_line_is_renewed_after_its_share_of_messages():
    server = SmtpServer()

    async def story(office: Office) -> None:
        for _ in range(7):
            assert (await office.send()).outcome.kind is K.ACCEPTED

    play(story, server, messages_per_connection=3)
    assert [sum(mail.session == session for mail in server.accepted) for session in (1, 2, 3)] == [3, 3, 1]
    assert server.lines().count("QUIT") == 3


def test_idle_line_says_goodbye():
    server = SmtpServer()

    async def story(office: Office) -> None:
        await office.send()
        assert "QUIT" not in server.lines()
        await asyncio.sleep(office.relays[0].timeouts.idle + 1)
        assert "QUIT" in server.lines()
        assert office.set.states()[0].connections == 0
        assert (await office.send()).outcome.kind is K.ACCEPTED

    play(story, server, warped=True)


@pytest.mark.parametrize("action", [Cut(), Say("garbage")], ids=["closed", "out of step"])
def test_kept_line_that_went_stale_costs_the_mail_nothing(action):
    server = SmtpServer(Rule("MAIL", action, skip=1, times=1))

    async def story(office: Office) -> None:
        results = [await office.send(), await office.send()]
        assert [result.outcome.kind for result in results] == [K.ACCEPTED, K.ACCEPTED]

    play(story, server)
    assert (server.sessions, len(server.accepted)) == (2, 2)


@pytest.mark.acceptance(row=15)
def test_421_defers_and_lowers_the_number_of_lines():
    server = SmtpServer(Rule("MAIL", Say("421 4.7.0 too many", close=True), skip=4, times=1))

    async def story(office: Office) -> None:
        results = await office.send_many(8)
        assert sorted(result.outcome.kind for result in results) == [K.ACCEPTED] * 7 + [K.DEFERRED]
        assert office.set.states()[0].limit < 4
        assert office.set.states()[0].use is Use.FIT

    assert play(story, server, max_connections=4).pager.heard == []


def test_relay_that_bears_fewer_lines_than_configured_gets_every_mail_over_those():
    server = SmtpServer()
    server.script(_BusyAbove(server, 3))

    async def story(office: Office) -> None:
        results = await office.send_many(60)
        assert {result.outcome.kind for result in results} == {K.ACCEPTED}

    assert play(story, server, max_connections=10).pager.heard == []
    assert len(server.accepted) == 60


class _BusyAbove(Rule):
    """Refuses a connection while more than so many are open."""

    def __init__(self, server: SmtpServer, most: int) -> None:
        super().__init__("CONNECT", Say("421 4.7.0 too many connections", close=True))
        self.server, self.most = server, most

    def applies(self, command: str, text: str) -> bool:
        return command == "CONNECT" and self.server.open_now > self.most


@pytest.mark.parametrize(("rates", "seconds"), [({"rate_per_second": 4.0}, 4.75), ({"rate_per_hour": 360.0}, 190.0)])
def test_relay_gets_no_more_mails_in_a_time_than_configured(rates, seconds):
    async def story(office: Office) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        await office.send_many(20)
        assert loop.time() - start == pytest.approx(seconds, abs=0.5)

    play(story, SmtpServer(), warped=True, **rates)


# ── outages ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.acceptance(row=17)
@pytest.mark.parametrize("fault", ["login", "down"])
def test_day_of_outage_bounces_nobody_alerts_once_and_drains_afterwards(fault):
    """Twenty leads, tried whenever the relay is due; each is taken exactly once, when it works again."""
    server = SmtpServer(tls="tls", logins={"ripeline": "s3cret" if fault == "down" else "other"})

    async def story(office: Office) -> None:
        if fault == "down":
            await server.stop()
        waiting = list(range(20))
        while office.clock.now() < START + timedelta(hours=24):
            for lead in waiting:
                result = await office.send(f"lead{lead}@x.example", ticket=lead)
                assert result.outcome.before_gate
                assert result.outcome.kind in {K.DEFERRED, K.RELAY_PAUSED}
                assert result.retry_at is not None
                assert result.retry_at > office.clock.now()
            office.clock.step_to(result.retry_at)
        assert len(office.pager.heard) == 1
        if fault == "down":
            await server.start()
        server.logins = {"ripeline": "s3cret"}
        results = [await office.send(f"lead{lead}@x.example", ticket=lead) for lead in waiting]
        assert {result.outcome.kind for result in results} == {K.ACCEPTED}

    office = play(story, server, username="ripeline", password="s3cret")
    words = {"login": "refused our login (535 5.7.8 wrong user or password)", "down": "cannot be reached ("}[fault]
    assert words in office.pager.heard[0]
    assert office.pager.heard[0].endswith("next try 14:03")
    assert office.pager.heard[1:] == ["relay 'mx1' works again"]
    assert len({mail.recipients for mail in server.accepted}) == len(server.accepted) == 20
    assert len(office.gate.asked) == 20


def test_resting_relay_is_left_alone_and_then_tried_by_one_mail():
    server = SmtpServer(Rule("CONNECT", Say("554 5.7.1 go away", close=True), times=2))

    async def story(office: Office) -> None:
        await office.send_many(5)
        tried = server.sessions
        await office.send_many(5)
        assert server.sessions == tried
        office.clock.step_to(START + timedelta(minutes=1))
        await office.send_many(5)

    play(story, server, max_connections=1)
    assert server.sessions == 2


def test_bad_certificate_alerts_and_nothing_is_sent():
    server = SmtpServer(tls="starttls", certificate="expired")

    async def story(office: Office) -> None:
        result = await office.send()
        assert (result.outcome.kind, result.outcome.phase) == (K.DEFERRED, Phase.STARTTLS)

    office = play(story, server)
    assert len(office.pager.heard) == 1
    assert "no trustworthy encryption" in office.pager.heard[0]
    assert "certificate has expired" in office.pager.heard[0]


def test_person_pauses_and_resumes_a_relay():
    server = SmtpServer()

    async def story(office: Office) -> None:
        office.set.pause("mx1", "was paused by ann")
        paused = await office.send()
        assert (paused.outcome.kind, paused.retry_at) == (K.RELAY_PAUSED, None)
        assert "paused by ann" in paused.outcome.reason
        assert office.set.states()[0].use is Use.STOPPED
        office.set.resume("mx1")
        assert (await office.send()).outcome.kind is K.ACCEPTED

    assert play(story, server).pager.heard == []


# ── routes ───────────────────────────────────────────────────────────────────────────────────────────────────────────

BY_DOMAIN = Routes("mx1", {"news.acme.example": "mx2"}, {"mx1": ("mx2",)})


@pytest.mark.parametrize(
    ("changes", "relay"),
    [
        ({}, "mx1"),
        ({"sender": "b+1@News.Acme.example"}, "mx2"),
        ({"relay": "mx2"}, "mx2"),
        ({"sender": "b+1@news.acme.example", "relay": "mx1"}, "mx1"),
    ],
)
def test_relay_is_chosen_by_name_then_sender_then_default(changes, relay):
    async def story(office: Office) -> None:
        result = await office.send(**changes)
        assert (result.relay, result.outcome.kind) == (relay, K.ACCEPTED)

    play(story, SmtpServer(), SmtpServer(), routes=BY_DOMAIN)


def test_backup_stands_in_until_the_first_relay_works_again():
    first, second = SmtpServer(Rule("CONNECT", Say("554 5.7.1 go away", close=True), times=1)), SmtpServer()

    async def story(office: Office) -> None:
        relays = [(await office.send()).relay, (await office.send()).relay]
        office.clock.step_to(START + timedelta(minutes=1))
        relays.append((await office.send()).relay)
        assert relays == ["mx2", "mx2", "mx1"]

    office = play(story, first, second, routes=BY_DOMAIN)
    assert len(office.gate.asked) == 3
    assert len(office.pager.heard) == 2


def test_relay_with_no_backup_is_not_replaced():
    first, second = SmtpServer(), SmtpServer(Rule("MAIL", Say("550 5.7.1 not from you")))

    async def story(office: Office) -> None:
        assert (await office.send(relay="mx2")).outcome.kind is K.RELAY_PAUSED

    play(story, first, second, routes=BY_DOMAIN)
    assert not first.accepted


def test_unknown_relay_of_a_mail_pauses_that_mail_alone():
    async def story(office: Office) -> None:
        result = await office.send(relay="mx9")
        assert result.outcome.kind is K.RELAY_PAUSED
        assert "'mx9'" in result.outcome.reason

    play(story, SmtpServer())


def test_route_to_a_relay_that_is_not_there_is_a_config_error():
    relay = RelaySettings("mx1", "localhost", 25, tls="none")
    with pytest.raises(RelaySettingsError, match=r"no relay is called 'mx2'\. did you mean 'mx1'"):
        RelaySet([relay], Routes("mx2"), SteppedClock(START), Pager())


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def closing(drain: bool, rule: Rule, sends: int = 1) -> tuple[list[SendResult], SmtpServer]:
    """Close the mailer once the server has heard the rule's command from a first mail; give the mails' results."""

    async def run():
        server = SmtpServer(rule)
        await server.start()
        office = Office(server, max_connections=1)
        mails = [asyncio.create_task(office.send()) for _ in range(sends)]
        while not rule.seen:
            await asyncio.sleep(0)
        await office.mailer.close(drain)
        results = await asyncio.gather(*mails)
        await server.stop()
        return results, server

    return run_warped(run())


def test_draining_finishes_the_mails_under_way_and_hands_the_others_back():
    results, server = closing(True, Rule("DOT", Wait(3)), sends=5)
    begun = [K.ACCEPTED] * 2  # the second one's commands had gone behind the first one's dot
    assert [result.outcome.kind for result in results] == begun + [K.RELAY_PAUSED] * 3
    assert all(result.outcome.before_gate for result in results[2:])
    assert len(server.accepted) == 2
    assert server.lines()[-1] == "QUIT"


@pytest.mark.parametrize(("command", "kind"), [("RCPT", K.DEFERRED), ("DOT", K.UNKNOWN)])
def test_closing_at_once_cuts_mails_where_they_are_and_says_so(command, kind):
    (result,), _ = closing(False, Rule(command, Stall()))
    assert result.outcome.kind is kind


@pytest.mark.parametrize("drain", [True, False])
def test_relay_that_does_not_greet_does_not_hold_up_the_end(drain):
    (result,), _ = closing(drain, Rule("CONNECT", Stall()))
    assert result.outcome.kind is K.DEFERRED
    assert result.outcome.before_gate


def test_closed_mailer_sends_nothing_more():
    server = SmtpServer()

    async def story(office: Office) -> None:
        await office.mailer.close(drain=True)
        assert (await office.send()).outcome.kind is K.RELAY_PAUSED

    play(story, server)
    assert server.sessions == 0
