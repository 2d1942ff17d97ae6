"""What one would assemble instead: bolt, LangGraph and ChatOpenAI, as their manuals show it. `python -m tests.bench.slack_peer`.

It keeps no audit and no outbox and does not know a message told twice; what it was doing when it died is lost, because
bolt acknowledges an event before its listener runs. Everything it needs comes from the environment: SLACK_BOT_TOKEN,
SLACK_SIGNING_SECRET, SLACK_API_URL, OPENAI_BASE_URL, REVIEWS (a channel) and DATABASE; TUNED takes what is slow by
default out of it.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypedDict

import aiohttp
import aiosqlite
import openai
import uvicorn
from fastapi import FastAPI, Request
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from pydantic import SecretStr
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.drafting.model import Answer

_SYSTEM = (
    "You draft replies for the support desk of Nordlys, an online shop. Answer in the customer's language, friendly and"
    " brief, and promise nothing that the articles below do not promise.\n\n{articles}"
)
# As long as the articles that our own drafter gives to the model.
_ARTICLES = "Parcels leave our warehouse within two working days and take three more. " * 20


class State(TypedDict, total=False):
    """What the graph keeps of a customer's message."""

    channel: str
    thread: str
    message: str
    draft: dict[str, Any]
    card: str
    decision: str


def _model(http: Any) -> Any:
    chat = ChatOpenAI(
        model="gpt-4.1-mini",
        api_key=SecretStr("none"),
        base_url=os.environ["OPENAI_BASE_URL"],
        http_async_client=http,
        openai_proxy=None if http else "",
    )
    return chat.with_structured_output(Answer, method="json_schema")


def _blocks(text: str, draft: dict[str, Any], thread: str, *, open_: bool) -> list[dict[str, Any]]:
    said = [f"*Customer*\n{text}", f"*Draft* ({draft['language']}, {draft['mood']})\n{draft['reply']}"]
    blocks: list[dict[str, Any]] = [{"type": "section", "text": {"type": "mrkdwn", "text": one}} for one in said]
    buttons = [
        {"type": "button", "action_id": verb, "value": thread, "text": {"type": "plain_text", "text": verb.title()}}
        for verb in ("approve", "edit", "reject")
    ]
    return [*blocks, {"type": "actions", "block_id": "decide", "elements": buttons}] if open_ else blocks


def _graph(saver: Any, model: Any, client: AsyncWebClient) -> Any:
    async def draft(state: State) -> State:
        messages = [("system", _SYSTEM.format(articles=_ARTICLES)), ("human", state["message"])]
        return {"draft": (await model.ainvoke(messages)).model_dump()}

    # A node of its own: the one that waits begins anew when it is resumed, and would post the card twice.
    async def show(state: State) -> State:
        blocks = _blocks(state["message"], state["draft"], state["thread"], open_=True)
        posted = await client.chat_postMessage(channel=os.environ["REVIEWS"], text="A draft to review", blocks=blocks)
        return {"card": posted["ts"]}

    async def review(state: State) -> State:
        return {"decision": interrupt("approve?")}

    async def send(state: State) -> State:
        await client.chat_postMessage(
            channel=state["channel"], thread_ts=state["thread"], text=state["draft"]["reply"], unfurl_links=False
        )
        blocks = _blocks(state["message"], state["draft"], state["thread"], open_=False)
        await client.chat_update(channel=os.environ["REVIEWS"], ts=state["card"], text="Sent", blocks=blocks)
        return {}

    graph = StateGraph(State)
    before = START
    for step in (draft, show, review, send):
        graph.add_node(step.__name__, step)
        graph.add_edge(before, step.__name__)
        before = step.__name__
    graph.add_edge(before, END)
    return graph.compile(checkpointer=saver)


@asynccontextmanager
async def _saver(*, tuned: bool) -> AsyncIterator[AsyncSqliteSaver]:
    async with aiosqlite.connect(os.environ["DATABASE"]) as conn:
        saver = AsyncSqliteSaver(conn)
        await saver.setup()
        if tuned:
            await conn.execute("PRAGMA synchronous = NORMAL")
        yield saver


async def serve() -> None:
    """Until killed."""
    tuned = os.environ.get("TUNED") == "1"
    async with aiohttp.ClientSession() as session, _saver(tuned=tuned) as saver:
        client = AsyncWebClient(
            token=os.environ["SLACK_BOT_TOKEN"],
            base_url=os.environ["SLACK_API_URL"],
            session=session if tuned else None,
        )
        graph = _graph(saver, _model(openai.DefaultAioHttpClient() if tuned else None), client)
        durability = "exit" if tuned else "async"
        bolt = AsyncApp(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"])
        at_work: dict[str, asyncio.Future[Any]] = {}

        @bolt.event("message")
        async def message(event: dict[str, Any]) -> None:
            state = {"channel": event["channel"], "thread": event["ts"], "message": event["text"]}
            config = {"configurable": {"thread_id": event["ts"]}}
            at_work[event["ts"]] = asyncio.ensure_future(graph.ainvoke(state, config, durability=durability))

        @bolt.action("approve")
        async def approve(ack: Any, action: dict[str, Any]) -> None:
            await ack()
            thread = action["value"]
            # A click while the graph still writes down that it waits would begin the step before anew.
            await at_work.pop(thread)
            config = {"configurable": {"thread_id": thread}}
            await graph.ainvoke(Command(resume="approve"), config, durability=durability)

        handler, api = AsyncSlackRequestHandler(bolt), FastAPI()

        @api.post("/slack/events")
        async def events(request: Request) -> Any:
            return await handler.handle(request)

        @api.get("/readyz")
        async def ready() -> dict[str, str]:
            return {"status": "ready"}

        listening = socket.create_server(("127.0.0.1", 0))
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(f"Serving at http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        await uvicorn.Server(uvicorn.Config(api, log_config=None, access_log=False)).serve(sockets=[listening])


if __name__ == "__main__":
    asyncio.run(serve())
