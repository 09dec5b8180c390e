"""`MlxEngine`: runs a causal language model with MLX, on Apple silicon."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, ClassVar, Final

from distilabel._core.extras import import_extra
from distilabel.errors import DistilabelUserError
from distilabel.models.local.constraints import Constraints, LogitsMask, TokenConstraint
from distilabel.models.local.engine import Engine, Question
from distilabel.models.local.generation_row import GenerationRow, answer_if_ended, make_rows
from distilabel.models.local.prompts import encode, render
from distilabel.models.local.weights import weights_size

EXTRA: Final = "mlx"
# Most rows that are generated together.
MOST_ROWS: Final = 32

# Arguments that all rows generated together share.
_SHARED: Final = ("max_kv_size", "prefill_step_size", "kv_bits")
_SAMPLING: Final = ("temp", "top_p", "min_p", "min_tokens_to_keep", "top_k")


class MlxEngine(Engine):
    """Loads a model and generates texts; questions that arrive meanwhile join.

    Args:
        model: Repository or folder of the model.
        tokenizer_config: Arguments of the tokenizer.
        model_config: Values that replace those of the model's configuration.
        adapter_path: Folder of a LoRA adapter.
        base: As for `Engine`.
    """

    METHODS: ClassVar[frozenset[str]] = frozenset({"generate", "render"})

    def __init__(
        self,
        *,
        model: str,
        tokenizer_config: dict[str, Any],
        model_config: dict[str, Any],
        adapter_path: str | None,
        **base: Any,
    ) -> None:
        super().__init__(**base)
        self._name = model
        self._arguments = {
            "tokenizer_config": tokenizer_config,
            "model_config": model_config,
            "adapter_path": adapter_path,
        }
        self._pending: list[GenerationRow] = []
        self._constraints: Constraints | None = None
        # Rows with one sampler are sampled together.
        self._sampler = lru_cache(maxsize=64)(self._make_sampler)

    def start(self) -> dict[str, Any]:
        """Loads tokenizer and model."""
        try:
            self._mx = import_extra("mlx.core", extra=EXTRA, subject=self.subject)
            library = import_extra("mlx_lm", extra=EXTRA, subject=self.subject)
            self._generating = import_extra("mlx_lm.generate", extra=EXTRA, subject=self.subject)
            self._sampling = import_extra("mlx_lm.sample_utils", extra=EXTRA, subject=self.subject)
        except ImportError as error:
            system, machine = platform.system(), platform.machine()
            if (system, machine) == ("Darwin", "arm64"):
                raise
            raise ImportError(
                f"{self.subject}: MLX runs on Apple silicon; this is {system} on {machine}. Use "
                f"TransformersLLM or LlamaCppLLM here. ({error})"
            ) from error
        self.note("bytes", weights_size(self._name))
        try:
            self._model, self._tokenizer = library.load(self._name, **self._arguments)
        except (OSError, ValueError, RuntimeError) as error:
            raise DistilabelUserError(
                f"{self.subject}: the model cannot be loaded: {' '.join(str(error).split())[:400]} "
                "Check its name on the Hugging Face Hub or the path of its folder, and that the "
                "memory suffices."
            ) from error
        self._ends = sorted(self._tokenizer.eos_token_ids)
        return {"device": str(self._mx.default_device())}

    def render(self, questions: list[Question]) -> None:
        """Renders conversations."""
        for question in questions:
            question.answer(render(self._tokenizer, question.payload))

    def generate(self, questions: list[Question]) -> None:
        """Generates texts."""
        self._pending = []
        self._admit(questions)
        while self._pending:
            first = self._pending[0]
            rows = self._take_like(first)
            if first.arguments["kv_bits"] is None:
                self._generate_together(rows)
            else:
                # The batches of MLX have no quantized cache.
                self._generate_one_by_one(rows)
            self._admit(self.more("generate"))

    def _admit(self, questions: list[Question]) -> None:
        for question in questions:
            try:
                prompt = encode(self._tokenizer, question.payload)
                arguments = question.payload["arguments"]
                self._pending += make_rows(question, prompt, arguments, self._constraint)
            except Exception as error:  # noqa: BLE001 (the error of this question)
                question.fail(error)

    def _take_like(self, first: GenerationRow) -> list[GenerationRow]:
        """Takes the rows that can be generated together with the first one."""
        shared = [first.arguments[name] for name in _SHARED]
        taken = [
            row for row in self._pending if [row.arguments[name] for name in _SHARED] == shared
        ]
        self._pending = [row for row in self._pending if row not in taken]
        return taken

    def _generate_together(self, rows: list[GenerationRow]) -> None:
        first = rows[0]
        generator = self._generating.BatchGenerator(
            self._model,
            max_kv_size=first.arguments["max_kv_size"],
            prefill_step_size=first.arguments["prefill_step_size"],
            completion_batch_size=MOST_ROWS,
            stop_tokens=[[end] for end in self._ends],
        )
        running: dict[int, GenerationRow] = {}
        try:
            while rows or running:
                if rows:
                    numbers = generator.insert(
                        [row.prompt for row in rows],
                        [row.arguments["max_tokens"] for row in rows],
                        samplers=[self._sampler_of(row) for row in rows],
                        logits_processors=[self._processors(row) for row in rows],
                    )
                    running.update(zip(numbers, rows, strict=True))
                for found in generator.next_generated():
                    row = running[found.uid]
                    if self._add(row, found.token, found.finish_reason or ""):
                        del running[found.uid]
                self._admit(self.more("generate"))
                rows = self._take_like(first)
        finally:
            generator.close()

    def _generate_one_by_one(self, rows: list[GenerationRow]) -> None:
        names = (*_SHARED, "kv_group_size", "quantized_kv_start", "max_tokens")
        for row in rows:
            steps: Iterable[tuple[int, Any]] = self._generating.generate_step(
                self._mx.array(row.prompt),
                self._model,
                sampler=self._sampler_of(row),
                logits_processors=self._processors(row),
                **{name: row.arguments[name] for name in names},
            )
            for token, _ in steps:
                ended = "stop" if token in self._ends else ""
                if len(row.tokens) + 1 == row.arguments["max_tokens"]:
                    ended = ended or "length"
                if self._add(row, token, ended):
                    break

    def _add(self, row: GenerationRow, token: int, finish_reason: str) -> bool:
        """Adds a token to a row, and answers its question if that has ended.

        Returns:
            Whether the row has ended.
        """
        if finish_reason != "stop":
            row.tokens.append(token)
        row.finish_reason = finish_reason
        if finish_reason:
            answer_if_ended(row.question, self._decode)
        return bool(finish_reason)

    def _decode(self, tokens: list[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))

    def _sampler_of(self, row: GenerationRow) -> Any:
        return self._sampler(*(row.arguments[name] for name in _SAMPLING))

    def _make_sampler(self, *values: Any) -> Any:
        return self._sampling.make_sampler(**dict(zip(_SAMPLING, values, strict=True)))

    def _processors(self, row: GenerationRow) -> list[Any]:
        if row.constraint is None:
            return []
        mx, mask = self._mx, LogitsMask(row.constraint, self._ends[0])

        def process(tokens: Any, logits: Any) -> Any:
            allowed = mask(int(tokens[-1]), logits.shape[-1])
            return mx.where(mx.array(allowed), logits, -mx.inf)

        return [process]

    def _constraint(self, kind: str, value: Any) -> TokenConstraint:
        if self._constraints is None:
            bridge = import_extra("llguidance.hf", extra=EXTRA, subject=self.subject)
            # `load` returns a wrapper of the tokenizer of transformers.
            tokenizer = getattr(self._tokenizer, "_tokenizer", self._tokenizer)
            vocabulary = bridge.from_tokenizer(tokenizer, eos_token=self._ends or None)
            self._constraints = Constraints(vocabulary, self.subject, EXTRA)
        return self._constraints.start(kind, value)
