"""`JudgeTask`: a task that judges, in one or both orders, by words or by probabilities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Dict, Final, List, Literal, Self

from pydantic import model_validator

from distilabel._core.serialization import DumpIfSet
from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import DistilabelUserError
from distilabel.steps.tasks.base import Ask, Row, Task
from distilabel.steps.tasks.expected_ratings import expected_ratings

if TYPE_CHECKING:
    from distilabel.steps.tasks.parsing import ParsedGeneration
    from distilabel.typing import FormattedInput, GenerateOutput

Orders = Literal[1, 2, "kept"]

_TOP: Final = 10
_LEAST_MASS: Final = 0.9
_ORDER_COLUMNS: Final = ("verdict_ab", "verdict_ba", "consistent")
_EXPECTED_COLUMNS: Final = ("rating_expected", "rating_mass")


class JudgeTask(Task, ABC):
    """Base of tasks that judge several texts of a row, or give ratings.

    Attributes:
        orders: Orders in which the texts are shown: 1, 2, or `"kept"` for a second one only where
            the first one named a best text, as rows without one are not kept anyway.
        expected: Whether to add the means of the ratings over the probabilities of their tokens.
            It needs a model that returns log-probabilities.
    """

    orders: Annotated[Orders, DumpIfSet] = 1
    expected: Annotated[bool, DumpIfSet] = False

    @model_validator(mode="after")
    def _check_judging(self) -> Self:
        several = (self.num_generations or 1) > 1 or self.group_generations
        if self.orders != 1 and several:
            raise DistilabelUserError(
                f"{type(self).__name__}: orders={self.orders!r} needs num_generations=1 and"
                " group_generations=False: the verdicts of both orders belong together."
            )
        if self.expected and not _logprob_arguments(self.llm):
            raise DistilabelUserError(
                f"{type(self).__name__}: expected=True needs log-probabilities, which"
                f" {type(self.llm).__name__} does not return. Use another model, such as OpenAILLM"
                " or vLLM, or expected=False."
            )
        return self

    @property
    def _judge_columns(self) -> list[str]:
        """The columns that `orders` and `expected` add."""
        return [
            *(_ORDER_COLUMNS if self.orders != 1 else ()),
            *(_EXPECTED_COLUMNS if self.expected else ()),
        ]

    def _declared_outputs(self) -> dict[str, bool]:
        return {**super()._declared_outputs(), **dict.fromkeys(self._judge_columns, True)}

    def _failed_rows(self, row: Row, error: dict[str, Any]) -> list[Row]:
        rows = super()._failed_rows(row, error)
        return [{**each, **dict.fromkeys(self._judge_columns)} for each in rows]

    # -- what a judge says about its texts --------------------------------------------------

    @abstractmethod
    def _verdict(self, columns: Row) -> str | None:
        """Returns the letter of the best text, `tie`, or None if it is not known."""

    @abstractmethod
    def _ratings(self, columns: Row) -> list[int | None]:
        """Returns the ratings in the order in which the model writes them."""

    @property
    def _scale(self) -> Sequence[int]:
        """The possible ratings."""
        return range(1, 6)

    def _expected_column(self, values: list[Any], columns: Row) -> Any:
        """Returns values, one per rating, in the form of the task's column of ratings."""
        return values

    def _swapped(self, row: Row) -> Row:
        """Returns the row with its texts in the other order."""
        return {**row, "generations": list(row["generations"])[::-1]}

    @abstractmethod
    def _mapped_back(self, columns: Row) -> Row:
        """Returns columns about a swapped row in the order of the row."""

    @abstractmethod
    def _combined(self, first: Row, second: Row) -> Row:
        """Returns the columns of both orders."""

    # -- asking -----------------------------------------------------------------------------

    def _run_aprocess(self, row: Row, ask: Ask) -> Coroutine[Any, Any, list[Row]]:
        # The reasoning of both orders is joined here.
        return self.aprocess(row, ask)

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Asks about a row, in one or both orders.

        Args:
            row: Row with the columns of `inputs`.
            ask: Asks the model one question.

        Returns:
            `row` with the output columns added, once per generation unless `group_generations` is
            True.
        """
        if self.expected:
            ask = _WithLogprobs(ask, _logprob_arguments(self.llm))
        rows = await super().aprocess(row, ask)
        if self.orders == 1:
            return rows
        [first] = rows
        ab = self._verdict(first)
        if self.orders == "kept" and ab in (None, "tie"):
            return [{**first, "verdict_ab": ab, "verdict_ba": None, "consistent": None}]
        [second] = await super().aprocess(self._swapped(row), ask)
        second = self._mapped_back(second)
        ba = self._verdict(second)
        known = ab is not None and ba is not None
        joined = {
            **first,
            **self._combined(first, second),
            "verdict_ab": ab,
            "verdict_ba": ba,
            "consistent": ab == ba if known else None,
        }
        key = DISTILABEL_METADATA_KEY
        if key in first or key in second:
            joined[key] = self._joined_metadata(first.get(key) or {}, second.get(key) or {})
        return [joined]

    def _joined_metadata(self, first: Mapping[str, Any], second: Mapping[str, Any]) -> Row:
        """Joins texts, prompts and statistics of both orders; keeps a failure of either."""
        joined = {**second, **first}
        for kind in ("raw_output", "raw_input", "reasoning"):
            key = f"{kind}_{self.name}"
            if key in joined:
                joined[key] = [first.get(key), second.get(key)]
        key = f"statistics_{self.name}"
        if key in joined:
            one, other = first.get(key) or {}, second.get(key) or {}
            joined[key] = {k: [one.get(k), other.get(k)] for k in {**one, **other}}
        return joined

    def _rows_from(
        self, row: Row | None, prompt: FormattedInput | None, generations: list[ParsedGeneration]
    ) -> list[Row]:
        if self.expected:
            for generation in generations:
                self._add_expected(generation)
        return super()._rows_from(row, prompt, generations)

    def _add_expected(self, generation: ParsedGeneration) -> None:
        asked_for = "logprobs" in (self.llm.generation_kwargs or {})
        tokens = generation.extra.get("logprobs") if asked_for else generation.extra.pop(
            "logprobs", None
        )  # fmt: skip
        ratings = self._ratings(generation.columns) if generation.text else []
        found = expected_ratings(generation.text or "", tokens, ratings, self._scale)
        low = [each.mass for each in found if each is not None and each.mass < _LEAST_MASS]
        if low:
            self._logger.warning(
                "%s: the probability of a rating on the scale is only %.2f; the rest went to other"
                " tokens, so that rating_expected says less.",
                self.name,
                min(low),
            )
        for column, values in (
            ("rating_expected", [None if each is None else each.value for each in found]),
            ("rating_mass", [None if each is None else each.mass for each in found]),
        ):
            generation.columns[column] = self._expected_column(values, generation.columns)


class _WithLogprobs:
    """Asks for log-probabilities with every question."""

    def __init__(self, ask: Any, arguments: Dict[str, Any]) -> None:
        self._ask = ask
        self._arguments = arguments

    async def __call__(
        self, input: FormattedInput, num_generations: int = 1, **kwargs: Any
    ) -> GenerateOutput:
        output: GenerateOutput = await self._ask(
            input, num_generations, **{**self._arguments, **kwargs}
        )
        return output

    def __getattr__(self, name: str) -> Any:
        # A task asks again only if `ask` has this method.
        again = getattr(self._ask, name)
        if name != "again":
            return again

        async def with_logprobs(*args: Any, **kwargs: Any) -> GenerateOutput:
            output: GenerateOutput = await again(*args, **{**self._arguments, **kwargs})
            return output

        return with_logprobs


def _logprob_arguments(llm: Any) -> Dict[str, Any]:
    """Returns the generation arguments that ask a model for log-probabilities; {} if none do."""
    given = llm.generation_kwargs or {}
    for arguments in (
        {"logprobs": True, "top_logprobs": given.get("top_logprobs") or _TOP},
        {"logprobs": given.get("logprobs") or _TOP},
    ):
        if not llm.unknown_generation_arguments(arguments):
            return dict(arguments)
    return {}


def best_letter(ratings: Sequence[float | None] | None) -> str | None:
    """The letter of the text with the highest rating.

    Args:
        ratings: The rating of each text.

    Returns:
        `A` for the first text, and so on; `tie` if several have the highest rating, None if one has
        no rating.
    """
    known = [rating for rating in ratings or () if rating is not None]
    if not known or len(known) < len(ratings or ()):
        return None
    best = max(known)
    return "tie" if known.count(best) > 1 else chr(ord("A") + known.index(best))


def means_of(
    first: Sequence[float | None] | None, second: Sequence[float | None] | None
) -> list[float | None]:
    """The mean of two values per text; None where one is missing.

    Args:
        first: The values of the first order.
        second: Those of the other order, mapped back.
    """
    count = max(len(first or ()), len(second or ()))
    pairs = zip(first or [None] * count, second or [None] * count, strict=False)
    return [None if a is None or b is None else (a + b) / 2 for a, b in pairs]
