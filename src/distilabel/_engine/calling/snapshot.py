"""Snapshots of mutable objects: tell whether any of them has changed, and put their contents back.

A snapshot holds a shallow copy of the contents of every object that can be reached from its roots.
Restoring it changes the same objects in place, so that everything that refers to them, or that two
of them share, stays as it is. Runs no code of the user's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable
from operator import is_
from types import FunctionType, MethodType
from typing import Any, Final

from distilabel._engine.calling.object_contents import (
    Contents,
    Opaque,
    contents_of,
    namespaces_of,
)
from distilabel._engine.calling.object_kinds import ATOMS, is_shared

# Elements of all containers in a snapshot that is compared after every batch.
MOST_COMPARED: Final = 5_000
# Elements below one attribute of a step in a snapshot that is restored at the next run.
MOST_RESTORED: Final = 200_000


class _Part:
    """The contents of one object at the time of the snapshot.

    Args:
        contents: Reads and writes the contents of the object.
        skip: Names that are left out, for attributes.
    """

    __slots__ = ("contents", "saved", "skip")

    def __init__(self, contents: Contents, skip: Collection[str] = ()) -> None:
        self.contents = contents
        self.skip = skip
        self.saved = self.read()

    def read(self) -> Any:
        now = self.contents.read()
        if self.skip:
            return {name: value for name, value in now.items() if name not in self.skip}
        return now


class Snapshot:
    """The contents of objects, and of all that they refer to.

    Args:
        most: Number of elements to look at below each object that is added.

    Attributes:
        is_complete: Whether everything below these objects is in the snapshot.
        functions: Functions that were found on the way.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._parts: list[_Part] = []
        # The objects are kept, so that no other one gets the id of one of them.
        self._seen: dict[int, Any] = {}
        self.is_complete = True
        self.functions: list[FunctionType] = []

    def add(self, root: Any) -> None:
        """Adds an object and what it refers to; only the object itself if that is too much."""
        found: list[Any] = []
        start = len(self._parts)
        if self._walk(root, found):
            return
        self.is_complete = False
        del self._parts[start:]
        for value in found:
            del self._seen[id(value)]
        contents = contents_of(root)
        if contents is not None:
            self._seen[id(root)] = root
            self._parts.append(_Part(contents))

    def add_attributes(
        self, owner: Any, skip: Collection[str] = (), shallow: Collection[str] = ()
    ) -> None:
        """Adds the attributes of an object, each with what it refers to.

        Args:
            owner: The object.
            skip: Names of attributes to leave out.
            shallow: Names of attributes that are added without what they refer to.
        """
        self._seen[id(owner)] = None
        for contents in namespaces_of(owner):
            part = _Part(contents, skip)
            self._parts.append(part)
            for name, value in part.saved.items():
                if name not in shallow:
                    self.add(value)

    def add_contents(self, contents: Contents) -> None:
        """Adds the contents of an object, without what they refer to."""
        self._parts.append(_Part(contents))

    def objects(self, kind: Any) -> list[Any]:
        """Returns the objects of a type that are in the snapshot."""
        return [value for value in self._seen.values() if isinstance(value, kind)]

    @property
    def can_be_restored(self) -> bool:
        """Whether everything is in the snapshot, and nothing in it stands for a file or thread."""
        return self.is_complete and not any(isinstance(p.contents, Opaque) for p in self._parts)

    def _walk(self, root: Any, found: list[Any]) -> bool:
        """Adds an object and what it refers to, also to `found`.

        Returns:
            Whether they are within the limit.
        """
        left = self._most
        waiting = [root]
        while waiting:
            value = waiting.pop()
            if type(value) in ATOMS or id(value) in self._seen:
                continue
            if isinstance(value, FunctionType):
                self.functions.append(value)
                continue
            if isinstance(value, MethodType):
                waiting += [value.__self__, value.__func__]
                continue
            if is_shared(value):
                continue
            self._seen[id(value)] = value
            found.append(value)
            if isinstance(value, (tuple, frozenset)):
                left -= len(value)
                waiting += value
            for contents in (contents_of(value), *namespaces_of(value)):
                if contents is None:
                    continue
                part = _Part(contents)
                self._parts.append(part)
                children = contents.children(part.saved)
                left -= 1 + len(children)
                if left < 0:
                    return False
                if not ATOMS.issuperset(map(type, children)):
                    waiting += children
        return True

    # -- comparing and restoring ------------------------------------------------------------

    def is_unchanged(self) -> bool:
        """Whether all objects have the contents of the snapshot."""
        return all(_same(part.read(), part.saved) for part in self._parts)

    def marks(self) -> list[Any]:
        """Returns the present contents, in a short form, for `restore`."""
        return [part.contents.mark(part.read()) for part in self._parts]

    def restore(self, marks: list[Any]) -> list[str]:
        """Puts the contents of the snapshot back, where they are still those of the marks.

        What was changed after the marks were made is left as it is.

        Args:
            marks: `marks` at the end of the run.

        Returns:
            Names of the types of the objects that have changed and cannot be restored.
        """
        replaced: dict[int, Any] = {}
        lost = []
        for part, mark in zip(self._parts, marks, strict=True):
            now = part.read()
            if _same(now, part.saved):
                continue
            back = part.contents.unless_changed(part.saved, now, mark)
            if back is None:
                continue
            try:
                new = part.contents.write(back)
            except Exception:  # noqa: BLE001 (an object of any library may refuse)
                lost.append(type(part.contents.owner).__name__)
            else:
                if new is not None:
                    replaced[id(part.contents.owner)] = new
        for part in self._parts if replaced else ():
            with contextlib.suppress(Exception):
                part.contents.replace(replaced)
        return lost


def _same(now: Any, saved: Any) -> bool:
    if type(now) is dict and type(saved) is dict:
        return (
            len(now) == len(saved)
            and _same_items(now, saved)
            and _same_items(now.values(), saved.values())
        )
    if type(now) is list and type(saved) is list:
        return len(now) == len(saved) and _same_items(now, saved)
    return bool(now is saved or now == saved)


def _same_items(now: Iterable[Any], saved: Iterable[Any]) -> bool:
    return all(map(is_, now, saved)) or all(map(_same_item, now, saved))


def _same_item(now: Any, saved: Any) -> bool:
    # Only of plain values: `==` of others is code of the user's, and two equal ones may change.
    return now is saved or (type(now) is type(saved) and type(now) in ATOMS and bool(now == saved))
