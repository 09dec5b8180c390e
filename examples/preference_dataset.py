"""A preference dataset: two models answer, a third judges; best and worst answer make a pair.

Needs a Hugging Face token in HF_TOKEN. To rehearse without one, see docs/simulate.md.
"""

from distilabel.models import InferenceEndpointsLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import GroupColumns, KeepColumns, LoadDataFromHub
from distilabel.steps.tasks import TextGeneration, UltraFeedback

with Pipeline(name="generate-preference-dataset") as pipeline:
    load_dataset = LoadDataFromHub(
        name="load_dataset",
        repo_id="DIBT/10k_prompts_ranked",
        split="train",
        num_examples=500,
        output_mappings={"prompt": "instruction"},
    )

    generate_with_llama3_8b = TextGeneration(
        name="generate_with_llama3_8b",
        llm=InferenceEndpointsLLM(
            model_id="meta-llama/Meta-Llama-3-8B-Instruct",
            generation_kwargs={"max_new_tokens": 1024, "temperature": 0.7},
        ),
    )

    generate_with_llama3_70b = TextGeneration(
        name="generate_with_llama3_70b",
        llm=InferenceEndpointsLLM(
            model_id="meta-llama/Meta-Llama-3-70B-Instruct",
            generation_kwargs={"max_new_tokens": 1024, "temperature": 0.7},
        ),
    )

    combine_generations = GroupColumns(
        name="combine_generations",
        columns=["generation", "model_name"],
        output_columns=["generations", "generation_models"],
    )

    judge = UltraFeedback(
        name="judge",
        aspect="overall-rating",
        llm=InferenceEndpointsLLM(
            model_id="meta-llama/Meta-Llama-3-70B-Instruct",
            generation_kwargs={"max_new_tokens": 1024, "temperature": 0.0},
        ),
    )

    keep_columns = KeepColumns(
        name="keep_columns",
        columns=["instruction", "generations", "generation_models", "ratings", "rationales"],
    )

    (
        load_dataset
        >> [generate_with_llama3_8b, generate_with_llama3_70b]
        >> combine_generations
        >> judge
        >> keep_columns
    )

if __name__ == "__main__":
    distiset = pipeline.run()
    distiset.save_to_disk("preference-dataset")
