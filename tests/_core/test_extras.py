"""Protects the message for a package of an extra that is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel._core.extras import import_extra


def test_a_missing_package_is_named_with_the_command_that_installs_it() -> None:
    with pytest.raises(ImportError) as raised:
        import_extra("no_such_package.part", extra="owls", subject="OwlLLM")
    assert str(raised.value) == (
        "OwlLLM: the package 'no_such_package' is not installed. "
        "Run: pip install 'distilabel[owls]'"
    )


def test_a_package_that_fails_to_import_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_owl.py").write_text("import no_such_library")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match="cannot be imported: No module named 'no_such_library'"):
        import_extra("broken_owl", extra="owls", subject="OwlLLM")


def test_an_installed_package_is_returned() -> None:
    assert import_extra("json", extra="owls", subject="OwlLLM").loads("1") == 1
