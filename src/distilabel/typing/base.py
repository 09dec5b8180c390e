"""Messages: what a conversation is made of."""

from typing import List, Literal, Union

from typing_extensions import TypedDict


class TextContent(TypedDict):
    """A piece of text in a message of several parts."""

    type: Literal["text"]
    text: str


class ImageUrl(TypedDict):
    """Where an image is: a web address or a `data:` URL."""

    url: str


class ImageContent(TypedDict):
    """An image in a message of several parts."""

    type: Literal["image_url"]
    image_url: ImageUrl


class ChatItem(TypedDict):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: Union[str, list[Union[TextContent, ImageContent]]]


ChatType = List[ChatItem]
