"""Messages: what a conversation is made of."""

from __future__ import annotations

from typing import List, Literal, Union

from typing_extensions import Required, TypedDict


class TextContent(TypedDict, total=False):
    """A piece of text in a message of several parts."""

    type: Required[Literal["text"]]
    text: Required[str]


class ImageUrl(TypedDict):
    """Where an image is: a web address or a `data:` URL."""

    url: Required[str]


class ImageContent(TypedDict, total=False):
    """An image in a message of several parts."""

    type: Required[Literal["image_url"]]
    image_url: Required[ImageUrl]


class ChatItem(TypedDict):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: Union[str, list[Union[TextContent, ImageContent]]]


ChatType = List[ChatItem]
