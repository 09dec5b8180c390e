"""`MinHashDedup`: marks texts that are nearly the same as an earlier one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Optional

from pydantic import PrivateAttr

from distilabel import constants, envs
from distilabel._core.extras import import_extra
from distilabel.errors import DistilabelUserError
from distilabel.steps.base import Step, StepInput
from distilabel.steps.column_checks import optional_text_in
from distilabel.steps.filtering.lsh import DiskIndex, Index, MemoryIndex, best_bands

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput

_WORD: Final = re.compile(r"\w+|[^\w\s]")


def ngrams(sequence: Iterable[str], n: int) -> Iterator[tuple[str, ...]]:
    """Returns all runs of `n` items.

    Args:
        sequence: Items, such as the characters of a text.
        n: Length of a run.

    Yields:
        The runs, from the first to the last; none if there are fewer than `n` items.
    """
    items = tuple(sequence)
    for start in range(len(items) - n + 1):
        yield items[start : start + n]


def tokenized_on_words(texts: Iterable[str]) -> Iterator[set[bytes]]:
    """Cuts texts into words and punctuation marks.

    Args:
        texts: The texts.

    Yields:
        For each text, the set of its words, encoded as UTF-8.
    """
    for text in texts:
        yield {_encode(word) for word in _WORD.findall(text)}


def tokenize_on_ngrams(texts: Iterable[str], n: int = 1) -> Iterator[set[bytes]]:
    """Cuts texts into runs of characters.

    Args:
        texts: The texts.
        n: Length of a run in characters.

    Yields:
        For each text, the set of its runs, encoded as UTF-8; a text that is shorter than `n` is
        a run itself.
    """
    for text in texts:
        yield {_encode("".join(run)) for run in ngrams(text, n)} or {_encode(text)}


def _encode(text: str) -> bytes:
    # Texts may contain unpaired surrogates.
    return text.encode("utf-8", "surrogatepass")


class MinHashDedup(Step):
    """Marks rows whose text is nearly the same as that of an earlier row.

    Texts are compared by the Jaccard similarity of the sets of their words, or of their runs of
    characters: the number of those they share divided by the number of those that occur in either.
    It is estimated with MinHash and locality-sensitive hashing, so every text is looked at once.
    Duplicates are found across batches, in the order of the rows: the first of them is kept.
    Filter the rows by the output column afterwards.

    The estimate is random around the threshold: with the default settings, half of the texts with a
    similarity of 0.92 are found, 19 of 20 with 0.97, and 1 of 12 with 0.85. Lower the threshold to
    find more.

    Needs rensa (`pip install 'distilabel[minhash]'`). Words are found without the data of nltk: a
    run of letters, digits and underscores is a word, and so is every other character that is not a
    space. Use `tokenizer="ngrams"` for languages that are written without spaces.

    Attributes:
        num_perm: Number of values in the MinHash signature of a text.
        seed: Seed of the signatures.
        tokenizer: `words`, or `ngrams` for runs of characters.
        n: Length of the runs with `tokenizer="ngrams"`.
        threshold: Jaccard similarity from which on texts are duplicates, between 0 and 1.
        storage: Where the signatures of kept texts are stored during a run: `dict` in memory
            (0.9 GB for a million texts), `disk` in a temporary file.

    Input columns:
        - text (str): Text to compare; None for a missing one.

    Output columns:
        - keep_row_after_minhash_filtering (bool): False if the text is a duplicate of an earlier
            one; None if it is missing.

    Categories:
        - filtering

    References:
        - [datasketch documentation](https://ekzhu.github.io/datasketch/lsh.html)
        - [Identifying and Filtering Near-Duplicate Documents](https://cs.brown.edu/courses/cs253/papers/nearduplicate.pdf)
        - [rensa](https://github.com/beowolx/rensa)

    Examples:
        Find duplicates among four texts:

        ```python notest
        from distilabel.pipeline import Pipeline
        from distilabel.steps import LoadDataFromDicts, MinHashDedup

        with Pipeline() as pipeline:
            texts = [
                "This is a test document.",
                "This document is a test.",
                "Test document: this one has other words.",
                "This is a test document.",
            ]
            load = LoadDataFromDicts(data=[{"text": text} for text in texts])
            load >> MinHashDedup(threshold=0.9)

        distiset = pipeline.run()
        # "keep_row_after_minhash_filtering" is True, False, True, False
        ```
    """

    num_perm: int = 128
    seed: int = 1
    tokenizer: Literal["words", "ngrams"] = "words"
    n: Optional[int] = 5
    threshold: float = 0.9
    storage: Literal["dict", "disk"] = "dict"

    _rensa: Any = PrivateAttr(default=None)
    _index: Optional[Index] = PrivateAttr(default=None)
    # Rows so far, and duplicates among them. Also shows that the step has a state of its own: the
    # results of a subclass are not cached.
    _counts: tuple[int, int] = PrivateAttr(default=(0, 0))

    @property
    def inputs(self) -> StepColumns:
        """`text`."""
        return ["text"]

    @property
    def outputs(self) -> StepColumns:
        """`keep_row_after_minhash_filtering`."""
        return ["keep_row_after_minhash_filtering"]

    def load(self) -> None:
        """Begins with an empty index.

        Raises:
            ImportError: If rensa is not installed.
            DistilabelUserError: If a field has a value that is not possible, or the step has
                several replicas, which would not see each other's texts.
        """
        super().load()
        self._check_fields()
        self._rensa = import_extra("rensa", extra="minhash", subject="MinHashDedup")
        bands, rows = best_bands(self.threshold, self.num_perm)
        self._close()
        if self.storage == "dict":
            self._index = MemoryIndex(self._rensa, self.threshold, bands, rows)
        else:
            folder = envs.DISTILABEL_CACHE_DIR or constants.BASE_CACHE_DIR
            self._index = DiskIndex(Path(folder) / "key_value_store", bands, rows)
        self._counts = (0, 0)

    def unload(self) -> None:
        """Releases the index."""
        rows, duplicates = self._counts
        self._logger.info("%s: %d of %d texts are duplicates", self.name, duplicates, rows)
        self._close()
        super().unload()

    def process(self, inputs: StepInput) -> StepOutput:
        """Compares texts with all earlier ones.

        Args:
            inputs: Input rows.

        Yields:
            The rows with `keep_row_after_minhash_filtering`.

        Raises:
            DistilabelUserError: If a column does not contain a text, or the step is not loaded.
        """
        if self._index is None:
            raise DistilabelUserError(f"{self.name}: the step is not loaded. Call `load()` first.")
        # All of them before the first one is added: a batch is compared as a whole or not at all.
        texts = [optional_text_in(self, row, "text") for row in inputs]
        given = [text for text in texts if text is not None]
        tokens = (
            tokenized_on_words(given)
            if self.tokenizer == "words"
            else tokenize_on_ngrams(given, self.n or 1)
        )
        bands, rows = best_bands(self.threshold, self.num_perm)
        signatures = self._rensa.RMinHash.from_token_sets(list(tokens), bands * rows, self.seed)
        kept = list(self._index.add(signatures))
        flags = iter(kept)
        for row, text in zip(inputs, texts, strict=True):
            row["keep_row_after_minhash_filtering"] = None if text is None else next(flags)
        seen, duplicates = self._counts
        self._counts = (seen + len(kept), duplicates + kept.count(False))
        yield inputs

    def _check_fields(self) -> None:
        wrong = None
        if not 0 < self.threshold <= 1:
            wrong = f"threshold is {self.threshold}. It must be above 0 and at most 1."
        elif self.num_perm < 2:
            wrong = f"num_perm is {self.num_perm}. It must be at least 2."
        elif self.seed < 0:
            wrong = f"seed is {self.seed}. It must not be negative."
        elif self.tokenizer == "ngrams" and (self.n or 0) < 1:
            wrong = f"n is {self.n}. It must be at least 1 with tokenizer='ngrams'."
        elif (self.resources.replicas or 1) > 1:
            wrong = (
                f"resources.replicas is {self.resources.replicas}. Replicas do not see each "
                "other's texts, so that duplicates would be kept: use one."
            )
        if wrong is not None:
            raise DistilabelUserError(f"{self.name}: {wrong}")

    def _close(self) -> None:
        if self._index is not None:
            self._index.close()
            self._index = None
