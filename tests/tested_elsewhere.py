"""Modules of `src/distilabel` without a test file of their name, and the tests that cover them.

`test_house.py` checks the list. After files have moved, or a module got its own test file, it
prints the entries to remove and to add.
"""

from __future__ import annotations

_NAMES_ONLY = "names and types only"

TESTED_ELSEWHERE = {
    "review/answers/human_answers.py": "review/test_export.py",
    "review/reviewed_table.py": "review/server/test_app.py",
    "review/server/answer_routes.py": "review/server/test_app.py",
    "review/server/handle.py": "review/test_start.py",
    "review/server/pages.py": "review/server/test_guard.py",
    "review/server/replies.py": "review/server/test_app.py",
    "review/server/report_routes.py": "review/server/test_app.py",
    "review/server/row_routes.py": "review/server/test_app.py",
    "_simulated/answers/formats/function_calls.py": (
        "steps/tasks/apigen/test_generator.py steps/tasks/apigen/test_semantic_checker.py"
    ),
    "_simulated/answers/formats/step_solutions.py": (
        "steps/tasks/math_shepherd/test_generator.py steps/tasks/math_shepherd/test_completer.py"
    ),
    "steps/tasks/math_shepherd/base.py": (
        "steps/tasks/math_shepherd/test_generator.py steps/tasks/math_shepherd/test_completer.py"
    ),
    "steps/tasks/structured_outputs/instructor.py": (
        "steps/tasks/structured_outputs/test_utils.py"
    ),
    "steps/tasks/structured_outputs/outlines.py": "steps/tasks/structured_outputs/test_utils.py",
    "_sandbox/audit.py": "_sandbox/test_sandbox.py",
    "_sandbox/child.py": "_sandbox/test_sandbox.py",
    "_sandbox/landlock.py": "_sandbox/test_sandbox.py",
    "_sandbox/syscalls.py": "_sandbox/test_sandbox.py _sandbox/test_seccomp.py",
    "__main__.py": "cli/test_app.py",
    "_core/build_context.py": "pipeline/test_base.py",
    "_core/row_context.py": "steps/tasks/magpie/test_base.py",
    "_distiset/card_hooks.py": "_distiset/test_hub.py",
    "_distiset/missing_configuration.py": "test_distiset.py",
    "_distiset/protocol.py": _NAMES_ONLY,
    "_distiset/provenance_files.py": "_distiset/test_croissant.py",
    "_distiset/splitting.py": "test_distiset.py",
    "_engine/calling/fingerprint.py": "_engine/calling/test_step_cache.py",
    "_engine/estimation/forecasting.py": "pipeline/running/test_estimate.py",
    "_engine/operators/backpressure.py": "_engine/operators/test_source.py",
    "_engine/operators/join.py": "_engine/test_conservation.py _engine/operators/test_source.py",
    "_engine/reporting/display.py": "_engine/reporting/test_notebook.py",
    "_engine/run/operator_graph.py": "_engine/run/test_runner.py _engine/test_conservation.py",
    "_engine/run/plan.py": "_engine/run/test_runner.py",
    "_engine/run/step_loader.py": "_engine/run/test_runner.py",
    "_engine/run_config.py": "_engine/operators/test_run_context.py",
    "_engine/spill_storage.py": "_engine/operators/test_spill.py",
    "_engine/workers/backend.py": "_engine/workers/test_pool.py",
    "_engine/workers/import_guard.py": "_engine/workers/test_process_backend.py",
    "_engine/workers/payloads.py": "_engine/workers/test_process_backend.py",
    "_engine/workers/process_main.py": "_engine/workers/test_process_backend.py",
    "_engine/workers/ray_actor.py": "_engine/workers/test_ray_backend.py",
    "_simulated/answers/all_formats.py": "_simulated/answers/test_formats.py",
    "_simulated/answers/formats/base.py": "_simulated/answers/test_formats.py",
    "_simulated/answers/formats/evolving.py": "_simulated/answers/test_formats.py",
    "_simulated/answers/formats/judging.py": (
        "steps/tasks/test_prometheus_eval.py steps/tasks/test_pairwise_judge.py "
        "steps/tasks/test_rubric_judge.py steps/tasks/test_text_classification.py "
        "steps/tasks/test_complexity_scorer.py steps/tasks/test_clair.py"
    ),
    "_simulated/answers/formats/making.py": (
        "steps/tasks/test_self_instruct.py steps/tasks/test_genstruct.py "
        "steps/tasks/test_sentence_transformers.py steps/tasks/test_improving_text_embeddings.py"
    ),
    "_simulated/answers/formats/plain.py": "_simulated/answers/test_formats.py",
    "_simulated/answers/formats/ultrafeedback.py": "_simulated/answers/test_formats.py",
    "_simulated/server/request_error.py": "_simulated/server/test_application.py",
    "_simulated/server/wire_formats/base.py": "_simulated/server/wire_formats/test_openai.py",
    "cli/pipeline/information.py": "cli/pipeline/test_commands.py",
    "cli/pipeline/utils.py": "cli/pipeline/test_commands.py",
    "constants.py": _NAMES_ONLY,
    "exceptions.py": "models/client/test_standalone_jobs.py",
    "models/http/aiohttp_client.py": "models/http/test_transport.py",
    "models/base_clients/inference_endpoints.py": (
        "models/llms/huggingface/test_inference_endpoints.py"
    ),
    "models/base_clients/openai.py": "models/llms/test_openai.py",
    "models/llms/anyscale.py": "models/llms/test_openai_compatible.py",
    "models/llms/generate_content_llm.py": "models/llms/test_gemini.py",
    "models/llms/http_llm.py": "models/llms/test_ollama.py",
    "models/llms/openrouter.py": "models/llms/test_openai_compatible.py",
    "models/llms/server_llm.py": "models/llms/test_vllm.py models/llms/test_sglang.py",
    "models/llms/together.py": "models/llms/test_openai_compatible.py",
    "models/llms/utils.py": "models/llms/test_base.py",
    "models/llms/vllm_engine.py": "models/llms/test_vllm.py",
    "models/llms/vllm_prompts.py": "models/llms/test_vllm.py",
    "models/mixins/magpie.py": "models/llms/huggingface/test_inference_endpoints.py",
    "models/protocol.py": _NAMES_ONLY,
    "models/servers/host.py": _NAMES_ONLY,
    "models/servers/replica.py": "models/servers/test_group.py",
    "pipeline/local.py": "pipeline/test_base.py pipeline/test_ray.py",
    "pipeline/running/storage_parameters.py": "_engine/operators/test_spill.py",
    "steps/generators/_files.py": "steps/generators/test_huggingface.py",
    "steps/generators/_rows.py": "steps/generators/test_huggingface.py",
    "steps/formatting/base.py": "steps/formatting/test_dpo.py steps/formatting/test_sft.py",
    "steps/resources.py": "steps/test_base.py",
    "steps/tasks/argilla_objects.py": "steps/tasks/test_argilla_labeller.py",
    "steps/tasks/ask.py": _NAMES_ONLY,
    "steps/tasks/embedding_data.py": "steps/tasks/test_improving_text_embeddings.py",
    "steps/tasks/evol_instruct/evol_complexity/base.py": "steps/tasks/evol_instruct/test_base.py",
    "steps/tasks/evol_instruct/evol_complexity/generator.py": (
        "steps/tasks/evol_instruct/test_generator.py"
    ),
    "steps/tasks/evol_instruct/evol_complexity/utils.py": "steps/tasks/evol_instruct/test_base.py",
    "steps/tasks/evol_instruct/utils.py": "steps/tasks/evol_instruct/test_base.py",
    "steps/tasks/evol_quality/utils.py": "steps/tasks/evol_quality/test_base.py",
    "steps/tasks/prometheus_rubrics.py": "steps/tasks/test_prometheus_eval.py",
    "steps/tasks/rubric_criteria.py": "steps/tasks/test_rubric_judge.py",
    "steps/tasks/several_questions.py": (
        "steps/tasks/test_pairwise_judge.py steps/tasks/test_rubric_judge.py"
    ),
    "steps/tasks/typing.py": _NAMES_ONLY,
    "steps/typing.py": _NAMES_ONLY,
    "typing/base.py": _NAMES_ONLY,
    "typing/models.py": _NAMES_ONLY,
    "typing/pipeline.py": _NAMES_ONLY,
    "typing/steps.py": _NAMES_ONLY,
}
