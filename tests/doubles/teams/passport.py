"""The token with which the Bot Connector calls the bot, and the documents by which the bot checks it.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

from __future__ import annotations

from tests.doubles.teams import jwt
from tests.doubles.teams.clock import Clock
from tests.doubles.teams.keys import Key, Ring, private
from tests.doubles.teams.wire import Json
from tests.doubles.teams.world import App

ISSUER = "https://api.botframework.com"
HOUR = 3600.0
WEBCHAT = ("webchat",)


class Passport:
    """Signs. One token serves for half of its hour, as long as key and address stay the same."""

    def __init__(self, app: App, clock: Clock) -> None:
        self.app, self.clock = app, clock
        # The document is shared by all channels of the Bot Framework, so it has keys that may not sign for Teams.
        webchat, bare = Key("webchat-1", private("webchat"), WEBCHAT), Key("bare-1", private("bare"), None)
        self.ring = Ring("connector", webchat, bare, endorsements=("msteams", "skype"))
        self._kept: tuple[str, str, float, str] | None = None

    def claims(self, service_url: str) -> Json:
        """What a good token says."""
        now = self.clock.wall()
        said = {"serviceurl": service_url, "nbf": int(now) - 5, "exp": int(now + HOUR)}
        return {**said, "iss": ISSUER, "aud": self.app.id}

    def token(self, service_url: str) -> str:
        """A good token."""
        key, now = self.ring.current, self.clock.wall()
        if self._kept and self._kept[:2] == (key.kid, service_url) and abs(now - self._kept[2]) < HOUR / 2:
            return self._kept[3]
        made = jwt.encode(key.header(), self.claims(service_url), key.sign())
        self._kept = key.kid, service_url, now, made
        return made

    def metadata(self, base: str) -> Json:
        """The OpenID metadata document."""
        return {
            "issuer": ISSUER,
            "authorization_endpoint": "https://invalid.botframework.com",
            "jwks_uri": f"{base}/v1/.well-known/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        }
