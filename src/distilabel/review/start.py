"""`start_review`: opens a review file for some tables and serves its pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distilabel.errors import DistilabelUserError
from distilabel.review.review import Review
from distilabel.review.rows.table import RowTable
from distilabel.review.server.handle import ReviewServer
from distilabel.review.server.tokens import read_tokens

if TYPE_CHECKING:
    from aiohttp import web

_LOCAL = ("127.0.0.1", "localhost", "::1")


def start_review(
    tables: Sequence[RowTable],
    file: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    people: Sequence[str] = (),
    per_row: int | None = None,
    hosts: Sequence[str] = (),
    extend: Callable[[web.Application], None] | None = None,
) -> ReviewServer:
    """Serves the review pages of tables from a thread.

    Args:
        tables: Tables with rows.
        file: Review file; created if missing.
        host: Address to listen on. Beyond this machine, `people` are required.
        port: Port; 0 for any free one.
        people: Names of persons who get an address of their own and see only their answers.
        per_row: How many persons judge each row; None leaves it as it was set.
        hosts: Further names of hosts under which the pages are reached.
        extend: Adds routes to the web application.

    Returns:
        The server, with the address of the pages.

    Raises:
        DistilabelUserError: The file cannot be used, or the address.
    """
    if host not in _LOCAL and not people:
        raise DistilabelUserError(
            f"The pages at {host} would be open to others in the network. Name the persons who may "
            "use them; each gets an address of their own (--annotator)."
        )
    review = Review(tables, file)
    try:
        for table in review.tables.values() if per_row is not None else ():
            table.source.settings["per_row"] = per_row
            review.file.save_settings(table.source)
        # The owner's token comes first, but only for this machine.
        names = [*people] if host not in _LOCAL else ["", *people]
        tokens = read_tokens(file, names)
        return ReviewServer(review, tokens, host, port, frozenset(hosts), extend)
    except BaseException:
        review.close()
        raise


def review_datasets(datasets: Any, file: Path, **options: Any) -> ReviewServer:
    """Serves the review pages of a distiset.

    Args:
        datasets: Name → dataset.
        file: Review file.
        **options: As for `start_review`.

    Raises:
        DistilabelUserError: There are no rows, or the file or the address cannot be used.
    """
    from distilabel.review.rows.sources import tables_of

    return start_review(tables_of(datasets), file, **options)
