"""The tests that `make test-fast` leaves out: a folder, a file, or one test of a file.

`make test-fast` gives each test 15 seconds; one that takes longer fails and belongs in this list.
An entry that is gone fails `test_house.py`.
"""

from __future__ import annotations

SLOW = {
    "starts programs, worker processes or servers, and kills some of them": (
        "_core/test_deprecations.py::test_an_old_program_runs_and_is_warned_once_with_the_current_name",
        "_core/test_lazy_exports.py",
        "_engine/operators/test_map_batches_workers.py",
        "_engine/run/test_runner.py::test_a_ctrl_c_that_does_not_wake_the_waiting_thread_is_noticed",
        "_engine/run/test_runner.py::test_a_ctrl_c_while_a_step_is_loaded_ends_the_run_without_rows",
        "_engine/run/test_runner.py::test_a_row_that_fails_after_ctrl_c_does_not_fail_the_run",
        "_engine/run/test_runner.py::test_ctrl_c_ends_a_run_whose_model_hangs",
        "_engine/run/test_runner.py::test_ctrl_c_ends_a_run_whose_model_hangs_in_its_own_thread",
        "_engine/run/test_runner.py::test_ctrl_c_ends_a_run_whose_step_hangs",
        "_engine/run/test_runner.py::test_the_first_ctrl_c_stores_the_answers_in_flight",
        "_engine/run/test_runner.py::test_the_second_ctrl_c_ends_it_at_once",
        "_engine/run/test_runner.py::test_after_a_kill_only_what_was_in_flight_is_asked_again",
        "_engine/run/test_runner.py::test_two_processes_put_their_outputs_in_one_place",
        "_engine/workers/test_process_backend.py",
        "cli/test_demo.py",
        "cli/pipeline/test_commands.py",
        "cli/pipeline/test_hub.py",
        "cli/test_simulate.py",
        "cli/test_new.py",
        "pipeline/observers/test_opentelemetry.py",
        "pipeline/running/test_execution.py",
        "pipeline/test_many_runs.py",
        "pipeline/workspace/test_run_history.py",
        "steps/generators/test_huggingface.py",
        "steps/globals/test_huggingface.py",
        "test_bench.py",
        "_distiset/test_hub.py",
        "examples/test_card_summaries.py",
        "steps/tasks/magpie/test_magpie_over_http.py",
        "test_main_job.py",
        "browser",
        "engines",
        "models/embeddings/test_llamacpp.py",
        "models/embeddings/test_sentence_transformers.py",
        "models/embeddings/test_vllm.py",
        "models/llms/test_llamacpp.py",
        "models/llms/test_mlx.py",
        "models/llms/test_vllm.py",
        "models/servers",
        "models/batch_jobs/apis/test_anthropic.py",
        "models/batch_jobs/apis/test_openai.py",
        "models/batch_jobs/test_ask.py",
        "models/batch_jobs/test_coordinator.py",
        "models/batch_jobs/test_job_builder.py",
        "models/batch_jobs/test_job_poller.py",
    ),
    "fills disks, breaks connections, waits for pauses to pass": (
        "_engine/calling/test_step_call.py",
        "faults",
        "models/client/test_request_sender.py::test_an_outage_costs_no_row",
    ),
    "runs the programs of the documentation": ("test_docs.py",),
    "runs many pipelines, or works on very large data": (
        "examples/test_main.py",
        "examples/test_measured_judge.py",
        "_core/test_safe_load.py",
        "_engine/estimation/test_estimate.py",
        "_engine/operators/test_failures.py",
        "_engine/operators/test_task_source.py",
        "_engine/operators/test_spill.py",
        "_engine/operators/test_stage_buffer.py",
        "_engine/rows/test_limit.py",
        "_engine/run/test_runner.py::test_branches_that_meet_again_and_again_cost_no_time",
        "_engine/test_conservation.py",
        "steps/generators/test_data.py::test_a_million_rows_take_seconds_at_most",
        "pipeline/running/test_estimate.py",
        "test_cache_defects.py",
        "test_costs.py",
        "test_failures.py::test_odd_rows_cost_nothing_but_themselves",
    ),
    "simulates hours of a rate limiter": (
        "models/rate_limit/test_concurrency.py",
        "models/rate_limit/test_rate_controller.py",
    ),
}


def slow_reason(path: str, name: str) -> str | None:
    """Returns why a test is slow, or None if it is not.

    Args:
        path: Test file, relative to `tests/`.
        name: Test function.
    """
    for reason, entries in SLOW.items():
        for entry in entries:
            if entry in (path, f"{path}::{name}") or path.startswith(f"{entry}/"):
                return reason
    return None
