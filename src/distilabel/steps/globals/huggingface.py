"""`PushToHub`: pushes all rows to a dataset on the Hugging Face Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Optional

from pydantic import Field

from distilabel._core.redaction import SecretField
from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.base import GlobalStep, StepInput

if TYPE_CHECKING:
    from distilabel.typing import StepOutput


class PushToHub(GlobalStep):
    """Pushes all rows to a dataset on the Hugging Face Hub, and passes them on unchanged.

    Attributes:
        repo_id: Dataset on the Hub, as `owner/name`. It is created if it does not exist.
        split: Split to push the rows to.
        private: Whether a newly created dataset is private.
        token: Hub token with write access; None for `HF_TOKEN` or the stored login. It is never
            written to a file.

    Runtime parameters:
        - repo_id (str): Dataset on the Hub, as `owner/name`.
        - split (str): Split to push the rows to. Defaults to `"train"`.
        - private (bool): Whether a newly created dataset is private. Defaults to `False`.
        - token (str): Hub token with write access. Defaults to `None`.
        - input_batch_size (int): Unused, because the step receives all rows at once.

    Input columns:
        - dynamic (Any): All columns; every column is pushed.

    Categories:
        - save

    Examples:
        ```python
        from distilabel.steps import PushToHub

        push = PushToHub(repo_id="me/my-dataset", private=True)
        ```
    """

    _writes_elsewhere: ClassVar[bool] = True

    repo_id: RuntimeParameter[str] = Field(
        default=None, description="Dataset on the Hub, as `owner/name`."
    )
    split: RuntimeParameter[str] = Field(default="train", description="Split to push the rows to.")
    private: RuntimeParameter[bool] = Field(
        default=False, description="Whether a newly created dataset is private."
    )
    token: Annotated[Optional[RuntimeParameter[str]], SecretField] = Field(
        default=None,
        repr=False,
        description="Hub token with write access; None for `HF_TOKEN` or the stored login.",
    )

    def load(self) -> None:
        """Checks that there is a token before the first row is processed.

        Raises:
            DistilabelUserError: If there is no token.
        """
        super().load()
        self._find_token()

    def process(self, inputs: StepInput) -> StepOutput:
        """Pushes the rows.

        Args:
            inputs: All rows.

        Yields:
            The same rows.

        Raises:
            DistilabelUserError: If there is no token, or if the token has no write access.
        """
        if inputs:
            self._push(inputs)
        else:
            self._logger.warning("no rows to push to %r", self.repo_id)
        yield inputs

    def _find_token(self) -> str:
        from huggingface_hub import get_token

        token: str | None = self.token or get_token()
        if not token:
            raise DistilabelUserError(
                f"{self.name}: no token to push to {self.repo_id!r}. Set HF_TOKEN, run "
                "`hf auth login`, or pass `token` as a runtime parameter."
            )
        return token

    def _push(self, rows: list[dict[str, Any]]) -> None:
        from datasets import Dataset
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError

        # Rows may have different columns.
        columns = dict.fromkeys(column for row in rows for column in row)
        dataset = Dataset.from_dict({c: [row.get(c) for row in rows] for c in columns})
        try:
            dataset.push_to_hub(
                self.repo_id, split=self.split, private=self.private, token=self._find_token()
            )
        except HFValidationError as error:
            raise DistilabelUserError(
                f"{self.name}: {self.repo_id!r} is not a valid dataset name: {error}"
            ) from error
        except HfHubHTTPError as error:
            if error.response.status_code not in (401, 403, 404):
                raise
            raise DistilabelUserError(
                f"{self.name}: the token has no write access to {self.repo_id!r} (status "
                f"{error.response.status_code}). Check the name and the permissions of the token."
            ) from error
