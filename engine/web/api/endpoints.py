"""Every endpoint of `/api/v1`."""

from __future__ import annotations

from fastapi import APIRouter

from engine.service.api.answers import answers_exist
from engine.web.api.leads import leads
from engine.web.api.overview import overview
from engine.web.api.sales import answers, sales
from engine.web.api.writing import deals, enrollments, events, permissions


def endpoints() -> tuple[APIRouter, ...]:
    """All routers, in the order in which the reference lists them."""
    asked = (answers,) if answers_exist() else ()
    return (leads, permissions, events, enrollments, sales, *asked, deals, overview)
