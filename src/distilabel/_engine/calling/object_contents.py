"""Reads and writes the contents of single objects: containers, attributes, iterators and so on."""

from __future__ import annotations

import contextlib
import pickle
import random
import weakref
from array import array
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

from pydantic import BaseModel

from distilabel._engine.calling.iterators import copy_iterator, iterator_position, reduced
from distilabel._engine.calling.object_kinds import ATOMS, imported, is_live, is_shared

_MOST_BYTES: Final = 1 << 20
_SAMPLED: Final = 1_000


class Contents:
    """The contents of one object.

    Args:
        owner: The object.
    """

    __slots__ = ("owner",)

    def __init__(self, owner: Any) -> None:
        self.owner = owner

    def read(self) -> Any:
        """Returns a copy of the contents."""
        raise NotImplementedError

    def write(self, saved: Any) -> Any:
        """Puts contents back that `read` returned.

        Returns:
            An object to use in the place of this one; None if this one was changed.
        """
        raise NotImplementedError

    def children(self, saved: Any) -> Collection[Any]:
        """Returns the objects that the contents refer to."""
        return ()

    def mark(self, now: Any) -> Any:
        """Returns something small that tells contents apart."""
        return now

    def unless_changed(self, saved: Any, now: Any, mark: Any) -> Any:
        """Returns the contents to put back; None if the present ones are not those of the mark."""
        return saved if self.mark(now) == mark else None

    def replace(self, replaced: dict[int, Any]) -> None:
        """Refers to other objects in the place of some.

        Args:
            replaced: Id of an object → the one to refer to.
        """


class _Listed(Contents):
    """A list, or a deque."""

    __slots__ = ()

    def read(self) -> list[Any]:
        return list(self.owner)

    def write(self, saved: list[Any]) -> None:
        if isinstance(self.owner, deque):
            deque.clear(self.owner)
            deque.extend(self.owner, saved)
        else:
            list.__setitem__(self.owner, slice(None), saved)

    def children(self, saved: list[Any]) -> Collection[Any]:
        return saved

    def mark(self, now: list[Any]) -> int:
        return hash(tuple(map(id, now)))

    def replace(self, replaced: dict[int, Any]) -> None:
        if any(id(value) in replaced for value in self.owner):
            self.write([replaced.get(id(value), value) for value in self.owner])


class _Set(Contents):
    __slots__ = ()

    def read(self) -> set[Any]:
        return set(self.owner)

    def write(self, saved: set[Any]) -> None:
        set.clear(self.owner)
        set.update(self.owner, saved)

    def children(self, saved: set[Any]) -> Collection[Any]:
        return saved

    def mark(self, now: set[Any]) -> int:
        return hash(frozenset(map(id, now)))


class _Mapping(Contents):
    __slots__ = ()

    def read(self) -> dict[Any, Any]:
        return dict(self.owner)

    def write(self, saved: dict[Any, Any]) -> None:
        base: Any = OrderedDict if isinstance(self.owner, OrderedDict) else dict
        base.clear(self.owner)
        base.update(self.owner, saved)

    def children(self, saved: dict[Any, Any]) -> Collection[Any]:
        plain = ATOMS.issuperset(map(type, saved))
        return saved.values() if plain else [*saved, *saved.values()]

    def mark(self, now: dict[Any, Any]) -> int:
        return hash((tuple(map(id, now)), tuple(map(id, now.values()))))

    def replace(self, replaced: dict[int, Any]) -> None:
        for key, value in self.owner.items():
            if id(value) in replaced:
                self.owner[key] = replaced[id(value)]


class Names(Contents):
    """Names and what they are bound to: the attributes of an object, or variables.

    Args:
        owner: The object, or the namespace.
        get: Returns the values by name.
        bind: Binds a name to a value.
        unbind: Removes a name.
    """

    __slots__ = ("_bind", "_get", "_unbind")

    def __init__(
        self,
        owner: Any,
        get: Callable[[], dict[str, Any]],
        bind: Callable[[str, Any], Any],
        unbind: Callable[[str], Any],
    ) -> None:
        super().__init__(owner)
        self._get, self._bind, self._unbind = get, bind, unbind

    def read(self) -> dict[str, Any]:
        return dict(self._get())

    def write(self, saved: dict[str, Any]) -> None:
        for name, value in saved.items():
            if value is _ABSENT:
                self._unbind(name)
            else:
                self._bind(name, value)

    def children(self, saved: dict[str, Any]) -> Collection[Any]:
        return saved.values()

    def mark(self, now: dict[str, Any]) -> dict[str, Any]:
        return now

    def unless_changed(self, saved: Any, now: Any, mark: Any) -> Any:
        """Decides for each name alone: a user may have set one of them after the run."""
        back = {
            name: saved.get(name, _ABSENT)
            for name in (saved.keys() | mark.keys()) & now.keys()
            if now[name] is mark.get(name, _ABSENT) and now[name] is not saved.get(name, _ABSENT)
        }
        removed = saved.keys() - mark.keys() - now.keys()
        return {**back, **{name: saved[name] for name in removed}} or None

    def replace(self, replaced: dict[int, Any]) -> None:
        for name, value in self.read().items():
            if id(value) in replaced:
                self._bind(name, replaced[id(value)])


_ABSENT: Final = object()


class _Value(Contents):
    """An object whose contents are one value.

    Args:
        owner: The object.
        get: Returns the value, which is never changed and can be compared.
        put: Sets it.
    """

    __slots__ = ("_get", "_put")

    def __init__(self, owner: Any, get: Callable[[], Any], put: Callable[[Any], Any]) -> None:
        super().__init__(owner)
        self._get, self._put = get, put

    def read(self) -> Any:
        return self._get()

    def write(self, saved: Any) -> None:
        self._put(saved)

    def mark(self, now: Any) -> int:
        return hash(now)


class _Iterator(Contents):
    """An iterator of the standard library: copied, because it cannot be turned back."""

    __slots__ = ("_again",)

    def __init__(self, owner: Any) -> None:
        super().__init__(owner)
        self._again = copy_iterator(owner)

    def read(self) -> Any:
        return iterator_position(self.owner)

    def write(self, saved: Any) -> Any:
        return copy_iterator(self._again)

    def children(self, saved: Any) -> Collection[Any]:
        _, arguments, _ = reduced(self.owner)
        return [value for value in arguments if not isinstance(value, Iterator)]


class Opaque(Contents):
    """An object that cannot be copied: it is known to have changed if its length or version has."""

    __slots__ = ()

    def read(self) -> Any:
        owner = self.owner
        for read in (_version_of, _frame_of, len, _position_of):
            with contextlib.suppress(Exception):
                return read(owner)
        return None

    def write(self, saved: Any) -> None:
        raise TypeError(f"{type(self.owner).__name__} cannot be restored")


def _version_of(tensor: Any) -> Any:
    return tensor._version


def _frame_of(generator: Any) -> Any:
    frame = generator.gi_frame
    return None if frame is None else frame.f_lasti


def _position_of(file: Any) -> Any:
    return file.tell()


def contents_of(value: Any) -> Contents | None:
    """Returns the contents of an object, besides its attributes; None if it has no others."""
    if isinstance(value, (list, deque)):
        return _Listed(value)
    if isinstance(value, dict):
        return _Mapping(value)
    if isinstance(value, set):
        return _Set(value)
    if isinstance(value, (tuple, frozenset)):
        return None
    if isinstance(value, random.Random):
        return _Value(value, value.getstate, value.setstate)
    if isinstance(value, (bytearray, array)):
        return _Buffer(value)
    numpy = imported("numpy")
    if numpy is not None and isinstance(value, numpy.random.Generator):
        bits = value.bit_generator
        return _Value(
            value,
            lambda: pickle.dumps(bits.state),
            lambda saved: setattr(bits, "state", pickle.loads(saved)),
        )
    if numpy is not None and isinstance(value, numpy.random.RandomState):
        return _Value(
            value,
            lambda: pickle.dumps(value.get_state()),
            lambda saved: value.set_state(pickle.loads(saved)),
        )
    if numpy is not None and isinstance(value, numpy.ndarray):
        return _Array(value)
    torch = imported("torch")
    if is_live(value) or (torch is not None and isinstance(value, torch.Tensor)):
        return Opaque(value)
    if isinstance(value, Iterator) and type(value).__module__ in ("builtins", "itertools"):
        with contextlib.suppress(Exception):
            return _Iterator(value)
        return Opaque(value)
    has_attributes = hasattr(value, "__dict__") or any(True for _ in _slots_of(value))
    return None if has_attributes else Opaque(value)


class _Buffer(Contents):
    """A bytearray, or an array of numbers."""

    __slots__ = ()

    def read(self) -> Any:
        return self.owner[:] if isinstance(self.owner, array) else bytes(self.owner)

    def write(self, saved: Any) -> None:
        self.owner[:] = saved

    def mark(self, now: Any) -> int:
        return hash(bytes(now))


class _Array(Contents):
    """A numpy array: its numbers; of a large one some of them, to tell whether it has changed."""

    __slots__ = ()

    def read(self) -> Any:
        value = self.owner
        if value.nbytes <= _MOST_BYTES:
            return (value.shape, str(value.dtype), value.tobytes())
        step = max(1, value.size // _SAMPLED)
        return (value.shape, str(value.dtype), value.flat[::step].tobytes())

    def write(self, saved: Any) -> None:
        import numpy as np

        if self.owner.nbytes > _MOST_BYTES or self.owner.dtype.hasobject:
            raise TypeError("a large array cannot be restored")
        self.owner[...] = np.frombuffer(saved[2], dtype=self.owner.dtype).reshape(saved[0])

    def mark(self, now: Any) -> int:
        return hash(now)


def namespaces_of(value: Any) -> list[Contents]:
    """Returns the attributes of an object: those in its `__dict__`, and those in its slots."""
    if is_live(value) or isinstance(value, (tuple, frozenset)) or is_shared(value):
        return []
    found: list[Contents] = []
    if type(getattr(value, "__dict__", None)) is dict:
        found.append(_attributes_in(value, "__dict__"))
    if isinstance(value, BaseModel) and type(value.__pydantic_private__) is dict:
        found.append(_attributes_in(value, "__pydantic_private__"))
    slots = () if isinstance(value, BaseModel) else tuple(_slots_of(value))
    if slots:
        found.append(
            Names(
                value,
                lambda: {s: object.__getattribute__(value, s) for s in slots if hasattr(value, s)},
                lambda name, new: object.__setattr__(value, name, new),
                lambda name: object.__delattr__(value, name),
            )
        )
    return found


def _attributes_in(value: Any, name: str) -> Names:
    """Returns the attributes in a dict of an object, which may be replaced by another dict."""
    try:
        # A snapshot of a step must not keep the step alive.
        reference: Callable[[], Any] = weakref.ref(value)
    except TypeError:

        def reference() -> Any:
            return value

    def attributes() -> dict[str, Any]:
        found = getattr(reference(), name, None)
        return {} if found is None else found

    def bind(key: str, new: Any) -> None:
        attributes()[key] = new

    def unbind(key: str) -> None:
        del attributes()[key]

    return Names(None, attributes, bind, unbind)


def _slots_of(value: Any) -> Iterator[str]:
    for cls in type(value).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in [slots] if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__"):
                private = name.startswith("__") and not name.endswith("__")
                yield f"_{cls.__name__.lstrip('_')}{name}" if private else name
