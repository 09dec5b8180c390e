"""`ArgillaBase`: what the steps that write to a dataset of Argilla share."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Dict, List, Optional
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, SecretStr

from distilabel._core.extras import import_extra
from distilabel._core.redaction import redact_urls
from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.base import Step, StepInput

if TYPE_CHECKING:
    from distilabel.typing import StepOutput


class ArgillaBase(Step, ABC):
    """Writes rows to a dataset of Argilla and passes them on unchanged.

    A record's id is a digest of the texts it shows, so logging the same rows again updates the
    records and keeps the responses of people.

    Attributes:
        dataset_name: Dataset to write to; it is created if it does not exist.
        dataset_workspace: Workspace of the dataset; None for the user's default.
        api_url: Address of the server; None for the variable `ARGILLA_API_URL`.
        api_key: Key of the user; None for the variable `ARGILLA_API_KEY`.

    Runtime parameters:
        - dataset_name (str): Dataset to write to.
        - dataset_workspace (str): Workspace of the dataset. Defaults to `None`.
        - api_url (str): Address of the server. Defaults to `None`.
        - api_key (SecretStr): Key of the user. Defaults to `None`.
    """

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

    _client: Any = PrivateAttr(default=None)
    _dataset: Any = PrivateAttr(default=None)

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
        self._connect()
        try:
            dataset = self._client.datasets(self.dataset_name, workspace=self.dataset_workspace)
        except Exception as error:  # noqa: BLE001
            raise self._refused("find the dataset", error) from None
        if dataset is None:
            dataset = self._new_dataset()
            try:
                dataset.create()
            except Exception as error:  # noqa: BLE001
                raise self._refused("create the dataset", error) from None
        else:
            self._check_fields(dataset)
        self._dataset = dataset

    def unload(self) -> None:
        """Forgets the connection."""
        self._client = self._dataset = None
        super().unload()

    @property
    @abstractmethod
    def inputs(self) -> List[str]:
        """Columns that the records show."""

    @property
    def outputs(self) -> List[str]:
        """None: rows pass unchanged."""
        return []

    @abstractmethod
    def process(self, inputs: StepInput) -> StepOutput:
        """Writes the rows and yields them."""

    @abstractmethod
    def _new_dataset(self) -> Any:
        """The dataset to create, as `argilla.Dataset`."""

    @abstractmethod
    def _field_names(self) -> List[str]:
        """Names of the text fields that a record fills."""

    def _argilla(self) -> Any:
        return import_extra("argilla", extra="argilla", subject=type(self).__name__)

    def _connect(self) -> None:
        for name, variable in (("api_url", "ARGILLA_API_URL"), ("api_key", "ARGILLA_API_KEY")):
            if not getattr(self, name):
                raise DistilabelUserError(
                    f"step {self.name!r}: `{name}` is missing. Pass it or set {variable}."
                )
        if not self.dataset_name:
            raise DistilabelUserError(f"step {self.name!r}: `dataset_name` is missing. Pass it.")
        headers: Dict[str, str] = {}
        token = os.getenv("HF_TOKEN")
        # By the host: an address may contain the name of another one anywhere else.
        if token and (urlsplit(str(self.api_url)).hostname or "").endswith(".hf.space"):
            headers["Authorization"] = f"Bearer {token}"
        try:
            self._client = self._argilla().Argilla(
                api_url=self.api_url,
                api_key=self.api_key.get_secret_value(),  # type: ignore[union-attr]
                headers=headers,
            )
        except Exception as error:  # noqa: BLE001
            raise self._refused("connect", error) from None

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

    def _record_id(self, texts: Dict[str, str]) -> str:
        shown = "\x00".join(f"{name}\x01{texts[name]}" for name in sorted(texts))
        return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()

    def _log(self, records: List[Any]) -> None:
        """Sends records; where the server refuses some, halves them until the record is found."""
        if not records:
            return
        try:
            self._dataset.records.log(records)
        except Exception as error:  # noqa: BLE001
            if (
                getattr(error, "status_code", None) != 422
                and "Unprocessable" not in type(error).__name__
            ):
                raise self._refused(f"log {len(records)} records", error) from None
            if len(records) == 1:
                shown = {name: str(text)[:80] for name, text in dict(records[0].fields).items()}
                raise self._refused(f"log the record {shown}", error) from None
            half = len(records) // 2
            self._log(records[:half])
            self._log(records[half:])

    def _refused(self, doing: str, error: Exception) -> DistilabelUserError:
        text = f"{type(error).__name__}: {error}"
        if self.api_key is not None:
            text = text.replace(self.api_key.get_secret_value(), "***")
        return DistilabelUserError(
            f"step {self.name!r}: Argilla at {redact_urls(str(self.api_url))} did not {doing} "
            f"(dataset {self.dataset_name!r}, workspace {self.dataset_workspace!r}): {text}"
        )


def _key_of_environment() -> Optional[SecretStr]:
    key = os.getenv("ARGILLA_API_KEY")
    return SecretStr(key) if key else None


def instruction_id(instruction: str) -> str:
    """The value of the field `id` of a record.

    Args:
        instruction: Text of the instruction.

    Returns:
        Its SHA-256 as hexadecimal digits.
    """
    return hashlib.sha256(instruction.encode("utf-8", "surrogatepass")).hexdigest()
