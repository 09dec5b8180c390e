"""`TransformersLLM` and `SentenceTransformerEmbeddings` with a tiny model on CPU.

Run by `make test-engines`. Skipped without transformers and torch in this environment.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SentenceTransformerEmbeddings, TransformersLLM

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("torch") is None
        or importlib.util.find_spec("transformers") is None,
        reason="transformers is not installed: pip install 'distilabel[hf-transformers]'",
    ),
    # Importing torch takes minutes on a machine that is busy.
    pytest.mark.timeout(900),
]

HELLO: Any = [{"role": "user", "content": "Hello"}]
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer", "minimum": 1, "maximum": 5}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def llm(model: str) -> Iterator[TransformersLLM]:
    llm = TransformersLLM(model=model, device="cpu")
    llm.load()
    yield llm
    llm.unload()


def test_rows_with_and_without_a_structure_share_a_batch(llm: TransformersLLM) -> None:
    json_row: Any = (HELLO, {"format": "json", "schema": SCHEMA})
    regex_row: Any = (HELLO, {"format": "regex", "schema": "[ab]{3}"})
    found = llm.generate([json_row, regex_row, HELLO], max_new_tokens=30)
    texts = [output["generations"][0] or "" for output in found]
    assert json.loads(texts[0])["a"] in range(1, 6)
    assert len(texts[1]) == 3
    assert set(texts[1]) <= {"a", "b"}


def test_a_seed_gives_the_same_answers_beside_other_rows(llm: TransformersLLM) -> None:
    arguments: Any = {"max_new_tokens": 8, "temperature": 1.0, "seed": 7}
    alone = llm.generate([HELLO], num_generations=2, **arguments)[0]
    beside = llm.generate(["A longer text to complete", HELLO], num_generations=2, **arguments)[1]
    assert alone["generations"] == beside["generations"]
    assert len(set(alone["generations"])) == 2


def test_a_stop_string_is_left_out_and_what_follows_it_not_counted(llm: TransformersLLM) -> None:
    greedy: Any = {"max_new_tokens": 24, "do_sample": False}
    (whole,) = llm.generate([HELLO], **greedy)
    text = whole["generations"][0] or ""
    # Random bytes: not all of them are characters.
    stop = [character for character in text if character != "\ufffd"][-1]
    (cut,) = llm.generate([HELLO], **greedy, stop=[stop])
    assert cut["generations"] == [text[: text.index(stop)]]
    assert cut["statistics"]["output_tokens"][0] < 24


def test_greedy_texts_are_those_of_transformers(llm: TransformersLLM, model: str) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    ids = tokenizer.apply_chat_template(
        HELLO, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    plain = AutoModelForCausalLM.from_pretrained(model)
    arguments: Any = {"max_new_tokens": 12, "do_sample": False, "repetition_penalty": 1.3}
    tokens = plain.generate(**ids, **arguments, pad_token_id=3)[0, ids["input_ids"].shape[1] :]
    # A longer row beside it pads it.
    longer: Any = [{"role": "user", "content": "A much longer question " * 4}]
    _, found = llm.generate([longer, HELLO], **arguments)
    assert found["generations"] == [tokenizer.decode(tokens, skip_special_tokens=True)]


def test_hidden_states_have_one_row_per_token(llm: TransformersLLM) -> None:
    (states,) = llm.get_last_hidden_states([HELLO])
    tokens = llm.generate([HELLO], max_new_tokens=1)[0]["statistics"]["input_tokens"]
    assert states.shape == (tokens[0], 128)


def test_equal_models_share_a_process_and_magpie_ends_the_prompt(
    llm: TransformersLLM, model: str
) -> None:
    template: Any = {"use_magpie_template": True, "magpie_pre_query_template": "qwen2"}
    other = TransformersLLM(model=model, device="cpu", **template)
    other.load()
    try:
        assert other._engine is llm._engine
        assert other.prepare_input([]) == "<|im_start|>user\n"
    finally:
        other.unload()
    assert llm.generate([HELLO], max_new_tokens=1)


def test_a_model_that_is_not_found_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(DistilabelUserError, match="the model cannot be loaded"):
        TransformersLLM(model=str(tmp_path)).load()


def test_vectors_have_length_1(model: str) -> None:
    pytest.importorskip("sentence_transformers")
    embeddings = SentenceTransformerEmbeddings(model=model, device="cpu")
    embeddings.load()
    try:
        vectors = embeddings.encode(["A cat.", "A dog."])
    finally:
        embeddings.unload()
    assert [sum(x * x for x in vector) for vector in vectors] == pytest.approx([1, 1], abs=1e-4)
