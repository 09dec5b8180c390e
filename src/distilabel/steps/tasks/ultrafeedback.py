"""`UltraFeedback`: a model rates several texts on one aspect.

The prompts are in `prompts/ultrafeedback/`; how answers are read is in `judgements.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Literal, Optional

import orjson

from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.parsing import all_none
from distilabel.steps.tasks.prompt_files import prompt
from distilabel.steps.tasks.rating_parser import read_judgements

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_TYPED: Final = ("helpfulness", "truthfulness")

# Column → attribute of a judgement, and → property of a structured answer.
_PLAIN_COLUMNS: Final = {"ratings": "rating", "rationales": "rationale"}
_TYPED_COLUMNS: Final = {
    "types": "type",
    "rationales": "type_rationale",
    "ratings": "rating",
    "rationales-for-ratings": "rationale",
}
_PROPERTIES: Final = {"rationales-for-ratings": "rationales_for_rating"}
_NUMBERS: Final = ("types", "ratings")


class UltraFeedback(Task):
    """Rates texts written for the same instruction, on one aspect, with rationales.

    The aspects are `helpfulness`, `honesty`, `instruction-following`, `truthfulness`, and
    `overall-rating`, which weighs all of them together. There is one rating per text, in the
    order of the texts; it is None where the model gave none.

    Attributes:
        aspect: what the texts are rated on.

    Input columns:
        - instruction (str): what the texts were written for.
        - generations (List[str]): the texts.

    Output columns:
        - types (List[int]): the type of each text; only `helpfulness` and `truthfulness`.
        - rationales (List[str]): why that rating, or with types, why that type.
        - ratings (List[int]): the rating of each text, from 1 to 5.
        - rationales-for-ratings (List[str]): why that rating; only `helpfulness` and
            `truthfulness`.
        - model_name (str): the model that rated.

    References:
        - [UltraFeedback: Boosting Language Models with Scaled AI Feedback](https://arxiv.org/abs/2310.01377)
        - [UltraFeedback, the code](https://github.com/OpenBMB/UltraFeedback)

    Citations:
        ```bibtex
        @misc{cui2024ultrafeedbackboostinglanguagemodels,
            title={UltraFeedback: Boosting Language Models with Scaled AI Feedback},
            author={Ganqu Cui and Lifan Yuan and Ning Ding and Guanming Yao and Bingxiang He and Wei Zhu and Yuan Ni and Guotong Xie and Ruobing Xie and Yankai Lin and Zhiyuan Liu and Maosong Sun},
            year={2024},
            eprint={2310.01377},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2310.01377},
        }
        ```

    Examples:
        Two answers, rated as a whole:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import UltraFeedback

        task = UltraFeedback(llm=SimulatedLLM())
        task.load()
        rows = next(
            task.process([{"instruction": "Name an owl.", "generations": ["Barn owl.", "Hawk."]}])
        )
        # "ratings" and "rationales" have two items each
        ```
    """  # noqa: E501 (the authors stand in one line, as in the entry that arXiv gives)

    aspect: Literal[
        "helpfulness", "honesty", "instruction-following", "truthfulness", "overall-rating"
    ] = "overall-rating"

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @property
    def _columns(self) -> dict[str, str]:
        return _TYPED_COLUMNS if self.aspect in _TYPED else _PLAIN_COLUMNS

    @property
    def inputs(self) -> StepColumns:
        """`instruction` and `generations`."""
        return ["instruction", "generations"]

    @property
    def outputs(self) -> List[str]:
        """The ratings, the rationales, and what else the aspect has."""
        return [*self._columns, "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: the row. A generation that is None is shown as an empty text.
        """
        values = {
            "instruction": input["instruction"],
            "texts": ["" if text is None else text for text in input["generations"]],
            "structured": self.use_default_structured_output,
        }
        system = prompt("ultrafeedback/system.jinja2").render(values)
        user = prompt(f"ultrafeedback/{self.aspect}.jinja2").render(values)
        return [
            {"role": "system", "content": system.strip()},
            {"role": "user", "content": user.strip()},
        ]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Reads one judgement per text; None stands where there is none.

        Args:
            output: the text of the model.
            input: the row.
        """
        count = len(input["generations"]) if input is not None else None
        if output is None:
            return {column: [None] * (count or 0) for column in self._columns}
        if self.use_default_structured_output:
            return self._read_object(output, count)
        judged = read_judgements(output, count, typed=self.aspect in _TYPED)
        return {
            column: [getattr(judgement, name) for judgement in judged]
            for column, name in self._columns.items()
        }

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        # A judge who says nothing of any text has not answered, whatever else was written.
        return all_none(columns, self._columns)

    def get_structured_output(self) -> Dict[str, Any]:
        """An object with one list per output column, each with one item per text."""
        number_or_null = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
        items = {
            "types": number_or_null,
            "ratings": number_or_null if self.aspect == "honesty" else {"type": "integer"},
        }
        properties = {
            _PROPERTIES.get(column, column): {
                "type": "array",
                "items": items.get(column, {"type": "string"}),
            }
            for column in self._columns
        }
        return {
            "title": "Judgements",
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    def _read_object(self, output: str, count: int | None) -> Dict[str, Any]:
        try:
            answer = orjson.loads(output)
        except orjson.JSONDecodeError:
            answer = None
        given = answer if isinstance(answer, dict) else {}
        columns = {}
        for column in self._columns:
            values = given.get(_PROPERTIES.get(column, column))
            values = values if isinstance(values, list) else []
            wanted = len(values) if count is None else count
            kind = int if column in _NUMBERS else str
            # True and False are whole numbers to Python.
            fitting = [v if type(v) is kind else None for v in values]
            columns[column] = [*fitting, *[None] * wanted][:wanted]
        return columns
