"""`Queue`: which rows a person sees next, so that no row is judged more often than wanted.

Rows that are sent to a person are claimed for some minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from distilabel.errors import DistilabelUserError
from distilabel.review.answers.answer_log import REPEAT
from distilabel.review.answers.progress import Progress
from distilabel.review.answers.review_file import ReviewFile, Source
from distilabel.review.answers.row_ids import RowIds
from distilabel.review.answers.shuffle import Shuffle
from distilabel.review.rows.facts import Facts
from distilabel.review.rows.table import RowTable

Order = Sequence[int] | Shuffle
Strategy = Literal["random", "spread", "gaps", "clusters", "flagged", "later", "filter"]

_CLAIM_SECONDS: Final = 600.0
# One row of ten is for two people, once there are two.
_OVERLAP: Final = 10
# Share of rows that a person sees again, and how many others lie between at least.
REPEATS: Final = 0.05
_REPEAT_AFTER: Final = 20
_CLUSTER_COLUMNS: Final = ("cluster", "cluster_label", "summary_label", "topic")


@dataclass(frozen=True)
class Draw:
    """A row for a person.

    Attributes:
        position: Position in the table.
        uid: Id of the row.
        row: The row.
        strategy: How it was chosen.
    """

    position: int
    uid: str
    row: dict[str, Any]
    strategy: str


class Queue:
    """The queue of a source.

    Args:
        file: Review file.
        source: The source; its settings `per_row` and `repeats` are used.
        table: Its rows.
        facts: Its numbers and short texts.
        ids: Ids of its rows.
        progress: What has been done.
    """

    def __init__(
        self,
        file: ReviewFile,
        source: Source,
        table: RowTable,
        facts: Facts,
        ids: RowIds,
        progress: Progress,
    ) -> None:
        self._file = file
        self._source = source
        self._table = table
        self._facts = facts
        self._ids = ids
        self._progress = progress
        self._seed = f"{file.seed} {source.name}"
        self._orders: dict[str, Order] = {"random": Shuffle(len(table), self._seed)}
        # (strategy, person) → number of rows at the start of the order that are done for them.
        self._cursors: dict[tuple[str, str], int] = {}
        # Row → person → when their claim ends.
        self._claims: dict[str, dict[str, float]] = {}
        for uid, annotator, expires in file.connection.execute(
            "SELECT uid, annotator, expires FROM claim WHERE source=?", (source.id,)
        ):
            self._claims.setdefault(uid, {})[annotator] = expires

    @property
    def strategies(self) -> list[str]:
        """Strategies that the columns allow."""
        names = ["random"]
        if self._rating_facts():
            names += ["spread", "gaps"] if self._gap_fact() else ["spread"]
        if self._cluster_column():
            names.append("clusters")
        return [*names, "flagged", "later"]

    def next(
        self,
        annotator: str,
        strategy: str,
        count: int,
        excluded: set[str],
        positions: Sequence[int] | None = None,
    ) -> list[Draw]:
        """Chooses rows for a person and claims them.

        Args:
            annotator: Name of the person.
            strategy: Name of the strategy.
            count: Number of rows.
            excluded: Ids of rows that the person has on the page already.
            positions: Rows to choose from, in order; for the strategy `filter`.

        Returns:
            The rows; fewer if there are no more.

        Raises:
            DistilabelUserError: There is no such strategy.
        """
        found: list[Draw] = []
        repeat = self._repeat(annotator, excluded) if strategy == "random" else None
        if repeat is not None:
            found.append(repeat)
        order = self._order(strategy, annotator, positions)
        key = (strategy, annotator)
        # Rows of these strategies change while they are worked on.
        is_fixed = strategy in ("random", "spread", "gaps", "clusters")
        index = self._cursors.get(key, 0) if is_fixed else 0
        only_done = is_fixed
        while len(found) < count and index < len(order):
            position = int(order[index])
            index += 1
            uid = self._ids.bound.get(position)
            if only_done and uid is not None and uid in self._progress.decided(annotator):
                self._cursors[key] = index
                continue
            only_done = False
            if uid is not None and not self._wants(uid, annotator, excluded, strategy):
                continue
            [row] = self._table.take([position])
            uid = self._ids.bind({position: row})[position]
            # The row may have an id of earlier data, which was answered.
            if self._wants(uid, annotator, excluded, strategy):
                found.append(Draw(position, uid, row, strategy))
                self._claims.setdefault(uid, {})[annotator] = time.time() + _CLAIM_SECONDS
        self._store_claims(annotator, found)
        return found

    def _wants(self, uid: str, annotator: str, excluded: set[str], strategy: str) -> bool:
        if uid in excluded or uid in self._progress.decided(annotator):
            return False
        if strategy == "later":
            return True
        if uid in self._progress.later(annotator):
            return False
        now = time.time()
        others = self._progress.deciders(uid) | {
            name for name, expires in self._claims.get(uid, {}).items() if expires > now
        }
        return len(others - {annotator}) < self._wanted_per_row(uid, annotator)

    def _wanted_per_row(self, uid: str, annotator: str) -> int:
        per_row = self._source.settings.get("per_row")
        if per_row:
            return int(per_row)
        is_team = bool(set(self._progress.annotators) - {annotator})
        return 2 if is_team and int(uid[:8], 16) % _OVERLAP == 0 else 1

    def release(self, annotator: str, uids: set[str]) -> None:
        """Ends the claims of a person on rows that they answered."""
        for uid in uids:
            self._claims.get(uid, {}).pop(annotator, None)

    def reopen(self, annotator: str) -> None:
        """Looks at all rows again, after a person took back an answer."""
        for key in [key for key in self._cursors if key[1] == annotator]:
            del self._cursors[key]

    def _store_claims(self, annotator: str, draws: list[Draw]) -> None:
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM claim WHERE expires < ?", (time.time(),))
            connection.executemany(
                "INSERT OR REPLACE INTO claim VALUES (?, ?, ?, ?, ?)",
                [
                    (
                        self._source.id,
                        draw.uid,
                        annotator,
                        time.time() + _CLAIM_SECONDS,
                        draw.strategy,
                    )
                    for draw in draws
                ],
            )

    def _repeat(self, annotator: str, excluded: set[str]) -> Draw | None:
        """Returns a row that the person decided some time ago, if one is due."""
        share = float(self._source.settings.get("repeats", REPEATS))
        decided = self._progress.decided(annotator)
        seen = self._progress.repeated.setdefault(annotator, set())
        if len(decided) <= _REPEAT_AFTER or int(share * len(decided)) <= len(seen):
            return None
        for uid in list(decided)[:-_REPEAT_AFTER]:
            position = self._ids.position(uid)
            if position is not None and uid not in seen and uid not in excluded:
                seen.add(uid)
                return Draw(position, uid, self._table.take([position])[0], REPEAT)
        return None

    # -- orders -----------------------------------------------------------------------------

    def _order(self, strategy: str, annotator: str, positions: Sequence[int] | None) -> Order:
        if strategy == "filter":
            return positions if positions is not None else ()
        if strategy in ("flagged", "later"):
            uids = (
                self._progress.having("is", "flagged")
                if strategy == "flagged"
                else self._progress.later(annotator)
            )
            return sorted(p for uid in uids if (p := self._ids.position(uid)) is not None)
        if strategy not in get_args(Strategy):
            raise DistilabelUserError(
                f"There is no queue {strategy!r}. Queues: {', '.join(self.strategies)}."
            )
        if strategy not in self._orders:
            make: dict[str, Callable[[], Sequence[int]]] = {
                "spread": self._spread,
                "gaps": self._gaps,
                "clusters": self._clusters,
            }
            self._orders[strategy] = make[strategy]()
        return self._orders[strategy]

    def _rating_facts(self) -> list[str]:
        names = ("ratings.mean", "rating", "chosen_rating", "score", "scores.mean")
        return [name for name in names if name in self._facts]

    def _gap_fact(self) -> bool:
        return "ratings.gap" in self._facts or "rejected_rating" in self._facts

    def _cluster_column(self) -> str:
        return next((name for name in _CLUSTER_COLUMNS if name in self._facts), "")

    def _spread(self) -> Sequence[int]:
        import numpy as np

        numbers = self._facts.numbers(self._rating_facts()[0])
        return self._in_turns(np.round(np.nan_to_num(numbers, nan=-1.0), 1))

    def _clusters(self) -> Sequence[int]:
        import numpy as np

        name = self._cluster_column()
        if self._facts.is_number(name):
            return self._in_turns(np.nan_to_num(self._facts.numbers(name), nan=-1.0))
        return self._in_turns(np.asarray([str(v) for v in self._facts.texts(name).to_pylist()]))

    def _gaps(self) -> Sequence[int]:
        import numpy as np

        if "ratings.gap" in self._facts:
            gaps = self._facts.numbers("ratings.gap")
        else:
            gaps = np.abs(
                self._facts.numbers("chosen_rating") - self._facts.numbers("rejected_rating")
            )
        ties = np.random.default_rng(_number(self._seed)).random(len(gaps))
        return [int(i) for i in np.lexsort((ties, gaps))]

    def _in_turns(self, groups: Any) -> list[int]:
        """Returns a random row of each group, then another of each, and so on."""
        import numpy as np

        order = np.random.default_rng(_number(self._seed)).permutation(len(groups))
        _, codes = np.unique(groups[order], return_inverse=True)
        by_group = np.argsort(codes, kind="stable")
        sizes = np.bincount(codes)
        starts = np.cumsum(sizes) - sizes
        turn = np.arange(len(codes)) - np.repeat(starts, sizes)
        return [int(i) for i in order[by_group][np.argsort(turn, kind="stable")]]


def _number(seed: str) -> int:
    return int.from_bytes(seed.encode(), "big") % 2**64
