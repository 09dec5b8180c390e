"""`RewardModelScore`: scores conversations with a reward model that runs locally."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Union

from pydantic import Field, PrivateAttr, SecretStr

from distilabel._core.extras import import_extra
from distilabel.errors import DistilabelUserError
from distilabel.models.mixins.cuda_device_placement import CudaDevicePlacementMixin
from distilabel.steps.base import Step, StepInput
from distilabel.steps.column_checks import optional_chat_in, text_in

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns, StepOutput


class RewardModelScore(Step, CudaDevicePlacementMixin):
    """Scores conversations with a reward model: a sequence classifier of transformers.

    Needs transformers and torch (`pip install 'distilabel[hf-transformers]'`).

    Attributes:
        model: Name of the model on the Hugging Face Hub, or path of a local directory.
        revision: Branch, tag or commit of the model.
        torch_dtype: Type of the weights, such as `bfloat16`; `auto` for that of the model.
        trust_remote_code: Whether to run code that comes with the model.
        device_map: Device of the model, or a map of its parts to devices; None for the CPU.
        token: Token for the Hub; read from the environment variable `HF_TOKEN`.
        truncation: Whether to truncate conversations to `max_length`.
        max_length: Maximum length of a conversation in tokens; None for that of the model.
        cuda_devices: Ids of the GPUs to use with a `device_map` of `cuda` or `auto`. `"auto"` takes
            as many free ones as the step asks for in `resources.gpus`, or one.
        disable_cuda_device_placement: Whether to leave the choice of GPUs to torch.

    Runtime parameters:
        - cuda_devices: Ids of the GPUs to use, or `auto` for free ones. Defaults to `auto`.
        - disable_cuda_device_placement: Whether to leave the choice of GPUs to torch. Defaults to
            False.

    Input columns:
        - instruction (str, optional): Instruction; used with `response`.
        - response (str, optional): Response to score.
        - conversation (ChatType, optional): Conversation to score, for rows without an instruction
            and a response.

    Output columns:
        - score (float): Score of the conversation: the outputs of the model as a list, which has
            one item for most reward models.

    Categories:
        - scorer

    Examples:
        Score a response:

        ```python notest
        from distilabel.steps import RewardModelScore

        step = RewardModelScore(model="RLHFlow/ArmoRM-Llama3-8B-v0.1", device_map="auto")
        step.load()
        rows = next(step.process([{"instruction": "Name an owl.", "response": "Barn owl."}]))
        ```
    """

    model: str
    revision: str = "main"
    torch_dtype: str = "auto"
    trust_remote_code: bool = False
    device_map: Union[str, Dict[str, Any], None] = None
    token: Optional[SecretStr] = Field(
        default_factory=lambda: _token_in_environment(), description="Token for the Hub."
    )
    truncation: bool = False
    max_length: Optional[int] = None

    _model: Any = PrivateAttr(default=None)
    _tokenizer: Any = PrivateAttr(default=None)

    @property
    def inputs(self) -> StepColumns:
        """`instruction` and `response`, or `conversation`."""
        return {"instruction": False, "response": False, "conversation": False}

    @property
    def outputs(self) -> StepColumns:
        """`score`."""
        return ["score"]

    def load(self) -> None:
        """Loads the model and its tokenizer, on GPUs that no other model uses if it needs some.

        Raises:
            ImportError: If transformers or torch is not installed.
            RuntimeError: If a GPU of `cuda_devices` does not exist.
        """
        super().load()
        if self.device_map in ("cuda", "auto"):
            self._assign(str(self.name), self.resources)
            CudaDevicePlacementMixin.load(self)
        try:
            self._load_model()
        except BaseException:
            CudaDevicePlacementMixin.unload(self)
            raise

    def _load_model(self) -> None:
        torch = import_extra("torch", extra="hf-transformers", subject="RewardModelScore")
        transformers = import_extra(
            "transformers", extra="hf-transformers", subject="RewardModelScore"
        )
        token = self.token.get_secret_value() if self.token is not None else None
        shared = {
            "revision": self.revision,
            "trust_remote_code": self.trust_remote_code,
            "token": token,
        }
        dtype = self.torch_dtype if self.torch_dtype == "auto" else getattr(torch, self.torch_dtype)
        self._model = transformers.AutoModelForSequenceClassification.from_pretrained(
            self.model, torch_dtype=dtype, device_map=self.device_map, **shared
        ).eval()
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(self.model, **shared)

    def unload(self) -> None:
        """Releases the model and its GPUs."""
        self._model = self._tokenizer = None
        CudaDevicePlacementMixin.unload(self)
        super().unload()

    def process(self, inputs: StepInput) -> StepOutput:
        """Scores conversations.

        Args:
            inputs: Input rows.

        Yields:
            The rows with `score`.

        Raises:
            DistilabelUserError: If a row has no conversation to score.
        """
        conversations = [self._conversation(row) for row in inputs]
        for row, score in zip(inputs, self._scores(conversations), strict=True):
            row["score"] = score
        yield inputs

    def _conversation(self, row: Dict[str, Any]) -> ChatType:
        if row.get("instruction") is not None and row.get("response") is not None:
            return [
                {"role": "user", "content": text_in(self, row, "instruction")},
                {"role": "assistant", "content": text_in(self, row, "response")},
            ]
        chat = optional_chat_in(self, row, "conversation") if "conversation" in row else None
        if chat is None:
            raise DistilabelUserError(
                f"{self.name}: a row has neither 'instruction' and 'response' nor 'conversation'. "
                "It needs both of the former or the latter."
            )
        return chat

    def _scores(self, conversations: List[ChatType]) -> List[List[float]]:
        torch = import_extra("torch", extra="hf-transformers", subject="RewardModelScore")
        scores = []
        # One by one: not every reward model has a token to pad with.
        for conversation in conversations:
            text = self._tokenizer.apply_chat_template(conversation, tokenize=False)
            tokens = self._tokenizer(
                text,
                # The template writes the special tokens.
                add_special_tokens=False,
                truncation=self.truncation,
                max_length=self.max_length,
                return_tensors="pt",
            ).to(self._model.device)
            with torch.no_grad():
                logits = self._model(**tokens).logits
            scores.append([float(value) for value in logits[0].float().flatten()])
        return scores


def _token_in_environment() -> SecretStr | None:
    token = os.environ.get("HF_TOKEN")
    return SecretStr(token) if token else None
