"""Codes: names for kinds of faults, by which free notes are grouped and counted."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import Final

from distilabel.errors import DistilabelUserError
from distilabel.review.answers.review_file import ReviewFile

_MOST_CHARACTERS: Final = 60


@dataclass(frozen=True)
class Code:
    """A kind of fault.

    Attributes:
        id: Its number.
        name: Its name.
        description: What it means.
    """

    id: int
    name: str
    description: str = ""


class Codebook:
    """The codes of a review file.

    Args:
        file: Review file.
    """

    def __init__(self, file: ReviewFile) -> None:
        self._file = file

    def all(self) -> list[Code]:
        """Returns the codes, those that were merged into others aside."""
        rows = self._file.connection.execute(
            "SELECT id, name, description FROM code WHERE merged_into IS NULL ORDER BY name"
        )
        return [Code(*row) for row in rows]

    def names(self) -> dict[int, str]:
        """Returns number → name, of merged codes the name of the other one."""
        rows = self._file.connection.execute("SELECT id, name, merged_into FROM code").fetchall()
        names = {number: name for number, name, _ in rows}
        target = {number: into for number, _, into in rows if into is not None}
        found = {}
        for number in names:
            last = number
            while last in target:
                last = target[last]
            found[number] = names[last]
        return found

    def add(self, name: str, description: str = "") -> Code:
        """Adds a code, or returns the one of that name.

        Raises:
            DistilabelUserError: The name is empty or too long.
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= _MOST_CHARACTERS:
            raise DistilabelUserError(f"code: a name has 1 to {_MOST_CHARACTERS} characters.")
        connection = self._file.connection
        connection.execute(
            "INSERT INTO code (name, description, at) VALUES (?, ?, ?) ON CONFLICT (name) "
            "DO UPDATE SET merged_into=NULL",
            (name, description, time.time()),
        )
        row = connection.execute("SELECT id, name, description FROM code WHERE name=?", (name,))
        return Code(*row.fetchone())

    def rename(self, code: int, name: str, description: str) -> None:
        """Changes the name and the description of a code.

        Raises:
            DistilabelUserError: The name is empty, too long, or that of another code.
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= _MOST_CHARACTERS:
            raise DistilabelUserError(f"code: a name has 1 to {_MOST_CHARACTERS} characters.")
        try:
            self._file.connection.execute(
                "UPDATE code SET name=?, description=? WHERE id=?", (name, description, code)
            )
        except sqlite3.IntegrityError:
            raise DistilabelUserError(
                f"code: there is a code {name!r} already. Merge the two instead."
            ) from None

    def merge(self, code: int, into: int) -> None:
        """Makes a code another name of a second one.

        Raises:
            DistilabelUserError: The two are the same, or one does not exist.
        """
        known = {each.id for each in self.all()}
        if code == into or not {code, into} <= known:
            raise DistilabelUserError("code: choose two different codes to merge.")
        self._file.connection.execute("UPDATE code SET merged_into=? WHERE id=?", (into, code))
