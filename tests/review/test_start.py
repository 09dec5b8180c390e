"""`Distiset.review()` serves pages from a thread and stops; beyond this machine it needs names."""

from __future__ import annotations

from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from datasets import Dataset

from distilabel.distiset import Distiset
from distilabel.errors import DistilabelUserError
from distilabel.review.server.handle import ReviewServer
from distilabel.review.start import start_review
from reviewing import in_memory, preference_rows


def _ask(server: ReviewServer, path: str, body: bytes | None = None) -> bytes:
    base, _, token = server.url.partition("/#t=")
    headers = {"X-Review-Token": token, "Content-Type": "application/json"}
    with urlopen(Request(f"{base}{path}", body, headers), timeout=10) as reply:
        content: bytes = reply.read()
    return content


def test_the_handle_of_a_distiset(tmp_path: Path) -> None:
    import json

    distiset = Distiset({"default": Dataset.from_list(preference_rows(5))})
    with distiset.review(tmp_path / "review.sqlite", per_row=2) as server:
        assert server.url.startswith("http://127.0.0.1:")
        [card] = json.loads(_ask(server, "/api/next?count=1"))["cards"]
        answer = {"id": "1", "uid": card["uid"], "question": "choice", "value": -1}
        _ask(server, "/api/answers", json.dumps({"answers": [answer]}).encode())
        [stored] = server.answers()
        assert (stored["source"], stored["value"]) == ("default-train", -1)
        url = server.url
    with pytest.raises(OSError):
        _ask(server, "/")
    # A bookmark survives: the same port and token.
    with distiset.review(tmp_path / "review.sqlite") as again:
        assert again.url == url
        assert len(again.answers()) == 1
        assert json.loads(_ask(again, "/api/overview"))["sources"][0]["settings"] == {"per_row": 2}


def test_people_get_addresses_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "review.sqlite"
    with start_review([in_memory(preference_rows(3))], file, people=["ada"]) as server:
        assert list(server.urls) == ["", "ada"]
        assert len(set(server.urls.values())) == 2


def test_beyond_this_machine_names_are_required(tmp_path: Path) -> None:
    with pytest.raises(DistilabelUserError, match="--annotator"):
        start_review([in_memory(preference_rows(3))], tmp_path / "r.sqlite", host="0.0.0.0")


def test_a_port_that_is_taken_is_an_error(tmp_path: Path) -> None:
    tables = [in_memory(preference_rows(3))]
    with start_review(tables, tmp_path / "one.sqlite") as server:
        port = int(server.url.split(":")[2].split("/")[0])
        with pytest.raises(DistilabelUserError, match="Choose another --port"):
            start_review(tables, tmp_path / "two.sqlite", port=port)
        # The usual port is taken: another one is used.
        with start_review(tables, tmp_path / "one.sqlite") as second:
            assert second.url != server.url
