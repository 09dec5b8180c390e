"""`ArgillaServer`: whom the key and the token go to, and what is read."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from distilabel._distiset.argilla.server import ArgillaServer
from distilabel.errors import DistilabelUserError
from fake_argilla import KEY, FakeArgilla, FakeDataset, Record, Settings


def test_what_is_given_counts_more_than_the_environment(
    server: FakeArgilla, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.refusal = "no"
    with pytest.raises(DistilabelUserError, match="http://given did not connect") as raised:
        _ = ArgillaServer("s", "http://given", SecretStr("other-key")).client
    assert "other-key" not in str(raised.value)
    monkeypatch.delenv("ARGILLA_API_KEY")
    with pytest.raises(DistilabelUserError, match=r"`api_key` is missing.*ARGILLA_API_KEY"):
        ArgillaServer("s", "http://given")


def test_token_is_sent_to_spaces_only(server: FakeArgilla, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    others = (
        "http://127.0.0.1",
        "https://evil.example/?a=.hf.space",
        "https://me.hf.space.evil.io",
    )
    for url in others:
        _ = ArgillaServer("s", url).client
        assert server.headers == {}
    _ = ArgillaServer("s", "https://me.hf.space").client
    assert server.headers == {"Authorization": "Bearer hf_x"}


def test_all_pages_are_read(server: FakeArgilla) -> None:
    dataset = FakeDataset(server, "d", Settings(fields=[], questions=[]))
    dataset.create()
    for count, pages in ((0, [0]), (250, [250, 0]), (251, [250, 1])):
        dataset.kept = {str(i): Record(id=str(i), fields={}) for i in range(count)}
        server.pages.clear()
        assert len(list(ArgillaServer("s").records(dataset))) == count
        assert server.pages == pages


def test_a_user_who_may_not_list_users_sees_ids(server: FakeArgilla) -> None:
    assert ArgillaServer("s").usernames == {"u1": "ann", "u2": "bob"}
    server.users = {}
    assert ArgillaServer("s").usernames == {}


def test_the_first_workspace_is_the_default(server: FakeArgilla) -> None:
    found = ArgillaServer("s")
    assert found.workspace(None).name == "argilla"
    with pytest.raises(DistilabelUserError, match=r"no dataset 'd' .* 'empty'. Its datasets: none"):
        found.dataset("d", "empty")
    assert KEY not in repr(found)
