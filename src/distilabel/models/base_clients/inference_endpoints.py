"""`InferenceEndpointsBaseClient`: finds the address and the token of a model at Hugging Face."""

from __future__ import annotations

import logging
from typing import Any, Dict, Final, Optional, Self, Union

from pydantic import BaseModel, Field, PrivateAttr, SecretStr, model_validator

from distilabel.errors import DistilabelUserError, EndpointError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.base_clients.environment import api_key_field, current_key
from distilabel.models.http.endpoint import bearer_headers, require_key
from distilabel.typing import StructuredOutputType

# Address of all models on the Hub that an inference provider serves.
HF_ROUTER: Final = "https://router.huggingface.co/v1"
KEY_VARIABLE: Final = "HF_TOKEN"
WAKE_SECONDS: Final = 300
_ASLEEP: Final = frozenset({"paused", "scaledToZero"})

_log = logging.getLogger("distilabel.llm")


class InferenceEndpointsBaseClient(BaseModel):
    """Address and token of a model, given as `model_id`, `endpoint_name` or `base_url`.

    Attributes:
        model_id: Repository of a model that Hugging Face's inference providers serve, like
            `owner/name`, or `owner/name:provider` to choose one.
        endpoint_name: Name of your Inference Endpoint; resumed if it is paused.
        endpoint_namespace: User or organization the endpoint belongs to.
        base_url: Address of a server, with or without `/v1`.
        api_key: Token of Hugging Face; read from `HF_TOKEN`, or from the stored login.
        tokenizer_id: Repository of the tokenizer that renders conversations locally.
        model_display_name: Name of the model in the dataset.
        structured_output: `format` (`"json"` or `"regex"`) and `schema` that all answers follow.
    """

    model_id: Optional[str] = None
    endpoint_name: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Name of your Inference Endpoint."
    )
    endpoint_namespace: Optional[RuntimeParameter[str]] = Field(
        default=None, description="User or organization the endpoint belongs to."
    )
    base_url: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Address of a server, with or without /v1."
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = api_key_field(
        KEY_VARIABLE, "Token of Hugging Face."
    )
    tokenizer_id: Optional[str] = None
    model_display_name: Optional[str] = None
    structured_output: Optional[RuntimeParameter[Union[StructuredOutputType, None]]] = Field(
        default=None, description="The structure that all answers follow."
    )

    # Set by `_connect`: the address without `/v1`, and the repository that an endpoint serves.
    _address: str = PrivateAttr(default="")
    _repository: Optional[str] = PrivateAttr(default=None)
    _headers: Dict[str, str] = PrivateAttr(default_factory=dict)
    _key: Optional[SecretStr] = PrivateAttr(default=None)

    @model_validator(mode="after")
    def only_one_of_model_id_endpoint_name_or_base_url_provided(self) -> Self:
        """Checks that the address of the model is given, and only once.

        Raises:
            ValueError: It is missing, or given twice.
        """
        if self.model_id and self.endpoint_name:
            raise DistilabelUserError("model_id and endpoint_name: both are set. Set one of them.")
        if not (self.model_id or self.endpoint_name or self.base_url):
            raise DistilabelUserError(
                "the model's address is missing. Set one of model_id (a model on the Hub), "
                "endpoint_name (an Inference Endpoint) and base_url (the address of a server)."
            )
        if self.base_url and (self.model_id or self.endpoint_name):
            _log.warning(
                "base_url=%r is ignored: the address of %s is used. Set one of them.",
                self.base_url,
                f"model_id={self.model_id!r}"
                if self.model_id
                else f"endpoint_name={self.endpoint_name!r}",
            )
        return self

    @property
    def model_name(self) -> str:
        """Name of the model, the most specific one that is known."""
        return (
            self.model_display_name
            or self._repository
            or self.model_id
            or self.endpoint_name
            or self.base_url
            or ""
        )

    def _connect(self) -> None:
        """Finds the token and the address; resumes an endpoint that is paused.

        Raises:
            ValueError: There is no token.
            EndpointError: The endpoint does not exist, or did not start.
        """
        key = current_key(self)
        if key is None:
            from huggingface_hub import get_token

            token = get_token()
            if not token:
                raise DistilabelUserError(
                    f"{type(self).__name__}: no Hugging Face token. Set `api_key`, set the "
                    "environment variable HF_TOKEN, or log in with `hf auth login`."
                )
            key = SecretStr(token)
        self._key = key = require_key(key, self, KEY_VARIABLE)
        self._headers = bearer_headers(key)
        if self.model_id:
            address: Optional[str] = HF_ROUTER
        elif self.endpoint_name:
            address = self._resumed_url(key.get_secret_value())
        else:
            address = self.base_url
        self._address = (address or "").strip().rstrip("/").removesuffix("/v1").rstrip("/")

    def _resumed_url(self, token: str) -> str:
        from huggingface_hub import InferenceEndpointError, get_inference_endpoint
        from huggingface_hub.errors import HfHubHTTPError, InferenceEndpointTimeoutError

        name = self.endpoint_name or ""
        try:
            endpoint: Any = get_inference_endpoint(
                name, namespace=self.endpoint_namespace, token=token
            )
            if endpoint.status in _ASLEEP:
                _log.warning("The Inference Endpoint %s is paused. Resuming it.", name)
                endpoint.resume()
            if endpoint.status != "running":
                endpoint.wait(timeout=WAKE_SECONDS)
        except InferenceEndpointTimeoutError as error:
            raise EndpointError(
                f"the Inference Endpoint {name!r} did not start within {WAKE_SECONDS} s"
            ) from error
        except InferenceEndpointError as error:
            raise EndpointError(f"the Inference Endpoint {name!r} failed to start") from error
        except HfHubHTTPError as error:
            status = getattr(error.response, "status_code", None)
            raise EndpointError(
                f"the Inference Endpoint {name!r} cannot be found ({status}). Check its name, its "
                "endpoint_namespace, and the permissions of the token.",
                status=status,
            ) from error
        self._repository = endpoint.repository
        if not endpoint.url:
            raise EndpointError(f"the Inference Endpoint {name!r} has no address")
        return str(endpoint.url)

    @property
    def _api(self) -> str:
        """Address with `/v1`."""
        return f"{self._address}/v1"
