"""Lets a task that draws from a random generator draw the same for a row in every run.

The rows of a task are processed concurrently: with one generator for all of them, what a row draws
would depend on which row was faster, and a rerun would ask other questions. While a run goes on,
each row draws from a generator of its own, which follows from the state of the shared one at the
start and the key of the row.
"""

from __future__ import annotations

import hashlib
import pickle
import random
from contextvars import ContextVar, Token
from typing import Any

from distilabel._core.row_context import current_row
from distilabel._engine.calling.object_contents import Contents, namespaces_of
from distilabel._engine.calling.object_kinds import imported
from distilabel._engine.calling.snapshot import MOST_COMPARED, Snapshot
from distilabel._engine.calling.state_of_step import NOT_STATE, add_attributes, variables_of
from distilabel.steps.base import _Step

# The generators of the row that the running code works on, by the id of the shared generator.
_of_row: ContextVar[dict[int, Any] | None] = ContextVar("distilabel_row_random", default=None)


class _RowRandom(random.Random):
    """A `random.Random` that draws from a generator of the running row, if there is one.

    Attributes:
        seed_of_rows: What the generators of the rows are seeded with, besides the rows' keys.
    """

    seed_of_rows: bytes

    def random(self) -> float:
        """Returns a number in [0, 1)."""
        own = _generator_of_row(self)
        return super().random() if own is None else own.random()

    def getrandbits(self, k: int, /) -> int:
        """Returns `k` random bits."""
        own = _generator_of_row(self)
        return super().getrandbits(k) if own is None else own.getrandbits(k)

    def seed(self, *args: Any, **kwargs: Any) -> None:
        """Seeds the generator of the running row."""
        own = _generator_of_row(self)
        random.Random.seed(self if own is None else own, *args, **kwargs)

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        """Returns a number of a normal distribution."""
        # The shared generator would keep every second one for another row.
        own = _generator_of_row(self)
        return super().gauss(mu, sigma) if own is None else own.gauss(mu, sigma)


def _generator_of_row(shared: Any) -> random.Random | None:
    generators = _of_row.get()
    if generators is None:
        return None
    own = generators.get(id(shared))
    if own is None:
        own = generators[id(shared)] = random.Random(_seed(shared.seed_of_rows))
    return own


def _seed_of_rows(state: Any) -> bytes:
    return hashlib.blake2b(pickle.dumps(state), digest_size=16).digest()


def _seed(seed_of_rows: bytes) -> int:
    text = repr(current_row.get()).encode()
    return int.from_bytes(hashlib.blake2b(text, key=seed_of_rows, digest_size=16).digest())


class _NumpyStandIn:
    """Stands for a `numpy.random.Generator` while a run goes on.

    Args:
        shared: The generator.
    """

    def __init__(self, shared: Any) -> None:
        self._shared = shared
        self._seed_of_rows = _seed_of_rows(shared.bit_generator.state)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self._shared)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own(), name)

    def _own(self) -> Any:
        import numpy as np

        generators = _of_row.get()
        if generators is None:
            return self._shared
        own = generators.get(id(self))
        if own is None:
            own = generators[id(self)] = np.random.default_rng(_seed(self._seed_of_rows))
        return own


class RowRandom:
    """The random generators of a task, while a run goes on.

    Args:
        task: The task, loaded.
    """

    def __init__(self, task: _Step) -> None:
        snapshot = Snapshot(MOST_COMPARED)
        add_attributes(snapshot, task, NOT_STATE)
        for variable in variables_of(task, snapshot):
            snapshot.add(variable.value)
        # Not those of a subclass of the user's, which may be anything.
        kinds = (random.Random, _RowRandom)
        self._shared = [g for g in snapshot.objects(random.Random) if type(g) in kinds]
        for generator in self._shared:
            generator.seed_of_rows = _seed_of_rows(generator.getstate())
            generator.__class__ = _RowRandom
        self._replaced: list[tuple[Contents, str, Any]] = []
        numpy = imported("numpy")
        if numpy is not None:
            self._replace(task, numpy.random.Generator)

    def _replace(self, task: _Step, kind: type) -> None:
        for contents in namespaces_of(task):
            for name, value in contents.read().items():
                if isinstance(value, kind):
                    contents.write({name: _NumpyStandIn(value)})
                    self._replaced.append((contents, name, value))

    def __bool__(self) -> bool:
        return bool(self._shared or self._replaced)

    def begin_row(self) -> Token[dict[int, Any] | None]:
        """Begins to draw for the row in `current_row`, until `end_row`."""
        return _of_row.set({})

    def end_row(self, token: Token[dict[int, Any] | None]) -> None:
        """Ends what `begin_row` began."""
        _of_row.reset(token)

    def close(self) -> None:
        """Leaves the generators as they were."""
        for generator in self._shared:
            generator.__class__ = random.Random
            vars(generator).pop("seed_of_rows", None)
        for contents, name, value in self._replaced:
            contents.write({name: value})
