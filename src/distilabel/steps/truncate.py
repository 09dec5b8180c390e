"""`TruncateTextColumn`: text no longer than so many characters or tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Optional

from pydantic import PrivateAttr

from distilabel.steps.base import Step, StepInput

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class TruncateTextColumn(Step):
    """Cuts the text in a column; None stays None.

    Attributes:
        column: the column.
        max_length: most tokens with a tokenizer, most characters without.
        tokenizer: name of a tokenizer on the Hugging Face Hub, or a folder.

    Input columns:
        - dynamic (str): the one in `column`.

    Output columns:
        - dynamic (str): the one in `column`.

    Examples:
        Five characters:

        ```python
        from distilabel.steps import TruncateTextColumn

        truncate = TruncateTextColumn(column="text", max_length=5)
        truncate.load()
        rows = next(truncate.process([{"text": "a barn owl"}]))
        # [{"text": "a bar"}]
        ```
    """

    column: str = "text"
    max_length: int = 8192
    tokenizer: Optional[str] = None

    _row_by_row: ClassVar[bool] = True
    _tokenizer: Any = PrivateAttr(default=None)

    @property
    def inputs(self) -> StepColumns:
        """The column."""
        return [self.column]

    @property
    def outputs(self) -> StepColumns:
        """The column."""
        return [self.column]

    def load(self) -> None:
        """Loads the tokenizer, if there is one."""
        super().load()
        if self.tokenizer is None:
            return
        try:
            from transformers import AutoTokenizer
        except ImportError as error:
            raise ImportError(
                f"{self.name}: counting tokens takes transformers, which is not installed: "
                "pip install 'distilabel[hf-transformers]', or leave out `tokenizer` to count "
                "characters."
            ) from error
        self._tokenizer = AutoTokenizer.from_pretrained(self.tokenizer)

    def process(self, inputs: StepInput) -> StepOutput:
        """Cuts text.

        Args:
            inputs: the rows; they are changed.

        Yields:
            The same rows.
        """
        column, length = self.column, self.max_length
        cut = self._first_tokens if self._tokenizer is not None else lambda text: text[:length]
        for row in inputs:
            text = row[column]
            # A character has four bytes at most, a byte one token: most texts need no tokenizer.
            if text is not None and 4 * len(text) >= length:
                row[column] = cut(text)
        yield inputs

    def _first_tokens(self, text: str) -> str:
        tokens = self._tokenizer.encode(text, add_special_tokens=False)
        if len(tokens) <= self.max_length:
            return text
        return str(self._tokenizer.decode(tokens[: self.max_length]))
