"""`HumanAnswersMixin`: the part of a distiset that adds what people answered to its rows."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Dict, List, Literal, Optional, Self, Union

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict


class HumanAnswersMixin(Dict[str, "Union[Dataset, DatasetDict]"]):
    """Adds the columns `human_*` to the datasets of a distiset.

    Attributes:
        stale_answers: What people answered about texts that no row has: `record_id`, `fields` and
            `human_answers` of each record. These answers were not applied.
    """

    stale_answers: List[Dict[str, Any]]

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
