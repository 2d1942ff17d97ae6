"""Templates on their pages, before a running program: who may, what is refused and why, and what is on record."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.channels import commands
from bot.channels.base import Person, Place
from bot.channels.commands import Manner
from bot.console.templates import compared
from bot.console.viewer import Viewer
from bot.drafting.warm import warm
from bot.phrases import say
from bot.review.model import Role, State
from bot.settings import Settings
from bot.store import backtests, changes, templates, trials
from bot.store.trials import State as Trying
from tests.console.conftest import PATIENCE, House, running
from tests.console.conftest import settings as shipped
from tests.doubles.openai_answers import slow
from tests.doubles.openai_server import OpenAIServer

NAME = "support_reply"
SHIPPED = (Path(__file__).parents[2] / "prompts" / f"{NAME}.md").read_text("utf-8")
BRIEF = SHIPPED.replace("You draft replies for", "You draft very brief replies for")
EDITED = "Hello, your parcel left this morning and will be with you on Friday. Kind regards, the desk"
ADA = Person("oidc", "ada", "Ada")


class Knows:
    """A doorman who knows whom he is told."""

    def __init__(self, **roles: Role) -> None:
        self.seen = Viewer(ADA, roles, proof="page")

    async def viewer(self, _: object) -> Viewer:
        return self.seen


def be(house: House, **roles: Role) -> None:
    """From now on somebody with these roles looks."""
    app: Any = house.program.server.config.app
    app.state.doorman = Knows(**roles)


async def save(house: House, text: str = BRIEF, note: str = "Shorter.", base: int = 1) -> httpx2.Response:
    return await house.post(f"/templates/{NAME}/save", {"text": text, "note": note, "base": base})


async def use(house: House, version: int = 2, base: int = 1, note: str = "Tried.", **more: str) -> httpx2.Response:
    values = {"version": version, "base": base, "note": note} | more
    return await house.post(f"/templates/{NAME}/activate", values)


async def history(house: House) -> list[tuple[str, str, int, str]]:
    """Who did what with which version, and why."""
    found = await house.program.engine.read(lambda conn: changes.of(conn, NAME))
    return [(line.what, line.person, line.details["version"], line.details.get("note", "")) for line in found]


def words(page: str) -> str:
    """What can be read on it."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


async def test_a_version_is_saved_compared_put_into_use_and_rolled_back(either: House) -> None:
    """Each with who did it and why, by the name and by what nobody can choose."""
    be(either, nordlys=Role.ADMIN)
    listed = words(await either.page("/templates"))
    assert NAME in listed
    assert "Version 1 in use" in listed
    assert (await save(either)).json() == {"done": True, "sentence": "", "go": f"/templates/{NAME}?version=2"}
    assert "Newer drafts: 1" in words(await either.page("/templates"))
    compared_page = await either.page(f"/templates/{NAME}/compare?old=1&new=2")
    assert re.search(r"<ins[^>]*>You draft very brief replies for", compared_page)
    assert re.search(r"<del[^>]*>You draft replies for", compared_page)
    assert (await use(either)).json()["done"]
    assert "Version 2 in use" in words(await either.page("/templates"))
    answer = await either.post(f"/templates/{NAME}/rollback", {"base": 2, "note": "Too brief."})
    assert answer.json()["done"]
    who = "Ada (oidc:ada)"
    assert (await history(either))[2:] == [
        ("template_saved", who, 2, "Shorter."),
        ("template_activated", who, 2, "Tried."),
        ("template_rolled_back", who, 1, "Too brief."),
    ]
    told = words(await either.page(f"/templates/{NAME}/history"))
    for line in ("Version 2 saved", "Version 1 put back into use instead of version 2", "Too brief.", who):
        assert line in told


@pytest.mark.parametrize("role", [Role.AGENT, Role.LEAD])
async def test_only_admins_see_templates(house: House, role: Role) -> None:
    """Neither the pages nor the verbs."""
    be(house, nordlys=role)
    for path in ("", f"/{NAME}", f"/{NAME}/compare", f"/{NAME}/history", f"/{NAME}/preview", f"/{NAME}/tests"):
        assert (await house.client.get(f"/templates{path}")).status_code == 403
    assert (await save(house)).status_code == 403
    assert len(await history(house)) == 2


async def test_a_template_of_other_desks_is_nobodys_business(house: House) -> None:
    """It is neither listed nor found, nor can anything be done with it."""
    be(house, elsewhere=Role.ADMIN, nordlys=Role.LEAD)
    assert NAME not in await house.page("/templates")
    verbs = {
        "check": {"text": BRIEF},
        "save": {"text": BRIEF, "note": "x", "base": 1},
        "activate": {"version": 1, "note": "x", "base": 1},
        "rollback": {"note": "x", "base": 1},
        "tests": {"version": 1, "against": 1, "cases": 1, "calls": 1},
        "tests/1/stop": {},
    }
    for verb, body in verbs.items():
        answer = await house.post(f"/templates/{NAME}/{verb}", body)
        assert (answer.status_code, answer.json()["sentence"]) == (404, say("page.templates.unknown"))
    for path in ("", "/compare", "/history", "/preview", "/tests", "/tests/1", "/tests/1/now"):
        assert (await house.client.get(f"/templates/{NAME}{path}")).status_code == 404


HOSTILE = {
    "{{tone:1000000000}}": "is no plain {{name}}",
    "{{tone.__class__.__mro__}}": "is no plain {{name}}",
    "{{{tone}}}": "is no plain {{name}}",
    "Hello {{tone": "are not closed on the same line",
    "{{custmer}}": "there is no variable {{custmer}}",
    "{{message}}": "may only stand below the line --- customer ---",
    "Be\x07quiet.": "there is a control character in it",
    "<script>{{alert(1)}}</script>": "is no plain {{name}}",
}


@pytest.mark.parametrize("line", HOSTILE)
async def test_what_no_desk_could_use_is_refused_with_its_line(house: House, line: str) -> None:
    """While one types, and when it is saved; nothing is kept."""
    lines = SHIPPED.splitlines()
    at = lines.index("The desk: {{desk}}")
    lines[at] = line
    text = "\n".join(lines)
    checked = (await house.post(f"/templates/{NAME}/check", {"text": text})).json()
    (problem,) = checked["problems"]
    assert problem["line"] == at + 1
    assert HOSTILE[line] in problem["reason"]
    refused = await save(house, text)
    assert refused.status_code == 400
    assert f"line {at + 1}: " in refused.json()["sentence"]
    assert len(await history(house)) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("x" * 20_001, "at most 20000 are allowed"),
        (SHIPPED.replace("{{message}}", "Well?"), "{{message}} is missing"),
        (SHIPPED.replace(NAME, "other"), f"the name has to be {NAME}"),
        ("Hello", "has to start with a line ---"),
    ],
)
async def test_empty_huge_and_nameless_texts_are_refused(house: House, text: str, reason: str) -> None:
    """Each with its reason."""
    answer = await save(house, text)
    assert answer.status_code == 400
    assert reason in answer.json()["sentence"]


@pytest.mark.parametrize("text", ["x" * 60_000, "\ud800", None, 7])
async def test_what_is_no_text_at_all_is_refused(house: House, text: object) -> None:
    """Before anything looks into it."""
    answer = await house.post(f"/templates/{NAME}/save", {"text": text, "note": "x", "base": 1})
    assert answer.status_code == 400
    assert answer.json()["done"] is False


async def test_a_good_text_has_nothing_wrong_with_it(house: House) -> None:
    """Also with the line ends of a browser's form."""
    for text in (BRIEF, BRIEF.replace("\n", "\r\n")):
        checked = (await house.post(f"/templates/{NAME}/check", {"text": text})).json()
        assert checked == {"problems": [], "sentence": say("page.templates.fine")}


async def test_without_a_note_nothing_is_changed(house: House) -> None:
    """It is what those who come later have."""
    sentence = say("template.note_needed")
    assert (await save(house, note=" ")).json()["sentence"] == sentence
    await save(house)
    assert (await use(house, note="")).json()["sentence"] == sentence
    answer = await house.post(f"/templates/{NAME}/rollback", {"base": 1, "note": "\n"})
    assert answer.json()["sentence"] == sentence
    assert len(await history(house)) == 3


async def test_an_edit_made_meanwhile_is_told(either: House) -> None:
    """Whoever began from an older version loses nothing, and overwrites nothing unseen."""
    be(either, nordlys=Role.ADMIN)
    both = await asyncio.gather(save(either), save(either, BRIEF.replace("very brief", "long")))
    assert sorted(answer.status_code for answer in both) == [200, 409]
    (late,) = (answer for answer in both if answer.status_code == 409)
    assert "Ada (oidc:ada) saved support_reply@2 meanwhile" in late.json()["sentence"]
    assert (await save(either, BRIEF.replace("very brief", "long"), base=2)).json()["done"]
    assert (await use(either, 2)).json()["done"]
    assert "put support_reply@2 into use meanwhile" in (await use(either, 3)).json()["sentence"]
    answer = await either.post(f"/templates/{NAME}/rollback", {"base": 1, "note": "Back."})
    assert answer.status_code == 409
    assert (await use(either, 3, base=2)).json()["done"]


@pytest.mark.parametrize("path", ["nonesuch", f"{NAME}?version=9", f"{NAME}/compare?old=9", f"{NAME}/tests/9"])
async def test_what_is_not_there_is_said(house: House, path: str) -> None:
    """With a page, not an error."""
    assert (await house.client.get(f"/templates/{path}")).status_code == 404


async def test_a_version_that_is_not_there_is_not_put_into_use(house: House) -> None:
    """And neither is what is in use already."""
    assert (await use(house, 7)).status_code == 404
    assert (await use(house, 1)).json()["sentence"] == say("template.active_already", template=f"{NAME}@1")


async def test_the_preview_is_what_the_model_would_see(house: House) -> None:
    """For the reviews that were decided, with the version one chose."""
    await house.say("Where is my quagga, please?")
    card = await house.card()
    assert words(await house.page(f"/templates/{NAME}/preview")).endswith(say("page.templates.no_reviews_about"))
    await house.decide(card, "reject", reason="tone")
    await house.card(State.REJECTED)
    await save(house)
    page = words(await house.page(f"/templates/{NAME}/preview?version=2"))
    assert "You draft very brief replies for" in page
    assert "Where is my quagga, please?" in page
    assert "You draft replies for" in words(
        await house.page(f"/templates/{NAME}/preview?version=1&review={card.review}")
    )
    be(house, elsewhere=Role.ADMIN)
    assert (await house.client.get(f"/templates/{NAME}/preview?review={card.review}")).status_code == 404


async def test_reviews_of_another_desk_are_not_previewed(root: Path, tmp_path: Path, sqlite: sa.URL) -> None:
    """Even if that desk uses the same template: its customers' words are not for everybody who edits it."""
    said = shipped(root, tmp_path, sqlite)
    sister = said.desks["nordlys"].model_copy(update={"listens": ["web:elsewhere"]})
    async with running(said.model_copy(update={"desks": said.desks | {"sister": sister}})) as house:
        await house.say("Where is my quagga, please?")
        await house.decide(await house.card(), "reject", reason="tone")
        review = (await house.card(State.REJECTED)).review
        be(house, sister=Role.ADMIN)
        for path in ("preview", f"preview?review={review}"):
            page = await house.page(f"/templates/{NAME}/{path}")
            assert "quagga" not in page
        assert say("template.no_review", review=review, name=NAME) in words(page)
        be(house, nordlys=Role.ADMIN)
        assert "quagga" in await house.page(f"/templates/{NAME}/preview?review={review}")


async def test_what_somebody_wrote_is_text_on_every_page(house: House) -> None:
    """Names, notes and bodies with markup in them: nothing becomes an element."""
    mark = "<img src=x onerror=alert(1)>\"'&amp;</textarea><script>"
    app: Any = house.program.server.config.app
    knows = Knows(nordlys=Role.ADMIN)
    knows.seen = Viewer(Person("oidc", mark, mark), {"nordlys": Role.ADMIN}, proof="page")
    app.state.doorman = knows
    assert (await save(house, BRIEF + mark, mark)).json()["done"]
    assert (await use(house, note=mark)).json()["done"]
    for path in ("", f"/{NAME}", f"/{NAME}/compare", f"/{NAME}/history", f"/{NAME}/preview", f"/{NAME}/tests"):
        page = await house.page(f"/templates{path}")
        assert "<img" not in page
        assert "<script>" not in page
    editor = await house.page(f"/templates/{NAME}")
    (shown,) = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", editor, re.DOTALL)
    assert html.unescape(shown) == BRIEF + mark


@given(st.text(), st.text())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_comparison_holds_every_changed_line(old: str, new: str) -> None:
    """What was removed and added stands there once, in its order; nothing is lost between the gaps."""
    lines = list(compared(old, new, around=10_000))
    assert [line.text for line in lines if line.old is not None] == (old.splitlines() if lines else [])
    assert [line.text for line in lines if line.new is not None] == (new.splitlines() if lines else [])
    assert bool(lines) is (old.splitlines() != new.splitlines())


# --- trying out


@pytest.fixture
async def model() -> AsyncIterator[OpenAIServer]:
    """A model that gives good answers. What asks it is loaded before anybody waits for an answer."""
    await asyncio.to_thread(warm)
    async with OpenAIServer() as server:
        yield server


def asking(root: Path, folder: Path, database: sa.URL, server: OpenAIServer) -> Settings:
    """The settings as they are shipped, with this model."""
    said = shipped(root, folder, database)
    return said.model_copy(update={"openai_base_url": server.url, "openai_api_key": SecretStr("sk-test")})


async def decided(house: House, count: int = 4) -> None:
    """So many reviews, each approved as it was drafted."""
    for number in range(count):
        await house.say(f"Where is my parcel number {number}, please?")
        card = await house.card(text=f"number {number},")
        assert (await house.decide(card, "approve")).json()["done"]
        await house.card(State.SENT, f"number {number},")


async def order(house: House, **more: float) -> httpx2.Response:
    values = {"version": 2, "against": 1, "cases": 10, "calls": 100} | more
    return await house.post(f"/templates/{NAME}/tests", values)


async def until(fits: Callable[[], bool]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(4 * PATIENCE):
        while not fits():  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.02)


async def ended(house: House, number: int = 1) -> Trying:
    """How the backtest stands when nobody is at it any more."""
    async with asyncio.timeout(4 * PATIENCE):
        while True:
            trial = await house.program.engine.read(lambda conn: trials.get(conn, number))
            if trial is not None and trial.state is not Trying.OPEN:
                return trial.state
            await asyncio.sleep(0.05)


async def test_a_backtest_runs_by_itself_and_shows_how_far_it_is(
    root: Path, tmp_path: Path, database: sa.URL, model: OpenAIServer
) -> None:
    """Case by case and in sum; the gate then asks for it, and takes a reason instead."""
    async with running(asking(root, tmp_path, database, model)) as house:
        await decided(house)
        await save(house)
        model.script()
        assert (await order(house)).json()["go"] == f"/templates/{NAME}/tests/1"
        assert await ended(house) is Trying.DONE
        page = words(await house.page(f"/templates/{NAME}/tests/1"))
        for line in ("Version 2 against version 1", "4 of 4 reviews", "finished", "Distance, approved as drafted (4)"):
            assert line in page
        assert "4 of 4 reviews" in words(await house.page(f"/templates/{NAME}/tests"))
        assert (await use(house)).json()["done"]


async def test_a_budget_ends_it_and_more_budget_goes_on(
    root: Path, tmp_path: Path, sqlite: sa.URL, model: OpenAIServer
) -> None:
    """No draft is asked for twice."""
    async with running(asking(root, tmp_path, sqlite, model)) as house:
        await decided(house)
        await save(house)
        before = len(model.seen)
        await order(house, calls=3)
        assert await ended(house) is Trying.SPENT
        assert "3 of 4 reviews" in words(await house.page(f"/templates/{NAME}/tests/1/now"))
        await order(house, calls=50)
        assert await ended(house) is Trying.DONE
        assert len(model.seen) - before == 4
        assert (await house.client.get(f"/templates/{NAME}/tests/2")).status_code == 404


@pytest.mark.parametrize("wrong", [{"calls": 0}, {"cases": 0}, {"money": -1}, {"cases": 501}, {"calls": 2001}])
async def test_a_budget_is_needed(house: House, wrong: dict[str, float]) -> None:
    """And one within reason."""
    assert (await order(house, **wrong)).status_code == 400


async def test_what_cannot_be_tried_out_is_said(
    root: Path, tmp_path: Path, sqlite: sa.URL, model: OpenAIServer
) -> None:
    """Without a model, without reviews, or against itself."""
    async with running(asking(root, tmp_path, sqlite, model)) as house:
        await save(house)
        assert "was decided yet" in (await order(house)).json()["sentence"]
        assert "is what it would be compared to" in (await order(house, against=2)).json()["sentence"]
        assert (await order(house, version=7)).status_code == 404


async def test_without_a_model_nothing_is_tried_out(house: House) -> None:
    """The template plays no part then."""
    await save(house)
    assert (await order(house)).json()["sentence"] == say("backtest.no_model")


async def test_a_restart_in_the_middle_goes_on_where_it_was(
    root: Path, tmp_path: Path, database: sa.URL, model: OpenAIServer
) -> None:
    """The page may be closed and the program too: no review has its turn twice, and a second order is told so."""
    async with running(asking(root, tmp_path, database, model)) as house:
        await decided(house, 6)
        await save(house)
        asked = len(model.seen)
        model.script(*[slow(60.0)] * 6)
        assert (await order(house)).json()["done"]
        await until(lambda: len(model.seen) == asked + 4)
        assert "is under way" in (await order(house)).json()["sentence"]
        assert "under way" in words(await house.page(f"/templates/{NAME}/tests/1"))
        assert await house.program.engine.read(lambda conn: trials.tried(conn, 1)) == 0
    model.forget()
    async with running(asking(root, tmp_path, database, model)) as house:
        assert await ended(house) is Trying.DONE
        run = await house.program.engine.read(lambda conn: backtests.get(conn, 1))
        assert run is not None
        assert run.finished
        assert len(model.seen) == 6


async def test_somebody_may_stop_it(root: Path, tmp_path: Path, sqlite: sa.URL, model: OpenAIServer) -> None:
    """And go on later."""
    async with running(asking(root, tmp_path, sqlite, model)) as house:
        await decided(house, 1)
        await save(house)
        model.script(slow(60.0))
        await order(house)
        answer = await house.post(f"/templates/{NAME}/tests/1/stop", {})
        assert answer.json()["done"]
        assert await ended(house) is Trying.STOPPED
        assert "stopped" in words(await house.page(f"/templates/{NAME}/tests/1"))


async def test_two_replicas_do_not_try_the_same_twice(
    root: Path, tmp_path: Path, database: sa.URL, model: OpenAIServer
) -> None:
    """Whoever has the lease is at it; the other finds nothing to do."""
    wanted = asking(root, tmp_path, database, model)
    async with running(wanted) as house, running(wanted):
        await decided(house, 4)
        await save(house)
        before = len(model.seen)
        model.script(*[slow(1.5)] * 4)  # longer than the other takes until it looks
        await order(house)
        assert await ended(house) is Trying.DONE
        assert len(model.seen) - before == 4


async def test_a_version_that_does_worse_needs_a_reason(
    root: Path, tmp_path: Path, sqlite: sa.URL, model: OpenAIServer
) -> None:
    """It is asked for beside the objection, and goes on record."""
    async with running(asking(root, tmp_path, sqlite, model)) as house:
        await decided(house, 2)
        await save(house, SHIPPED.replace("You draft replies for", "You draft no replies for"))
        await house.program.engine.write(_far_off)
        page = words(await house.page(f"/templates/{NAME}"))
        assert "further from what was sent" in page
        assert say("page.templates.override") in page
        refused = await use(house)
        assert refused.status_code == 400
        assert "further from what was sent" in refused.json()["sentence"]
        assert (await use(house, override="The old one promises refunds.")).json()["done"]
        assert "The old one promises refunds." in words(await house.page(f"/templates/{NAME}/history"))
        assert await house.program.engine.read(lambda conn: templates.active(conn, NAME)) == 2


def _far_off(conn: sa.Connection) -> None:
    """A finished backtest in which every draft is far from what was sent."""
    plan = backtests.Plan(NAME, 2, 1, "gpt-4.1-mini", 1)
    run = backtests.start(conn, plan, ["one"], 1.0)
    side = {"feeling": "neutral", "risks": [], "unsupported": 0, "wrong_language": False, "tokens": 1, "price": 0.0}
    kept = {"review": "one", "outcome": "approved", "old": side | {"distance": 0.0}, "new": side | {"distance": 0.9}}
    backtests.keep(conn, run, "one", kept)
    backtests.finish(conn, run, 2.0)


# --- from a chat


async def typed(house: House, text: str, by: Person) -> str:
    """What a chat answers to somebody, with the link and the long text."""
    manner = Manner(
        call="/countersign", here=Place("slack", "C1"), thread_of=lambda _: None, now=house.program.clock(), version="1"
    )
    said = await commands.answer(house.program.desk, by, text, manner)
    return "\n".join((*said.sentences, *said.notes, said.code, said.link))


async def test_a_chat_lists_shows_previews_and_rolls_back(root: Path, tmp_path: Path, sqlite: sa.URL) -> None:
    """Leads read, admins roll back, each for the desks that are theirs; the answers lead to the pages."""
    said = shipped(root, tmp_path, sqlite)
    roles = {"web:ana": "agent", "web:lea": "lead", "web:ada": "admin"}
    desks = {name: desk.model_copy(update={"people": roles}) for name, desk in said.desks.items()}
    ana, lea, ada = (Person("web", name, name.title()) for name in ("ana", "lea", "ada"))
    async with running(said.model_copy(update={"desks": desks})) as house:
        await save(house)
        assert (await use(house)).json()["done"]
        await house.say("Where is my quagga, please?")
        card = await house.card()
        listed = await typed(house, "prompts", lea)
        assert "support_reply@2, in use since " in listed
        assert listed.endswith("/templates")
        assert "You draft very brief replies" in await typed(house, "prompts show support_reply", lea)
        first = await typed(house, "prompts show support_reply@1", lea)
        assert "You draft replies for" in first
        assert first.endswith(f"/templates/{NAME}?version=1")
        seen = await typed(house, f"prompts preview support_reply@1 {card.review}", lea)
        assert "Where is my quagga, please?" in seen
        assert "There is no review nonesuch" in await typed(house, "prompts preview support_reply nonesuch", lea)
        assert "There is no support_reply@9." in await typed(house, "prompts show support_reply@9", lea)
        assert say("prompts.unknown", name="other") in await typed(house, "prompts show other", lea)
        assert say("prompts.admins_only") in await typed(house, "prompts rollback support_reply Back.", lea)
        assert say("command.leads_only") in await typed(house, "prompts show support_reply", ana)
        assert "is in use again" in await typed(house, "prompts rollback support_reply Too brief.", ada)
        assert (await history(house))[-1] == ("template_rolled_back", "Ada (web:ada)", 1, "Too brief.")
