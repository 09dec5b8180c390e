"""The spool: rows that wait for a global step, in files instead of in memory.

On whatever file system `fsspec` reaches. What is read back is what was written: the files carry a
mark that only this run can make, so that nobody else's bytes are ever unpickled.
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
from distilabel._engine.storage.spill_storage import SpillStorage
from distilabel.errors import StoreError

# Rows in a file.
_PART: Final = 5000


class SpillFile:
    """Rows of one step.

    Args:
        name: of the step.
        storage: where to put them.
        shared: what the nodes of the run share.
    """

    def __init__(self, name: str, storage: SpillStorage, context: RunContext) -> None:
        self._name = name
        self._files = storage.files
        # Runs at the same time do not meet.
        self._folder = f"{storage.folder.rstrip('/')}/{secrets.token_hex(4)}/{name}"
        self._context = context
        self._secret = secrets.token_bytes(32)
        self._rows: list[Any] = []
        self._parts: list[asyncio.Task[str]] = []
        self._count = 0
        context.spill_files.append(self)

    def put(self, rows: list[Any]) -> list[int]:
        """Takes rows and gives their numbers."""
        numbers = range(self._count, self._count + len(rows))
        self._count += len(rows)
        self._rows += rows
        if len(self._rows) >= _PART:
            part, self._rows = self._rows, []
            self._context.begin()
            self._parts.append(asyncio.ensure_future(self._written(len(self._parts), part)))
        return list(numbers)

    async def _written(self, number: int, rows: list[Any]) -> str:
        try:
            path = f"{self._folder}/seq_no_{number}/data.rows"
            await self._context.in_thread(self._write, path, rows)
            return path
        finally:
            self._context.end()

    def _write(self, path: str, rows: list[Any]) -> None:
        data = pickle.dumps(rows, protocol=pickle.HIGHEST_PROTOCOL)
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        with self._files.open(path, "wb") as file:
            file.write(hmac.digest(self._secret, data, hashlib.sha256))
            file.write(data)

    async def take(self, numbers: list[int]) -> list[Any]:
        """All rows, in the order of the numbers given.

        Raises:
            StoreError: a file could not be written or read.
        """
        try:
            rows: list[Any] = []
            for part in self._parts:
                rows += await self._context.in_thread(self._read, await part)
        except Exception as error:
            # File systems raise whatever they like, and so does pickling what rows hold.
            raise StoreError(
                f"Rows on their way to {self._name} cannot be kept in {self._folder}: {error}. "
                "Free space or allow writing there, or run without storage_parameters and "
                "use_fs_to_pass_data. What was answered is kept."
            ) from error
        rows += self._rows
        return [rows[number] for number in numbers]

    def _read(self, path: str) -> list[Any]:
        data = self._files.cat_file(path)
        mark, data = data[:32], data[32:]
        if not hmac.compare_digest(mark, hmac.digest(self._secret, data, hashlib.sha256)):
            raise ValueError(f"{path} is not what was written there")
        rows: list[Any] = pickle.loads(data)
        return rows

    async def close(self) -> None:
        """Removes the files; whoever leaves one behind harms nobody."""
        await asyncio.gather(*self._parts, return_exceptions=True)
        with contextlib.suppress(OSError):
            await self._context.in_thread(self._remove)

    def _remove(self) -> None:
        parent = self._folder.rpartition("/")[0]
        if self._files.exists(parent):
            self._files.rm(parent, recursive=True)
