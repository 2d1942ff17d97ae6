"""Whom people sign in with: OpenID Connect with authorization code, PKCE, state and nonce, by Authlib."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import StarletteOAuth2App
from joserfc.errors import JoseError

from bot.phrases import say
from bot.store.sessions import Arrival

SCOPE = "openid profile email"
_PATIENCE = 10.0  # seconds for one call
_WELL_KNOWN = "/.well-known/openid-configuration"
# What the provider signs with has to be its own key, and not the secret that we have too.
_SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
_FAILURES = (httpx2.HTTPError, httpx2.InvalidURL, OAuthError, JoseError, ValueError, KeyError, TypeError, RuntimeError)


class Away(Exception):
    """The provider does not answer, or not as it should."""


class Refused(Exception):
    """What the provider said does not hold."""


@dataclass(frozen=True, slots=True)
class Client:
    """What this program is to the provider. `hints` go with the way there, as the workspace of Slack."""

    discovery: str
    id: str
    secret: str
    hints: Mapping[str, str]


class Provider:
    """The provider, with its description and keys as they were last read."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._app: Any = StarletteOAuth2App(
            None,
            "signin",
            client_id=client.id,
            client_secret=client.secret,
            server_metadata_url=client.discovery,
            client_kwargs={
                "scope": SCOPE,
                "code_challenge_method": "S256",
                "timeout": _PATIENCE,
                # Authlib makes a client for every step, and reading the certificates anew takes 20 ms each time.
                "verify": httpx2.create_ssl_context(),
            },
        )

    async def leave(self, back: str) -> tuple[str, Arrival]:
        """Where to send the browser, and what has to fit when it comes back. Raises `Away`."""
        await self.look()
        made = await self._app.create_authorization_url(back, **self._client.hints)
        return made["url"], Arrival(made["state"], made["nonce"], made["code_verifier"], "")

    async def claims(self, code: str, back: str, arrival: Arrival, error: str = "") -> Mapping[str, Any]:
        """What the provider says of whoever came back with this code, or this error. Raises `Away`, `Refused`."""
        if error or not code:
            raise Refused(error)
        metadata = await self.look()
        wanted = {
            "iss": {"essential": True, "value": metadata["issuer"]},
            "aud": {"essential": True, "value": self._client.id},
        }
        try:
            token = await self._app.fetch_access_token(back, code=code, code_verifier=arrival.verifier)
            claims = await self._app.parse_id_token(token, nonce=arrival.nonce, claims_options=wanted)
        except (httpx2.TransportError, httpx2.HTTPStatusError) as gone:
            raise Away(str(gone)) from gone
        except _FAILURES as wrong:
            raise Refused(str(wrong)) from wrong
        if claims is None:
            raise Refused(say("signin.no_token"))
        return dict(claims)

    async def look(self) -> Mapping[str, Any]:
        """How the provider describes itself. Raises `Away`."""
        try:
            metadata: dict[str, Any] = await self._app.load_server_metadata()
        except _FAILURES as error:
            raise Away(say("signin.away", url=self._client.discovery, why=error or type(error).__name__)) from error
        if fault := misfit(metadata, self._client.discovery):
            metadata.clear()
            raise Away(fault)
        signed = metadata.get("id_token_signing_alg_values_supported") or ()
        metadata["id_token_signing_alg_values_supported"] = [one for one in signed if one in _SIGNATURES] or ["RS256"]
        if "client_secret_basic" not in metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
            self._app.client_kwargs["token_endpoint_auth_method"] = "client_secret_post"  # noqa: S105 - a name
        return metadata


def misfit(metadata: Mapping[str, Any], discovery: str) -> str:
    """Why a description is not that of the provider at this address, in a sentence; empty when it is.

    https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation
    """
    missing = [key for key in _NEEDED if not isinstance(metadata.get(key), str)]
    if missing:
        return say("signin.discovery_lacks", url=discovery, keys=", ".join(missing))
    if metadata["issuer"].rstrip("/") != discovery.removesuffix(_WELL_KNOWN).rstrip("/"):
        return say("signin.discovery_other", url=discovery, issuer=metadata["issuer"])
    return ""
