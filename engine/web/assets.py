"""Pictures of templates, served under the hash of their content and so for ever the same."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from concurrent.futures import Executor

from engine.domain.recipient import Asset
from engine.web.answers import NO_SNIFF, Answer, answer
from engine.web.providers import Assets

CACHE_BYTES = 64 * 1024 * 1024
# a picture of vectors may carry scripts; they must not run in our name
_CSP = (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox")
_DIGEST = re.compile(r"[\w-]{8,128}", re.ASCII)


class AssetShelf:
    """Answers with pictures, asking `assets` in the executor's thread and keeping up to 64 MiB of answers."""

    def __init__(self, assets: Assets, executor: Executor, max_bytes: int = CACHE_BYTES) -> None:
        self._assets, self._executor, self._free = assets, executor, max_bytes
        self._kept: OrderedDict[tuple[str, str], Answer] = OrderedDict()

    async def find(self, digest: str, name: str) -> Answer | None:
        """The answer for an asset; None if there is none of that hash and name.

        Raises:
            UnavailableError: the store is out of reach and the asset was not asked for before.
        """
        if kept := self._kept.get((digest, name)):
            self._kept.move_to_end((digest, name))
            return kept
        if not _DIGEST.fullmatch(digest):
            return None
        asset = await asyncio.get_running_loop().run_in_executor(self._executor, self._assets.asset, digest)
        if asset is None or asset.name != name:
            return None
        return self._keep((digest, name), _asset_answer(asset))

    def _keep(self, key: tuple[str, str], found: Answer) -> Answer:
        if key not in self._kept:
            self._kept[key] = found
            self._free -= len(found.end["body"])
        while self._free < 0 and self._kept:
            _, dropped = self._kept.popitem(last=False)
            self._free += len(dropped.end["body"])
        return found


def _asset_answer(asset: Asset) -> Answer:
    headers = [
        (b"content-type", asset.media_type.encode()),
        (b"cache-control", b"public, max-age=31536000, immutable"),
        (b"cross-origin-resource-policy", b"cross-origin"),
        NO_SNIFF,
        _CSP,
    ]
    return answer(200, headers, asset.body)
