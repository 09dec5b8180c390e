"""`TransformersEngine`: runs a causal language model with transformers."""

from __future__ import annotations

import time
from typing import Any, ClassVar, Final

from distilabel._core.extras import import_extra
from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.local.constraints import Constraints
from distilabel.models.local.engine import Engine, Question
from distilabel.models.local.generation_row import GenerationRow, answer_if_ended, make_rows
from distilabel.models.local.prompts import encode, render
from distilabel.models.local.sampling import Sampler
from distilabel.models.local.stopping import Stopper
from distilabel.models.local.weights import weights_size

EXTRA: Final = "hf-transformers"
# Most rows in a batch; half as many after each time the memory is exhausted.
MOST_ROWS: Final = 64
# Seconds without a new question after which a batch begins.
PAUSE: Final = 0.005


class TransformersEngine(Engine):
    """Loads a model and generates texts in batches.

    Args:
        model: Repository or folder of the model.
        revision: Branch, tag or commit.
        dtype: Name of the data type, or `"auto"`.
        trust_remote_code: Whether to run code that comes with the model.
        model_kwargs: More arguments of `from_pretrained`.
        tokenizer: Repository or folder of the tokenizer; None takes that of the model.
        use_fast: Whether to use the fast tokenizer.
        chat_template: Chat template; None takes that of the tokenizer.
        device: Device; None takes a GPU if there is one.
        device_map: Where the parts of the model are put.
        token: Token of the Hub.
        base: As for `Engine`.
    """

    METHODS: ClassVar[frozenset[str]] = frozenset({"generate", "hidden_states", "render"})

    def __init__(
        self,
        *,
        model: str,
        revision: str | None,
        dtype: str,
        trust_remote_code: bool,
        model_kwargs: dict[str, Any],
        tokenizer: str | None,
        use_fast: bool,
        chat_template: str | None,
        device: str | int | None,
        device_map: Any,
        token: str | None,
        **base: Any,
    ) -> None:
        super().__init__(**base)
        self._name = model
        self._hub = {"revision": revision, "token": token, "trust_remote_code": trust_remote_code}
        self._dtype = dtype
        self._model_kwargs = model_kwargs
        self._tokenizer_name = tokenizer or model
        self._use_fast = use_fast
        self._chat_template = chat_template
        self._device = device
        self._device_map = device_map
        self._most = MOST_ROWS
        self._pending: list[GenerationRow] = []
        self._constraints: Constraints | None = None

    def start(self) -> dict[str, Any]:
        """Loads tokenizer and model."""
        torch = self._torch = import_extra("torch", extra=EXTRA, subject=self.subject)
        library = import_extra("transformers", extra=EXTRA, subject=self.subject)
        self._library = library
        self.note("bytes", weights_size(self._name))
        device = self._device if self._device_map is None else None
        if self._device_map is None:
            device = self._checked_device(torch)
        try:
            hub = dict(self._hub)
            if self._tokenizer_name != self._name:
                hub.pop("revision")
            self._tokenizer = library.AutoTokenizer.from_pretrained(
                self._tokenizer_name, use_fast=self._use_fast, **hub
            )
            self._model = self._load_model(library, device)
        except torch.OutOfMemoryError as error:
            raise DistilabelUserError(self._no_memory()) from error
        # A folder without a tokenizer, or an unknown architecture, is a ValueError.
        except (OSError, ValueError) as error:
            raise DistilabelUserError(
                f"{self.subject}: the model cannot be loaded: {_first_lines(error)} Check its name "
                "on the Hugging Face Hub, its revision, your token, or the path of its folder."
            ) from error
        if self._chat_template is not None:
            self._tokenizer.chat_template = self._chat_template
        self._tokenizer.padding_side = "left"
        self._prepare_tokens()
        return {"device": str(self._model.device)}

    def _load_model(self, library: Any, device: Any) -> Any:
        version = tuple(int(part) for part in library.__version__.split(".")[:2])
        arguments = {"dtype" if version >= (4, 56) else "torch_dtype": self._dtype}
        if self._device_map is not None:
            arguments["device_map"] = self._device_map
        model = library.AutoModelForCausalLM.from_pretrained(
            self._name, **{**arguments, **self._hub, **self._model_kwargs}
        )
        if device is not None and "device_map" not in self._model_kwargs:
            model = model.to(device)
        return model.eval()

    def _checked_device(self, torch: Any) -> Any:
        device = self._device
        if device is None:
            if torch.cuda.is_available():
                return "cuda:0"
            mps = getattr(torch.backends, "mps", None)
            return "mps" if mps is not None and mps.is_available() else "cpu"
        name = f"cuda:{device}" if isinstance(device, int) and device >= 0 else device
        name = "cpu" if name == -1 else str(name)
        if name.startswith("cuda") and not torch.cuda.is_available():
            raise DistilabelUserError(
                f"{self.subject}: device={device!r}, but torch finds no GPU. Check that "
                "`nvidia-smi` lists one and that torch was built for it, or set device='cpu'."
            )
        return name

    def _prepare_tokens(self) -> None:
        tokenizer, model = self._tokenizer, self._model
        ends = model.generation_config.eos_token_id
        ends = ends if isinstance(ends, (list, tuple)) else [ends]
        self._ends = frozenset(e for e in [*ends, tokenizer.eos_token_id] if e is not None)
        pad = tokenizer.pad_token_id
        self._pad = pad if pad is not None else next(iter(self._ends), 0)
        config = model.config.get_text_config()
        self._longest = getattr(config, "max_position_embeddings", None)

    def _no_memory(self) -> str:
        size = weights_size(self._name) / 2**30
        weights = f", whose weights have {size:.1f} GiB" if size >= 0.1 else ""
        return (
            f"{self.subject}: there is not enough memory for the model{weights}. Use a smaller or "
            "quantized model, torch_dtype='bfloat16', or device_map='auto'."
        )

    # -- questions --------------------------------------------------------------------------

    def render(self, questions: list[Question]) -> None:
        """Renders conversations."""
        for question in questions:
            question.answer(render(self._tokenizer, question.payload))

    def generate(self, questions: list[Question]) -> None:
        """Generates texts; questions that arrive meanwhile join."""
        self._pending = []
        self._admit(questions)
        torch = self._torch
        while self._wait_for_more():
            # Rows of similar length share a batch: padding is computed as well.
            self._pending.sort(key=lambda row: row.length, reverse=True)
            batch = self._pending[: self._most]
            del self._pending[: self._most]
            try:
                with torch.inference_mode():
                    self._run(batch)
            except torch.OutOfMemoryError:
                if len(batch) == 1:
                    batch[0].finish_reason = "error"
                    batch[0].question.fail(AnswerError("the GPU has not enough memory for it"))
                self._most = max(1, len(batch) // 2)
                if torch.cuda.is_available():
                    torch.cuda.empty_cache()
            self._pending += [row for row in batch if not row.finish_reason]

    def _wait_for_more(self) -> bool:
        """Admits the questions that arrive shortly after another: they fill the batch.

        Returns:
            Whether there are rows.
        """
        while len(self._pending) < self._most:
            time.sleep(PAUSE)
            found = self.more("generate")
            if not found:
                break
            self._admit(found)
        return bool(self._pending)

    def _admit(self, questions: list[Question]) -> None:
        for question in questions:
            try:
                self._pending += self._rows_of(question)
            except Exception as error:  # noqa: BLE001 (the error of this question)
                question.fail(error)

    def _rows_of(self, question: Question) -> list[GenerationRow]:
        asked = question.payload
        prompt = encode(self._tokenizer, asked)
        room = None if self._longest is None else self._longest - len(prompt)
        if room is not None and room < 1:
            raise AnswerError(
                f"the prompt has {len(prompt)} tokens; the model takes {self._longest}"
            )
        arguments = dict(asked["arguments"])
        if room is not None:
            arguments["max_new_tokens"] = min(arguments["max_new_tokens"], room)
        return make_rows(question, prompt, arguments, self._constraint)

    def _constraint(self, kind: str, value: Any) -> Any:
        if self._constraints is None:
            bridge = import_extra("llguidance.hf", extra=EXTRA, subject=self.subject)
            size = self._model.get_input_embeddings().weight.shape[0]
            vocabulary = bridge.from_tokenizer(
                self._tokenizer,
                n_vocab=max(size, len(self._tokenizer)),
                eos_token=sorted(self._ends) or None,
            )
            self._constraints = Constraints(vocabulary, self.subject, EXTRA)
        return self._constraints.start(kind, value)

    def _run(self, rows: list[GenerationRow]) -> None:
        torch, device = self._torch, self._model.device
        ids, mask = self._padded([row.prompt + row.tokens for row in rows])
        width = ids.shape[1]
        stopper = Stopper(
            rows, width, self._ends, self._decode, self._ended, self._may_grow, device, torch
        )
        # Only this: the defaults of the model must not change the scores a second time.
        config = self._library.GenerationConfig(
            do_sample=False,
            max_new_tokens=max(row.left for row in rows),
            pad_token_id=self._pad,
            eos_token_id=None,
        )
        with self._plain_defaults():
            found = self._model.generate(
                input_ids=ids,
                attention_mask=mask,
                generation_config=config,
                logits_processor=self._library.LogitsProcessorList(
                    [Sampler(rows, width, device, torch)]
                ),
                stopping_criteria=self._library.StoppingCriteriaList([stopper]),
            )
        stopper.read(found)

    def _plain_defaults(self) -> Any:
        """Leaves the generation defaults of the model aside, which `generate` would mix in."""
        return _Replaced(
            self._model, "generation_config", self._library.GenerationConfig(eos_token_id=None)
        )

    def _may_grow(self, running: int) -> bool:
        """Whether a new batch would have twice the rows, which is worth reading prompts again."""
        self._admit(self.more("generate"))
        return min(self._most, running + len(self._pending)) >= 2 * running

    def _ended(self, row: GenerationRow) -> None:
        answer_if_ended(row.question, self._decode)

    def hidden_states(self, questions: list[Question]) -> None:
        """Returns the last hidden states of prompts, one array tokens x width each."""
        torch = self._torch
        for question in sorted(questions, key=lambda each: len(str(each.payload))):
            with torch.inference_mode():
                ids, mask = self._padded([encode(self._tokenizer, question.payload)])
                states = self._model.base_model(input_ids=ids, attention_mask=mask)
                question.answer(states.last_hidden_state[0].float().cpu().numpy())

    # -- texts and tokens -------------------------------------------------------------------

    def _padded(self, rows: list[list[int]]) -> tuple[Any, Any]:
        width = max(map(len, rows))
        # Padding is not attended to. It counts for a repetition penalty, though: so it repeats a
        # token that the row has.
        ids = [row[:1] * (width - len(row)) + row for row in rows]
        mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
        device = self._model.device
        return self._torch.tensor(ids, device=device), self._torch.tensor(mask, device=device)

    def _decode(self, tokens: list[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))


class _Replaced:
    """Replaces an attribute within a `with` statement."""

    def __init__(self, owner: Any, name: str, value: Any) -> None:
        self._owner, self._name, self._value = owner, name, value

    def __enter__(self) -> None:
        self._before = getattr(self._owner, self._name)
        setattr(self._owner, self._name, self._value)

    def __exit__(self, *exc_info: object) -> None:
        setattr(self._owner, self._name, self._before)


def _first_lines(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 400 else f"{text[:400]}..."
