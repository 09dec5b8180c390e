"""`TruncateTextColumn`: truncates texts to a number of characters or tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Optional

from pydantic import PositiveInt, PrivateAttr

from distilabel.steps.base import Step, StepInput

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class TruncateTextColumn(Step):
    """Truncates the text in a column; None stays None.

    Attributes:
        column: Column to truncate.
        max_length: Maximum length of a text, in tokens with a tokenizer, in characters without.
        tokenizer: Name of a tokenizer on the Hugging Face Hub or path of a local directory; None
            to count characters.

    Input columns:
        - dynamic (str): The column in `column`.

    Output columns:
        - dynamic (str): The column in `column`.

    Examples:
        Truncate to five characters:

        ```python
        from distilabel.steps import TruncateTextColumn

        truncate = TruncateTextColumn(column="text", max_length=5)
        truncate.load()
        rows = next(truncate.process([{"text": "a barn owl"}]))
        # [{"text": "a bar"}]
        ```
    """

    column: str = "text"
    max_length: PositiveInt = 8192
    tokenizer: Optional[str] = None

    _row_by_row: ClassVar[bool] = True
    _tokenizer: Any = PrivateAttr(default=None)

    @property
    def inputs(self) -> StepColumns:
        """The column in `column`."""
        return [self.column]

    @property
    def outputs(self) -> StepColumns:
        """The column in `column`."""
        return [self.column]

    def load(self) -> None:
        """Loads the tokenizer, if there is one.

        Raises:
            ImportError: If `tokenizer` is set and transformers is not installed.
        """
        super().load()
        if self.tokenizer is None:
            return
        try:
            from transformers import AutoTokenizer
        except ImportError as error:
            raise ImportError(
                f"{self.name}: counting tokens requires transformers, which is not installed. Run "
                "pip install 'distilabel[hf-transformers]', or leave out `tokenizer` to count "
                "characters."
            ) from error
        self._tokenizer = AutoTokenizer.from_pretrained(self.tokenizer)

    def process(self, inputs: StepInput) -> StepOutput:
        """Truncates texts.

        Args:
            inputs: Input rows; they are changed in place.

        Yields:
            The same rows.
        """
        column, length = self.column, self.max_length
        truncate = self._first_tokens if self._tokenizer is not None else lambda text: text[:length]
        for row in inputs:
            text = row[column]
            # A character has at most four bytes, and a byte at most one token. So a text with
            # fewer than length / 4 characters is short enough without running the tokenizer.
            if text is not None and 4 * len(text) >= length:
                row[column] = truncate(text)
        yield inputs

    def _first_tokens(self, text: str) -> str:
        tokens = self._tokenizer.encode(text, add_special_tokens=False)
        if len(tokens) <= self.max_length:
            return text
        return str(self._tokenizer.decode(tokens[: self.max_length]))
