"""`LoadFromArgilla`: loads what people answered in Argilla."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Dict, List, Literal, Optional

from pydantic import Field, PrivateAttr, SecretStr, field_validator

from distilabel._distiset.argilla.reader import AnswerReader, check_statuses
from distilabel._distiset.argilla.records import as_columns, column_names, unshuffled
from distilabel._distiset.argilla.server import ArgillaServer
from distilabel._distiset.human_columns import HUMAN_COLUMNS
from distilabel.steps.base import GeneratorStep

if TYPE_CHECKING:
    from distilabel.typing import GeneratorStepOutput


class LoadFromArgilla(GeneratorStep):
    """Loads the records of a dataset of Argilla that people answered, page by page.

    Attributes:
        dataset_name: Dataset to read.
        workspace: Workspace of the dataset; None for the user's first one.
        status: Responses to read: `submitted`, `draft`, `discarded`. A discarded response is in
            `human_answers` only, never in a rating.
        only_completed: Whether to leave out records that still wait for responses.
        resolve: How the answers of several people become one: `median` of ratings and the most
            frequent label, `majority`, `first`, or `none` for lists of all answers.
        label_numbers: Whether labels in `human_ratings` become numbers: their positions in the
            question, from 0.
        api_url: Address of the server; None for the variable `ARGILLA_API_URL`.
        api_key: Key of the user; None for the variable `ARGILLA_API_KEY`.

    Output columns:
        - dynamic (`Any`): Fields of the records; `generations-0`, ... become a list, in the order
            of the row that was logged.
        - human_ratings (`List[Optional[Union[float, str]]]`): Rating or label of each generation.
        - human_choice (`Optional[int]`): None: the steps that write to Argilla ask for no choice.
        - human_edit (`List[Optional[str]]`): None for each generation, likewise.
        - human_flags (`List[bool]`): False for each generation, likewise.
        - human_codes (`List[str]`): Empty, likewise.
        - human_notes (`List[Dict[str, Any]]`): Rationales, each with its `unit`, which is the index
            of the generation, and `text`.
        - human_count (`int`): People who answered.
        - human_agreement (`Optional[float]`): Share of pairs of people who gave the same answer.
        - human_answers (`List[Dict[str, Any]]`): Every answer: annotator, question, version, unit,
            value as JSON, status, seconds, at.

    Categories:
        - load

    Examples:
        ```python
        from distilabel.steps import LoadFromArgilla

        load = LoadFromArgilla(dataset_name="pairs", workspace="argilla")
        ```
    """

    dataset_name: str
    workspace: Optional[str] = None
    status: List[str] = Field(default_factory=lambda: ["submitted"])
    only_completed: bool = False
    resolve: Literal["median", "majority", "first", "none"] = "median"
    label_numbers: bool = False
    api_url: Optional[str] = None
    api_key: Optional[SecretStr] = None

    _server: Optional[ArgillaServer] = PrivateAttr(default=None)
    _dataset: Any = PrivateAttr(default=None)
    _columns: Optional[List[str]] = PrivateAttr(default=None)

    @field_validator("status")
    @classmethod
    def _known_statuses(cls, status: List[str]) -> List[str]:
        check_statuses(status)
        return status

    @property
    def outputs(self) -> List[str]:
        """The fields of the dataset, which the server is asked for once, and `human_*`."""
        if self._columns is None:
            fields = [field.name for field in self._open().settings.fields]
            self._columns = [*column_names(fields), *HUMAN_COLUMNS]
        return list(self._columns)

    def _known_outputs(self) -> dict[str, bool]:
        return {} if self._columns is None else self.get_outputs()

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Yields the records that have responses of the wanted status.

        Args:
            offset: Rows to skip because an earlier run loaded them.

        Yields:
            A list of rows, and whether it is the last.
        """
        size = self.batch_size or 50
        waiting: List[Dict[str, Any]] = []
        for i, row in enumerate(self._rows()):
            if i < offset:
                continue
            # A full batch is yielded when there is another row: only then it is not the last.
            if len(waiting) == size:
                yield waiting, False
                waiting = []
            waiting.append(row)
        yield waiting, True

    def unload(self) -> None:
        """Forgets the connection."""
        self._server = self._dataset = None
        super().unload()

    def _rows(self) -> Iterator[Dict[str, Any]]:
        dataset = self._open()
        reader = AnswerReader(
            self._server,  # type: ignore[arg-type]
            dataset,
            self.status,
            self.only_completed,
            self.resolve,
            self.label_numbers,
        )
        names = column_names(field.name for field in dataset.settings.fields)
        for record in reader.records():
            columns = as_columns(unshuffled(record))
            for name, count in names.items():
                columns.setdefault(name, None if count is None else [])
            listed = [len(columns[name]) for name, count in names.items() if count is not None]
            human = reader.columns(reader.answers(record), max(listed, default=1))
            yield {**columns, **human}

    def _open(self) -> Any:
        if self._dataset is None:
            self._server = ArgillaServer(f"step {self.name!r}", self.api_url, self.api_key)
            self._dataset = self._server.dataset(self.dataset_name, self.workspace)
        return self._dataset
