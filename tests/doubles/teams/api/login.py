"""Entra's token endpoint, and the two documents of the Bot Framework's key server."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from tests.doubles.teams.api.operations import operation
from tests.doubles.teams.call import Call
from tests.doubles.teams.core import Core

WELL_KNOWN = "/botframework/v1/.well-known"


@operation("login.token", "POST", "/login/{directory}/oauth2/v2.0/token")
def token(core: Core, call: Call) -> Any:
    """https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow"""
    form = call.body.decode("utf-8", "replace") if call.content_type == "application/x-www-form-urlencoded" else ""
    return core.entra.give(call.place["directory"], dict(parse_qsl(form)))


@operation("openid.metadata", "GET", f"{WELL_KNOWN}/openidconfiguration")
def metadata(core: Core, _call: Call) -> Any:
    """Where the keys are."""
    return core.passport.metadata(f"{core.base}/botframework")


@operation("openid.keys", "GET", f"{WELL_KNOWN}/keys")
def keys(core: Core, _call: Call) -> Any:
    """The keys."""
    return core.passport.ring.document()
