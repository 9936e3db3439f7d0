"""A lead's country, language and time zone, as other tools write them and as we keep them."""

from __future__ import annotations

import re
from functools import lru_cache
from zoneinfo import available_timezones

from engine.domain.identity import Rejected
from engine.errors import did_you_mean

_COUNTRIES = {
    "AE": "united arab emirates",
    "AR": "argentina",
    "AT": "austria|österreich|aut",
    "AU": "australia|aus",
    "BE": "belgium|belgien|belgique|belgië|bel",
    "BG": "bulgaria",
    "BR": "brazil|brasil|brasilien|bra",
    "CA": "canada|kanada|can",
    "CH": "switzerland|schweiz|suisse|svizzera|che",
    "CL": "chile",
    "CN": "china|people's republic of china|chn",
    "CO": "colombia",
    "CZ": "czechia|czech republic|tschechien|cze",
    "DE": "germany|deutschland|allemagne|deu|ger",
    "DK": "denmark|danmark|dänemark|dnk",
    "EE": "estonia",
    "EG": "egypt",
    "ES": "spain|españa|spanien|esp",
    "FI": "finland|suomi|finnland|fin",
    "FR": "france|frankreich|fra",
    "GB": "united kingdom|great britain|england|scotland|wales|uk|gbr",
    "GR": "greece|griechenland|grc",
    "HK": "hong kong",
    "HR": "croatia|hrvatska",
    "HU": "hungary|ungarn|magyarország",
    "ID": "indonesia",
    "IE": "ireland|irland|irl",
    "IL": "israel",
    "IN": "india|indien|ind",
    "IT": "italy|italia|italien|ita",
    "JP": "japan|jpn|日本",
    "KE": "kenya",
    "KR": "south korea|korea|republic of korea|kor",
    "LI": "liechtenstein",
    "LT": "lithuania",
    "LU": "luxembourg|luxemburg",
    "LV": "latvia",
    "MX": "mexico|méxico|mex",
    "MY": "malaysia",
    "NG": "nigeria",
    "NL": "netherlands|the netherlands|nederland|niederlande|holland|nld",
    "NO": "norway|norge|norwegen|nor",
    "NZ": "new zealand|nzl",
    "PE": "peru",
    "PH": "philippines",
    "PL": "poland|polska|polen|pol",
    "PT": "portugal|prt",
    "RO": "romania|românia|rumänien",
    "RS": "serbia",
    "RU": "russia|russian federation",
    "SA": "saudi arabia",
    "SE": "sweden|sverige|schweden|swe",
    "SG": "singapore",
    "SI": "slovenia",
    "SK": "slovakia",
    "TH": "thailand",
    "TR": "turkey|türkiye|türkei|tur",
    "TW": "taiwan",
    "UA": "ukraine|ukr",
    "US": "united states|united states of america|usa|u.s.|u.s.a.|america",
    "VN": "vietnam",
    "ZA": "south africa|zaf",
}
_CODE_OF = {name: code for code, names in _COUNTRIES.items() for name in names.split("|")}
_LANGUAGES = {
    "cs": "czech|čeština",
    "da": "danish|dansk",
    "de": "german|deutsch",
    "en": "english|englisch",
    "es": "spanish|español|spanisch",
    "fi": "finnish|suomi",
    "fr": "french|français|französisch",
    "it": "italian|italiano|italienisch",
    "ja": "japanese|日本語",
    "nl": "dutch|nederlands",
    "no": "norwegian|norsk",
    "pl": "polish|polski",
    "pt": "portuguese|português",
    "sv": "swedish|svenska",
    "tr": "turkish|türkçe",
    "zh": "chinese|中文",
}
_LANGUAGE_OF = {name: code for code, names in _LANGUAGES.items() for name in names.split("|")}
_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")


@lru_cache(maxsize=4096)
def country(text: str) -> str:
    """The ISO 3166 code where it is obvious, else the text as written: a report may still group by it."""
    word = text.strip()
    if word.casefold() in _CODE_OF:
        return _CODE_OF[word.casefold()]
    return word.upper() if len(word) == 2 and word.isascii() and word.isalpha() else word


@lru_cache(maxsize=4096)
def language(text: str) -> str | Rejected:
    """A language tag in lower case: `en`, `pt-br` (BCP 47)."""
    word = text.strip().casefold()
    tag = _LANGUAGE_OF.get(word) or word.replace("_", "-").partition(".")[0]
    if _LANGUAGE_TAG.fullmatch(tag):
        return tag
    return Rejected(f"'{word[:40]}' is no language; write its code, such as en, de or pt-br")


@lru_cache(maxsize=4096)
def zone(text: str) -> str | Rejected:
    """The time zone's name in its official spelling."""
    word = text.strip().replace(" ", "_")
    known = _zones().get(word.casefold())
    if known:
        return known
    hint = did_you_mean(word, _zones().values()) or "write it as Europe/Berlin or America/New_York"
    return Rejected(f"'{text.strip()[:40]}' is no time zone; {hint}")


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in sorted(available_timezones())}
