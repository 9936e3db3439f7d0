from __future__ import annotations

from tests.service.conftest import found, laid_out, server, world

__all__ = ["found", "laid_out", "server", "world"]
