"""`PairRM`: ranks candidates with the pair ranking model of LLM-Blender."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional

from pydantic import PrivateAttr

from distilabel._core.extras import import_extra
from distilabel.steps.base import Step, StepInput
from distilabel.steps.column_checks import text_in, texts_in

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class PairRM(Step):
    """Ranks candidates by comparing them in pairs, with a small model that runs locally.

    Needs the package `llm-blender` (`pip install 'distilabel[llm-blender]'`).

    Attributes:
        model: Name of the model on the Hugging Face Hub, or path of a local directory.
        instructions: Instruction for the ranking, used for every row; None for none.

    Input columns:
        - inputs (List[Dict[str, Any]]): The column `input`: the text that the candidates answer.
        - candidates (List[Dict[str, Any]]): Texts to rank, at least two.

    Output columns:
        - ranks (List[int]): Rank of each candidate, in the order of the candidates; 1 is the best.
        - ranked_candidates (List[Dict[str, Any]]): The candidates, the best one first.
        - model_name (str): Name of the model.

    Categories:
        - preference

    References:
        - [LLM-Blender: Ensembling Large Language Models with Pairwise Ranking and Generative Fusion](https://arxiv.org/abs/2306.02561)
        - [Pair Ranking Model](https://huggingface.co/llm-blender/PairRM)

    Citations:
        ```bibtex
        @misc{jiang2023llmblenderensemblinglargelanguage,
            title={LLM-Blender: Ensembling Large Language Models with Pairwise Ranking and Generative Fusion},
            author={Dongfu Jiang and Xiang Ren and Bill Yuchen Lin},
            year={2023},
            eprint={2306.02561},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2306.02561},
        }
        ```

    Examples:
        Rank two candidates:

        ```python notest
        from distilabel.steps.tasks import PairRM

        step = PairRM()
        step.load()
        rows = next(step.process([{"input": "Hello!", "candidates": ["Go away.", "Hi there!"]}]))
        # "ranks" is [2, 1]
        ```
    """  # noqa: E501 (titles are on one line, as in the entry on arXiv)

    model: str = "llm-blender/PairRM"
    instructions: Optional[str] = None

    _blender: Any = PrivateAttr(default=None)

    @property
    def inputs(self) -> StepColumns:
        """`input` and `candidates`."""
        return ["input", "candidates"]

    @property
    def outputs(self) -> StepColumns:
        """`ranks`, `ranked_candidates` and `model_name`."""
        return ["ranks", "ranked_candidates", "model_name"]

    def load(self) -> None:
        """Loads the model.

        Raises:
            ImportError: If `llm-blender` is not installed.
        """
        super().load()
        llm_blender = import_extra("llm_blender", extra="llm-blender", subject="PairRM")
        self._blender = llm_blender.Blender()
        self._blender.loadranker(self.model)

    def unload(self) -> None:
        """Releases the model."""
        self._blender = None
        super().unload()

    def format_input(self, input: Dict[str, Any]) -> Dict[str, Any]:
        """Returns what the ranker needs of a row.

        Args:
            input: Input row.

        Returns:
            `input` and `candidates`; a candidate that is None is an empty text.

        Raises:
            DistilabelUserError: If the input is not a text, or the candidates are not a list of
                texts.
        """
        candidates = [text or "" for text in texts_in(self, input, "candidates")]
        return {"input": text_in(self, input, "input"), "candidates": candidates}

    def process(self, inputs: StepInput) -> StepOutput:
        """Ranks the candidates of each row.

        Args:
            inputs: Input rows.

        Yields:
            The rows with the output columns added.
        """
        questions = [self.format_input(row) for row in inputs]
        ranks: List[List[int]] = [[] for _ in questions]
        # The ranker takes rows with equal numbers of candidates only.
        by_count: Dict[int, List[int]] = {}
        for index, question in enumerate(questions):
            by_count.setdefault(len(question["candidates"]), []).append(index)
        for count, indices in by_count.items():
            found = (
                [[1]] * len(indices)
                if count == 1
                else self._blender.rank(
                    [questions[index]["input"] for index in indices],
                    [questions[index]["candidates"] for index in indices],
                    instructions=None
                    if self.instructions is None
                    else [self.instructions] * len(indices),
                    return_scores=False,
                    batch_size=self.input_batch_size,
                )
            )
            for index, row_ranks in zip(indices, found, strict=True):
                ranks[index] = [int(rank) for rank in row_ranks]
        for row, row_ranks in zip(inputs, ranks, strict=True):
            order = sorted(range(len(row_ranks)), key=row_ranks.__getitem__)
            row["ranks"] = row_ranks
            row["ranked_candidates"] = [row["candidates"][index] for index in order]
            row["model_name"] = self.model
        yield inputs
