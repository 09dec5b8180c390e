"""A directed acyclic graph of names, in order of creation. Knows not what a name stands for."""

from __future__ import annotations

from collections import deque


class Dag:
    """Nodes and edges by name."""

    def __init__(self) -> None:
        self._successors: dict[str, list[str]] = {}
        self._predecessors: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._successors)

    def __contains__(self, name: str) -> bool:
        return name in self._successors

    @property
    def nodes(self) -> list[str]:
        """All names, in order of creation."""
        return list(self._successors)

    @property
    def edges(self) -> list[tuple[str, str]]:
        """All edges, by the order of their first node."""
        return [(a, b) for a, successors in self._successors.items() for b in successors]

    @property
    def roots(self) -> list[str]:
        """Nodes without predecessors."""
        return [n for n, p in self._predecessors.items() if not p]

    @property
    def leaves(self) -> list[str]:
        """Nodes without successors."""
        return [n for n, s in self._successors.items() if not s]

    def add_node(self, name: str) -> None:
        """Adds a node.

        Raises:
            ValueError: there is one of that name.
        """
        if name in self._successors:
            raise ValueError(
                f"There is a step called {name!r} already: give this one another name."
            )
        self._successors[name] = []
        self._predecessors[name] = []

    def add_edge(self, start: str, end: str) -> None:
        """Adds an edge.

        Raises:
            ValueError: a node is unknown, the edge exists, or it would close a cycle.
        """
        for name in (start, end):
            if name not in self._successors:
                raise ValueError(f"There is no step called {name!r} in this pipeline.")
        if end in self._successors[start]:
            raise ValueError(f"{start!r} is connected to {end!r} already.")
        if start == end or start in self.descendants(end):
            raise ValueError(
                f"Connecting {start!r} to {end!r} closes a cycle: rows would go round for ever."
            )
        self._successors[start].append(end)
        self._predecessors[end].append(start)

    def successors(self, name: str) -> list[str]:
        """Where rows go from here, in order of connection."""
        return list(self._successors[name])

    def predecessors(self, name: str) -> list[str]:
        """Where rows come from, in order of connection."""
        return list(self._predecessors[name])

    def _reach(self, name: str, edges: dict[str, list[str]]) -> list[str]:
        seen: dict[str, None] = {}
        queue = deque(edges[name])
        while queue:
            node = queue.popleft()
            if node not in seen:
                seen[node] = None
                queue.extend(edges[node])
        return list(seen)

    def descendants(self, name: str) -> list[str]:
        """Every node reached from here."""
        return self._reach(name, self._successors)

    def ancestors(self, name: str) -> list[str]:
        """Every node this one is reached from."""
        return self._reach(name, self._predecessors)

    def topological(self) -> list[str]:
        """All names, every node after its predecessors, else in order of creation."""
        waiting = {name: len(p) for name, p in self._predecessors.items()}
        ready = deque(name for name, count in waiting.items() if count == 0)
        order = []
        while ready:
            name = ready.popleft()
            order.append(name)
            for successor in self._successors[name]:
                waiting[successor] -= 1
                if waiting[successor] == 0:
                    ready.append(successor)
        return order
