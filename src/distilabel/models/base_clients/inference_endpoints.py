"""Where a model served by way of Hugging Face is: on the Hub's router, an endpoint, or an address.

Finds the address and the token; knows nothing of questions.
"""

from __future__ import annotations

import logging
import os
from typing import Any, Dict, Final, Optional, Self, Union

from pydantic import BaseModel, Field, PrivateAttr, SecretStr, model_validator

from distilabel.errors import DistilabelUserError, EndpointError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.http.endpoint import bearer_headers
from distilabel.typing import StructuredOutputType

# One address for all models on the Hub that a provider serves.
HF_ROUTER: Final = "https://router.huggingface.co/v1"
SECONDS_TO_WAKE: Final = 300
_ASLEEP: Final = frozenset({"paused", "scaledToZero"})

_log = logging.getLogger("distilabel.llm")


def _token_in_the_environment() -> Optional[SecretStr]:
    token = os.getenv("HF_TOKEN")
    return SecretStr(token) if token else None


class InferenceEndpointsBaseClient(BaseModel):
    """Where the model is and how to be let in: one of `model_id`, `endpoint_name` and `base_url`.

    Attributes:
        model_id: repository of a model that Hugging Face's providers serve, like `owner/name`, or
            `owner/name:provider` to choose one.
        endpoint_name: name of an Inference Endpoint of one's own; woken if it sleeps.
        endpoint_namespace: user or organisation the endpoint belongs to.
        base_url: address of a server, with or without `/v1`.
        api_key: token of Hugging Face; read from `HF_TOKEN`, or the stored login.
        tokenizer_id: repository of the tokenizer that renders conversations on this side.
        model_display_name: name of the model in the dataset.
        structured_output: `format` (`"json"` or `"regex"`) and `schema` all answers follow.
    """

    model_id: Optional[str] = None
    endpoint_name: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Name of an Inference Endpoint of one's own."
    )
    endpoint_namespace: Optional[RuntimeParameter[str]] = Field(
        default=None, description="User or organisation the endpoint belongs to."
    )
    base_url: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Address of a server, with or without /v1."
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = Field(
        default_factory=_token_in_the_environment,
        description="Token of Hugging Face.",
    )
    tokenizer_id: Optional[str] = None
    model_display_name: Optional[str] = None
    structured_output: Optional[RuntimeParameter[Union[StructuredOutputType, None]]] = Field(
        default=None, description="The structure that all answers follow."
    )

    # Found by `_connect`: the address without `/v1`, and the repository an endpoint serves.
    _address: str = PrivateAttr(default="")
    _repository: Optional[str] = PrivateAttr(default=None)
    _headers: Dict[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def only_one_of_model_id_endpoint_name_or_base_url_provided(self) -> Self:
        """Checks that it is said, and said once, where the model is.

        Raises:
            ValueError: it is not.
        """
        if self.model_id and self.endpoint_name:
            raise DistilabelUserError("give model_id or endpoint_name, not both")
        if not (self.model_id or self.endpoint_name or self.base_url):
            raise DistilabelUserError(
                "give one of model_id (a model on the Hub), endpoint_name (an Inference Endpoint) "
                "and base_url (the address of a server)"
            )
        if self.base_url and (self.model_id or self.endpoint_name):
            _log.warning(
                "base_url=%r will be replaced by the address of %s: give one of them.",
                self.base_url,
                f"model_id={self.model_id!r}"
                if self.model_id
                else f"endpoint_name={self.endpoint_name!r}",
            )
        return self

    @property
    def model_name(self) -> str:
        """Name of the model, the clearest that is known."""
        return (
            self.model_display_name
            or self._repository
            or self.model_id
            or self.endpoint_name
            or self.base_url
            or ""
        )

    def _connect(self) -> None:
        """Finds the token and the address; an endpoint that sleeps is woken.

        Raises:
            ValueError: there is no token.
            EndpointError: the endpoint does not exist, or did not wake up.
        """
        if self.api_key is None:
            from huggingface_hub import get_token

            token = get_token()
            if not token:
                raise DistilabelUserError(
                    f"{type(self).__name__} needs a token of Hugging Face: give `api_key`, set the "
                    "environment variable HF_TOKEN, or log in with `hf auth login`."
                )
            key = SecretStr(token)
        else:
            key = self.api_key
        self._headers = bearer_headers(key)
        if self.model_id:
            address: Optional[str] = HF_ROUTER
        elif self.endpoint_name:
            address = self._woken(key.get_secret_value())
        else:
            address = self.base_url
        self._address = (address or "").rstrip("/").removesuffix("/v1").rstrip("/")

    def _woken(self, token: str) -> str:
        from huggingface_hub import InferenceEndpointError, get_inference_endpoint
        from huggingface_hub.errors import HfHubHTTPError, InferenceEndpointTimeoutError

        name = self.endpoint_name or ""
        try:
            endpoint: Any = get_inference_endpoint(
                name, namespace=self.endpoint_namespace, token=token
            )
            if endpoint.status in _ASLEEP:
                _log.warning("The Inference Endpoint %s sleeps: it is woken.", name)
                endpoint.resume()
            if endpoint.status != "running":
                endpoint.wait(timeout=SECONDS_TO_WAKE)
        except InferenceEndpointTimeoutError as error:
            raise EndpointError(
                f"the Inference Endpoint {name!r} did not start within {SECONDS_TO_WAKE} s"
            ) from error
        except InferenceEndpointError as error:
            raise EndpointError(f"the Inference Endpoint {name!r} failed to start") from error
        except HfHubHTTPError as error:
            status = getattr(error.response, "status_code", None)
            raise EndpointError(
                f"the Inference Endpoint {name!r} cannot be looked up ({status}): check its name, "
                "endpoint_namespace and whether the token may see it",
                status=status,
            ) from error
        self._repository = endpoint.repository
        if not endpoint.url:
            raise EndpointError(f"the Inference Endpoint {name!r} has no address")
        return str(endpoint.url)

    @property
    def _api(self) -> str:
        """The address with `/v1`."""
        return f"{self._address}/v1"
