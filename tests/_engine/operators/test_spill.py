"""Rows may wait for a global step in files, and come back as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest

from distilabel._engine.operators import spill
from distilabel.errors import DistilabelUserError, StoreError
from distilabel.pipeline import Pipeline
from distilabel.steps import GlobalStep, GroupColumns, KeepColumns, LoadDataFromDicts, StepInput

COUNT = 12_000


class Count(GlobalStep):
    """Says how many rows there are, and what lies in the folder meanwhile."""

    url: str

    @property
    def inputs(self) -> list[str]:
        return ["n"]

    @property
    def outputs(self) -> list[str]:
        return ["all", "kinds"]

    def process(self, inputs: StepInput) -> Any:
        kinds = {type(row["odd"]).__name__ for row in inputs}
        files, folder = fsspec.url_to_fs(self.url)
        waiting.append(len(files.find(folder)))
        yield [{"n": row["n"], "all": len(inputs), "kinds": sorted(kinds)} for row in inputs]


waiting: list[int] = []


def rows() -> list[dict[str, Any]]:
    # Of kinds that no table would take as they are.
    odd = [np.arange(3), {"a": None}, "text", None]
    return [{"n": n, "odd": odd[n % 4]} for n in range(COUNT)]


def run(tmp_path: Path, url: str, **how: Any) -> Any:
    waiting.clear()
    with Pipeline("spooled", cache_dir=tmp_path / "cache") as pipeline:
        load = LoadDataFromDicts(name="load", data=rows())
        load >> Count(name="count", url=url)
    return pipeline.run(**how)


@pytest.mark.parametrize("where", ["memory", "file"])
def test_rows_wait_in_files_and_come_back_as_they_were(tmp_path: Path, where: str) -> None:
    url = f"memory://waiting{tmp_path.name}" if where == "memory" else str(tmp_path / "waiting")
    distiset = run(tmp_path, url, storage_parameters={"path": url})
    made = distiset["default"]["train"]
    assert made["n"] == list(range(COUNT))
    assert made["all"] == [COUNT] * COUNT
    assert made["kinds"][0] == ["NoneType", "dict", "ndarray", "str"]
    # Some of them were there, and none of them is left.
    assert waiting == [2]
    files, folder = fsspec.url_to_fs(url)
    assert files.find(folder) == []


def test_the_cache_directory_is_used_where_no_other_is_given(tmp_path: Path) -> None:
    distiset = run(tmp_path, str(tmp_path / "cache"), use_fs_to_pass_data=True)
    assert len(distiset["default"]["train"]) == COUNT
    assert waiting[0] > 2
    assert not list((tmp_path / "cache").rglob("*.rows"))


def test_rows_of_several_predecessors_wait_as_well(tmp_path: Path) -> None:
    class Both(GlobalStep):
        @property
        def outputs(self) -> list[str]:
            return ["both"]

        def process(self, *inputs: StepInput) -> Any:
            yield [{"both": [a["n"], b["n"]]} for a, b in zip(*inputs, strict=True)]

    with Pipeline("joined", cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(name="load", data=rows())
        ways = [KeepColumns(name=name, columns=["n"]) for name in ("a", "b")]
        load >> ways >> Both(name="both") >> GroupColumns(name="end", columns=["both"])
    distiset = pipeline.run(use_fs_to_pass_data=True)
    assert distiset["default"]["train"]["grouped_both"][-1] == [[COUNT - 1, COUNT - 1]]


def test_a_file_that_somebody_else_wrote_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distilabel._engine.operators.spill import SpillFile

    write = SpillFile._write

    def tampered(self: SpillFile, path: str, rows: list[Any]) -> None:
        write(self, path, rows)
        data = Path(path).read_bytes()
        Path(path).write_bytes(data[:-1] + b"x")

    monkeypatch.setattr(SpillFile, "_write", tampered)
    with pytest.raises(StoreError, match="was changed after it was written"):
        run(tmp_path, str(tmp_path), use_fs_to_pass_data=True)


def test_a_place_that_cannot_be_used_is_told_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (str(tmp_path / "file" / "deep"), "nosuch://bucket"):
        with pytest.raises(DistilabelUserError, match=r"storage_parameters: .* cannot be used"):
            run(tmp_path, path, storage_parameters={"path": path})
        assert waiting == []


def test_waiting_rows_are_removed_when_a_run_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spill, "_PART", 5)

    class Fails(Count):
        def process(self, inputs: StepInput) -> Any:
            list(super().process(inputs))
            raise ZeroDivisionError("broken")

    url = str(tmp_path / "waiting")
    waiting.clear()
    with Pipeline("spooled", cache_dir=tmp_path / "cache") as pipeline:
        load = LoadDataFromDicts(name="load", data=rows()[:10])
        load >> Fails(name="count", url=url)
    with pytest.raises(RuntimeError, match="broken"):
        pipeline.run(storage_parameters={"path": url})
    assert waiting[0] > 0
    assert [path for path in (tmp_path / "waiting").rglob("*") if path.is_file()] == []
