"""A signature changes with the configuration, and with nothing else."""

from __future__ import annotations

from pydantic import SecretStr

from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from rooms import Ask, Echo, Numbers


def test_it_is_forty_digits_and_stays() -> None:
    assert Numbers(name="a").signature == Numbers(name="a").signature
    assert len(Numbers(name="a").signature) == 40


def test_configuration_counts_batch_sizes_and_resources_do_not() -> None:
    one = Ask(name="a", llm=Echo())
    assert one.signature == Ask(name="a", llm=Echo(), input_batch_size=7).signature
    assert one.signature != Ask(name="a", llm=Echo(), num_generations=2).signature
    other = Ask(name="a", llm=Echo(generation_kwargs={"temperature": 0.5}))
    assert one.signature != other.signature
    many = Ask(name="a", llm=Echo())
    many.resources.replicas = 4
    assert one.signature == many.signature


def test_keys_do_not_enter() -> None:
    def make(key: str) -> str:
        return Ask(name="a", llm=OpenAILLM(model="m", api_key=SecretStr(key))).signature

    assert make("one") == make("two")


def test_that_of_a_pipeline_is_about_its_graph() -> None:
    def make(name: str, count: int, connected: bool = True) -> Pipeline:
        with Pipeline(name=name) as pipeline:
            load, ask = Numbers(count=count), Ask(llm=Echo())
            if connected:
                load >> ask
        return pipeline

    one = make("one", 1)
    assert one.signature == make("two", 2).signature
    assert one.signature != make("one", 1, connected=False).signature
    assert one.aggregated_steps_signature != make("one", 2).aggregated_steps_signature
