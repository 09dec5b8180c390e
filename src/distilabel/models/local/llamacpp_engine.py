"""`LlamaCppEngine`: runs a GGUF model with llama-cpp-python."""

from __future__ import annotations

import random
from functools import partial
from typing import Any, ClassVar, Final

from distilabel._core.extras import import_extra
from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.local.constraints import Constraints, LogitsMask, TokenConstraint
from distilabel.models.local.engine import Engine, Question
from distilabel.models.local.prompts import render

EXTRA: Final = "llama-cpp"
# What llama.cpp takes for a random seed.
RANDOM_SEED: Final = 4294967295


class LlamaCppEngine(Engine):
    """Loads a GGUF file and answers one question after the other.

    Args:
        arguments: Arguments of `llama_cpp.Llama`.
        tokenizer: Repository or folder of a tokenizer that renders conversations; None takes the
            chat format of the file.
        base: As for `Engine`.
    """

    METHODS: ClassVar[frozenset[str]] = frozenset({"generate", "render"})

    def __init__(self, *, arguments: dict[str, Any], tokenizer: str | None, **base: Any) -> None:
        super().__init__(**base)
        self._arguments = arguments
        self._tokenizer_name = tokenizer
        self._tokenizer: Any = None
        self._constraints: Constraints | None = None

    def start(self) -> dict[str, Any]:
        """Loads the file, and the tokenizer if there is one."""
        self._library = import_extra("llama_cpp", extra=EXTRA, subject=self.subject)
        if self._tokenizer_name is not None:
            transformers = import_extra(
                "transformers", extra="hf-transformers", subject=f"{self.subject}: tokenizer_id"
            )
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(self._tokenizer_name)
            if not self._tokenizer.chat_template:
                raise DistilabelUserError(
                    f"{self.subject}: the tokenizer {self._tokenizer_name} has no chat template. "
                    "Set tokenizer_id to that of a chat model."
                )
        self._llama = load_file(self._library, self._arguments, self.subject)
        return {}

    def render(self, questions: list[Question]) -> None:
        """Renders conversations with the tokenizer."""
        for question in questions:
            question.answer(self._prompt(question.payload))

    def generate(self, questions: list[Question]) -> None:
        """Generates texts."""
        for question in questions:
            try:
                question.answer(self._answer(question.payload))
            except Exception as error:  # noqa: BLE001 (the error of this question)
                question.fail(error)

    def _prompt(self, asked: dict[str, Any]) -> str:
        if self._tokenizer is None and not isinstance(asked["input"], str):
            raise DistilabelUserError(f"{self.subject}: rendering a prompt needs tokenizer_id.")
        return render(self._tokenizer, asked)

    def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, list[Any]] = {
            name: [] for name in ("texts", "input_tokens", "output_tokens", "finish_reasons")
        }
        is_chat = not isinstance(asked["input"], str) and self._tokenizer is None
        for index in range(asked["count"]):
            arguments = {**asked["arguments"], "seed": self._seed(asked, index)}
            if asked["structure"] is not None:
                mask = LogitsMask(self._constraint(*asked["structure"]), self._llama.token_eos())
                arguments["logits_processor"] = self._library.LogitsProcessorList(
                    [partial(_allow, mask)]
                )
            if asked["seed"] is not None:
                # A prompt that is half in the cache has slightly other scores.
                self._llama.reset()
            try:
                if is_chat:
                    reply = self._llama.create_chat_completion(asked["input"], **arguments)
                else:
                    reply = self._llama.create_completion(self._prompt(asked), **arguments)
            except ValueError as error:
                raise AnswerError(f"llama.cpp: {error}") from error
            choice = reply["choices"][0]
            found["texts"].append(choice["message"]["content"] if is_chat else choice["text"])
            found["finish_reasons"].append(choice["finish_reason"])
            found["input_tokens"].append(reply["usage"]["prompt_tokens"])
            found["output_tokens"].append(reply["usage"]["completion_tokens"])
        return found

    def _seed(self, asked: dict[str, Any], index: int) -> int:
        # llama-cpp-python would take the same seed for every generation of a question.
        seed = asked["seed"]
        if seed is None and self._arguments["seed"] == RANDOM_SEED:
            return random.randrange(RANDOM_SEED)
        own = int(self._arguments["seed"] if seed is None else seed)
        return (own + index) % RANDOM_SEED

    def _constraint(self, kind: str, value: Any) -> TokenConstraint:
        if self._constraints is None:
            bridge = import_extra("llguidance.llamacpp", extra=EXTRA, subject=self.subject)
            vocabulary = bridge.lltokenizer_from_vocab(
                self._library.llama_model_get_vocab(self._llama.model)
            )
            self._constraints = Constraints(vocabulary, self.subject, EXTRA)
        return self._constraints.start(kind, value)


def load_file(library: Any, arguments: dict[str, Any], subject: str) -> Any:
    """Loads a GGUF file.

    Args:
        library: The package `llama_cpp`.
        arguments: Arguments of its `Llama`.
        subject: Class and name of the model, for messages.

    Returns:
        The `Llama`.

    Raises:
        DistilabelUserError: The file cannot be loaded.
    """
    try:
        return library.Llama(**arguments)
    except (ValueError, RuntimeError) as error:
        raise DistilabelUserError(
            f"{subject}: llama.cpp cannot load the file: {error}. Check that it is a GGUF file of "
            "a model that this version knows, and that the memory suffices."
        ) from error


def _allow(mask: LogitsMask, tokens: Any, scores: Any) -> Any:
    """Lets llama.cpp choose only tokens that follow a structure."""
    import numpy as np

    return np.where(mask(int(tokens[-1]), len(scores)), scores, -np.inf).astype(scores.dtype)
