"""Every endpoint of `/api/v1`."""

from __future__ import annotations

from fastapi import APIRouter

from engine.web.api.leads import leads
from engine.web.api.overview import overview
from engine.web.api.sales import sales
from engine.web.api.writing import deals, enrollments, events, permissions


def endpoints() -> tuple[APIRouter, ...]:
    """All routers, in the order in which the reference lists them."""
    return (leads, permissions, events, enrollments, sales, deals, overview)
