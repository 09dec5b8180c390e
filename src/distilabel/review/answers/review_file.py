"""`ReviewFile`: the SQLite file `review.sqlite`, with the answers of people about rows.

Answers are only appended: the one with the highest number counts, and undoing appends as well.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from distilabel._core.private_files import create_private_folder, make_private, open_private
from distilabel.errors import DistilabelUserError

NAME: Final = "review.sqlite"
VERSION: Final = 1
# Seconds to wait for another process that writes to the file.
_BUSY_SECONDS: Final = 2.0
_SCHEMA: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE source (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, fingerprint TEXT NOT NULL,
    shown TEXT NOT NULL, settings TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE annotator (name TEXT PRIMARY KEY, at REAL NOT NULL);
CREATE TABLE question (
    source INTEGER NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, kind TEXT NOT NULL,
    options TEXT NOT NULL, guidelines TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (source, name, version)
);
CREATE TABLE row (
    source INTEGER NOT NULL, uid TEXT NOT NULL, digest TEXT NOT NULL, position INTEGER,
    PRIMARY KEY (source, uid)
);
CREATE INDEX row_position ON row (source, position);
CREATE INDEX row_digest ON row (source, digest);
CREATE TABLE answer (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, source INTEGER NOT NULL,
    uid TEXT NOT NULL, annotator TEXT NOT NULL, question TEXT NOT NULL, version INTEGER NOT NULL,
    unit TEXT NOT NULL, value TEXT NOT NULL, status TEXT NOT NULL, shown TEXT NOT NULL,
    judge TEXT NOT NULL, strategy TEXT NOT NULL, ms INTEGER NOT NULL, at REAL NOT NULL
);
CREATE INDEX answer_current ON answer (source, uid, annotator, question, unit, seq);
CREATE TABLE claim (
    source INTEGER NOT NULL, uid TEXT NOT NULL, annotator TEXT NOT NULL, expires REAL NOT NULL,
    strategy TEXT NOT NULL, PRIMARY KEY (source, uid, annotator)
);
CREATE TABLE code (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL DEFAULT '',
    merged_into INTEGER, at REAL NOT NULL
);
"""


class ReviewFile:
    """A review file and its connection; used by one thread at a time.

    Args:
        path: Path of the file; it and its folder are created if missing.

    Raises:
        DistilabelUserError: The file cannot be opened, or is not a review file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            create_private_folder(path.parent)
            open_private(path, "ab").close()
            make_private(path)
            self.connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise DistilabelUserError(
                f"Answers cannot be stored in {path}: {error}. Make the folder writable, or name "
                "another file with --file."
            ) from error

    def _prepare(self) -> None:
        connection = self.connection
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise DistilabelUserError(
                f"{self.path} was written by a later version of distilabel (format {version}; this "
                f"one reads {VERSION}). Upgrade distilabel."
            )
        connection.execute("PRAGMA journal_mode=WAL")
        # An answer that was acknowledged survives a power cut.
        connection.execute("PRAGMA synchronous=FULL")
        if version == 0:
            with self.transaction():
                tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
                if tables:
                    raise DistilabelUserError(
                        f"{self.path} is an SQLite file, but not one of a review. Name another "
                        "file with --file."
                    )
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                # Orders that people cannot guess: shuffled candidates and random rows.
                connection.execute("INSERT INTO meta VALUES ('seed', ?)", (secrets.token_hex(16),))
                connection.execute(f"PRAGMA user_version={VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Runs the block in a transaction, which a raised exception undoes."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException:
            # A full disk has ended the transaction already.
            with suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")
            raise

    @property
    def port(self) -> int:
        """Port at which the pages were served last; 0 if they never were."""
        found = self.connection.execute("SELECT value FROM meta WHERE name='port'").fetchone()
        return int(found[0]) if found else 0

    @port.setter
    def port(self, port: int) -> None:
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES ('port', ?)", (str(port),))

    @property
    def seed(self) -> str:
        """Random text of this file, from which orders are made."""
        return str(
            self.connection.execute("SELECT value FROM meta WHERE name='seed'").fetchone()[0]
        )

    def source(self, name: str, fingerprint: str, shown: tuple[str, ...]) -> Source:
        """Returns a source, which is added if it is new.

        Args:
            name: Name of the table.
            fingerprint: Fingerprint of its rows.
            shown: Columns that people see; those of the first time are kept.
        """
        with self.transaction() as connection:
            found = connection.execute(
                "SELECT id, fingerprint, shown, settings FROM source WHERE name=?", (name,)
            ).fetchone()
            if found is None:
                number = connection.execute(
                    "INSERT INTO source (name, fingerprint, shown) VALUES (?, ?, ?) RETURNING id",
                    (name, fingerprint, json.dumps(shown)),
                ).fetchone()[0]
                return Source(number, name, shown, {}, False)
            number, before, stored, settings = found
            changed = before != fingerprint
            if changed:
                # Rows may be elsewhere now; `RowIds` finds them again by their texts.
                connection.execute("UPDATE row SET position=NULL WHERE source=?", (number,))
                connection.execute(
                    "UPDATE source SET fingerprint=? WHERE id=?", (fingerprint, number)
                )
        return Source(number, name, tuple(json.loads(stored)), json.loads(settings), changed)

    def sources(self) -> dict[str, tuple[int, tuple[str, ...]]]:
        """Returns name → number and shown columns of each source."""
        rows = self.connection.execute("SELECT name, id, shown FROM source ORDER BY id")
        return {name: (number, tuple(json.loads(shown))) for name, number, shown in rows}

    def save_settings(self, source: Source) -> None:
        """Stores the settings of a source."""
        self.connection.execute(
            "UPDATE source SET settings=? WHERE id=?", (json.dumps(source.settings), source.id)
        )

    def close(self) -> None:
        """Closes the connection."""
        self.connection.close()


class Source:
    """A table whose rows are reviewed.

    Args:
        id: Its number in the file.
        name: Name of the table.
        shown: Columns that people see.
        settings: What was set on the page for it.
        changed: Whether its rows may differ from those of the last time.
    """

    def __init__(
        self, id: int, name: str, shown: tuple[str, ...], settings: dict[str, Any], changed: bool
    ) -> None:
        self.id = id
        self.name = name
        self.shown = shown
        self.settings = settings
        self.changed = changed
