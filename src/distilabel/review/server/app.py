"""The web application of the review pages: its routes."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from distilabel.review.review import Review
from distilabel.review.server import answer_routes, report_routes, row_routes
from distilabel.review.server.guard import MOST_BYTES, Guard
from distilabel.review.server.pages import PAGES, show_file, show_page
from distilabel.review.server.replies import HAS_LIVE, REVIEW


def make_app(
    review: Review, tokens: Mapping[str, str], hosts: frozenset[str] = frozenset()
) -> web.Application:
    """Makes the application.

    Args:
        review: The review.
        tokens: Token → person; an empty name is a token whose owner names themselves.
        hosts: Names of hosts under which the pages are reached, beside the local ones.
    """
    guard = Guard(tokens, hosts)
    app = web.Application(middlewares=[guard.check], client_max_size=MOST_BYTES)
    app.on_response_prepare.append(guard.add_headers)
    app[REVIEW] = review
    app[HAS_LIVE] = False
    get, post = web.get, web.post
    app.add_routes(
        [
            *[get(page, show_page) for page in PAGES],
            get("/static/{name:.+}", show_file),
            get("/api/overview", report_routes.overview),
            get("/api/rows", row_routes.list_rows),
            get("/api/row/{uid}", row_routes.show_row),
            get("/api/find", row_routes.find_row),
            get("/api/histograms", row_routes.histograms),
            get("/api/search", row_routes.search_rows),
            get("/api/image/{uid}", row_routes.show_image),
            get("/api/next", answer_routes.next_rows),
            get("/api/card/{uid}", answer_routes.card_again),
            get("/api/history", answer_routes.history),
            post("/api/answers", answer_routes.store_answers),
            post("/api/all", answer_routes.answer_all),
            post("/api/all/undo", answer_routes.undo_all),
            get("/api/agree", report_routes.agree),
            get("/api/stale", report_routes.stale),
            get("/api/codes", report_routes.codes),
            post("/api/codes", report_routes.change_codes),
            get("/api/map", report_routes.show_map),
            post("/api/setup", report_routes.change_setup),
            post("/api/export", report_routes.export),
        ]
    )
    return app
