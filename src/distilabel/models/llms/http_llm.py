"""`HTTPLLM`: base of models with a wire format of their own and one answer per request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Dict, Optional, Tuple

from pydantic import PrivateAttr

from distilabel.models.http.endpoint import post, read_reply
from distilabel.models.http.transport import Reply
from distilabel.models.http.unsupported_arguments import UnsupportedArguments
from distilabel.models.llms.base import AsyncLLM
from distilabel.models.llms.structure_check import StructureCheck
from distilabel.models.wire.structure import Structure, parse_structure
from distilabel.typing import GenerateOutput


class HTTPLLM(AsyncLLM):
    """A model that is asked with one HTTP request per answer.

    A subclass has a field `structured_output`, sets `_headers` in `load`, and calls `_ask` in
    `agenerate`.

    Attributes:
        model: Name of the model.
    """

    model: str

    _key_variable = ""
    _num_generations_param_supported: bool = PrivateAttr(default=False)
    _headers: Dict[str, str] = PrivateAttr(default_factory=dict)
    _unsupported: UnsupportedArguments = PrivateAttr(default_factory=UnsupportedArguments)
    _structure_check: StructureCheck = PrivateAttr(default_factory=StructureCheck)

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.model

    def unload(self) -> None:
        """Forgets the key."""
        self._headers = {}
        super().unload()

    def _question(self, input: Any) -> Tuple[Any, Any]:
        """Returns the conversation of a question, and the `structured_output` of its answer."""
        structure: Any = getattr(self, "structured_output", None)
        if isinstance(input, tuple):
            input, structure = input[0], input[1] or structure
        return [{"role": "user", "content": input}] if isinstance(input, str) else input, structure

    async def _ask(
        self,
        url: str,
        encode: Callable[[Dict[str, Any], Optional[Structure]], bytes],
        arguments: Dict[str, Any],
        parse: Callable[[bytes], GenerateOutput],
        *,
        structure: Any = None,
        timeout: float = 120,
    ) -> GenerateOutput:
        """Sends one request and parses its reply.

        Args:
            url: URL to post to.
            encode: Function of a wire format from arguments and a structure to a body.
            arguments: Arguments of the request; those the model rejects are left out.
            parse: Function of a wire format from a body to an output.
            structure: `structured_output` of the request; None for none.
            timeout: Seconds a request may take.
        """
        parsed = parse_structure(structure)

        async def send(arguments: Dict[str, Any]) -> Reply:
            body = encode(arguments, parsed)
            headers = await self._current_headers(url, body)
            return await post(url, body, headers, timeout, key_variable=self._key_variable)

        output = read_reply(await self._unsupported.send(self.model, arguments, send), parse)
        self._structure_check.check(self.model, output, structure)
        return output

    async def _current_headers(self, url: str, body: bytes) -> Dict[str, str]:
        """Returns the headers of a request; a subclass may renew a token or sign it."""
        return self._headers
