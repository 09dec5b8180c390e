"""A directed acyclic graph of names: steps and the connections between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection


class Dag:
    """Nodes and edges, by name."""

    def __init__(self) -> None:
        self._successors: dict[str, list[str]] = {}
        self._predecessors: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._successors)

    def __contains__(self, name: str) -> bool:
        return name in self._successors

    def copy(self) -> Dag:
        """Returns an independent graph with the same nodes and edges.

        The predecessors of each node are in the order of `nodes`, as in a graph that was dumped and
        loaded again, whatever the order in which the edges were added here.
        """
        copy = Dag()
        for name in self.nodes:
            copy.add_node(name)
        for start, end in self.edges:
            copy.add_edge(start, end)
        return copy

    # -- nodes and edges --------------------------------------------------------------------

    @property
    def nodes(self) -> list[str]:
        """All names, in order of creation."""
        return list(self._successors)

    @property
    def edges(self) -> list[tuple[str, str]]:
        """All edges as (start, end), by the order of their start nodes."""
        return [(a, b) for a, successors in self._successors.items() for b in successors]

    @property
    def roots(self) -> list[str]:
        """Nodes without predecessors, in order of creation."""
        return [n for n, p in self._predecessors.items() if not p]

    @property
    def leaves(self) -> list[str]:
        """Nodes without successors, in order of creation."""
        return [n for n, s in self._successors.items() if not s]

    def add_node(self, name: str) -> None:
        """Adds a node.

        Args:
            name: Its name.

        Raises:
            ValueError: The name is taken.
        """
        if name in self._successors:
            raise ValueError(f"Step name {name!r} is already taken. Give the step another name.")
        self._successors[name] = []
        self._predecessors[name] = []

    def remove_node(self, name: str) -> None:
        """Removes a node and its edges.

        Args:
            name: Its name.
        """
        for successor in self._successors.pop(name):
            self._predecessors[successor].remove(name)
        for predecessor in self._predecessors.pop(name):
            self._successors[predecessor].remove(name)

    def add_edge(self, start: str, end: str) -> None:
        """Adds an edge.

        Args:
            start: Name of the node the edge leaves.
            end: Name of the node the edge enters.

        Raises:
            ValueError: A node is missing, the edge exists, or it would close a cycle.
        """
        for name in (start, end):
            if name not in self._successors:
                raise ValueError(f"Step {name!r} is not in this pipeline.")
        if end in self._successors[start]:
            raise ValueError(f"Step {start!r} is already connected to {end!r}.")
        if start == end or start in self.descendants(end):
            raise ValueError(
                f"Connecting {start!r} to {end!r} would close a cycle, in which rows never end."
            )
        self._successors[start].append(end)
        self._predecessors[end].append(start)

    # -- questions about paths --------------------------------------------------------------

    def successors(self, name: str) -> list[str]:
        """Returns the nodes directly after a node, in order of connection."""
        return list(self._successors[name])

    def predecessors(self, name: str) -> list[str]:
        """Returns the nodes directly before a node, in order of connection."""
        return list(self._predecessors[name])

    def descendants(self, name: str) -> list[str]:
        """Returns all nodes that a path leads to from a node, the nearest first."""
        return _reachable(name, self._successors)

    def ancestors(self, name: str) -> list[str]:
        """Returns all nodes from which a path leads to a node, the nearest first."""
        return _reachable(name, self._predecessors)

    def is_bypassed(self, name: str) -> bool:
        """Returns True if a descendant of a node is also reached by a path around the node."""
        below = set(self.descendants(name))
        return any(
            predecessor != name and predecessor not in below
            for node in below
            for predecessor in self._predecessors[node]
        )

    def separates(self, start: str, names: Collection[str]) -> bool:
        """Returns True if different successors of a node lead to the given nodes.

        Args:
            start: Name of the node whose successors are compared.
            names: Names of the nodes they lead to.
        """
        reached = {branch: {branch, *self.descendants(branch)} for branch in self.successors(start)}
        branches_to = {
            frozenset(branch for branch, nodes in reached.items() if name in nodes)
            for name in names
        }
        return len(branches_to) > 1

    def topological(self) -> list[str]:
        """Returns all names, every node after its predecessors, otherwise in order of creation."""
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


def _reachable(name: str, edges: dict[str, list[str]]) -> list[str]:
    seen: dict[str, None] = {}
    queue = deque(edges[name])
    while queue:
        node = queue.popleft()
        if node not in seen:
            seen[node] = None
            queue.extend(edges[node])
    return list(seen)
