"""`PushToHub`: puts all rows into a dataset of the Hugging Face Hub and passes them on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Optional

from pydantic import Field

from distilabel._core.redaction import SecretField
from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.base import GlobalStep, StepInput

if TYPE_CHECKING:
    from distilabel.typing import StepOutput


class PushToHub(GlobalStep):
    """Pushes all rows to a dataset of the Hugging Face Hub.

    Attributes:
        repo_id: the dataset, as `owner/name`. It is made if there is none.
        split: the split the rows become.
        private: whether a dataset that is made is private.
        token: key of the Hub with leave to write. `HF_TOKEN` or the stored login if None. It is
            never written into a file.

    Runtime parameters:
        - repo_id (str): the dataset, as `owner/name`.
        - split (str): the split the rows become. Defaults to `"train"`.
        - private (bool): whether a dataset that is made is private. Defaults to `False`.
        - token (str): key of the Hub with leave to write. Defaults to `None`.
        - input_batch_size (int): not used, this step takes all rows at once.

    Input columns:
        - dynamic (Any): all columns are pushed.

    Categories:
        - save

    Examples:
        ```python
        from distilabel.steps import PushToHub

        push = PushToHub(repo_id="me/my-dataset", private=True)
        ```
    """

    repo_id: RuntimeParameter[str] = Field(
        default=None, description="The dataset on the Hub, as `owner/name`."
    )
    split: RuntimeParameter[str] = Field(default="train", description="The split the rows become.")
    private: RuntimeParameter[bool] = Field(
        default=False, description="Whether a dataset that is made is private."
    )
    token: Annotated[Optional[RuntimeParameter[str]], SecretField] = Field(
        default=None,
        repr=False,
        description="Key of the Hub with leave to write; `HF_TOKEN` or the stored login if None.",
    )

    def load(self) -> None:
        """Finds the key before the first row: after the last one it would be a pity.

        Raises:
            DistilabelUserError: there is no key.
        """
        super().load()
        self._key()

    def process(self, inputs: StepInput) -> StepOutput:
        """Pushes the rows.

        Args:
            inputs: all rows.

        Yields:
            The same rows.

        Raises:
            DistilabelUserError: there is no key, or the Hub does not let it write.
        """
        if inputs:
            self._push(inputs)
        else:
            self._logger.warning("there are no rows: nothing is pushed to %r", self.repo_id)
        yield inputs

    def _key(self) -> str:
        from huggingface_hub import get_token

        key: str | None = self.token or get_token()
        if not key:
            raise DistilabelUserError(
                f"{self.name}: there is no key to push to {self.repo_id!r} with. Set HF_TOKEN, run "
                "`hf auth login`, or give `token` as a runtime parameter."
            )
        return key

    def _push(self, rows: list[dict[str, Any]]) -> None:
        from datasets import Dataset
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError

        # The first row need not have every column.
        columns = dict.fromkeys(column for row in rows for column in row)
        dataset = Dataset.from_dict({c: [row.get(c) for row in rows] for c in columns})
        try:
            dataset.push_to_hub(
                self.repo_id, split=self.split, private=self.private, token=self._key()
            )
        except HFValidationError as error:
            raise DistilabelUserError(
                f"{self.name}: {self.repo_id!r} is no name of a dataset: {error}"
            ) from error
        except HfHubHTTPError as error:
            if error.response.status_code not in (401, 403, 404):
                raise
            raise DistilabelUserError(
                f"{self.name}: the Hub does not let this key write to {self.repo_id!r} (status "
                f"{error.response.status_code}). Check the name, and that the key may write."
            ) from error
