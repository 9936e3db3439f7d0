"""Generated rules and leads: typed rules that always pass the check, and leads with everything that leads may hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from engine.domain.rules import Activity, canonical
from tests.domain.rules.facts import NOW, Facts, Happened, Mailed

WORDS = (
    "finance",
    "FINANCE",
    "Straße",
    "STRASSE",
    "ÀÉ",
    "àé",
    "İstanbul",
    "i̇stanbul",
    "ﬁn",
    "FIN",
    "ς",
    "Σ",
    "%_\\",
    "x' OR 1",
    "日本",
    "🦊a",
    "e\u0301",
    "é",
    " a ",
    "null",
    "5",
    "true",
)
TAGS = ("VIP", "vip", "Straße", "strasse", "🦊", "5")
DATES = ("2026-11-03", "2026-11-04", "2024-02-29", "1999-12-31", "0001-01-01", "9999-12-31")
NOT_DATES = ("2026-02-30", "2026-13-01", "2025-02-29", "0000-01-01", "soon", "2026-11-3", "２026-11-03", "2026-11-03 ")
LENGTHS = ("10m", "3h", "1d", "30d", "2w")
LINKS = ("checklist", "pricing")
ORDERS = ("==", "!=", "<", "<=", ">", ">=")

numbers = st.one_of(
    st.integers(-3, 3),
    st.integers(-(10**15), 10**15),
    st.sampled_from((0.1, 0.2, 0.30000000000000004, -0.0, 1e-31, 1e-29, 1e15, 1.5, 2.25)),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: round(number, 6)),
)
moments = st.one_of(
    st.sampled_from((NOW, NOW - timedelta(days=30), NOW + timedelta(days=1), NOW - timedelta(hours=3))),
    st.timedeltas(timedelta(days=-400), timedelta(days=400)).map(lambda length: NOW + length),
    st.integers(-739_500 * 86_400, 2_900_000 * 86_400).map(lambda seconds: NOW + timedelta(seconds=seconds)),
)
odd_instants = st.sampled_from(
    ("2026-02-30T00:00:00.000000Z", "2026-11-03T24:00:00.000000Z", "2026-11-03T09:00:00Z", "2026-11-03", "now")
)
wrong = st.sampled_from((None, "", "5", "x", True, False, 0, 1, 10**18, -(10**16), [], ["vip", 1, None], {"a": 1}))


def _mostly(strategy: SearchStrategy[object]) -> SearchStrategy[object]:
    return st.one_of(strategy, strategy, strategy, wrong)


def _some(fields: Mapping[str, SearchStrategy[object]]) -> SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional=dict(fields))


words = st.one_of(st.sampled_from(WORDS), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5))
fields = _some(
    {
        "industry": _mostly(st.sampled_from(("Finance", "RETAIL", "strasse", "other"))),
        "company": _mostly(words),
        "city": _mostly(words),
        "employees": _mostly(numbers),
        "revenue": _mostly(numbers),
        "partner": _mostly(st.booleans()),
        "renewal": _mostly(st.sampled_from(DATES + NOT_DATES)),
        "seen": _mostly(st.one_of(moments.map(canonical), odd_instants)),
        "tags": _mostly(st.lists(st.sampled_from(TAGS), max_size=3)),
        "source": words,
        "lifecycle": st.sampled_from(("subscriber", "MQL", "customer")),
        "country": words,
        "owner": words,
        "fit": st.sampled_from(("A", "B", "C", "D", "")),
    }
)
always = st.fixed_dictionaries(
    {
        "created": moments,
        "score": st.one_of(st.integers(-50, 200).map(float), st.sampled_from((1e16, 0.1, float("inf")))),
        "subscribed": st.booleans(),
    }
)
ages = st.one_of(
    st.sampled_from((timedelta(), timedelta(hours=3), timedelta(days=30), timedelta(days=30, microseconds=1))),
    st.timedeltas(timedelta(), timedelta(days=60)),
)
properties = _some({"plan": _mostly(st.sampled_from(WORDS)), "seats": _mostly(numbers), "paid": _mostly(st.booleans())})
happened = st.builds(
    lambda name, age, found: Happened(name, NOW - age, found),
    st.sampled_from(("demo_booked", "Demo_Booked", "Straße", "other")),
    ages,
    properties,
)
mailed = st.builds(
    lambda activity, age, campaign, step, link: Mailed(
        activity, NOW - age, campaign, step, link if activity is Activity.CLICKED else ""
    ),
    st.sampled_from(Activity),
    ages,
    st.sampled_from(("clean-data", "other")),
    st.sampled_from(("decay", "cost")),
    st.sampled_from(LINKS),
)
leads = st.builds(
    lambda known, built_in, events, mails, replied, lists, campaigns, finished: Facts(
        fields={**known, **built_in},
        happened=tuple(events),
        mailed=tuple(mails),
        replies=(NOW - timedelta(days=1),) if replied else (),
        lists=frozenset(lists),
        entered_campaigns=frozenset(campaigns),
        finished_campaigns=frozenset(campaigns) if finished else frozenset(),
    ),
    fields,
    always,
    st.lists(happened, max_size=3),
    st.lists(mailed, max_size=3),
    st.booleans(),
    st.lists(st.sampled_from(("newsletter", "friends"))),
    st.lists(st.sampled_from(("clean-data",))),
    st.booleans(),
)

TEXTS = st.sampled_from(("company", "city", "source", "country", "owner", "email_domain", "industry"))
FREE_TEXTS = st.sampled_from(("company", "city", "source", "country", "owner"))
literals = words.filter(lambda word: bool(word.strip()) and not set(word) & set("'\"\\\n\r\f")).map(
    lambda word: f"'{word}'"
)
number_literals = numbers.map(repr)
number_names = st.one_of(
    st.sampled_from(("employees", "revenue", "score", "ever.clicks", "ever.opens")),
    st.sampled_from(
        ("count('demo_booked')", "count('STRASSE', within='30d')", "ever.count('demo_booked', plan='fin')")
    ),
)
terms = st.one_of(
    number_names,
    number_literals,
    st.tuples(number_names, st.sampled_from("+-*"), st.one_of(number_names, number_literals)).map(" ".join),
    st.tuples(number_names, st.sampled_from("+-*"), number_names).map(lambda parts: f"-({' '.join(parts)}) * 2"),
)
date_names = st.sampled_from(("renewal", "seen", "created"))
date_literals = st.one_of(st.sampled_from(DATES), moments.map(canonical)).map(lambda word: f"'{word}'")
within = st.sampled_from(("", *(f", within='{length}'" for length in LENGTHS)))


def _joined(*parts: SearchStrategy[str] | str) -> SearchStrategy[str]:
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)


_in = st.sampled_from((" in ", " not in "))
_step = st.sampled_from(("clean-data/decay", "clean-data/cost"))
_choice = st.sampled_from(("'finance'", "'Retail'", "'STRASSE'"))
atoms = st.one_of(
    _joined(FREE_TEXTS, st.sampled_from((" == ", " != ")), st.one_of(literals, TEXTS)),
    _joined("industry", st.sampled_from((" == ", " != ")), _choice),
    _joined(FREE_TEXTS, _in, st.lists(literals, min_size=1, max_size=3).map(lambda words: f"[{', '.join(words)}]")),
    _joined("industry", _in, st.lists(_choice, min_size=1, max_size=2).map(lambda words: f"[{', '.join(words)}]")),
    _joined("fit", st.sampled_from((" == ", " != ")), st.sampled_from(("'a'", "'B'"))),
    _joined("lifecycle", _in, st.sampled_from(("['mql']", "['customer', 'Subscriber']"))),
    _joined(terms, " ", st.sampled_from(ORDERS), " ", terms),
    _joined(
        number_names, _in, st.lists(number_literals, min_size=1, max_size=3).map(lambda them: f"[{', '.join(them)}]")
    ),
    _joined(date_names, " ", st.sampled_from(ORDERS), " ", st.one_of(date_names, date_literals)),
    _joined(
        st.sampled_from(("days_since(", "days_until(")),
        date_names,
        ") ",
        st.sampled_from(("<", "<=", ">", ">=")),
        " ",
        st.one_of(number_literals, st.sampled_from(("30", "0.125", "-1", "3999999", "-800000", "2 * 15"))),
    ),
    st.sampled_from(("partner", "subscribed", "replied", "partner == false", "subscribed != true", "true", "false")),
    _joined("known(", st.one_of(TEXTS, date_names, st.sampled_from(("employees", "score", "partner", "tags"))), ")"),
    _joined(st.one_of(st.sampled_from([f"'{tag}'" for tag in TAGS]), FREE_TEXTS), _in, "tags"),
    _joined(st.sampled_from(("contains(", "startswith(", "endswith(")), FREE_TEXTS, ", ", literals, ")"),
    _joined(
        st.sampled_from(("event(", "ever.event(")),
        st.sampled_from(("'demo_booked'", "'STRASSE'", "'none'")),
        within,
        st.sampled_from(("", ", plan='àé'", ", plan='5'", ", seats=0.1", ", seats=1", ", paid=true", ", paid=false")),
        ")",
    ),
    _joined(st.sampled_from(("ever.opened('", "ever.clicked('", "ever.sent('")), _step, "'", within, ")"),
    _joined("ever.clicked('clean-data/decay', link='", st.sampled_from(LINKS), "'", within, ")"),
    _joined("ever.clicked(link='", st.sampled_from(LINKS), "')"),
    st.sampled_from(("in_list('newsletter')", "ever.entered('clean-data')", "ever.finished('clean-data')")),
)
rules = st.recursive(
    atoms,
    lambda inner: st.one_of(
        _joined("(", inner, " and ", inner, ")"),
        _joined("(", inner, " or ", inner, ")"),
        _joined("not (", inner, ")"),
    ),
    max_leaves=4,
)
