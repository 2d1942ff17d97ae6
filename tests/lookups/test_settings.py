"""Look-ups as the settings write them: what is taken, where secrets come from, and what is refused in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import wiring
from bot.drafting.facts import Failed, Found
from bot.phrases import say
from tests.doubles.shop import KEY, Shop
from tests.lookups.conftest import question
from tests.settings.conftest import GOOD, Desk
from tests.settings.conftest import desk as desk

LOOKUPS = """\
lookups:
  order:
    title: Order status
    url: "{host}/api/orders/{order}"
    headers: {Authorization: "Bearer ${SHOP_TOKEN}"}
    find: {order: "\\\\b(\\\\d{5})\\\\b"}
    path: status
    desks: [north]
"""
MCP = """\
mcp:
  shop:
    command: [shop-server]
    environment: {SHOP_TOKEN: "${SHOP_TOKEN}"}
    tools:
      get_order:
        title: Order
        arguments: {order_id: "{order}"}
        find: {order: "\\\\d+"}
"""


@pytest.mark.parametrize("where", ["environment", ".env"])
async def test_from_the_file_to_the_shop(where: str, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the file is asked for; its key comes from the environment or .env, and is shown nowhere."""
    if where == ".env":
        desk.dotenv.write_text(f"SHOP_TOKEN='{KEY}\n'\n", "utf-8")
    else:
        monkeypatch.setenv("SHOP_TOKEN", f"{KEY}\n")
    async with Shop() as shop:
        desk.write(GOOD + LOOKUPS.replace("{host}", shop.host))
        settings = desk.load()
        assert KEY not in repr(settings) + settings.model_dump_json()
        lookups = wiring.lookups(settings)
        assert lookups is not None
        (fact,) = (await lookups.look(question("Where is 10245?"))).facts
        await lookups.close()
        assert (fact.title, fact.text, fact.public) == ("Order status: 10245", "shipped", False)
        assert shop.complaints == []


async def test_a_server_of_the_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An MCP server is wired as well; one that does not start is named, and stops nothing."""
    monkeypatch.setenv("SHOP_TOKEN", KEY)
    desk.write(GOOD + MCP.replace("shop-server", "/nonexistent/shop"))
    lookups = wiring.lookups(desk.load())
    assert lookups is not None
    lookups.open()
    told = await lookups.look(question("Where is 10245?"))
    await lookups.close()
    assert told == Found(failed=(Failed("Order", say("lookup.unreachable")),))


def test_without_look_ups(desk: Desk) -> None:
    """Nothing is imported or asked where nothing is configured."""
    assert wiring.lookups(desk.load()) is None


URL = '"{host}/api/orders/{order}"'
# what is written instead of what -> the key it is about, and what is said
WRONG = {
    "no such variable": (
        URL,
        '"https://shop.example/{oder}"',
        "lookups.order.url",
        "has {oder}, but the variables here",
    ),
    "a variable for a host": (URL, '"https://{order}.example/"', "lookups.order.url", "may have variables in its path"),
    "a variable for a port": (URL, '"https://a.example:{order}/"', "lookups.order.url", "must be an address"),
    "a variable behind #": (URL, '"https://a.example/#{order}"', "lookups.order.url", "may have variables in its path"),
    "a file": (URL, '"file:///etc/{order}"', "lookups.order.url", "must be an address with https://"),
    "no host": (URL, '"https:///{order}"', "lookups.order.url", "must be an address with https://"),
    "a password": (URL, '"https://me:pw@a.example/{order}"', "lookups.order.url", "must have no user"),
    "a secret in the address": (URL, '"https://a.example/?k=${SHOP_TOKEN}"', "lookups.order.url", "no other braces"),
    "half a code": (URL, '"https://a.example/%{order}"', "lookups.order.url", "with %25 for %"),
    "dots": (URL, '"https://a.example/x/../{order}"', "lookups.order.url", "no dots alone in its path"),
    "an unknown desk": ("[north]", "[nord]", "lookups.order.desks", "names nord, which is none of north"),
    "no path": ("path: status", "path: $.status", "lookups.order.path", "must be a JMESPath expression"),
    "no pattern": ('"\\\\b(\\\\d{5})\\\\b"', '"("', "lookups.order.find.order", "must be a regular expression: "),
    "a long pattern": ('"\\\\b(\\\\d{5})\\\\b"', "a" * 201, "lookups.order.find.order", "at most 200 characters"),
    "a name that is taken": (
        "find: {order",
        "find: {name: x, order",
        "lookups.order.find.name",
        "and none of customer",
    ),
    "for ever": ("path:", "timeout_seconds: 11\n    path:", "lookups.order.timeout_seconds", "at most 10"),
    "an open secret": (
        '"Bearer ${SHOP_TOKEN}"',
        "Bearer abc-123-not-for-files",
        "lookups.order.headers.Authorization",
        "must take its secret from .env or the environment, as in ${SHOP_TOKEN}.",
    ),
    "an unknown secret": (
        "${SHOP_TOKEN}",
        "${SHOP_TOKN}",
        "lookups.order.headers.Authorization",
        "needs SHOP_TOKN, which is not set in .env or the environment.",
    ),
    "no such argument": (
        'order_id: "{order}"',
        'order_id: "{oder}"',
        "mcp.shop.tools.get_order.arguments.order_id",
        "has",
    ),
    "two ways": ("command:", "url: https://a.example\n    command:", "mcp.shop", "must have either url or command"),
    "no way": ("    command: [shop-server]\n", "", "mcp.shop", "must have either url or command"),
    "no tools": ("tools:", "tools: {}\n    tolls:", "mcp.shop.tools", "at least one"),
    "an unset variable": (
        'environment: {SHOP_TOKEN: "${SHOP_TOKEN}"}',
        'environment: {SHOP_KEY: "${SHOP_KEY}"}',
        "mcp.shop.environment.SHOP_KEY",
        "needs SHOP_KEY, which is not set in .env or the environment.",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_refused(kind: str, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start, with the line, the key and what would be right; no secret is told."""
    monkeypatch.setenv("SHOP_TOKEN", KEY)
    old, new, key, said = WRONG[kind]
    text = GOOD + (MCP if key.startswith("mcp") else LOOKUPS)
    assert old in text
    desk.write(text.replace(old, new).replace("{host}", "https://shop.example"))
    problem = next(problem for problem in desk.refused() if f": {key}" in problem)
    assert problem.startswith(f"{Path('config/countersign.yaml')}, line ")
    assert said in problem
    assert KEY not in problem
    assert "abc-123" not in problem


def test_one_group_of_headers_for_two(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who writes the headers once and refers to them gets the same secret in both."""
    monkeypatch.setenv("SHOP_TOKEN", KEY)
    shared = LOOKUPS.replace("{host}", "https://shop.example").replace("headers: {", "headers: &shop {")
    desk.write(GOOD + shared + "  plan: {title: Plan, url: https://shop.example, path: plan, headers: *shop}\n")
    for lookup in desk.load().lookups.values():
        assert lookup.headers["Authorization"].get_secret_value() == f"Bearer {KEY}"


def test_a_slip_in_dotenv_is_still_found(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a look-up names may stand in .env beside our own."""
    desk.dotenv.write_text("SHOP_TOKEN=x\nSHOP_KEY=y\n", "utf-8")
    desk.write(GOOD + LOOKUPS.replace("{host}", "https://shop.example"))
    (problem,) = desk.refused()
    assert problem.startswith(".env, line 2: SHOP_KEY is not a setting; ")
