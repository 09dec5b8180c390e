"""Public names of 1.5.3 that are not in distilabel 2 yet, and what is said of them."""

from __future__ import annotations

from functools import cache
from typing import Final

_PAGE: Final = "docs/coming-from-1.x.md"

# Module, without `distilabel.` → names that are missing there.
_NAMES: Final = {
    "models": (
        "AsyncImageGenerationModel ImageGenerationModel InferenceEndpointsImageGeneration "
        "LlamaCppEmbeddings LlamaCppLLM MlxLLM OpenAIImageGeneration "
        "SentenceTransformerEmbeddings TransformersLLM"
    ),
    "models.embeddings": "LlamaCppEmbeddings SentenceTransformerEmbeddings",
    "models.embeddings.llamacpp": "LlamaCppEmbeddings",
    "models.embeddings.sentence_transformers": "SentenceTransformerEmbeddings",
    "models.image_generation": (
        "AsyncImageGenerationModel ImageGenerationModel InferenceEndpointsImageGeneration "
        "OpenAIImageGeneration"
    ),
    "models.image_generation.base": "AsyncImageGenerationModel ImageGenerationModel",
    "models.image_generation.huggingface.inference_endpoints": "InferenceEndpointsImageGeneration",
    "models.image_generation.openai": "OpenAIImageGeneration",
    "models.llms": "LlamaCppLLM MlxLLM TransformersLLM",
    "models.llms.huggingface": "TransformersLLM",
    "models.llms.huggingface.transformers": "TransformersLLM",
    "models.llms.llamacpp": "LlamaCppLLM",
    "models.llms.mlx": "MlxLLM",
    "steps": (
        "DBSCAN EmbeddingDedup FaissNearestNeighbour MinHashDedup PreferenceToArgilla "
        "TextClustering TextGenerationToArgilla UMAP"
    ),
    "steps.argilla.base": "ArgillaBase",
    "steps.argilla.preference": "PreferenceToArgilla",
    "steps.argilla.text_generation": "TextGenerationToArgilla",
    "steps.clustering.dbscan": "DBSCAN",
    "steps.clustering.text_clustering": "TextClustering",
    "steps.clustering.umap": "UMAP",
    "steps.embeddings.nearest_neighbour": "FaissNearestNeighbour",
    "steps.filtering.embedding": "EmbeddingDedup",
    "steps.filtering.minhash": "MinHashDedup ngrams tokenize_on_ngrams tokenized_on_words",
    "steps.tasks": (
        "BitextRetrievalGenerator EmbeddingTaskGenerator EvolComplexity "
        "EvolComplexityGenerator EvolInstruct EvolInstructGenerator GenerateEmbeddings "
        "GenerateLongTextMatchingData GenerateSentencePair GenerateShortTextMatchingData "
        "GenerateTextClassificationData GenerateTextRetrievalData Genstruct ImageGeneration "
        "ImageTask MonolingualTripletGenerator SelfInstruct"
    ),
    "steps.tasks.base": "ImageTask",
    "steps.tasks.evol_instruct.base": "EvolInstruct",
    "steps.tasks.evol_instruct.evol_complexity.base": "EvolComplexity",
    "steps.tasks.evol_instruct.evol_complexity.generator": "EvolComplexityGenerator",
    "steps.tasks.evol_instruct.evol_complexity.utils": (
        "GENERATION_MUTATION_TEMPLATES MUTATION_TEMPLATES"
    ),
    "steps.tasks.evol_instruct.generator": "EvolInstructGenerator",
    "steps.tasks.evol_instruct.utils": "GENERATION_MUTATION_TEMPLATES MUTATION_TEMPLATES",
    "steps.tasks.generate_embeddings": "GenerateEmbeddings",
    "steps.tasks.genstruct": "Genstruct",
    "steps.tasks.image_generation": "ImageGeneration",
    "steps.tasks.improving_text_embeddings": (
        "BitextRetrievalGenerator EmbeddingTaskGenerator GenerateLongTextMatchingData "
        "GenerateShortTextMatchingData GenerateTextClassificationData "
        "GenerateTextRetrievalData MonolingualTripletGenerator"
    ),
    "steps.tasks.self_instruct": "SelfInstruct",
    "steps.tasks.sentence_transformers": "GenerateSentencePair GenerationAction",
    "steps.tasks.structured_outputs.instructor": (
        "InstructorAvailableClients InstructorFrameworks prepare_instructor"
    ),
    "steps.tasks.structured_outputs.outlines": "Frameworks model_to_schema prepare_guided_output",
    "steps.tasks.structured_outputs.utils": (
        "handle_any_of handle_array handle_object json_schema_to_model "
        "json_schema_to_pydantic_field json_schema_to_pydantic_type resolve_refs "
        "schema_as_dict"
    ),
    "utils.dicts": "flatten_dict group_dicts merge_dicts",
    "utils.files": "list_files_in_dir",
    "utils.huggingface": "HF_TOKEN_ENV_VAR get_hf_token",
    "utils.itertools": "batched grouper",
    "utils.serialization": (
        "DISTILABEL_FILENAME SaveFormats StrOrPath TYPE_INFO_KEY load_with_type_info "
        "read_json read_yaml write_json write_yaml"
    ),
    "utils.typing_": (
        "extract_annotation_inner_type is_parameter_annotated_with is_type_pydantic_secret_field"
    ),
}

_SERVED: Final = (
    "Serve the model with an OpenAI-compatible server, such as vLLM or llama.cpp, and use "
    "OpenAILLM(base_url=...)."
)
# Name → what to use instead, where there is something.
_INSTEAD: Final = dict.fromkeys(("LlamaCppLLM", "MlxLLM", "TransformersLLM"), _SERVED)


def missing_name(name: str) -> str | None:
    """Returns what to say of a public name of 1.5.3 that is not here; None for any other name."""
    if name not in _all_names():
        return None
    instead = f" {_INSTEAD[name]}" if name in _INSTEAD else ""
    return (
        f"{name} is not in distilabel 2 yet.{instead} {_PAGE} lists what is here; programs that "
        "need it run with distilabel 1.5.3."
    )


def missing_name_in(module: str, name: str) -> str | None:
    """Returns what to say of a name that a module of 1.5.3 had and that is not here.

    Args:
        module: Name of the module.
        name: The name; None is returned for one that the module did not have.
    """
    names = _NAMES.get(module.removeprefix("distilabel."), "")
    return missing_name(name) if name in names.split() else None


@cache
def missing_modules() -> frozenset[str]:
    """Returns the names of the modules in the table, and of the packages around them."""
    found: set[str] = set()
    for name in _NAMES:
        parts = name.split(".")
        found.update(".".join(["distilabel", *parts[:end]]) for end in range(1, len(parts) + 1))
    return frozenset(found)


@cache
def _all_names() -> frozenset[str]:
    return frozenset(name for names in _NAMES.values() for name in names.split())
