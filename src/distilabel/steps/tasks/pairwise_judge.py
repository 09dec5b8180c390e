"""`PairwiseJudge`: a model compares two responses, in one or in both orders."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Optional, Sequence

from distilabel.errors import DistilabelUserError
from distilabel.steps.column_checks import as_list, column_name, kind_of, text_in, wrong_content
from distilabel.steps.tasks.answer_fields import (
    find_fields,
    judge_answer,
    read_choice,
    strip_markup,
    to_ascii_forms,
)
from distilabel.steps.tasks.base import Row
from distilabel.steps.tasks.json_answers import is_json_answer, parse_json_object
from distilabel.steps.tasks.judge_task import Orders
from distilabel.steps.tasks.prompt_files import load_prompt
from distilabel.steps.tasks.several_questions import Question, SeveralQuestionsTask

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_VERDICT: Final = (
    "Verdict", "Final verdict", "Winner", "Better response", "Decision", "Choice", "Preference",
)  # fmt: skip
_RATIONALE: Final = ("Rationale", "Reason", "Reasoning", "Explanation")
# The form that judges of MT-Bench use, which some models write unasked.
_BRACKETS: Final = re.compile(r"\[\[\s*(\w+)\s*\]\]")
_SWAPPED: Final = {"A": "B", "B": "A"}

_CRITERIA: Final = """\
Decide which response is the better answer to the instruction as a whole. Weigh these, the most \
important first:

1. Correct: its statements are true, and its reasoning holds.
2. As asked: it does what the instruction wants and keeps to its restrictions.
3. Helpful: it gives the person what they need, no less and without padding.
4. Clear: it can be read and used without effort."""


class PairwiseJudge(SeveralQuestionsTask):
    """Compares two responses to an instruction and says which is better, or that they tie.

    Judges tend to prefer the response at one of the two places, whatever it says. With `orders=2`,
    the default, the model is asked twice, the second time with the responses swapped, and there is
    a verdict only if both answers agree. This costs two questions per row.

    Attributes:
        criteria: What makes a response better. The default weighs correctness, following the
            instruction, helpfulness and clarity.
        orders: Orders in which the responses are shown: 1, 2, or `"kept"` for a second one only
            where the first verdict is not a tie, which no filter keeps.
        allow_tie: Whether the verdict may be a tie.
        reference: Whether each row has a reference answer.

    Input columns:
        - instruction (str): Instruction that the responses answer.
        - generations (List[str]): The two responses, A and B.
        - reference (str, optional): Reference answer; only with `reference=True`.

    Output columns:
        - verdict (str): `A`, `B` or `tie`; None if the verdicts of the two orders differ.
        - rationale (str): Rationale for the verdict; only for `orders=1`.
        - verdict_ab (str): Verdict with response A first; not for `orders=1`.
        - verdict_ba (str): Verdict with response B first, in the letters of the row: `A` is still
            the first of `generations`; not for `orders=1`.
        - consistent (bool): Whether the two verdicts agree; not for `orders=1`.
        - rationales (List[str]): Rationales for the two verdicts. The second one calls the response
            that was shown first A; not for `orders=1`.
        - model_name (str): Name of the model that judged.

    Categories:
        - preference
        - critique

    References:
        - [Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena](https://arxiv.org/abs/2306.05685)
        - [Large Language Models are not Fair Evaluators](https://arxiv.org/abs/2305.17926)

    Citations:
        ```bibtex
        @misc{zheng2023judgingllmasajudgemtbenchchatbot,
            title={Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena},
            author={Lianmin Zheng and Wei-Lin Chiang and Ying Sheng and Siyuan Zhuang and Zhanghao Wu and Yonghao Zhuang and Zi Lin and Zhuohan Li and Dacheng Li and Eric P. Xing and Hao Zhang and Joseph E. Gonzalez and Ion Stoica},
            year={2023},
            eprint={2306.05685},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2306.05685},
        }

        @misc{wang2023largelanguagemodelsfair,
            title={Large Language Models are not Fair Evaluators},
            author={Peiyi Wang and Lei Li and Liang Chen and Zefan Cai and Dawei Zhu and Binghuai Lin and Yunbo Cao and Qi Liu and Tianyu Liu and Zhifang Sui},
            year={2023},
            eprint={2305.17926},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2305.17926},
        }
        ```

    Examples:
        Compare two responses in both orders:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import PairwiseJudge

        task = PairwiseJudge(llm=SimulatedLLM())
        task.load()
        row = {"instruction": "Name an owl.", "generations": ["Barn owl.", "Hawk."]}
        rows = next(task.process([row]))
        # "verdict" is "A", "B" or "tie" if "consistent" is True
        ```

        Compare by criteria of your own, in one order, without ties:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import PairwiseJudge

        task = PairwiseJudge(
            llm=SimulatedLLM(),
            criteria="The better response is the one that a child of eight understands.",
            orders=1,
            allow_tie=False,
        )
        task.load()
        row = {"instruction": "Name an owl.", "generations": ["Barn owl.", "Tyto alba."]}
        rows = next(task.process([row]))
        # "verdict" is "A" or "B", for the reason in "rationale"
        ```
    """  # noqa: E501 (the authors are on one line, as in the entry on arXiv)

    criteria: str = _CRITERIA
    orders: Orders = 2
    allow_tie: bool = True
    reference: bool = False

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """`instruction`, `generations`, and `reference` if there is one."""
        return ["instruction", "generations", *(["reference"] if self.reference else [])]

    @property
    def outputs(self) -> List[str]:
        """`verdict`, the columns of the orders, and `model_name`."""
        if self.orders == 1:
            return ["verdict", "rationale", "model_name"]
        two = ["verdict_ab", "verdict_ba", "consistent", "rationales"]
        return ["verdict", *two, "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt for the first order.

        Args:
            input: Input row.

        Returns:
            A system message and a user message.

        Raises:
            DistilabelUserError: If a column has the wrong content.
        """
        return self._prompt(input, self._responses(input))

    def _prompt(self, row: Row, responses: Sequence[str]) -> ChatType:
        values = {
            "criteria": self.criteria,
            "instruction": text_in(self, row, "instruction"),
            "reference": text_in(self, row, "reference") if self.reference else None,
            "responses": responses,
            "allow_tie": self.allow_tie,
            "structured": self.use_default_structured_output,
        }
        system, user = (load_prompt(f"pairwise_judge/{n}.jinja2") for n in ("system", "judge"))
        return [
            {"role": "system", "content": system.render(values).strip()},
            {"role": "user", "content": user.render(values).strip()},
        ]

    def _responses(self, row: Row) -> list[str]:
        responses = as_list(row["generations"])
        if responses is None:
            raise wrong_content(self, row, "generations", "a list of two texts")
        if len(responses) != 2 or not all(isinstance(text, str) for text in responses):
            kinds = ", ".join(map(kind_of, responses)) or "nothing"
            raise DistilabelUserError(
                f"{self.name}: column {column_name(self, 'generations')!r} contains a list of "
                f"{len(responses)} ({kinds}). It must contain two texts."
            )
        return responses

    def _questions(self, row: Row) -> list[Question]:
        first, second = self._responses(row)
        orders = [(first, second), (second, first)][: 1 if self.orders == 1 else 2]
        return [
            Question(
                self._prompt(row, order),
                ["verdict", "rationale"],
                partial(self._parse, swapped=bool(number)),
            )
            for number, order in enumerate(orders)
        ]

    def _goes_on(self, parts: list[Row]) -> bool:
        return self.orders != "kept" or parts[0]["verdict"] in ("A", "B")

    def _joined(self, parts: list[Row]) -> Row:
        ab = parts[0]["verdict"]
        ba = parts[1]["verdict"] if len(parts) > 1 else None
        known = ab is not None and ba is not None
        # A tie of the first order stands by itself where the second one was not asked.
        alone = len(parts) == 1 and ab == "tie"
        return {
            "verdict": ab if ab == ba or alone else None,
            "verdict_ab": ab,
            "verdict_ba": ba,
            "consistent": ab == ba if known else None,
            "rationales": [part["rationale"] for part in parts],
        }

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the answer for the first order.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            The output columns. With `orders=2`, those of the second order are None, and so is
            `verdict`, which needs both.

        Raises:
            ValueError: If there is no verdict, or more than one.
        """
        empty = {"verdict": None, "rationale": None}
        part = empty if output is None else self._parse(output)
        return part if self.orders == 1 else self._joined([part, empty])

    def _parse(self, output: str, *, swapped: bool = False) -> Row:
        answer = judge_answer(output)
        choices = ["A", "B", "tie"] if self.allow_tie else ["A", "B"]
        if self.use_default_structured_output or is_json_answer(answer):
            values = parse_json_object(answer) or {}
            verdict, rationale = values.get("verdict"), values.get("rationale")
            verdicts = {read_choice(verdict, choices) if isinstance(verdict, str) else None}
        else:
            fields = find_fields(answer, (*_VERDICT, *_RATIONALE))
            verdicts = {_choice(f.value, choices) for f in fields if f.label in _VERDICT}
            if not verdicts:
                found = _BRACKETS.findall(to_ascii_forms(answer))
                verdicts = {_choice(text, choices) for text in found}
            rationale = next((f.value for f in fields if f.label in _RATIONALE), None)
            if rationale is None and fields:
                rationale = strip_markup(answer[: fields[0].start]) or None
        if len(verdicts) != 1 or None in verdicts:
            named = f"{', '.join(choices[:-1])} or {choices[-1]}"
            raise ValueError(
                f"it has more than one verdict ({', '.join(sorted(map(str, verdicts)))})"
                if len(verdicts) > 1
                else f"it has no line 'Verdict: <{named}>'"
            )
        word = str(verdicts.pop())
        return {
            "verdict": _SWAPPED.get(word, word) if swapped else word,
            "rationale": rationale if isinstance(rationale, str) else None,
        }

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with a `rationale` and a `verdict`."""
        verdicts = ["A", "B", "tie"] if self.allow_tie else ["A", "B"]
        return {
            "title": "Comparison",
            "type": "object",
            "properties": {
                "rationale": {"type": "string"},
                "verdict": {"type": "string", "enum": verdicts},
            },
            "required": ["rationale", "verdict"],
            "additionalProperties": False,
        }


def _choice(text: str, choices: list[str]) -> str | None:
    word = read_choice(text, [*choices, "draw", "equal"])
    return word if word in choices or word is None else ("tie" if "tie" in choices else None)
