"""A lead signs in: what was decided at her desk and why, the record and its seals, the figures, and what is unusual."""

from __future__ import annotations

import csv
import re
from io import StringIO

import pytest
from playwright.async_api import expect

from tests.browser.roles.conftest import ANSWERED, LEAD, OPEN, Coming

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_she_finds_what_was_decided(coming: Coming) -> None:
    """By words that were written; the review's page tells it from the question to the reply that arrived. What was
    decided at the other desk is not found."""
    async with coming() as lea:
        await lea.sign_in(LEAD, "/audit")
        words = lea.page.get_by_label("Words that were written")
        await words.fill("umbrella")
        await lea.page.get_by_role("button", name="Search", exact=True).click()
        await expect(lea.page).to_have_url(re.compile("words=umbrella"))
        lines = lea.page.locator("ol.lines > li")
        await expect(lines).to_have_count(1)
        await lea.fit()
        await lines.get_by_role("link", name=re.compile("^Open the review of")).click()
        await expect(lea.page.get_by_role("heading", level=1)).to_have_text("Mia Lindqvist")
        main = lea.page.get_by_role("main")
        await expect(main).to_contain_text(ANSWERED)
        await expect(main.locator(".moment.Approve")).to_contain_text("Ana")
        await expect(main.locator(".moment.Delivered")).to_be_visible()
        await lea.fit()
        await lea.page.get_by_role("link", name="Audit").first.click()
        await words.fill("tent")
        await lea.page.get_by_role("button", name="Search", exact=True).click()
        await expect(lea.page.get_by_role("heading", name="Nothing matches")).to_be_visible()
        await lea.fit()


async def test_she_takes_the_record_elsewhere_and_checks_it(coming: Coming) -> None:
    """The file has her desk's lines and no other's; the check says that they hold."""
    async with coming() as lea:
        await lea.sign_in(LEAD, "/audit/record")
        async with lea.page.expect_download() as coming_down:
            await lea.page.get_by_role("link", name="CSV").click()
        told = (await (await coming_down.value).path()).read_text("utf-8-sig")
        rows = list(csv.DictReader(StringIO(told, newline="")))
        assert len({row["review"] for row in rows}) == len(OPEN) + 1
        assert "Approve" in {row["action"] for row in rows}
        assert "Kind regards" in told
        assert "South" not in told
        await expect(lea.page.locator("[data-exporting] [data-said]")).to_have_text(f"{len(rows)} lines written.")
        await lea.page.get_by_role("button", name="Check the whole record").click()
        await expect(lea.page.locator("[data-checking]")).to_contain_text("The record holds")
        await lea.fit()


async def test_she_sees_the_figures_and_the_radar(coming: Coming) -> None:
    """Every chart is drawn, and the one reply that went out is counted; nothing is unusual."""
    async with coming() as lea:
        await lea.sign_in(LEAD)
        await lea.follow("Insight")
        main = lea.page.get_by_role("main")
        await expect(main).to_contain_text("Sent as drafted")
        charts = main.get_by_role("img")
        assert await charts.count() > 0
        for chart in await charts.all():
            await chart.scroll_into_view_if_needed()
            box = await chart.bounding_box()
            assert box
            assert box["width"] > 100
        await lea.follow("Radar")
        await expect(main).to_contain_text("All quiet today")


async def test_templates_are_not_hers(coming: Coming) -> None:
    """They are not offered, and their address says for whom they are."""
    async with coming() as lea:
        await lea.sign_in(LEAD, "/templates/support_reply")
        await lea.refused("Only the admins of a desk can see this.")
        ways = await lea.ways()
        assert "Templates" not in ways
        assert {"Inbox", "Audit", "Insight", "Radar"} <= set(ways)
