"""What an OpenAI-compatible server may do with a call, the good and the bad; the words of the scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

REPLIES = {
    "English": ("en", "Hi, thank you for your message. A colleague will look into it today. Kind regards, the desk"),
    "French": (
        "fr",
        "Bonjour, merci pour votre message. Un collègue va s'en occuper aujourd'hui. Cordialement, le service",
    ),
    "Danish": (
        "da",
        "Hej, tak for din besked. En af os ser på det i dag og vender tilbage til dig. Venlig hilsen, vi andre",
    ),
    "Swedish": (
        "sv",
        "Hej, tack för ditt meddelande. En kollega tittar på det i dag. Vänliga hälsningar, vi på tjänsten",
    ),
    "Norwegian": (
        "no",
        "Hei, takk for meldingen din. En av oss ser på det i dag og gir deg beskjed. Vennlig hilsen, oss",
    ),
}
_WRITE_IN = re.compile(rf"\bin ({'|'.join(REPLIES)})\b")


@dataclass(frozen=True)
class Does:
    """What the server does with one call: wait, then send this, or hang up instead."""

    body: Any = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    trickle: bool = False
    hang_up: bool = False


def good(**fields: Any) -> Does:
    """A well-formed answer; `fields` replace parts of it. Without a reply it writes in the language it was asked for."""
    return Does({"fields": fields})


def counting(usage: Any) -> Does:
    """A good answer that says this of its tokens."""
    return Does({"fields": {}, "usage": usage})


def content(text: str | None, **message: Any) -> Does:
    """An answer whose content is this text, whatever it is."""
    return Does(completion({"role": "assistant", "content": text, **message}))


def malformed() -> Does:
    return content("Sure! Here is the draft: {reply: 'Hi'}")


def truncated() -> Does:
    return content(json.dumps(fields_of({}))[:60])


def cut_off() -> Does:
    """The model ran out of tokens, and says so."""
    return Does(completion({"role": "assistant", "content": '{"reply": "Hi'}, finish="length"))


def wrong_schema() -> Does:
    return content(json.dumps({"answer": "Hi there"}))


def no_choices() -> Does:
    return Does({**completion({}), "choices": []})


def null_choices() -> Does:
    return Does({**completion({}), "choices": None})


def empty_reply() -> Does:
    return good(reply="  \n ")


def long_reply(characters: int = 20_000) -> Does:
    return good(reply=("word " * characters)[:characters])


def refusal() -> Does:
    return content(None, refusal="I can't help with that.")


def filtered() -> Does:
    """A content filter stopped the model."""
    return Does(completion({"role": "assistant", "content": ""}, finish="content_filter"))


def tool_call() -> Does:
    call = {"id": "call_1", "type": "function", "function": {"name": "refund", "arguments": '{"amount": 500}'}}
    return Does(completion({"role": "assistant", "content": None, "tool_calls": [call]}, finish="tool_calls"))


def in_english() -> Does:
    """A reply in English, whatever was asked for."""
    return good(language="en", reply=REPLIES["English"][1])


def rate_limited(after: float | str | None = None) -> Does:
    """429, with a Retry-After in seconds or as a date when given."""
    headers = () if after is None else (("retry-after", str(after)),)
    return refused(429, "rate_limit_exceeded", headers)


def insufficient_quota() -> Does:
    return refused(429, "insufficient_quota")


def broken(status: int = 500) -> Does:
    return refused(status, "server_error")


def unauthorized() -> Does:
    return refused(401, "invalid_api_key")


def not_found() -> Does:
    return refused(404, "model_not_found")


def bad_request() -> Does:
    return refused(400, "invalid_request")


def slow(seconds: float) -> Does:
    """A good answer, but late."""
    return replace(good(), delay=seconds)


def trickling(seconds: float) -> Does:
    """A blank twenty times a second for so long, and then nothing."""
    return Does(delay=seconds, trickle=True)


def dropped() -> Does:
    """The connection is closed without a word."""
    return Does(hang_up=True)


def page() -> Does:
    """An HTML page with status 200, as a proxy sends it."""
    return Does("<html><body>Welcome</body></html>", headers=(("content-type", "text/html"),))


def anything(body: Any) -> Does:
    """Status 200 and this body."""
    return Does(body)


_ALL = (
    good, counting, content, malformed, truncated, cut_off, wrong_schema, no_choices, null_choices, empty_reply, long_reply,
    refusal, filtered, tool_call, in_english, rate_limited, insufficient_quota, broken, unauthorized, not_found,
    bad_request, slow, trickling, dropped, page, anything,
)  # fmt: skip
BEHAVIOURS: dict[str, Callable[..., Does]] = {behaviour.__name__: behaviour for behaviour in _ALL}


def refused(status: int, code: str, headers: tuple[tuple[str, str], ...] = ()) -> Does:
    return Does({"error": {"message": code, "type": code, "param": None, "code": code}}, status, headers)


def fields_of(said: dict[str, Any], system: str = "") -> dict[str, Any]:
    asked = _WRITE_IN.findall(system)
    language, reply = REPLIES[asked[-1] if asked else "English"]
    plain = {
        "reply": reply,
        "language": language,
        "mood": "neutral",
        "angry": False,
        "cues": [],
        "intent": "a question",
    }
    return {**plain, "risks": [], "sources": [], **said}


def completion(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "scripted",
        "choices": [{"index": 0, "finish_reason": finish, "logprobs": None, "message": {"refusal": None, **message}}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 120, "total_tokens": 1020},
    }
