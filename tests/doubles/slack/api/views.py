"""views.open, .push, .update and .publish."""

from __future__ import annotations

from typing import Any

from tests.doubles.slack.api.methods import method
from tests.doubles.slack.call import Call, missing
from tests.doubles.slack.core import Core
from tests.doubles.slack.wire import Json, Refused


def _view(call: Call) -> Any:
    if not call.given("view"):
        raise missing("view")
    return call.args["view"]


@method("views.open")
def open_view(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/views.open"""
    return {"view": core.modals.shape(core.modals.open(call.text("trigger_id", needed=True), _view(call)))}


@method("views.push")
def push(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/views.push"""
    return {"view": core.modals.shape(core.modals.push(call.text("trigger_id", needed=True), _view(call)))}


@method("views.update")
def update(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/views.update"""
    view_id, external_id = call.text("view_id"), call.text("external_id")
    if not view_id and not external_id:
        raise missing("view_id")
    found = core.modals.find(view_id, external_id)
    return {"view": core.modals.shape(core.modals.update(found, _view(call), call.text("hash")))}


@method("views.publish")
def publish(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/views.publish"""
    person = core.world.users.get(call.text("user_id", needed=True))
    if person is None:
        raise Refused("invalid_arguments", response_metadata={"messages": ["[ERROR] invalid user_id"]})
    if not core.app.home_tab:
        raise Refused("not_enabled")
    return {"view": core.modals.shape(core.modals.publish(person, _view(call), call.text("hash")))}
