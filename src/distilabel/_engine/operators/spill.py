"""Spills rows that wait for a global step to files, on any file system of `fsspec`.

Every file is signed with a secret of the run, so that only bytes this run wrote are unpickled.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import pickle
import secrets
from typing import Any, Final

from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.spill_storage import SpillStorage
from distilabel.errors import StoreError

# Rows in a file.
_PART: Final = 5000


class SpillFile:
    """Stores the rows that wait for one step.

    Args:
        name: Name of the step.
        storage: Where the files go.
        context: Context of the run.
    """

    def __init__(self, name: str, storage: SpillStorage, context: RunContext) -> None:
        self._name = name
        self._files = storage.files
        # Runs that share a folder do not share files.
        self._folder = f"{storage.folder.rstrip('/')}/{secrets.token_hex(4)}/{name}"
        self._context = context
        self._secret = secrets.token_bytes(32)
        self._rows: list[Any] = []
        self._parts: list[asyncio.Task[str]] = []
        self._count = 0
        context.spill_files.append(self)

    def put(self, rows: list[Any]) -> list[int]:
        """Stores rows.

        Returns:
            A number for each row, for `take`.
        """
        numbers = range(self._count, self._count + len(rows))
        self._count += len(rows)
        self._rows += rows
        if len(self._rows) >= _PART:
            part, self._rows = self._rows, []
            # Counted from here until the task is done, even if it is canceled before it runs.
            self._context.activity.begin()
            task = asyncio.ensure_future(self._write_part(len(self._parts), part))
            task.add_done_callback(lambda _: self._context.activity.end())
            self._parts.append(task)
        return list(numbers)

    async def _write_part(self, number: int, rows: list[Any]) -> str:
        path = f"{self._folder}/seq_no_{number}/data.rows"
        await self._context.in_thread(self._write, path, rows)
        return path

    def _write(self, path: str, rows: list[Any]) -> None:
        data = pickle.dumps(rows, protocol=pickle.HIGHEST_PROTOCOL)
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        with self._files.open(path, "wb") as file:
            file.write(hmac.digest(self._secret, data, hashlib.sha256))
            file.write(data)

    async def take(self, numbers: list[int]) -> list[Any]:
        """Reads rows back.

        Args:
            numbers: Numbers of the rows, from `put`.

        Returns:
            The rows, in the order of the numbers.

        Raises:
            StoreError: A file could not be written or read.
        """
        try:
            rows: list[Any] = []
            for part in self._parts:
                rows += await self._context.in_thread(self._read, await part)
        except Exception as error:
            # File systems raise errors of their own, and so does pickling the values of rows.
            raise StoreError(
                f"The rows for {self._name} cannot be stored in {self._folder}: {error}. Free "
                "space or allow writing there, or run without storage_parameters and "
                "use_fs_to_pass_data. Answers received so far are stored."
            ) from error
        rows += self._rows
        return [rows[number] for number in numbers]

    def _read(self, path: str) -> list[Any]:
        data = self._files.cat_file(path)
        mark, data = data[:32], data[32:]
        if not hmac.compare_digest(mark, hmac.digest(self._secret, data, hashlib.sha256)):
            raise ValueError(f"{path} was changed after it was written")
        rows: list[Any] = pickle.loads(data)
        return rows

    async def close(self) -> None:
        """Removes the files; one that cannot be removed is left behind."""
        await asyncio.gather(*self._parts, return_exceptions=True)
        with contextlib.suppress(OSError):
            await self._context.in_thread(self._remove)

    def _remove(self) -> None:
        parent = self._folder.rpartition("/")[0]
        if self._files.exists(parent):
            self._files.rm(parent, recursive=True)
