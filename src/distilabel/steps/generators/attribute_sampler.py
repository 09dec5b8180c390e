"""`AttributeSampler`: rows of sampled attributes, such as personas, and prompts made from them."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any, Dict, List, Literal, Optional, Self, Union

from pydantic import Field, PositiveInt, model_validator

from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.base import GeneratorStep
from distilabel.steps.generators.covering_array import covering_pairs, covering_values
from distilabel.utils.template import column_variables, compile_template

if TYPE_CHECKING:
    from distilabel.typing import GeneratorStepOutput


class AttributeSampler(GeneratorStep):
    """Samples combinations of attributes, such as the traits of a persona, and fills templates.

    With `coverage`, the first rows contain every value of every attribute, or every pair of values
    of two attributes; the rows after them are drawn by weight. The rows depend only on the
    attributes, `coverage` and `seed`: a rerun makes the same rows, and a higher `num_rows` adds
    some.

    Attributes:
        attributes: Name of each attribute → its values: a list, or a dict of value → weight. A
            value of weight 0 never occurs.
        num_rows: Number of rows; None for as many as `coverage` takes.
        coverage: What occurs in the rows at least once: `"values"`, `"pairs"` (by a covering
            array, which has far fewer rows than there are combinations), or `"none"`.
        templates: Name of a column → Jinja template that is rendered with the attributes, such as
            the column `system_prompt` or `instruction`.
        seed: Seed of the random choices.

    Runtime parameters:
        - batch_size (int): Rows per batch. Defaults to 50.

    Output columns:
        - dynamic (Any): The attributes, and the columns in `templates`.

    Categories:
        - load

    References:
        - [Scaling Synthetic Data Creation with 1,000,000,000 Personas](https://arxiv.org/abs/2406.20094)
        - [The AETG System: An Approach to Testing Based on Combinatorial Design](https://doi.org/10.1109/32.605761)

    Examples:
        Prompts in which every job meets every mood:

        ```python
        from distilabel.steps import AttributeSampler

        sampler = AttributeSampler(
            attributes={
                "job": ["nurse", "pilot", "baker"],
                "mood": ["curious", "in a hurry"],
                "topic": {"sleep": 3, "taxes": 1},
            },
            coverage="pairs",
            templates={"system_prompt": "You are a {{ job }}, and you are {{ mood }}."},
        )
        sampler.load()
        rows, last = next(sampler.process())
        ```
    """

    attributes: Dict[str, Union[Dict[str, float], List[Any]]] = Field(min_length=1)
    num_rows: Optional[RuntimeParameter[PositiveInt]] = Field(
        default=None, description="Number of rows; None for as many as coverage takes."
    )
    coverage: Literal["values", "pairs", "none"] = "values"
    templates: Dict[str, str] = Field(default_factory=dict)
    seed: RuntimeParameter[int] = Field(default=42, description="Seed of the random choices.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, values in self.attributes.items():
            weights = list(values.values()) if isinstance(values, dict) else [1.0] * len(values)
            if not all(math.isfinite(weight) and weight >= 0 for weight in weights):
                raise DistilabelUserError(
                    f"attributes: the weights of {name!r} are {weights}. They must be 0 or more."
                )
            if not any(weights):
                raise DistilabelUserError(
                    f"attributes: {name!r} has no value that can be drawn. Add one, or raise a "
                    "weight above 0."
                )
        for column, template in self.templates.items():
            if column in self.attributes:
                raise DistilabelUserError(
                    f"templates: {column!r} is an attribute as well. Rename one of them."
                )
            unknown = sorted(column_variables(template) - {*self.attributes})
            if unknown:
                raise DistilabelUserError(
                    f"templates: {column!r} uses {', '.join(map(repr, unknown))}, which "
                    f"{'are not attributes' if len(unknown) > 1 else 'is not an attribute'}. "
                    f"The attributes are {', '.join(map(repr, self.attributes))}."
                )
        return self

    @property
    def outputs(self) -> List[str]:
        """The attributes, and the columns in `templates`."""
        return [*self.attributes, *self.templates]

    def load(self) -> None:
        """Checks that the rows suffice.

        Raises:
            DistilabelUserError: If `num_rows` is less than the coverage takes, or missing with
                `coverage="none"`.
        """
        super().load()
        needed = len(self._covering())
        if self.num_rows is None and not needed:
            raise DistilabelUserError(f'{self.name}: coverage="none" needs num_rows. Set it.')
        if self.num_rows is not None and self.num_rows < needed:
            raise DistilabelUserError(
                f"{self.name}: num_rows is {self.num_rows}, but coverage={self.coverage!r} takes "
                f"{needed} rows. Raise num_rows, or leave it out."
            )

    def _known_length(self) -> int | None:
        return self.num_rows or len(self._covering())

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Generates the rows.

        Args:
            offset: Rows to skip because an earlier run generated them.

        Yields:
            A list of rows, and whether it is the last.
        """
        covering, size = self._covering(), self.batch_size or 50
        total = self.num_rows or len(covering)
        if offset >= total:
            yield [], True
        for start in range(offset, total, size):
            end = min(start + size, total)
            yield [self._row(number, covering) for number in range(start, end)], end == total

    def _values(self, name: str) -> tuple[list[Any], list[float]]:
        """Returns the values of an attribute that may occur, and their weights."""
        given = self.attributes[name]
        if not isinstance(given, dict):
            return list(given), [1.0] * len(given)
        kept = {value: weight for value, weight in given.items() if weight > 0}
        return list(kept), list(kept.values())

    def _covering(self) -> list[list[int]]:
        if self.coverage == "none":
            return []
        sizes = [len(self._values(name)[0]) for name in self.attributes]
        rng = random.Random(f"{self.seed}:{self.coverage}")
        return (covering_pairs if self.coverage == "pairs" else covering_values)(sizes, rng)

    def _row(self, number: int, covering: list[list[int]]) -> Dict[str, Any]:
        rng = random.Random(f"{self.seed}:{number}")
        row: Dict[str, Any] = {}
        for index, name in enumerate(self.attributes):
            values, weights = self._values(name)
            row[name] = (
                values[covering[number][index]]
                if number < len(covering)
                else rng.choices(values, weights)[0]
            )
        prompts = {
            column: compile_template(template).render(row)
            for column, template in self.templates.items()
        }
        return {**row, **prompts}
