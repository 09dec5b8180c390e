"""The methods of a distiset that bring people in: review pages, and people's answers as columns."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, Union

if TYPE_CHECKING:
    from distilabel.review.server.handle import ReviewServer

PathLike = Union[str, "os.PathLike[str]"]
_Datasets = TypeVar("_Datasets", bound="Reviewable")


class Reviewable:
    """Datasets by name whose rows people can judge."""

    def review(self, file: PathLike = "review.sqlite", **options: Any) -> ReviewServer:
        """Serves local pages where people judge the rows; see `docs/review.md`.

        Args:
            file: Review file with the answers; created if missing.
            **options: `port`, `host`, `people` (names that get an address of their own) and
                `per_row` (how many people judge each row).

        Returns:
            A handle with `url`, `answers()` and `stop()`. A thread serves the pages until then, or
            until the program ends.

        Raises:
            DistilabelUserError: There are no rows, or the file or the address cannot be used.
        """
        from distilabel.review.start import review_datasets

        return review_datasets(self, Path(file).expanduser().absolute(), **options)

    def with_review(
        self: _Datasets,
        file: PathLike,
        resolve: str = "median",
        label_numbers: bool = False,
        into_ratings: bool = False,
        drop_flagged: bool = False,
        reviewed_only: bool = False,
    ) -> _Datasets:
        """Adds what people answered to the rows, as the columns `human_*`.

        Args:
            file: Review file.
            resolve: How the answers of several people become one: `"median"`, `"majority"`,
                `"first"` or `"none"`, which keeps all.
            label_numbers: Whether labels become their positions, lowest first.
            into_ratings: Whether `ratings` become people's, and stay the judge's where people gave
                none; the judge's own are kept as `judge_ratings`.
            drop_flagged: Whether rows that a person flagged are left out.
            reviewed_only: Whether rows without an answer are left out.

        Returns:
            A new distiset. Rows are matched by their texts, in whatever order.

        Raises:
            DistilabelUserError: The file does not exist or is about other rows, or an argument is
                not valid.
        """
        from distilabel.review.export import datasets_with_answers

        datasets: Any = datasets_with_answers(
            self,
            Path(file).expanduser(),
            resolve=resolve,
            numbers=label_numbers,
            into_ratings=into_ratings,
            drop_flagged=drop_flagged,
            reviewed_only=reviewed_only,
        )
        new_distiset: Any = type(self)
        result: _Datasets = new_distiset(datasets)
        vars(result).update(vars(self))
        return result
