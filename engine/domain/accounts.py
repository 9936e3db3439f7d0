"""Which company an address belongs to: its domain, unless that gives mail to private persons."""

from __future__ import annotations

from collections.abc import Callable, Iterable

# fmt: off
PERSONAL_DOMAINS = frozenset((
    "126.com", "163.com", "a1.net", "abv.bg", "aim.com", "alice.de", "alice.it", "aol.com", "aol.de", "aon.at",
    "arcor.de", "att.net", "azet.sk", "bbox.fr", "bell.net", "bellsouth.net", "bigpond.com", "bk.ru", "bluewin.ch",
    "blueyonder.co.uk", "bol.com.br", "bredband.net", "btinternet.com", "btopenworld.com", "casema.nl",
    "centrum.cz", "charter.net", "chello.at", "citromail.hu", "comcast.net", "cox.net", "daum.net", "docomo.ne.jp",
    "duck.com", "earthlink.net", "eircom.net", "email.com", "email.cz", "ewetel.net", "ezweb.ne.jp",
    "fastmail.com", "fastmail.fm", "fastwebnet.it", "fibertel.com.ar", "foxmail.com", "free.fr", "freemail.hu",
    "freenet.de", "frontier.com", "gazeta.pl", "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net",
    "googlemail.com", "hanmail.net", "hetnet.nl", "hey.com", "hispeed.ch", "home.nl", "hotmail.be", "hotmail.ca",
    "hotmail.ch", "hotmail.co.uk", "hotmail.com", "hotmail.com.au", "hotmail.com.br", "hotmail.com.mx",
    "hotmail.de", "hotmail.dk", "hotmail.es", "hotmail.fr", "hotmail.it", "hotmail.nl", "hotmail.no", "hotmail.se",
    "hushmail.com", "icloud.com", "ig.com.br", "inbox.com", "inbox.ru", "interia.pl", "juno.com", "kabelmail.de",
    "kolumbus.fi", "kpnmail.nl", "laposte.net", "libero.it", "list.ru", "live.be", "live.co.uk", "live.com",
    "live.com.au", "live.com.pt", "live.de", "live.dk", "live.fr", "live.it", "live.nl", "live.no", "live.se",
    "luukku.com", "mac.com", "mail.com", "mail.de", "mail.dk", "mail.ru", "mailbox.de", "mailbox.org", "me.com",
    "msn.com", "naver.com", "netcologne.de", "netzero.net", "neuf.fr", "ntlworld.com", "numericable.fr",
    "o2.co.uk", "o2.pl", "onet.pl", "online.de", "online.no", "op.pl", "optonline.net", "optusnet.com.au",
    "orange.fr", "outlook.at", "outlook.co.uk", "outlook.com", "outlook.com.br", "outlook.de", "outlook.es",
    "outlook.fr", "outlook.it", "passport.com", "planet.nl", "pm.me", "posteo.de", "posteo.net",
    "privaterelay.appleid.com", "prodigy.net.mx", "proton.me", "protonmail.com", "proximus.be", "qq.com",
    "rambler.ru", "rediffmail.com", "roadrunner.com", "rocketmail.com", "rogers.com", "runbox.com", "sapo.pt",
    "sbcglobal.net", "seznam.cz", "sfr.fr", "shaw.ca", "sina.com", "singnet.com.sg", "sky.com", "skynet.be",
    "softbank.ne.jp", "sohu.com", "startmail.com", "sunrise.ch", "sympatico.ca", "t-online.de", "talktalk.net",
    "telefonica.net", "telenet.be", "telia.com", "telus.net", "terra.com.br", "tin.it", "tiscali.co.uk",
    "tiscali.it", "tuta.io", "tutanota.com", "ukr.net", "unity-mail.de", "unitybox.de", "uol.com.br", "usa.com",
    "verizon.net", "videotron.ca", "virgilio.it", "virginmedia.com", "vodafone.de", "wanadoo.fr", "web.de",
    "windstream.net", "wp.pl", "xs4all.nl", "xtra.co.nz", "ya.ru", "yahoo.at", "yahoo.ca", "yahoo.co.id",
    "yahoo.co.in", "yahoo.co.jp", "yahoo.co.uk", "yahoo.com", "yahoo.com.ar", "yahoo.com.au", "yahoo.com.br",
    "yahoo.com.hk", "yahoo.com.mx", "yahoo.com.ph", "yahoo.com.sg", "yahoo.com.tr", "yahoo.com.tw", "yahoo.de",
    "yahoo.es", "yahoo.fr", "yahoo.in", "yahoo.it", "yahoo.se", "yandex.com", "yandex.ru", "yeah.net", "ymail.com",
    "ziggo.nl", "zoho.com", "zohomail.com",
))
# fmt: on
"""Domains whose addresses say nothing about where somebody works."""


def company_test(
    personal: Iterable[str] = (), internal: Callable[[str], bool] = lambda _: False
) -> Callable[[str], str]:
    """What tells the domain of an address's company, casefolded; empty for a private person, a colleague and nobody.

    `personal` are more domains of private mail, as config has them.
    """
    private = PERSONAL_DOMAINS | {domain.casefold().lstrip("@") for domain in personal}

    def company(address: str) -> str:
        domain = address.rpartition("@")[2].casefold()
        return "" if domain in private or internal(address) else domain

    return company
