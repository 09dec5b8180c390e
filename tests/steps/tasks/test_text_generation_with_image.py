"""Protects what is sent with an image, in each form a row may have it."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks import TextGenerationWithImage


def sent(image: Any, **fields: Any) -> Any:
    task = TextGenerationWithImage(llm=SimulatedLLM(), **fields)
    task.load()
    return task.format_input({"instruction": "What?", "image": image})


@pytest.mark.parametrize(
    ("kind", "image", "url"),
    [
        ("url", "https://h/i.png", "https://h/i.png"),
        ("url", "data:image/png;base64,aGk=", "data:image/png;base64,aGk="),
        ("base64", "aGk=", "data:image/jpeg;base64,aGk="),
        ("PIL", Image.new("RGBA", (2, 2)), "data:image/jpeg;base64,"),
    ],
)
def test_an_image_stands_beside_the_text(kind: str, image: Any, url: str) -> None:
    system, user = sent(image, image_type=kind, system_prompt="Be brief.")
    assert system == {"role": "system", "content": "Be brief."}
    text, part = user["content"]
    assert text == {"type": "text", "text": "What?"}
    assert part["type"] == "image_url"
    assert part["image_url"]["url"].startswith(url)


@pytest.mark.parametrize(("kind", "image"), [("PIL", "aGk="), ("url", Image.new("L", (1, 1)))])
def test_another_kind_of_image_is_told(kind: str, image: Any) -> None:
    with pytest.raises(DistilabelUserError, match="image_type"):
        sent(image, image_type=kind)
