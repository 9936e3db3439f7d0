"""The homes of the services' tests, in which lives are lived for real."""

from __future__ import annotations

from tests.service.conftest import found, laid_out, server, world

__all__ = ["found", "laid_out", "server", "world"]
