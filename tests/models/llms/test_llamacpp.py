"""`LlamaCppLLM` on a stand-in for llama_cpp in its worker process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models import LlamaCppLLM
from models.local.worker_packages import HELLO, chat, reported, texts, use_stand_ins


@pytest.fixture(scope="module")
def llm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaCppLLM]:
    path = tmp_path_factory.mktemp("model") / "m.gguf"
    path.touch()
    with pytest.MonkeyPatch.context() as patch:
        use_stand_ins(patch)
        llm = LlamaCppLLM(model_path=path, n_ctx=99, seed=5, extra_kwargs={"n_threads": 2})
        llm.load()
        yield llm
        llm.unload()


def test_fields_and_arguments_reach_llama_cpp(llm: LlamaCppLLM) -> None:
    extra: Any = {"top_k": 3, "seed": 9}
    sampling: Any = {"temperature": 0.5, "top_p": 0.9, "presence_penalty": 0.1}
    outputs = llm.generate(
        [chat("options")], max_new_tokens=900, extra_generation_kwargs=extra, **sampling
    )
    wanted = {"n_ctx": 99, "n_threads": 2, "n_gpu_layers": -1, "max_tokens": 900, **extra}
    assert wanted.items() <= reported(outputs).items()
    assert sampling.items() <= reported(outputs).items()


def test_each_generation_has_a_seed_of_its_own(llm: LlamaCppLLM) -> None:
    (output,) = llm.generate([chat("options")], num_generations=2, max_new_tokens=900)
    seeds = [reported([{"generations": [text]}])["seed"] for text in output["generations"]]
    assert seeds == [5, 6]


def test_chats_and_texts_are_answered_in_their_order(llm: LlamaCppLLM) -> None:
    assert texts(llm.generate([chat("a"), "to complete", chat("b")])) == ["a", "to complete", "b"]
    output: Any = llm.generate([HELLO], max_new_tokens=3)[0]
    assert output["statistics"]["output_tokens"] == [3]
    assert output["statistics"]["finish_reason"] == ["length"]


def test_a_prompt_that_is_too_long_is_an_error_of_its_question(llm: LlamaCppLLM) -> None:
    with pytest.raises(AnswerError, match="exceed context window"):
        llm.generate([chat("too long")])
    assert texts(llm.generate([HELLO])) == ["Hello"]


def test_magpie_needs_a_tokenizer(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.touch()
    with pytest.raises(ValueError, match="use_magpie_template needs tokenizer_id"):
        LlamaCppLLM(model_path=path, use_magpie_template=True, magpie_pre_query_template="qwen2")


def test_without_a_path_nothing_is_started() -> None:
    with pytest.raises(DistilabelUserError, match="model_path is missing"):
        LlamaCppLLM().load()


def test_stored_answers_depend_on_the_file_but_not_on_where_it_lies(tmp_path: Path) -> None:
    paths = [tmp_path / "a" / "m.gguf", tmp_path / "b" / "m.gguf", tmp_path / "c" / "m.gguf"]
    for path, data in zip(paths, (b"1", b"1", b"12"), strict=True):
        path.parent.mkdir()
        path.write_bytes(data)
    first, second, third = (LlamaCppLLM(model_path=path)._identity() for path in paths)
    assert first == second
    assert first != third
