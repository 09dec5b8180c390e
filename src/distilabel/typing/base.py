"""Types of conversations and their messages."""

from typing import Any, Dict, List, Literal, Optional, Union

from typing_extensions import NotRequired, TypedDict


class TextContent(TypedDict):
    """A text part of a message with several parts."""

    type: Literal["text"]
    text: str


class ImageUrl(TypedDict):
    """The location of an image: an `https:` or `data:` URL."""

    url: str
    detail: NotRequired[str]


class ImageContent(TypedDict):
    """An image part of a message with several parts."""

    type: Literal["image_url"]
    image_url: ImageUrl


class CalledFunction(TypedDict):
    """The function of a tool call, with its arguments as JSON text."""

    name: str
    arguments: str


class ToolCall(TypedDict):
    """A call of a tool by a model, in the format of chat completions.

    Attributes:
        extra_content: What the provider needs again in the next request, such as the signature of
            Gemini's reasoning.
    """

    id: str
    type: Literal["function"]
    function: CalledFunction
    extra_content: NotRequired[Optional[Dict[str, Any]]]


class ChatItem(TypedDict):
    """One message of a conversation.

    Attributes:
        role: Who wrote it; `"tool"` for the result of a tool call.
        content: Text, or parts; None for an assistant that only calls tools.
        tool_calls: Tools that the assistant calls.
        tool_call_id: Call that the message is the result of.
        name: Name of the author or the tool.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: Union[str, list[Union[TextContent, ImageContent, Dict[str, Any]]], None]
    tool_calls: NotRequired[Optional[List[ToolCall]]]
    tool_call_id: NotRequired[Optional[str]]
    name: NotRequired[Optional[str]]


ChatType = List[ChatItem]
