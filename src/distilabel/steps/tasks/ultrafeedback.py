"""`UltraFeedback`: a model rates several texts on one aspect.

The prompts are in `prompts/ultrafeedback/`; `rating_parser.py` parses the answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Literal, Optional

from distilabel.steps.column_checks import as_list, text_in, texts_in
from distilabel.steps.tasks.answer_fields import judge_answer
from distilabel.steps.tasks.json_answers import is_json_answer, parse_json_object
from distilabel.steps.tasks.judge_task import JudgeTask, best_letter, means_of
from distilabel.steps.tasks.parsing import all_none
from distilabel.steps.tasks.prompt_files import load_prompt
from distilabel.steps.tasks.rating_parser import (
    parse_ratings,
    structured_number,
    structured_rating,
)

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_TYPED: Final = ("helpfulness", "truthfulness")

# Output column → attribute of a `TextRating`.
_PLAIN_COLUMNS: Final = {"ratings": "rating", "rationales": "rationale"}
_TYPED_COLUMNS: Final = {
    "types": "type",
    "rationales": "type_rationale",
    "ratings": "rating",
    "rationales-for-ratings": "rationale",
}
# Output column → property of a structured answer, where the names differ.
_PROPERTIES: Final = {"rationales-for-ratings": "rationales_for_rating"}
_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "types": structured_number,
    "ratings": structured_rating,
}


class UltraFeedback(JudgeTask):
    """Rates several texts written for the same instruction on one aspect, with rationales.

    The aspects are `helpfulness`, `honesty`, `instruction-following`, `truthfulness`, and
    `overall-rating`, which combines all of them. The lists in the output columns have one item
    per text, in the order of the texts; an item is None if the model did not rate that text.

    Attributes:
        aspect: Aspect to rate the texts on.
        orders: Orders in which the texts are shown: 1, 2, or `"kept"` for a second one only where
            the first one has a best text. With two orders, a rating is the mean of both.
        expected: Whether to add the means of the ratings over the probabilities of their tokens;
            needs a model that returns log-probabilities.

    Input columns:
        - instruction (str): Instruction the texts were written for.
        - generations (List[str]): Texts to rate.

    Output columns:
        - types (List[int]): Type of each text; only for `helpfulness` and `truthfulness`.
        - rationales (List[str]): Rationale for each rating; for `helpfulness` and `truthfulness`,
            rationale for each type.
        - ratings (List[int]): Rating of each text, from 1 to 5.
        - rationales-for-ratings (List[str]): Rationale for each rating; only for `helpfulness` and
            `truthfulness`.
        - verdict_ab (str): Letter of the best text, or `tie`, in the order of the row; only for
            `orders` other than 1.
        - verdict_ba (str): The same with the texts in the other order, in the letters of the row;
            only for `orders` other than 1.
        - consistent (bool): Whether both agree; only for `orders` other than 1.
        - rating_expected (List[float]): Mean of each rating over the probabilities of its token;
            only for `expected=True`.
        - rating_mass (List[float]): Probability of the ratings on the scale, in 0..1; only for
            `expected=True`.
        - model_name (str): Name of the model that rated the texts.

    References:
        - [UltraFeedback: Boosting Language Models with Scaled AI Feedback](https://arxiv.org/abs/2310.01377)
        - [UltraFeedback: source code](https://github.com/OpenBMB/UltraFeedback)

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
        Rate two answers overall:

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
    """  # noqa: E501 (the authors are on one line, as in the entry on arXiv)

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
        """`ratings` and `rationales`, the other columns of the aspect, and `model_name`."""
        return [*self._columns, "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row. A generation that is None is sent as an empty text.

        Returns:
            A system message and a user message.

        Raises:
            DistilabelUserError: If the instruction is not a text, or the generations are not a list
                with at least one text.
        """
        values = {
            "instruction": text_in(self, input, "instruction"),
            "texts": [
                "" if text is None else text for text in texts_in(self, input, "generations")
            ],
            "structured": self.use_default_structured_output,
        }
        system = load_prompt("ultrafeedback/system.jinja2").render(values)
        user = load_prompt(f"ultrafeedback/{self.aspect}.jinja2").render(values)
        return [
            {"role": "system", "content": system.strip()},
            {"role": "user", "content": user.strip()},
        ]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses one rating per text.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to; without it, there are as many ratings as the model
                wrote.

        Returns:
            The output columns, each a list with one item per text; None for a missing value.

        Raises:
            ValueError: If the model wrote nothing after its reasoning, or more values than texts.
        """
        texts = as_list(input["generations"]) if input is not None else None
        if output is None:
            return {column: [None] * len(texts or ()) for column in self._columns}
        count = None if texts is None else len(texts)
        answer = judge_answer(output)
        if self.use_default_structured_output or is_json_answer(answer):
            return self._parse_object(answer, count)
        ratings = parse_ratings(answer, count, typed=self.aspect in _TYPED)
        return {
            column: [getattr(rating, name) for rating in ratings]
            for column, name in self._columns.items()
        }

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        # A judge that rated none of the texts has not answered, whatever else it wrote.
        return all_none(columns, self._columns)

    def _verdict(self, columns: Dict[str, Any]) -> Optional[str]:
        return best_letter(columns["ratings"])

    def _ratings(self, columns: Dict[str, Any]) -> List[Optional[int]]:
        return columns["ratings"] or []

    def _mapped_back(self, columns: Dict[str, Any]) -> Dict[str, Any]:
        lists = {*self._columns, "rating_expected", "rating_mass"}
        return {k: v[::-1] if k in lists and v else v for k, v in columns.items()}

    def _combined(self, first: Dict[str, Any], second: Dict[str, Any]) -> Dict[str, Any]:
        names = ("ratings", "rating_expected", "rating_mass")
        return {name: means_of(first[name], second[name]) for name in names if name in first}

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with one list per output column, one item per text."""
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

    def _parse_object(self, output: str, count: int | None) -> Dict[str, Any]:
        lists = parse_json_object(output) or {}
        columns: Dict[str, Any] = {}
        for column in self._columns:
            # Models without strict schemas may use the name of the column.
            values = lists.get(_PROPERTIES.get(column, column), lists.get(column))
            values = values if isinstance(values, list) else []
            length = len(values) if count is None else count
            if len(values) > length:
                raise ValueError(f"it has {len(values)} {column} for {length} texts")
            read = _READERS.get(column, _structured_text)
            columns[column] = [*map(read, values), *[None] * (length - len(values))]
        return columns


def _structured_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
