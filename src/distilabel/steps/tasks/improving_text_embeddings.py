"""Tasks that write training data for embedding models, by the paper that is their reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Dict, List, Literal, Optional

from distilabel.models.wire.reasoning import split_reasoning
from distilabel.steps.tasks.embedding_data import (
    EmbeddingData,
    OnePromptGenerator,
    TripletGenerator,
    flattened,
    render_prompt,
)
from distilabel.steps.tasks.json_answers import parse_json_object, parse_literal_list

if TYPE_CHECKING:
    from distilabel.steps.tasks.base import Ask, Row
    from distilabel.typing import ChatType


class EmbeddingTaskGenerator(OnePromptGenerator):
    """Generates descriptions of tasks, from which other tasks write data for embedding models.

    Attributes:
        category: Kind of the tasks.
        flatten_tasks: Whether to make one row per description instead of one row with a list.

    Output columns:
        - tasks (List[str]): Descriptions; only without `flatten_tasks`.
        - task (str): Description; only with `flatten_tasks`.
        - model_name (str): Name of the model that wrote them.

    References:
        - [Improving Text Embeddings with Large Language Models](https://arxiv.org/abs/2401.00368)

    Citations:
        ```bibtex
        @misc{wang2024improvingtextembeddingslarge,
            title={Improving Text Embeddings with Large Language Models},
            author={Liang Wang and Nan Yang and Xiaolong Huang and Linjun Yang and Rangan Majumder and Furu Wei},
            year={2024},
            eprint={2401.00368},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2401.00368},
        }
        ```

    Examples:
        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import EmbeddingTaskGenerator

        task = EmbeddingTaskGenerator(llm=SimulatedLLM(), category="text-retrieval")
        task.load()
        rows, last = next(task.process())
        ```
    """  # noqa: E501 (the authors are on one line, as in the entry on arXiv)

    category: Literal[
        "text-retrieval", "text-matching-short", "text-matching-long", "text-classification"
    ]
    flatten_tasks: bool = False

    @property
    def outputs(self) -> List[str]:
        """`task` or `tasks`, and `model_name`."""
        return ["task" if self.flatten_tasks else "tasks", "model_name"]

    @property
    def prompt(self) -> ChatType:
        """The prompt for the category."""
        values = {"category": self.category, "structured": self.use_default_structured_output}
        return render_prompt("tasks", values)

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the list of descriptions.

        Args:
            output: Text of the model; None if the model returned none.
            input: Unused, because there is no input row.

        Returns:
            The list; if there is none, the text of the model, which counts as not parsed.
        """
        tasks: Any = None
        if output is not None:
            if self.use_default_structured_output:
                tasks = (parse_json_object(output) or {}).get("tasks")
            else:
                tasks = parse_literal_list(output)
            if tasks is None:
                tasks = split_reasoning(output)[1]
        return {"task" if self.flatten_tasks else "tasks": tasks}

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        tasks = columns[self.outputs[0]]
        is_list = isinstance(tasks, list) and bool(tasks)
        return not is_list or not all(isinstance(task, str) for task in tasks)

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Asks for the descriptions.

        Args:
            row: Row that holds only the row number.
            ask: Asks the model one question.

        Returns:
            One row per generation; with `flatten_tasks`, one row per description.
        """
        rows = await super().aprocess(row, ask)
        if not self.flatten_tasks:
            return rows
        return [flat for row in rows for flat in flattened(row)]

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with the list `tasks`."""
        return {
            "title": "Tasks",
            "type": "object",
            "properties": {"tasks": {"type": "array", "items": {"type": "string"}}},
            "required": ["tasks"],
            "additionalProperties": False,
        }


class GenerateTextRetrievalData(EmbeddingData):
    """Writes a query, a document that serves it, and one that only seems to.

    Attributes:
        language: Language of the texts.
        query_type: How common the query is; None to draw one per task.
        query_length: Length of the query; None to draw one per task.
        difficulty: Education it takes to understand the texts; None to draw one per task.
        clarity: How clear the query is; None to draw one per task.
        num_words: Minimum number of words of the documents; None to draw one per task.
        seed: Seed for drawing what is None.

    Input columns:
        - task (str): Description of the task, such as one of `EmbeddingTaskGenerator`.

    Output columns:
        - user_query (str): Query of a user.
        - positive_document (str): Document that serves the query.
        - hard_negative_document (str): Document that only seems to serve it.
        - model_name (str): Name of the model that wrote them.

    References:
        - [Improving Text Embeddings with Large Language Models](https://arxiv.org/abs/2401.00368)

    Examples:
        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import GenerateTextRetrievalData

        task = GenerateTextRetrievalData(llm=SimulatedLLM())
        task.load()
        (row,) = next(task.process([{"task": "Given a symptom, find what may cause it"}]))
        ```
    """

    language: str = "English"
    query_type: Optional[Literal["extremely long-tail", "long-tail", "common"]] = None
    query_length: Optional[Literal["less than 5 words", "5 to 15 words", "at least 10 words"]] = (
        None
    )
    difficulty: Optional[Literal["high school", "college", "PhD"]] = None
    clarity: Optional[Literal["clear", "understandable with some effort", "ambiguous"]] = None
    num_words: Optional[Literal[50, 100, 200, 300, 400, 500]] = None

    _prompt_file: ClassVar[str] = "text-retrieval"
    _drawn: ClassVar[List[str]] = [
        "query_type",
        "query_length",
        "difficulty",
        "clarity",
        "num_words",
    ]

    @property
    def keys(self) -> List[str]:
        """`user_query`, `positive_document` and `hard_negative_document`."""
        return ["user_query", "positive_document", "hard_negative_document"]


class GenerateShortTextMatchingData(EmbeddingData):
    """Writes two short texts that match.

    Attributes:
        language: Language of the texts.
        seed: Seed for drawing what is None.

    Input columns:
        - task (str): Description of the task, such as one of `EmbeddingTaskGenerator`.

    Output columns:
        - input (str): Text that is given.
        - positive_document (str): Text that matches it.
        - model_name (str): Name of the model that wrote them.

    References:
        - [Improving Text Embeddings with Large Language Models](https://arxiv.org/abs/2401.00368)

    Examples:
        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import GenerateShortTextMatchingData

        task = GenerateShortTextMatchingData(llm=SimulatedLLM())
        task.load()
        (row,) = next(task.process([{"task": "Given a claim, find one that says the same"}]))
        ```
    """

    language: str = "English"

    _prompt_file: ClassVar[str] = "text-matching-short"

    @property
    def keys(self) -> List[str]:
        """`input` and `positive_document`."""
        return ["input", "positive_document"]


class GenerateLongTextMatchingData(EmbeddingData):
    """Writes two long texts that match.

    Attributes:
        language: Language of the texts.
        seed: Seed for drawing what is None.

    Input columns:
        - task (str): Description of the task, such as one of `EmbeddingTaskGenerator`.

    Output columns:
        - input (str): Text that is given.
        - positive_document (str): Text that matches it.
        - model_name (str): Name of the model that wrote them.

    References:
        - [Improving Text Embeddings with Large Language Models](https://arxiv.org/abs/2401.00368)

    Examples:
        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import GenerateLongTextMatchingData

        task = GenerateLongTextMatchingData(llm=SimulatedLLM())
        task.load()
        (row,) = next(task.process([{"task": "Given a claim, find one that says the same"}]))
        ```
    """

    language: str = "English"

    _prompt_file: ClassVar[str] = "text-matching-long"

    @property
    def keys(self) -> List[str]:
        """`input` and `positive_document`."""
        return ["input", "positive_document"]


class GenerateTextClassificationData(EmbeddingData):
    """Writes a text, its label, and a label that is wrong for it.

    Attributes:
        language: Language of the texts.
        difficulty: Education it takes to understand the texts; None to draw one per task.
        clarity: How clear the text is; None to draw one per task.
        seed: Seed for drawing what is None.

    Input columns:
        - task (str): Description of the task, such as one of `EmbeddingTaskGenerator`.

    Output columns:
        - input_text (str): Text to classify.
        - label (str): Label of the text.
        - misleading_label (str): Label that is wrong for the text.
        - model_name (str): Name of the model that wrote them.

    References:
        - [Improving Text Embeddings with Large Language Models](https://arxiv.org/abs/2401.00368)

    Examples:
        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import GenerateTextClassificationData

        task = GenerateTextClassificationData(llm=SimulatedLLM())
        task.load()
        (row,) = next(task.process([{"task": "Decide how urgent a message is"}]))
        ```
    """

    language: str = "English"
    difficulty: Optional[Literal["high school", "college", "PhD"]] = None
    clarity: Optional[Literal["clear", "understandable with some effort", "ambiguous"]] = None

    _prompt_file: ClassVar[str] = "text-classification"
    _drawn: ClassVar[List[str]] = ["difficulty", "clarity"]

    @property
    def keys(self) -> List[str]:
        """`input_text`, `label` and `misleading_label`."""
        return ["input_text", "label", "misleading_label"]


class MonolingualTripletGenerator(TripletGenerator):
    """Generates three texts, of which the second is more similar to the first than the third.

    All rows are generations for the same prompt: `num_generations` rows in one batch.

    Attributes:
        language: Language of the texts.
        unit: What the texts are; None to draw one.
        difficulty: Education it takes to understand the texts; None to draw one.
        high_score: Similarity of S1 and S2, from 1 to 5; None to draw one.
        low_score: Similarity of S1 and S3, from 1 to 5; None to draw one.
        seed: Seed for drawing what is None.

    Output columns:
        - S1 (str): First text.
        - S2 (str): Text that is more similar to S1.
        - S3 (str): Text that is less similar to S1.
        - model_name (str): Name of the model that wrote them.

    Examples:
        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import MonolingualTripletGenerator

        task = MonolingualTripletGenerator(llm=SimulatedLLM())
        task.load()
        rows, last = next(task.process())
        ```
    """

    language: str = "English"
    unit: Optional[Literal["sentence", "phrase", "passage"]] = None
    difficulty: Optional[Literal["elementary school", "high school", "college"]] = None
    high_score: Optional[Literal["4", "4.5", "5"]] = None
    low_score: Optional[Literal["2.5", "3", "3.5"]] = None

    @property
    def prompt(self) -> ChatType:
        """The prompt, with what is None drawn by `seed`."""
        values = {"language": self.language}
        return render_prompt("monolingual-triplet", {**values, **self._drawn_fields()})


class BitextRetrievalGenerator(TripletGenerator):
    """Generates a text with a better and a worse translation.

    All rows are generations for the same prompt: `num_generations` rows in one batch.

    Attributes:
        source_language: Language of S1.
        target_language: Language of S2 and S3.
        unit: What the texts are; None to draw one.
        difficulty: Education it takes to understand the texts; None to draw one.
        high_score: Quality as a translation of S1 and S2, from 1 to 5; None to draw one.
        low_score: Quality as a translation of S1 and S3, from 1 to 5; None to draw one.
        seed: Seed for drawing what is None.

    Output columns:
        - S1 (str): Text.
        - S2 (str): Its better translation.
        - S3 (str): Its worse translation.
        - model_name (str): Name of the model that wrote them.

    Examples:
        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import BitextRetrievalGenerator

        task = BitextRetrievalGenerator(llm=SimulatedLLM(), target_language="Basque")
        task.load()
        rows, last = next(task.process())
        ```
    """

    source_language: str = "English"
    target_language: str
    unit: Optional[Literal["sentence", "phrase", "passage"]] = None
    difficulty: Optional[Literal["elementary school", "high school", "college"]] = None
    high_score: Optional[Literal["4", "4.5", "5"]] = None
    low_score: Optional[Literal["2.5", "3", "3.5"]] = None

    @property
    def prompt(self) -> ChatType:
        """The prompt, with what is None drawn by `seed`."""
        values = {
            "source_language": self.source_language,
            "target_language": self.target_language,
        }
        return render_prompt("bitext-retrieval", {**values, **self._drawn_fields()})
