"""A corpus of user agents as they really arrive, and what we make of each."""

from __future__ import annotations

import pytest

from engine.domain.agents import Agent, recognise

EDGE_12 = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246"
)
CORPUS = [
    ("", Agent.NONE),
    ("   ", Agent.NONE),
    ("Mozilla/5.0", Agent.PRIVACY_PROXY),
    (
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        Agent.OPENING_PROXY,
    ),
    ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", Agent.OPENING_PROXY),
    (f"{EDGE_12} Mozilla/5.0", Agent.PREFETCHER),
    (EDGE_12, Agent.PERSON),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/131.0.0.0 Safari/537.36",
        Agent.PERSON,
    ),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", Agent.PERSON),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.5 Mobile/15E148 Safari/604.1",
        Agent.PERSON,
    ),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)", Agent.PERSON),
    (
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/8.0; .NET4.0C; "
        "Microsoft Outlook 16.0.17328; ms-office; MSOffice 16)",
        Agent.PERSON,
    ),
    ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.12026; Pro)", Agent.PERSON),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.3.1", Agent.PERSON),
    ("Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/AP1A.240505.004)", Agent.PERSON),
    ("Mail/3774.600.62 CFNetwork/1494.0.7 Darwin/23.4.0", Agent.PERSON),
    ("Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/96.0 Mobile Safari/537.36", Agent.PERSON),
    ("Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36", Agent.PERSON),
    ("curl/8.5.0", Agent.ROBOT),
    ("Wget/1.21.4", Agent.ROBOT),
    ("python-requests/2.32.3", Agent.ROBOT),
    ("Python/3.11 aiohttp/3.9.5", Agent.ROBOT),
    ("Go-http-client/2.0", Agent.ROBOT),
    ("Apache-HttpClient/4.5.14 (Java/17.0.9)", Agent.ROBOT),
    ("axios/1.7.2", Agent.ROBOT),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Agent.ROBOT),
    ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", Agent.ROBOT),
    ("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", Agent.ROBOT),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0.0.0 Safari/537.36", Agent.ROBOT),
    ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", Agent.ROBOT),
    ("facebookexternalhit/1.1", Agent.ROBOT),
    ("WhatsApp/2.23.20.0", Agent.ROBOT),
    ("Mozilla/5.0 (Windows NT 10.0) SkypeUriPreview Preview/0.5", Agent.ROBOT),
    ("BarracudaCentral/1.0 Link Protect", Agent.ROBOT),
    ("Mimecast URL Protect", Agent.ROBOT),
    ("Proofpoint URLDefense/2.0", Agent.ROBOT),
    ("Microsoft SafeLinks Detonation", Agent.ROBOT),
    ("Baiduspider-image+(+http://www.baidu.com/search/spider.htm)", Agent.ROBOT),
    ("Xyzzy/1.0", Agent.OTHER),
    ("Mozilla/5.0 compatible", Agent.OTHER),
]


@pytest.mark.parametrize(("user_agent", "expected"), CORPUS, ids=[agent[:40] or "empty" for agent, _ in CORPUS])
def test_user_agent_is_recognised(user_agent: str, expected: Agent) -> None:
    assert recognise(user_agent).agent is expected


def test_robot_is_called_by_its_own_name() -> None:
    assert recognise("Mozilla/5.0 (compatible; Googlebot/2.1)").name == "Googlebot"
    assert recognise("python-requests/2.32").name == "python"
