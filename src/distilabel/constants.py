"""Names of files, directories, columns and attributes that several packages share."""

from __future__ import annotations

from pathlib import Path
from typing import Final

BASE_CACHE_DIR: Final = Path.home() / ".cache" / "distilabel"
PIPELINES_CACHE_DIR: Final = BASE_CACHE_DIR / "pipelines"

DISTILABEL_DOCS_URL: Final = "https://distilabel.argilla.io/latest/"
DISTILABEL_METADATA_KEY: Final = "distilabel_metadata"

DISTISET_CONFIG_FOLDER: Final = "distiset_configs"
DISTISET_ARTIFACTS_FOLDER: Final = "artifacts"
PIPELINE_CONFIG_FILENAME: Final = "pipeline.yaml"
PIPELINE_EVENTS_FILENAME: Final = "events.jsonl"
PIPELINE_LOG_FILENAME: Final = "pipeline.log"
PIPELINE_PICTURE_FILENAME: Final = "pipeline.png"
PROVENANCE_COLUMN: Final = "distilabel_provenance"
RUN_FACTS_FILENAME: Final = "run.json"
STEPS_OUTPUTS_PATH: Final = "steps_outputs"
STEPS_ARTIFACTS_PATH: Final = "steps_artifacts"

# Names of attributes and flags in the engine of 1.5.3, kept for code that uses them.
STEP_ATTR_NAME: Final = "step"
INPUT_QUEUE_ATTR_NAME: Final = "input_queue"
RECEIVES_ROUTED_BATCHES_ATTR_NAME: Final = "receives_routed_batches"
ROUTING_BATCH_FUNCTION_ATTR_NAME: Final = "routing_batch_function"
CONVERGENCE_STEP_ATTR_NAME: Final = "convergence_step"
LAST_BATCH_SENT_FLAG: Final = "last_batch_sent"
SIGINT_HANDLER_CALLED_ENV_NAME: Final = "sigint_handler_called"
PIPELINE_NAME_ENV_NAME: Final = "DISTILABEL_PIPELINE_NAME"
PIPELINE_CACHE_ID_ENV_NAME: Final = "DISTILABEL_PIPELINE_CACHE_ID"

__all__ = [
    "BASE_CACHE_DIR",
    "CONVERGENCE_STEP_ATTR_NAME",
    "DISTILABEL_DOCS_URL",
    "DISTILABEL_METADATA_KEY",
    "DISTISET_ARTIFACTS_FOLDER",
    "DISTISET_CONFIG_FOLDER",
    "INPUT_QUEUE_ATTR_NAME",
    "LAST_BATCH_SENT_FLAG",
    "PIPELINES_CACHE_DIR",
    "PIPELINE_CONFIG_FILENAME",
    "PIPELINE_EVENTS_FILENAME",
    "PIPELINE_LOG_FILENAME",
    "PIPELINE_PICTURE_FILENAME",
    "PROVENANCE_COLUMN",
    "RECEIVES_ROUTED_BATCHES_ATTR_NAME",
    "ROUTING_BATCH_FUNCTION_ATTR_NAME",
    "RUN_FACTS_FILENAME",
    "SIGINT_HANDLER_CALLED_ENV_NAME",
    "STEPS_ARTIFACTS_PATH",
    "STEPS_OUTPUTS_PATH",
    "STEP_ATTR_NAME",
]
