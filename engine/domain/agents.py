"""Agents: what a User-Agent says about who sits behind it.

General crawler lists are of no use here: they match the image proxies of Gmail and Yahoo, which fetch because a person
opened the mail, and they miss Apple's privacy proxy, which fetches always. So this list is small and our own.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple


class Agent(Enum):
    """What sort of program asks."""

    NONE = "says nothing"
    PRIVACY_PROXY = "fetches every picture, opened or not, and hides who"
    PREFETCHER = "fetches pictures before anybody opens"
    OPENING_PROXY = "fetches pictures when a person opens"
    ROBOT = "a program of its own"
    PERSON = "a browser or mail program"
    OTHER = "not known to us"


class Recognised(NamedTuple):
    agent: Agent
    name: str = ""


# Gmail's prefetch wears this old Edge, which no one else has worn since 2016
_GMAIL_PREFETCH = re.compile(r"Chrome/42\.[\d.]+ .*Edge/12\.246 Mozilla/5\.0$")
_OPENING_PROXIES = (("googleimageproxy", "Gmail's image proxy"), ("yahoomailproxy", "Yahoo's image proxy"))
_ROBOT = re.compile(
    r"""
    \b(?!cubot)[a-z-]*bot\b | bot[/;.-] | crawl[a-z]* | spider | slurp | scan(?:ner|ning) | headless[a-z]*
    | phantomjs | puppeteer | playwright | selenium | link-?(?:check|preview|expander)[a-z]* | urlresolver
    | monitor(?:ing)? | uptime | validator | feedfetcher | google-read-aloud | google-inspectiontool
    | curl/ | wget | libwww | \blwp | \bpython | aiohttp | httpx | urllib | go-http-client | java/
    | apache-httpclient | guzzle | axios | node-fetch | undici | \bruby\b | \bperl\b | php/ | powershell
    | winhttp | libcurl | reqwest
    | safelinks? | barracuda | mimecast | proofpoint | urldefense | trendmicro | fireeye | symantec | messagelabs
    | sophos | forcepoint | zscaler | cloudmark | ironport | fortinet | fortiguard | checkpoint | paloalto
    | virustotal | urlscan | censys | zgrab | nmap | nikto
    | facebookexternalhit | whatsapp | skypeuripreview | slack-img | embedly
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PERSON = re.compile(
    r"""
    ^Mozilla/[45]\.0\ \([^)]+\)
    | ^Opera/ | ^Dalvik/ | CFNetwork/ | Thunderbird | Outlook | Microsoft\ Office | AppleMail | ^Mail/ | Airmail
    | K-9 | Evolution/ | KMail | ^Lotus-Notes | ^HCL-Notes
    """,
    re.IGNORECASE | re.VERBOSE,
)


def recognise(user_agent: str) -> Recognised:
    """The sort of program, and the name by which to tell a person of it."""
    text = user_agent.strip()
    if not text:
        return Recognised(Agent.NONE)
    if text == "Mozilla/5.0":
        return Recognised(Agent.PRIVACY_PROXY, "Apple's privacy proxy")
    if _GMAIL_PREFETCH.search(text):
        return Recognised(Agent.PREFETCHER, "Gmail")
    folded = text.casefold()
    for mark, name in _OPENING_PROXIES:
        if mark in folded:
            return Recognised(Agent.OPENING_PROXY, name)
    if robot := _ROBOT.search(text):
        return Recognised(Agent.ROBOT, robot.group().strip("/;.-"))
    return Recognised(Agent.PERSON if _PERSON.search(text) else Agent.OTHER)
