"""Who gets test mails: addresses, or the lists of them that config has; never a lead by mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from engine.config.model import Config
from engine.domain.identity import EMAIL, Address, Identity, read_address
from engine.errors import RipelineError, did_you_mean
from engine.service.home import Home
from engine.service.import_leads import internal_test
from engine.store.database import reading
from engine.store.facts import load_leads
from engine.store.leads import leads_by_identity

LISTS: Mapping[str, Callable[[Config], Sequence[str]]] = {
    "test_recipients": lambda config: config.test_recipients,
    "internal": lambda config: config.internal.addresses,
}
"""The lists of addresses that can be named, as config calls them."""


def test_recipients(home: Home, named: Iterable[str]) -> list[Address]:
    """The addresses that are meant, each once: written out, or by the name of a list; those of config if none is named.

    Raises:
        RipelineError: there is nobody, one is no address, or one belongs to a lead who is no colleague.
    """
    found: dict[str, Address] = {}
    for text in _addresses(home.config, list(named)):
        address = read_address(text)
        if not isinstance(address, Address):
            raise RipelineError(f"'{text}' {address.reason}{_or_list(text)}")
        found.setdefault(address.identity, address)
    if not found:
        raise RipelineError("nobody to send it to: give --to ADDRESS, or set test_recipients in config.toml")
    _refuse_leads(home, list(found.values()))
    return list(found.values())


test_recipients.__test__ = False  # type: ignore[attr-defined]


def _addresses(config: Config, named: Sequence[str]) -> Iterator[str]:
    for name in named or ["test_recipients"]:
        if name not in LISTS:
            yield name
            continue
        addresses = LISTS[name](config)
        if not addresses and named:
            key = "addresses below [internal]" if name == "internal" else name
            raise RipelineError(f"the list '{name}' has no address; add some to {key} in config.toml")
        yield from addresses


def _or_list(text: str) -> str:
    """What else it may have been."""
    if "@" in text:
        return ""
    return f"; {did_you_mean(text, LISTS) or 'lists are called ' + ' or '.join(LISTS)}"


def _refuse_leads(home: Home, addresses: Sequence[Address]) -> None:
    """A test must not reach a lead who waits for real mail; colleagues and test recipients may be leads too."""
    is_internal = internal_test(home.config.internal)
    own = {found.identity for text in home.config.test_recipients if isinstance(found := read_address(text), Address)}
    strangers = [one for one in addresses if one.identity not in own and not is_internal(one.identity)]
    names = {Identity(EMAIL, one.identity): one for one in strangers}
    with reading(home.store) as connection:
        known = leads_by_identity(connection, list(names))
        leads = load_leads(connection, list(known.values()))
    for name, number in known.items():
        if number in leads and not leads[number].internal:
            raise RipelineError(
                f"{names[name].written} is a lead's own address, and no test may go there. If it is a colleague's, add "
                "it to test_recipients or to addresses below [internal] in config.toml."
            )
