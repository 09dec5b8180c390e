"""`MlxLLM` on a stand-in for mlx_lm in its worker process: arguments, answers and failed starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models import MlxLLM
from models.local.worker_packages import HELLO, chat, reported, texts, use_stand_ins


@pytest.fixture(scope="module")
def llm() -> Iterator[MlxLLM]:
    with pytest.MonkeyPatch.context() as patch:
        use_stand_ins(patch)
        llm = MlxLLM(
            path_or_hf_repo="a/m",
            tokenizer_config={"use_fast": True},
            mlx_model_config={"rope": 1},
            adapter_path="adapters",
        )
        llm.load()
        yield llm
        llm.unload()


def test_the_fields_reach_mlx(llm: MlxLLM) -> None:
    found = reported(llm.generate([chat("options")], max_tokens=900))
    assert found["tokenizer_config"] == {"use_fast": True}
    assert found["model_config"] == {"rope": 1}
    assert found["adapter_path"] == "adapters"


def test_generation_arguments_reach_mlx(llm: MlxLLM) -> None:
    sampling: Any = {"temp": 0.5, "top_p": 0.9, "min_p": 0.1, "min_tokens_to_keep": 2, "top_k": 7}
    options: Any = {"max_tokens": 900, "max_kv_size": 99, "prefill_step_size": 3, **sampling}
    found = reported(llm.generate([chat("options")], **options))
    assert (found["max_kv_size"], found["prefill_step_size"]) == (99, 3)
    assert found["sampling"] == sampling


def test_a_quantized_cache_reaches_mlx(llm: MlxLLM) -> None:
    options: Any = {"kv_bits": 4, "kv_group_size": 32, "quantized_kv_start": 5, "max_tokens": 900}
    found = reported(llm.generate([chat("options")], **options))
    assert {name: found[name] for name in options} == options
    (output,) = llm.generate([HELLO], kv_bits=4, max_tokens=3)
    assert output["generations"] == ["Hel"]
    assert output["statistics"]["output_tokens"] == [3]


def test_questions_with_different_arguments_are_answered_in_their_order(llm: MlxLLM) -> None:
    asked = [chat("a"), "[x]text to complete", chat("b"), chat("c")]
    assert texts(llm.generate(asked)) == ["a", "text to complete", "b", "c"]
    (output,) = llm.generate([HELLO], num_generations=2, max_tokens=4)
    assert output["generations"] == ["Hell", "Hell"]
    assert output["statistics"]["input_tokens"] == [22, 22]
    assert output["statistics"]["output_tokens"] == [4, 4]


def test_prompts_are_rendered_with_the_template_and_magpies(llm: MlxLLM) -> None:
    assert llm.prepare_input(HELLO) == "[user]Hello[assistant]"
    magpie: Any = {"use_magpie_template": True, "magpie_pre_query_template": "[user]"}
    # Settings of the worker are equal: it is shared.
    other = llm.model_copy(update=magpie)
    system: Any = [{"role": "system", "content": "Be kind."}]
    assert other.prepare_input(system) == "[system]Be kind.[user]"


def test_what_cannot_be_sent_to_the_worker_is_refused_before_it_starts() -> None:
    llm = MlxLLM(path_or_hf_repo="m", generation_kwargs={"logits_processors": [print]})
    with pytest.raises(DistilabelUserError, match="logits_processors cannot be sent"):
        llm.load()


def test_a_question_with_a_cache_of_its_own_is_refused(llm: MlxLLM) -> None:
    with pytest.raises(AnswerError, match="prompt_cache cannot be sent"):
        llm.generate([HELLO], prompt_cache=[1])
