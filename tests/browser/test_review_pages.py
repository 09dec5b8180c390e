"""The review pages in a real browser: keys, undo, reloads, outages, blinding, texts, phones.

`make test-browser` runs these tests; without Playwright and Chromium they are skipped.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel.review.rows.table import RowTable
from distilabel.review.server.handle import ReviewServer
from distilabel.review.start import start_review
from reviewing import in_memory, preference_rows

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("Chromium is not installed", allow_module_level=True)

OTHER_ROW = "before => document.querySelector('.desk')?.dataset.uid !== before"
PAYLOADS = [
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "![x](https://evil.example/p.png)",
    "[x](javascript:window.hit=1)",
    '"><svg onload=window.hit=1>',
    "<iframe src=//evil.example></iframe>",
    "{{constructor.constructor('window.hit=1')()}}",
    "</textarea><script>window.hit=1</script>",
    "<style>*{background:url(https://evil.example)}</style>",
    "<a href=data:text/html,x>x</a>\u202e\u200b",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser without a window."""
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def _serve(tmp_path: Path, table: RowTable) -> ReviewServer:
    return start_review([table], tmp_path / "review.sqlite")


def _open(browser: Any, server: ReviewServer, path: str = "/review", **options: Any) -> Any:
    page = browser.new_context(**options).new_page()
    base, _, token = server.url.partition("/#")
    page.goto(f"{base}{path}#{token}")
    return page


def _answer(page: Any, key: str) -> None:
    before = page.get_attribute(".desk", "data-uid")
    page.keyboard.press(key)
    page.wait_for_function(OTHER_ROW, arg=before)


def _wait_until_saved(page: Any) -> None:
    page.wait_for_function("() => document.querySelector('.saved')?.textContent === 'saved ✓'")


def test_keys_answer_undo_takes_back_and_redo_gives_again(tmp_path: Path, browser: Any) -> None:
    with _serve(tmp_path, in_memory(preference_rows(30))) as server:
        page = _open(browser, server)
        page.wait_for_selector(".card")
        for key in "12=0":
            _answer(page, key)
        _wait_until_saved(page)
        assert len(server.answers()) == 4
        page.keyboard.press("z")
        page.wait_for_selector(".answer.on, .card")
        _wait_until_saved(page)
        assert len(server.answers()) == 3
        page.keyboard.press("Z")
        page.wait_for_timeout(300)
        _wait_until_saved(page)
        assert len(server.answers()) == 4


def test_a_reload_while_editing_loses_nothing(tmp_path: Path, browser: Any) -> None:
    with _serve(tmp_path, in_memory(preference_rows(30))) as server:
        page = _open(browser, server)
        page.wait_for_selector(".card")
        page.keyboard.press("e")
        page.wait_for_selector("textarea.editor")
        page.keyboard.type("MINE ")
        uid = page.get_attribute(".desk", "data-uid")
        page.reload()
        page.wait_for_selector(".edited")
        assert page.get_attribute(".desk", "data-uid") == uid
        assert "MINE" in page.inner_text(".cards")


def test_answers_wait_while_the_server_is_gone(tmp_path: Path, browser: Any) -> None:
    table = in_memory(preference_rows(40))
    server = _serve(tmp_path, table)
    page = _open(browser, server)
    page.wait_for_selector(".card")
    page.wait_for_timeout(500)
    _answer(page, "1")
    _wait_until_saved(page)
    server.stop()
    for _ in range(3):
        _answer(page, "2")
    waiting = "() => document.querySelector('.saved').textContent.includes('3 waiting')"
    page.wait_for_function(waiting)
    with _serve(tmp_path, table) as again:
        assert again.url == server.url
        _wait_until_saved(page)
        assert len(again.answers()) == 4
        assert len({answer["uid"] for answer in again.answers()}) == 4


def test_hostile_texts_run_nothing_and_request_nothing(tmp_path: Path, browser: Any) -> None:
    rows = [
        {**preference_rows(1)[0], "instruction": text, "generations": [text, f"*x* {text}"]}
        for text in PAYLOADS
    ]
    with _serve(tmp_path, in_memory(rows)) as server:
        page = _open(browser, server)
        own = server.url.partition("/#")[0]
        elsewhere: list[str] = []
        reports: list[str] = []
        page.on("request", lambda r: None if r.url.startswith(own) else elsewhere.append(r.url))
        page.on("dialog", lambda d: reports.append(d.message))
        page.on("console", lambda m: reports.append(m.text) if m.type == "error" else None)
        page.wait_for_selector(".card")
        for _ in PAYLOADS[:-1]:
            assert page.evaluate("window.hit") is None
            _answer(page, "1")
        page.keyboard.press("m")
        page.goto(f"{own}/rows")
        page.wait_for_selector("a.row")
        assert page.evaluate("window.hit") is None
        assert not [url for url in elsewhere if not url.startswith(("blob:", "data:"))]
        assert reports == []


def test_the_page_tells_nothing_before_the_answer(tmp_path: Path, browser: Any) -> None:
    with _serve(tmp_path, in_memory(preference_rows(20))) as server:
        page = _open(browser, server)
        page.wait_for_selector(".card")
        assert "secret-model" not in page.content()
        _answer(page, "1")
        _wait_until_saved(page)
        page.keyboard.press("r")
        page.wait_for_selector(".told")
        assert "secret-model" in page.inner_text(".told")


def test_a_phone_shows_one_card_and_is_answered_by_touch(tmp_path: Path, browser: Any) -> None:
    with _serve(tmp_path, in_memory(preference_rows(20))) as server:
        phone: dict[str, Any] = {"viewport": {"width": 375, "height": 700}, "has_touch": True}
        page = _open(browser, server, **phone)
        page.wait_for_selector(".card")
        assert page.evaluate("document.documentElement.scrollWidth") == 375
        assert page.locator(".card:visible").count() == 1
        before = page.get_attribute(".desk", "data-uid")
        page.tap("[role=tab]:nth-child(2)")
        page.tap(".answer:first-of-type")
        page.wait_for_function(
            "b => document.querySelector('.desk')?.dataset.uid !== b", arg=before
        )
        _wait_until_saved(page)
        assert len(server.answers()) == 1
