"""An admin signs in: a template from a slip of the pen to the version in use and back, and the settings in force."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.roles.conftest import ADMIN, SECRET, Coming, Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
PLACE = "/templates/support_reply"


async def test_a_template_from_draft_to_use_and_back(coming: Coming) -> None:
    """What is wrong is said while it is typed; put right, it is saved, looked at, compared, used, and taken back."""
    async with coming() as ada:
        await ada.sign_in(ADMIN, PLACE)
        await _edit(ada)
        await _look(ada)
        await _use(ada)
        await _roll_back(ada)


async def _edit(ada: Visitor) -> None:
    editor = ada.page.locator("form[data-editor]")
    text = editor.get_by_role("textbox", name="The template’s text")
    before = await text.input_value()
    await text.fill(before + "\n{{nonesuch}}")
    faults = ada.page.locator("[data-faults]")
    await expect(faults.get_by_role("button")).to_contain_text(["nonesuch"])
    await ada.fit()
    await editor.get_by_label("Why").fill("Too soon")
    await editor.get_by_role("button", name="Save as draft").click()
    await expect(editor.locator(".answer")).not_to_be_empty()
    await text.fill(before.replace("Answer what the customer asks", "Answer kindly what the customer asks"))
    await expect(faults).to_contain_text("Nothing is wrong with it.")
    await editor.get_by_label("Why").fill("Kinder")
    await editor.get_by_role("button", name="Save as draft").click()
    await expect(ada.page.get_by_role("heading", name="Version 2", exact=True)).to_be_visible()
    await expect(ada.page.get_by_role("heading", name="Put version 2 into use")).to_be_visible()
    await ada.fit()


async def _look(ada: Visitor) -> None:
    await _tab(ada, "Preview")
    await expect(ada.page.locator("pre.code").first).to_contain_text("Answer kindly what the customer asks")
    await expect(ada.page.locator("pre.code").last).to_contain_text("umbrella")
    await ada.fit()
    await _tab(ada, "Compare")
    await expect(ada.page.locator("table.comparison ins")).to_contain_text("Answer kindly what the customer asks")
    await ada.fit()


async def _use(ada: Visitor) -> None:
    await _tab(ada, "Edit")
    form = ada.page.locator("form[data-send$='/activate']")
    await form.get_by_label("Why").fill("The team agreed")
    await form.get_by_role("button", name="Put into use").click()
    await expect(_in_use(ada)).to_have_text("Version 2 in use")
    await ada.fit()


async def _roll_back(ada: Visitor) -> None:
    await _tab(ada, "History")
    form = ada.page.locator("form[data-send$='/rollback']")
    await form.get_by_label("Why").fill("Too kind")
    await form.get_by_role("button", name="Back to version 1").click()
    await expect(_in_use(ada)).to_have_text("Version 1 in use")
    await _tab(ada, "History")
    changes = ada.page.get_by_role("region", name="Who changed what").get_by_role("listitem")
    await expect(changes.first).to_contain_text("Version 1 put back into use")
    await expect(changes.first).to_contain_text("Ada Quist")
    await expect(changes.first).to_contain_text("Too kind")
    await ada.fit()


async def _tab(ada: Visitor, name: str) -> None:
    await ada.page.get_by_role("navigation", name="Of this template").get_by_role("link", name=name).click()


def _in_use(ada: Visitor) -> Locator:
    return ada.page.locator(".page-head .flag").first


async def test_the_settings_in_force_and_a_pause(coming: Coming) -> None:
    """Where each comes from is said, secrets are not; drafting stops and goes on by a button."""
    async with coming() as ada:
        await ada.sign_in(ADMIN)
        await ada.follow("Desks")
        setting = ada.page.locator(".setting", has=ada.page.get_by_text("signin.client_secret", exact=True))
        await expect(setting).to_contain_text("COUNTERSIGN_SIGNIN__CLIENT_SECRET")
        assert SECRET not in await ada.page.content()
        main = ada.page.get_by_role("main")
        await expect(main.get_by_role("link", name="South")).to_have_count(0)
        await main.get_by_role("link", name="North").click()
        await expect(ada.page.get_by_role("heading", level=1)).to_have_text("North")
        assert SECRET not in await ada.page.content()
        await ada.fit()
        await ada.page.get_by_role("button", name="Pause drafting").click()
        await expect(main).to_contain_text(re.compile("Paused.*by .?Ada Quist", re.DOTALL))
        await ada.fit()
        await ada.page.get_by_role("button", name="Resume drafting").click()
        await expect(ada.page.get_by_role("button", name="Pause drafting")).to_be_visible()
