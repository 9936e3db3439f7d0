"""What an app says by one of Segment's or RudderStack's Python libraries; run by itself, beside nothing of ours.

    python speak.py LIBRARY HOST KEY FOLDER

The library is looked for in FOLDER first: two of them want different versions of the same package.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

MODULES = {
    "segment": "segment.analytics.client",
    "analytics": "analytics.client",
    "rudder": "rudderstack.analytics.client",
}


def main(library: str, host: str, key: str, folder: str) -> None:
    sys.path.insert(0, folder)
    made: Any = importlib.import_module(MODULES[library]).Client
    failures: list[Any] = []
    client = made(
        key, host=host, on_error=lambda error, _items: failures.append(error), gzip=True, max_retries=2, timeout=10
    )
    client.page(anonymous_id="a-1", name="Pricing", properties={"path": "/pricing"})
    client.identify("u-1", {"email": "Jane@Northwind.example", "firstName": "Jane", "plan": "pro"}, anonymous_id="a-1")
    client.track("u-1", "Trial started", {"seats": 3, "tags": ["a", "b"]})
    client.group("u-1", "g-1", {"name": "Northwind"})
    client.screen("u-1", name="Home")
    client.track("u-0", "Old app opened")
    client.alias("u-0", "u-1")
    client.flush()
    client.join()
    if failures:
        raise SystemExit(f"the library was refused: {failures}")


if __name__ == "__main__":
    main(*sys.argv[1:])
