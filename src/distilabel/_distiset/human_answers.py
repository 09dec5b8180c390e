"""`HumanAnswersMixin`: the part of a distiset that asks people about its rows, and adds answers."""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Literal, Optional, Self, Union

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

    from distilabel.review.server.handle import ReviewServer

PathLike = Union[str, "os.PathLike[str]"]


class HumanAnswersMixin(Dict[str, "Union[Dataset, DatasetDict]"]):
    """Shows the rows of a distiset to people, and adds what they answered as columns `human_*`.

    Attributes:
        stale_answers: What people answered about texts that no row has: `record_id`, `fields` and
            `human_answers` of each record. These answers were not applied.
    """

    stale_answers: List[Dict[str, Any]]

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
        self,
        file: PathLike,
        resolve: str = "median",
        label_numbers: bool = False,
        into_ratings: bool = False,
        drop_flagged: bool = False,
        reviewed_only: bool = False,
    ) -> Self:
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

        datasets = datasets_with_answers(
            self,
            Path(file).expanduser(),
            resolve=resolve,
            numbers=label_numbers,
            into_ratings=into_ratings,
            drop_flagged=drop_flagged,
            reviewed_only=reviewed_only,
        )
        answered = copy.copy(self)
        answered.update(datasets)
        return answered

    def with_argilla(
        self,
        dataset_name: str,
        workspace: Optional[str] = None,
        *,
        status: Sequence[str] = ("submitted",),
        only_completed: bool = False,
        resolve: Literal["median", "majority", "first", "none"] = "median",
        label_numbers: bool = False,
        into_ratings: bool = False,
        api_url: Optional[str] = None,
        api_key: Optional[str] = None,
    ) -> Self:
        """Returns a distiset whose rows have what people answered in Argilla.

        Rows and records are joined by all texts that a record shows, never by their positions, so
        that datasets logged by 1.5.3 are joined as well.

        Args:
            dataset_name: Dataset that `PreferenceToArgilla` or `TextGenerationToArgilla` wrote.
            workspace: Workspace of the dataset; None for the first one of the user.
            status: Responses to read: `submitted`, `draft`, `discarded`. A discarded response is
                in `human_answers` only.
            only_completed: Whether to leave out records that still wait for responses.
            resolve: How the answers of several people become one: `median` of ratings and the most
                frequent label, `majority`, `first`, or `none` for lists of all answers.
            label_numbers: Whether labels in `human_ratings` become numbers (`bad` 0, `good` 1).
            into_ratings: Whether `ratings` gets the ratings of people, and those of the judge where
                there are none; the judge's stay in `judge_ratings`.
            api_url: Address of the server; None for the variable `ARGILLA_API_URL`.
            api_key: Key of the user; None for the variable `ARGILLA_API_KEY`.

        Returns:
            A copy with the columns `human_ratings`, `human_choice`, `human_edit`, `human_flags`,
            `human_codes`, `human_notes`, `human_count`, `human_agreement` and `human_answers` in
            every configuration that has the columns of the records, and with `stale_answers`.

        Raises:
            DistilabelUserError: The dataset is not there, the server refuses, an argument is wrong,
                or no configuration has the columns that the records show.
            ImportError: The package `argilla` is not installed.
        """
        from pydantic import SecretStr

        from distilabel._distiset.argilla.join import AnswerJoin, log_stale
        from distilabel._distiset.argilla.reader import AnswerReader
        from distilabel._distiset.argilla.server import ArgillaServer

        key = SecretStr(api_key) if api_key else None
        server = ArgillaServer("with_argilla", api_url, key)
        dataset = server.dataset(dataset_name, workspace)
        reader = AnswerReader(server, dataset, status, only_completed, resolve, label_numbers)
        join = AnswerJoin(
            reader, [field.name for field in dataset.settings.fields], resolve, into_ratings
        )
        answered = copy.copy(self)
        answered.update(join.apply(self))
        answered.stale_answers = join.stale()
        log_stale(answered.stale_answers)
        return answered
