"""Texts for the page: Markdown as a tree of elements, of which the page makes nodes one by one.

A tree is a list of texts and of elements `[tag, attributes, children]`. No HTML is made anywhere,
so none that a model wrote becomes part of the page. Images are left out: they would be requests.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

# Longer texts would take a third of a second; they are shown as they are.
MOST_CHARACTERS: Final = 40_000
_MOST_CODE: Final = 20_000
# Elements that the parser makes; the page knows the same ones.
_TAGS: Final = frozenset(
    """p h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong s a br hr
    table thead tbody tr th td""".split()  # noqa: SIM905 (a table of names)
)
_SCHEMES: Final = ("http", "https", "mailto")

Tree = list[Any]


def markdown_tree(text: str) -> Tree | None:
    """Parses Markdown.

    Args:
        text: The text. HTML in it stays text, and images become their description.

    Returns:
        The tree; None if the text is too long or has no markup, so that it is shown as it is.
    """
    if len(text) > MOST_CHARACTERS:
        return None
    tokens = _parser().parse(text)
    tree = _tree(tokens)
    plain = [["p", {}, [text.strip()]]]
    return None if tree == plain else tree


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    options = {"html": False, "linkify": False, "typographer": False}
    return MarkdownIt("commonmark", options).enable(["table", "strikethrough"]).disable("image")


def _tree(tokens: list[Token]) -> Tree:
    top: Tree = []
    stack = [top]
    for token in tokens:
        here = stack[-1]
        if token.type == "inline":
            here += _tree(token.children or [])
        elif token.nesting == 1:
            children: Tree = []
            # In tight lists, the parser hides the paragraphs.
            if token.hidden or token.tag not in _TAGS:
                stack.append(here)
            else:
                here.append([token.tag, _attributes(token), children])
                stack.append(children)
        elif token.nesting == -1:
            stack.pop()
        elif token.type in ("fence", "code_block"):
            language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
            here.append(["pre", {"lang": language}, code_tree(token.content, language)])
        elif token.type == "code_inline":
            here.append(["code", {}, [token.content]])
        elif token.type == "hardbreak":
            here.append(["br", {}, []])
        elif token.type == "softbreak":
            # Models break lines where they mean it.
            here.append(["br", {}, []])
        elif token.tag == "hr":
            here.append(["hr", {}, []])
        elif token.content:
            here.append(token.content)
    return top


def _attributes(token: Token) -> dict[str, str]:
    if token.tag == "a":
        target = str(token.attrGet("href") or "")
        try:
            parts = urlsplit(target)
        except ValueError:
            return {}
        if parts.scheme not in _SCHEMES:
            return {}
        return {"href": target, "host": parts.hostname or parts.path}
    if token.tag == "ol" and token.attrGet("start"):
        return {"start": str(token.attrGet("start"))}
    align = str(token.attrGet("style") or "").removeprefix("text-align:")
    return {"align": align} if align in ("left", "right", "center") else {}


def code_tree(text: str, language: str) -> Tree:
    """Returns code as texts and elements `["span", {"kind": ...}, [text]]`.

    Args:
        text: The code.
        language: Its language; unknown ones are not colored.
    """
    if not language or len(text) > _MOST_CODE:
        return [text]
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return [text]
    tree: Tree = []
    for token, value in lexer.get_tokens(text):
        kind = next((name for base, name in _code_kinds() if token in base), "")
        if kind:
            tree.append(["span", {"kind": kind}, [value]])
        elif tree and isinstance(tree[-1], str):
            tree[-1] += value
        else:
            tree.append(value)
    return tree


@cache
def _code_kinds() -> list[tuple[Any, str]]:
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    return [
        (Comment, "comment"),
        (Keyword, "keyword"),
        (String, "string"),
        (Number, "number"),
        (Name.Function, "name"),
        (Name.Class, "name"),
        (Name.Builtin, "name"),
        (Operator.Word, "keyword"),
    ]
