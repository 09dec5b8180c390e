"""`ArgillaBase`: what the steps that write to a dataset of Argilla share."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Dict, List, Optional

from pydantic import Field, PositiveInt, PrivateAttr, SecretStr

from distilabel._core.extras import import_extra
from distilabel._core.serialization import DumpIfSet
from distilabel._distiset.argilla.records import messages, record_id
from distilabel._distiset.argilla.server import ArgillaServer
from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.argilla.log_records import RecordLogger
from distilabel.steps.base import Step, StepInput

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput

_CONVERSATION = "conversation"
_EMBEDDING = "embedding"


class ArgillaBase(Step, ABC):
    """Writes rows to a dataset of Argilla and passes them on unchanged.

    A record's id is a digest of what it shows, so logging the same rows again updates the records
    and keeps the responses of people.

    Attributes:
        dataset_name: Dataset to write to; it is created if it does not exist.
        dataset_workspace: Workspace of the dataset; None for the user's first one.
        api_url: Address of the server; None for the variable `ARGILLA_API_URL`.
        api_key: Key of the user; None for the variable `ARGILLA_API_KEY`.
        guidelines: What people shall pay attention to, as Markdown. For a dataset that is created.
        min_submitted: Number of people who shall answer each record; None for 1. For a dataset that
            is created.
        with_conversation: Whether records show the column `conversation` as a chat.
        with_vectors: Whether records get the column `embedding`, to search for similar ones.

    Runtime parameters:
        - dataset_name (str): Dataset to write to.
        - dataset_workspace (str): Workspace of the dataset. Defaults to `None`.
        - api_url (str): Address of the server. Defaults to `None`.
        - api_key (SecretStr): Key of the user. Defaults to `None`.
    """

    _writes_elsewhere: ClassVar[bool] = True

    dataset_name: RuntimeParameter[str] = Field(
        default=None, description="Dataset to write to; it is created if it does not exist."
    )
    dataset_workspace: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Workspace of the dataset."
    )
    api_url: Optional[RuntimeParameter[str]] = Field(
        default_factory=lambda: os.getenv("ARGILLA_API_URL"),
        description="Address of the server; None for the variable `ARGILLA_API_URL`.",
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = Field(
        default_factory=lambda: _key_of_environment(),
        description="Key of the user; None for the variable `ARGILLA_API_KEY`.",
    )
    guidelines: Annotated[Optional[str], DumpIfSet] = None
    min_submitted: Annotated[Optional[PositiveInt], DumpIfSet] = None
    with_conversation: Annotated[bool, DumpIfSet] = False
    with_vectors: Annotated[bool, DumpIfSet] = False

    _dataset: Any = PrivateAttr(default=None)
    _client: Any = PrivateAttr(default=None)
    _records: Any = PrivateAttr(default=None)

    def model_post_init(self, context: Any) -> None:
        """Checks that the package `argilla` is installed."""
        super().model_post_init(context)
        self._argilla()

    def load(self) -> None:
        """Connects to the server and finds or creates the dataset.

        Raises:
            DistilabelUserError: The name, address or key is missing, or the server refuses.
        """
        super().load()
        subject = f"step {self.name!r}"
        if not self.dataset_name:
            raise DistilabelUserError(f"{subject}: `dataset_name` is missing. Pass it.")
        server = ArgillaServer(subject, self.api_url, self.api_key)
        self._client = server.client
        workspace = server.workspace(self.dataset_workspace)
        dataset = server.find(self.dataset_name, workspace)
        if dataset is None:
            dataset = self._new_dataset(workspace.name)
            try:
                dataset.create()
            except Exception as error:  # noqa: BLE001 (the client raises errors of several packages)
                raise server.failure(f"create the dataset {self.dataset_name!r}", error) from None
        else:
            self._check_fields(dataset)
        self._dataset = dataset
        self._records = RecordLogger(str(self.name), server, dataset)

    def unload(self) -> None:
        """Forgets the connection."""
        self._client = self._dataset = self._records = None
        super().unload()

    @property
    @abstractmethod
    def inputs(self) -> StepColumns:
        """Columns that the records show."""

    @property
    def outputs(self) -> List[str]:
        """None: rows pass unchanged."""
        return []

    @abstractmethod
    def process(self, inputs: StepInput) -> StepOutput:
        """Writes the rows and yields them."""

    @abstractmethod
    def _field_names(self) -> List[str]:
        """Names of the text fields that a record fills."""

    @abstractmethod
    def _required_fields(self) -> List[str]:
        """Names of the text fields that no record may lack."""

    @abstractmethod
    def _questions(self) -> List[Any]:
        """Questions of a dataset that is created."""

    def _metadata_properties(self) -> List[Any]:
        """Metadata of a dataset that is created."""
        return []

    def _argilla(self) -> Any:
        return import_extra("argilla", extra="argilla", subject=type(self).__name__)

    def _new_dataset(self, workspace: str) -> Any:
        rg = self._argilla()
        required = self._required_fields()
        fields = [
            rg.TextField(name=name, title=name, required=name in required)
            for name in self._field_names()
        ]
        if self.with_conversation:
            fields.append(rg.ChatField(name=self._column(_CONVERSATION), required=False))
        given: Dict[str, Any] = {}
        if self.guidelines is not None:
            given["guidelines"] = self.guidelines
        if self.min_submitted is not None:
            given["distribution"] = rg.TaskDistribution(min_submitted=self.min_submitted)
        settings = rg.Settings(
            fields=fields,
            questions=self._questions(),
            metadata=self._metadata_properties(),
            **given,
        )
        return rg.Dataset(
            name=self.dataset_name, workspace=workspace, settings=settings, client=self._client
        )

    def _column(self, name: str) -> str:
        # A field is called what the column is called in the user's rows.
        return self.input_mappings.get(name, name)

    def _check_fields(self, dataset: Any) -> None:
        ours = set(self._field_names())
        for field in dataset.settings.fields:
            if field.required and field.name not in ours:
                raise DistilabelUserError(
                    f"step {self.name!r}: the dataset {self.dataset_name!r} exists and requires "
                    f"the field {field.name!r}, which this step does not fill. Choose another "
                    "`dataset_name`, or delete the dataset."
                )

    def _record(
        self,
        row: Dict[str, Any],
        fields: Dict[str, Any],
        shuffled: Optional[Dict[str, Any]] = None,
        **more: Any,
    ) -> Any:
        """Returns a record that shows these fields, with what is optional in the row.

        Args:
            row: Input row.
            fields: Fields, with the generations in the order of the row.
            shuffled: Fields in the order in which they are shown; None for the same.
            more: Further arguments of `argilla.Record`.
        """
        optional: Dict[str, Any] = {}
        if self.with_conversation and row.get(_CONVERSATION):
            optional[self._column(_CONVERSATION)] = messages(row[_CONVERSATION])
        name = record_id({**fields, **optional})
        shown = {**(shuffled or fields), **optional}
        if self.with_vectors and row.get(_EMBEDDING) is not None:
            vector = [float(number) for number in row[_EMBEDDING]]
            more["vectors"] = {_EMBEDDING: vector}
            self._records.add_vectors(_EMBEDDING, len(vector))
        return self._argilla().Record(id=name, fields=shown, **more)

    def _optional_inputs(self) -> Dict[str, bool]:
        optional = {_CONVERSATION: self.with_conversation, _EMBEDDING: self.with_vectors}
        return {name: False for name, is_shown in optional.items() if is_shown}


def _key_of_environment() -> Optional[SecretStr]:
    key = os.getenv("ARGILLA_API_KEY")
    return SecretStr(key) if key else None


def instruction_id(instruction: str) -> str:
    """Returns the value of the field `id` of a record.

    Args:
        instruction: Text of the instruction.

    Returns:
        Its SHA-256 as hexadecimal digits.
    """
    return hashlib.sha256(instruction.encode("utf-8", "surrogatepass")).hexdigest()
