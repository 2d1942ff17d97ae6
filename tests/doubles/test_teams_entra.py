"""Tokens: Entra gives one for the right secret, and each resource takes only what was given for it."""

from __future__ import annotations

import pytest

from tests.doubles.teams import FakeTeams, jwt
from tests.doubles.teams.entra import CONNECTOR, GRAPH
from tests.doubles.teams.mouth import Mouth, words


@pytest.mark.parametrize("tenant", ["id", "domain"])
async def test_a_token(teams: FakeTeams, mouth: Mouth, tenant: str) -> None:
    """It lives for an hour; each is counted."""
    answer = await mouth.ask(getattr(teams.app.tenant, tenant))
    assert answer.status == 200
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 3599)
    claims = jwt.parts(answer.json["access_token"])[1]
    assert (claims["aud"], claims["appid"], claims["tid"]) == (CONNECTOR, teams.app.id, teams.app.tenant.id)
    await mouth.ask(scope=f"{GRAPH}/.default")
    assert len(teams.entra.issued) == 2
    assert len(teams.entra.given(GRAPH)) == 1


@pytest.mark.parametrize(
    ("given", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": ""}, 400, "invalid_request", 900144),
        ({"client_id": "00000000-0000-0000-0000-000000000000"}, 400, "unauthorized_client", 700016),
        ({"tenant": "botframework.com"}, 400, "unauthorized_client", 700016),
        ({"tenant": "acme.example"}, 400, "unauthorized_client", 700016),
        ({"tenant": "nowhere.example"}, 400, "invalid_request", 90002),
        ({"scope": CONNECTOR}, 400, "invalid_scope", 1002012),
        ({"scope": "https://example.com/.default"}, 400, "invalid_resource", 500011),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
    ],
)
async def test_entra_says_no(
    teams: FakeTeams, mouth: Mouth, given: dict[str, str], status: int, error: str, number: int
) -> None:
    """By number, in its own words; a single-tenant app is not known elsewhere."""
    answer = await mouth.ask(**given)
    assert (answer.status, answer.json["error"], answer.json["error_codes"]) == (status, error, [number])
    assert answer.json["error_description"].startswith(f"AADSTS{number}: ")
    assert teams.entra.issued == []


async def test_a_new_password(teams: FakeTeams, mouth: Mouth) -> None:
    """The old one is known to have expired."""
    old = teams.app.secret
    teams.admin.rotate_secret("another")
    assert (await mouth.ask()).status == 200
    assert (await mouth.ask(client_secret=old)).json["error_codes"] == [7000222]


async def refused(mouth: Mouth, authorization: str) -> tuple[int, int]:
    """What connector and Graph answer to this header."""
    town = mouth.teams.town
    headers = {"authorization": authorization} if authorization else {}
    said = await mouth.connector("GET", f"conversations/{town.support.id}/pagedmembers", headers=headers)
    seen = await mouth.graph(f"teams/{town.support_team.group}/channels/{town.support.id}", headers=headers)
    assert said.status != 401 or said.json == {"message": "Authorization has been denied for this request."}
    assert seen.status != 401 or seen.error == "InvalidAuthenticationToken"
    return said.status, seen.status


async def test_each_resource_takes_its_own_token(teams: FakeTeams, mouth: Mouth) -> None:
    """Neither none, nor garbage, nor the other's, nor one signed by somebody else."""
    connector, graph = await mouth.token(CONNECTOR), await mouth.token(GRAPH)
    assert await refused(mouth, f"Bearer {connector}") == (200, 401)
    assert await refused(mouth, f"Bearer {graph}") == (401, 200)
    head, claims, _, _ = jwt.parts(connector)
    forged = jwt.encode({**head, "alg": "none"}, claims, jwt.unsigned)
    own = jwt.encode(teams.passport.ring.current.header(), claims, teams.passport.ring.current.sign())
    renamed = jwt.encode({**head, "alg": "HS256"}, claims, teams.entra.ring.current.sign())
    for wrong in ("", "Bearer garbage", f"Basic {connector}", *(f"Bearer {one}" for one in (forged, own, renamed))):
        assert await refused(mouth, wrong) == (401, 401)


async def test_a_token_that_is_over(teams: FakeTeams, mouth: Mouth) -> None:
    """Expired, or revoked before its time; a new one serves."""
    conversation = teams.town.review.id
    teams.entra.lifetime = -1
    assert (await mouth.send(conversation, words("1"))).status == 401
    teams.entra.lifetime = 3599
    mouth.tokens.clear()
    assert (await mouth.send(conversation, words("2"))).status == 201
    teams.admin.revoke_tokens()
    assert (await mouth.send(conversation, words("3"))).status == 401
    mouth.tokens.clear()
    assert (await mouth.send(conversation, words("4"))).status == 201


async def test_a_bot_that_is_not_registered(teams: FakeTeams, mouth: Mouth) -> None:
    """Its token is good, and nobody knows it."""
    teams.app.registered = False
    answer = await mouth.send(teams.town.review.id, words("Hi"))
    assert (answer.status, answer.error) == (401, "BotNotRegistered")


async def test_connections_are_counted_by_door(teams: FakeTeams, mouth: Mouth) -> None:
    """A bot that keeps its session needs one; each session of its own is one more."""
    for text in ("1", "2", "3"):
        await mouth.send(teams.town.review.id, words(text))
    assert teams.connections("connector") == teams.connections("login") == 1
    async with Mouth(teams) as another:
        await another.send(teams.town.review.id, words("4"))
    assert (teams.connections("connector"), teams.connections("graph")) == (2, 0)
