"""Messages about servers that ended, from the end of their logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel.models.servers.failures import explain, weights_size
from distilabel.models.servers.spec import VLLM, ServerSpec


def explained(tmp_path: Path, text: str, *, model: str = "a/b", status: int = 1) -> str:
    log = tmp_path / "server.log"
    log.write_text(text)
    return explain(ServerSpec(VLLM, model, ()), "/env/python", log, status).text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("OSError: [Errno 98] Address already in use", "its port is taken"),
        ("ValueError: ... requires you to ... `trust_remote_code=True`", "trust_remote_code=True."),
        ("LocalEntryNotFoundError: outgoing traffic has been disabled", "is not on this machine"),
        ("Repository Not Found for url: https://huggingface.co/a/b", "'a/b' was not found"),
        (
            "Model architectures ['X'] are not supported for now",
            "does not support the architecture",
        ),
        ("ValueError: No available memory for the cache blocks", "not enough memory"),
        ("RuntimeError: No CUDA GPUs are available", "no GPU that it can use"),
    ],
)
def test_known_causes_are_recognized(tmp_path: Path, line: str, words: str) -> None:
    assert words in explained(tmp_path, line).splitlines()[0]


def test_the_message_has_only_the_last_lines_without_credentials(tmp_path: Path) -> None:
    log = "\n".join(f"line {i}" for i in range(100)) + "\nhttps://me:secret@host/x\n"
    text = explained(tmp_path, log)
    assert "line 99" in text
    assert "line 50" not in text
    assert "secret" not in text


def test_errors_are_shown_rather_than_what_follows_them(tmp_path: Path) -> None:
    log = "ERROR KeyError: 'this'\n" + "\n".join(f"INFO route {i}" for i in range(100))
    text = explained(tmp_path, log)
    assert "KeyError: 'this'" in text


def test_the_size_of_the_weights_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("a.safetensors", "b.safetensors", "a.bin"):
        with (folder / name).open("wb") as file:
            file.truncate(3 * 2**30)
    assert weights_size(str(folder)) == 6 * 2**30
    text = explained(tmp_path, "CUDA out of memory", model=str(folder))
    assert "whose weights have 6.0 GiB" in text


def test_a_model_in_the_cache_of_the_hub_has_a_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / "models--a--b" / "snapshots" / "1"
    folder.mkdir(parents=True)
    (folder / "x.safetensors").write_bytes(b"12345")
    assert weights_size("a/b") == 5
    assert weights_size("a/c") == 0
