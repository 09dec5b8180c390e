"""Types of conversations and their messages."""

from typing import List, Literal, Union

from typing_extensions import TypedDict


class TextContent(TypedDict):
    """A text part of a message with several parts."""

    type: Literal["text"]
    text: str


class ImageUrl(TypedDict):
    """The location of an image: an `https:` or `data:` URL."""

    url: str


class ImageContent(TypedDict):
    """An image part of a message with several parts."""

    type: Literal["image_url"]
    image_url: ImageUrl


class ChatItem(TypedDict):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: Union[str, list[Union[TextContent, ImageContent]]]


ChatType = List[ChatItem]
