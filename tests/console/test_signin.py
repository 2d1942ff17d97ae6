"""Who comes in and who does not, against a real OpenID Connect provider in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.console.provider import misfit
from bot.console.signin import own
from tests.console.conftest import House
from tests.console.signing import (
    SLACK_TEAM,
    SLACK_USER,
    TEAM,
    TENANT,
    WELL_KNOWN,
    Browser,
    Issuer,
    browser,
    issuer,
    open_house,
    signing_in,
    with_query,
)

LEAD = {"email": "lead@north.example", "email_verified": True, "name": "Lea"}
ANA = "0c9d1e2f-3a4b-4c5d-8e6f-7a8b9c0d1e2f"


@pytest.fixture(scope="module")
def at() -> Iterator[Issuer]:
    """The provider."""
    with issuer() as there:
        there.know("lead", **LEAD)
        yield there


@pytest.fixture
async def gate(root: Path, tmp_path: Path, sqlite: sa.URL, at: Issuer) -> AsyncIterator[House]:
    """A Countersign that people of any issuer sign in to."""
    async with open_house(signing_in(root, tmp_path, sqlite, at)) as house:
        yield house


@pytest.fixture
async def lea(gate: House, at: Issuer) -> AsyncIterator[Browser]:
    """A lead's browser, signed in."""
    async with browser(gate, at) as here:
        assert (await here.sign_in("lead")).status_code == 303
        yield here


@pytest.fixture
async def anyone(gate: House, at: Issuer) -> AsyncIterator[Browser]:
    """A browser that never was here."""
    async with browser(gate, at) as here:
        yield here


async def test_the_way_in(root: Path, tmp_path: Path, database: sa.URL, at: Issuer) -> None:
    """A page asks to sign in, the provider says who it is, and the page that was wanted opens; on both databases."""
    async with open_house(signing_in(root, tmp_path, database, at)) as house, browser(house, at) as here:
        asked = await here.client.get("/audit?desk=north")
        assert asked.status_code == 303
        assert asked.headers["location"] == "/signin?next=/audit%3Fdesk%3Dnorth"
        page = await here.client.get(asked.headers["location"])
        assert 'href="/signin/start?next=/audit%3Fdesk%3Dnorth"' in page.text
        came = await here.sign_in("lead", "/audit?desk=north")
        assert (came.status_code, came.headers["location"]) == (303, "/audit?desk=north")
        there = await here.client.get("/audit")
        assert there.status_code == 200
        assert "Lea" in there.text
        assert (await here.client.get("/signin", params={"next": "/audit"})).headers["location"] == "/audit"


async def test_what_the_provider_is_asked(anyone: Browser) -> None:
    """Authorization code with PKCE, a state, a nonce, and the address to come back to."""
    asked = parse_qs(urlsplit(await anyone.leave()).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["openid profile email"]
    assert asked["redirect_uri"] == [f"{anyone.client.base_url}/signin/back".replace("//signin", "/signin")]
    assert all(len(asked[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))


async def test_cookies(anyone: Browser) -> None:
    """No script reads them, no other site sends them along, and on this machine they need no TLS."""
    left = await anyone.client.get("/signin/start")
    came = await anyone.client.get(anyone.issuer.consent(left.headers["location"], "lead"))
    for answer, name in ((left, "countersign-arrival="), (came, "countersign=")):
        (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(name)]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Secure" not in cookie
        assert "Domain" not in cookie
    assert 'countersign-arrival=""' in "".join(came.headers.get_list("set-cookie"))


async def test_behind_tls(root: Path, tmp_path: Path, sqlite: sa.URL, at: Issuer) -> None:
    """Cookies are for this host over TLS alone, browsers are told never to come without, and other names get nothing."""
    said = signing_in(root, tmp_path, sqlite, at).model_copy(update={"public_url": "https://desk.example/"})
    async with open_house(said) as house, browser(house, at) as here:
        named = {"host": "desk.example"}
        left = await here.client.get("/signin/start", headers=named)
        (cookie,) = left.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-countersign-arrival=")
        assert "Secure" in cookie
        assert left.headers["strict-transport-security"].startswith("max-age=63072000")
        assert parse_qs(urlsplit(left.headers["location"]).query)["redirect_uri"] == [
            "https://desk.example/signin/back"
        ]
        for path, host, status in (
            ("/signin", "127.0.0.1", 403),
            ("/signin", "evil.example", 403),
            ("/healthz", "127.0.0.1", 200),
            ("/healthz", "evil.example", 403),
            ("/static/x/tokens.css", "localhost", 403),
        ):
            assert (await here.client.get(path, headers={"host": host})).status_code == status, (path, host)


@pytest.mark.parametrize(
    ("provider", "claims", "person", "known"),
    [
        ("slack", {SLACK_USER: "U0ANA", SLACK_TEAM: TEAM}, "slack:U0ANA", True),
        ("slack", {SLACK_USER: "U0BEN", SLACK_TEAM: TEAM, "groups": ["north-leads"]}, "slack:U0BEN", False),
        ("entra", {"oid": ANA.upper(), "tid": TENANT}, f"teams:{ANA}", True),
        ("entra", {"oid": "x", "tid": TENANT, "groups": ["others", "north-leads"]}, "teams:x", True),
        ("oidc", {"email": "Agent@North.example", "email_verified": True}, "web:agent@north.example", True),
        ("oidc", {"groups": "north-leads"}, "web:someone", True),
        ("oidc", {"groups": [["north-leads"], 7]}, "web:someone", False),
    ],
)
async def test_good(
    provider: str,
    claims: dict[str, object],
    person: str,
    known: bool,
    root: Path,
    tmp_path: Path,
    sqlite: sa.URL,
    at: Issuer,
) -> None:
    """Each kind of provider names a person as the desks do, by their id or by a group."""
    at.know("someone", name="Some One", **claims)
    said = signing_in(root, tmp_path, sqlite, at, provider)
    async with open_house(said) as house, browser(house, at) as here:
        assert (await here.sign_in("someone")).status_code == 303
        with house.program.engine.snapshot() as conn:
            assert conn.execute(sa.text("SELECT person FROM sessions")).scalars().all() == [person]
        first = await here.client.get("/")
        assert (first.status_code, first.headers.get("location", "")) == ((303, "/inbox") if known else (403, ""))


@pytest.mark.parametrize(
    ("provider", "claims"),
    [
        ("slack", {SLACK_USER: "U0ANA", SLACK_TEAM: "T0OTHER"}),
        ("slack", {SLACK_USER: "U0ANA"}),
        ("slack", {SLACK_TEAM: TEAM}),
        ("entra", {"oid": ANA, "tid": "00000000-0000-0000-0000-000000000000"}),
        ("entra", {"oid": ANA}),
        ("entra", {"tid": TENANT}),
        ("oidc", {"iss": "https://evil.example"}),
        ("oidc", {"aud": "another-program"}),
        ("oidc", {"aud": ["another-program"], "azp": "countersign"}),
        ("oidc", {"nonce": "another"}),
        ("oidc", {"exp": 1}),
    ],
)
async def test_of_elsewhere(
    provider: str, claims: dict[str, object], root: Path, tmp_path: Path, sqlite: sa.URL, at: Issuer
) -> None:
    """Another workspace, another tenant, nobody at all, or a token that is not ours: refused, and no session is made."""
    at.know("stranger", **LEAD, **claims)
    said = signing_in(root, tmp_path, sqlite, at, provider)
    async with open_house(said) as house, browser(house, at) as here:
        came = await here.sign_in("stranger")
        assert came.status_code == 403
        assert 'role="alert"' in came.text
        assert "countersign" not in here.client.cookies
        with house.program.engine.snapshot() as conn:
            assert conn.execute(sa.text("SELECT count(*) FROM sessions")).scalar() == 0


async def test_another_nonce(anyone: Browser) -> None:
    """A token that was asked for by somebody else's browser does not sign in this one."""
    assert (await anyone.sign_in("lead", nonce="somebody-elses")).status_code == 403


async def test_a_stolen_code_is_of_no_use(anyone: Browser, at: Issuer) -> None:
    """What was given to another program at the same provider is not taken there for us."""
    assert (await anyone.sign_in("lead", client_id="another-program")).status_code == 403


async def test_an_address_that_nobody_verified(anyone: Browser, at: Issuer) -> None:
    """It may be anybody's, so it gives nobody's rights."""
    at.know("pretender", email="lead@north.example", email_verified=False, name="Mallory")
    assert (await anyone.sign_in("pretender")).status_code == 303
    refused = await anyone.client.get("/audit")
    assert refused.status_code == 403
    assert "web:pretender" in refused.text


async def test_called_off(anyone: Browser, at: Issuer) -> None:
    """Who says no at the provider is not signed in, and may begin again."""
    address = await anyone.leave()
    state = parse_qs(urlsplit(address).query)["state"][0]
    # The mock leaves the state out here, which RFC 6749 (4.1.2.1) asks for.
    came = await anyone.client.get(with_query(at.consent(address, "", "deny"), state=state))
    assert came.status_code == 403
    assert "/signin/start" in came.text


async def test_a_state_is_taken_once(anyone: Browser, at: Issuer) -> None:
    """Coming back a second time, even with the same cookie, does nothing."""
    address = at.consent(await anyone.leave(), "lead")
    kept = dict(anyone.client.cookies)
    assert (await anyone.client.get(address)).status_code == 303
    anyone.client.cookies.clear()
    anyone.client.cookies.update(kept)
    assert (await anyone.client.get(address)).status_code == 400
    assert (await anyone.client.get("/audit")).status_code == 303


async def test_a_state_of_another_browser(gate: House, anyone: Browser, at: Issuer) -> None:
    """Nobody is signed in to somebody else's account by a link that was sent to them."""
    async with browser(gate, at) as attacker:
        address = at.consent(await attacker.leave(), "lead")
    assert (await anyone.client.get(address)).status_code == 400
    await anyone.leave()
    assert (await anyone.client.get(address)).status_code == 400
    assert "countersign" not in anyone.client.cookies


async def test_a_state_that_took_too_long(gate: House, anyone: Browser, at: Issuer) -> None:
    """After ten minutes one begins again."""
    address = at.consent(await anyone.leave(), "lead")
    await _written(gate, "UPDATE arrivals SET ends_at = ends_at - 600")
    assert (await anyone.client.get(address)).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        "ends_at = began_at",
        "seen_at = seen_at - 3600",
        "revoked_at = 1",
    ],
)
async def test_a_session_that_is_over(change: str, gate: House, lea: Browser) -> None:
    """At its end, after an hour unused, or revoked: the page asks to sign in, and nothing can be posted."""
    proof = await lea.proof()
    await _written(gate, f"UPDATE sessions SET {change}")
    assert (await lea.client.get("/audit")).headers["location"] == "/signin?next=/audit"
    refused = await lea.post("/signout", proof)
    assert refused.status_code == 401
    assert refused.json()["done"] is False
    assert (await lea.client.get("/live")).status_code == 401


async def test_a_session_goes_on_while_it_is_used(gate: House, lea: Browser) -> None:
    """Half an hour unused does not end it, and being used is written down; but its end stays where it is."""
    await _written(gate, "UPDATE sessions SET seen_at = seen_at - 1800")
    before = _row(gate)
    assert (await lea.client.get("/audit")).status_code == 200
    after = _row(gate)
    assert after.seen_at > before.seen_at + 1700
    assert after.ends_at == before.ends_at == pytest.approx(before.began_at + 480 * 60)


async def test_a_cookie_that_was_tampered_with(lea: Browser) -> None:
    """One letter off is nobody."""
    held = lea.client.cookies["countersign"]
    assert len(held) >= 43
    lea.hold(("A" if held[0] != "A" else "B") + held[1:])
    assert (await lea.client.get("/audit")).status_code == 303


async def test_the_store_holds_no_cookie(gate: House, lea: Browser) -> None:
    """Whoever reads the database cannot come in with what they find."""
    held = lea.client.cookies["countersign"].encode()
    row = _row(gate)
    assert held not in bytes(row.id)
    assert len(bytes(row.id)) == 32


async def test_a_session_begins_under_a_new_name(gate: House, anyone: Browser) -> None:
    """A cookie that was put into the browser beforehand signs nobody in, and the session before ends."""
    anyone.hold("put-there-by-somebody")
    assert (await anyone.sign_in("lead")).status_code == 303
    first = anyone.client.cookies["countersign"]
    assert first != "put-there-by-somebody"
    assert (await anyone.sign_in("lead")).status_code == 303
    assert anyone.client.cookies["countersign"] != first
    anyone.hold(first)
    assert (await anyone.client.get("/audit")).status_code == 303


@pytest.mark.parametrize("proof", ["", "page", "0" * 64, "ä"])
async def test_a_post_without_the_proof(proof: str, lea: Browser) -> None:
    """What no page of this session sent is refused, and nothing is done."""
    if proof == "ä":
        answer = await lea.client.post("/signout", json={}, headers=[(b"x-countersign", "ä".encode())])
    else:
        answer = await lea.post("/signout", proof)
    assert answer.status_code == 403
    assert (await lea.client.get("/audit")).status_code == 200


async def test_the_proof_of_another_session(gate: House, lea: Browser, at: Issuer) -> None:
    """Not even one of the same person."""
    async with browser(gate, at) as other:
        await other.sign_in("lead")
        assert (await lea.post("/signout", await other.proof())).status_code == 403
        assert (await lea.post("/signout")).status_code == 200


async def test_signing_out(lea: Browser) -> None:
    """The session ends in the store, not only in the browser."""
    held = lea.client.cookies["countersign"]
    out = await lea.post("/signout")
    assert out.json()["done"] is True
    assert "countersign" not in lea.client.cookies
    lea.hold(held)
    assert (await lea.client.get("/audit")).status_code == 303


async def test_signing_out_everywhere(gate: House, lea: Browser, at: Issuer) -> None:
    """Every browser of this person, and nobody else's."""
    at.know("agent", email="agent@north.example", email_verified=True)
    async with browser(gate, at) as other, browser(gate, at) as agent:
        await other.sign_in("lead")
        await agent.sign_in("agent")
        assert (await lea.post("/signout/everywhere")).status_code == 200
        assert (await other.client.get("/audit")).status_code == 303
        assert (await agent.client.get("/audit")).status_code == 403


async def test_somebody_whom_no_desk_names(anyone: Browser, at: Issuer) -> None:
    """They are told so kindly, with the words an admin needs, and can sign out. What everybody may in the channel of a
    desk, they may not here."""
    at.know("nobody", name='<img src=x onerror="alert(1)">')
    assert (await anyone.sign_in("nobody")).status_code == 303
    refused = await anyone.client.get("/inbox")
    assert refused.status_code == 403
    assert "web:nobody" in refused.text
    assert "data-sign-out" in refused.text
    assert "<img src=x" not in refused.text


async def test_too_often(anyone: Browser) -> None:
    """Whoever tries without end is asked to wait; what an address says of others changes nothing."""
    answers = [
        (await anyone.client.get("/signin/start", headers={"x-forwarded-for": f"192.0.2.{n}"})).status_code
        for n in range(62)
    ]
    assert answers[:60] == [303] * 60
    assert answers[60:] == [429] * 2
    assert (await anyone.client.get("/signin/back?state=x")).status_code == 429
    assert (await anyone.client.get("/signin")).status_code == 200


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/\t/evil.example", ""],
)
async def test_no_open_redirect(wanted: str, anyone: Browser) -> None:
    """Signing in leads to a page of ours, whatever a link says."""
    came = await anyone.sign_in("lead", wanted)
    assert (came.status_code, came.headers["location"]) == (303, "/")


_TRICKS = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(
            [
                "/",
                "\\",
                "//",
                "evil.example",
                "@",
                ":",
                "https:",
                "%2f",
                "%5c",
                "\t",
                "\n",
                "\r",
                "\0",
                ".",
                "..",
                "?",
                "#",
                "é",
            ]
        ),
        max_size=8,
    ).map("".join),
)


@given(_TRICKS)
def test_every_path_stays_with_us(wanted: str) -> None:
    """Whatever is asked for, a browser ends up on this host: they drop tabs and line breaks and read \\ as /."""
    found = own(wanted)
    read = found.translate({9: None, 10: None, 13: None}).replace("\\", "/").strip("\0 ")
    assert found.isascii()
    assert found.isprintable()
    assert urlsplit(urljoin("https://desk.example/signin/back", read)).netloc == "desk.example"
    assert urlsplit(urljoin("https://desk.example/signin/back", read)).scheme == "https"


async def test_a_provider_that_is_away(root: Path, tmp_path: Path, sqlite: sa.URL) -> None:
    """A page says so kindly, and nothing of it."""
    with issuer() as gone:
        pass
    async with open_house(signing_in(root, tmp_path, sqlite, gone)) as house, browser(house, gone) as here:
        answer = await here.client.get("/signin/start")
        assert answer.status_code == 503
        assert "localhost" not in answer.text.partition("<main")[2]


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://evil.example"},
        {"issuer": "https://desk.example/other"},
        {"issuer": None},
        {"jwks_uri": None},
        {"token_endpoint": 7},
    ],
)
def test_a_description_of_another_issuer(changed: dict[str, object]) -> None:
    """An address that describes somebody else, or not enough, is not believed."""
    keys = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    good = {"issuer": "https://desk.example/", **dict.fromkeys(keys, "https://desk.example/x")}
    address = f"https://desk.example{WELL_KNOWN}"
    assert misfit(good, address) == ""
    assert address in misfit(good | changed, address)


async def _written(house: House, statement: str) -> None:
    await house.program.engine.write(lambda conn: conn.execute(sa.text(statement)))


def _row(house: House) -> sa.Row[tuple[object, ...]]:
    with house.program.engine.snapshot() as conn:
        return conn.execute(sa.text("SELECT * FROM sessions")).one()
