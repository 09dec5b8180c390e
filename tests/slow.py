"""The tests that `make test-fast` leaves out: a folder, a file, or one test of a file.

`make test-fast` gives each test 15 seconds; one that takes longer fails and belongs in this list.
An entry that is gone fails `test_house.py`.
"""

from __future__ import annotations

SLOW = {
    "starts programs, worker processes or servers, and kills some of them": (
        "_engine/calling/test_step_call.py::test_what_hangs_does_not_keep_the_program_from_ending",
        "_engine/operators/test_map_batches_workers.py",
        "_engine/run/test_runner.py::test_ctrl_c_ends_a_run_whose_model_hangs",
        "_engine/run/test_runner.py::test_ctrl_c_ends_a_run_whose_step_hangs",
        "_engine/run/test_runner.py::test_after_a_kill_only_what_was_in_flight_is_asked_again",
        "_engine/run/test_runner.py::test_the_first_ctrl_c_stores_the_answers_in_flight",
        "_engine/run/test_runner.py::test_two_processes_put_their_outputs_in_one_place",
        "_engine/workers/test_process_backend.py",
        "cli/test_demo.py",
        "cli/test_hub_config.py",
        "cli/test_new.py",
        "cli/test_pipeline.py::test_a_script_runs_in_a_process_of_its_own",
        "cli/test_pipeline.py::test_the_result_is_pushed_and_the_key_is_not_printed",
        "pipeline/observers/test_opentelemetry.py",
        "pipeline/running/test_execution.py",
        "pipeline/test_many_runs.py",
        "pipeline/workspace/test_run_history.py",
        "steps/generators/test_huggingface.py",
        "steps/globals/test_push_to_hub.py",
        "test_bench.py",
        "test_cache_defects.py::test_interrupted_then_changed_at_the_end",
        "test_distiset.py::test_everything_arrives_at_the_hub",
        "test_distiset.py::test_without_card_and_script_only_the_data_go",
        "test_magpie_over_http.py",
        "test_main_job.py",
        "test_offline_anthropic.py",
        "test_offline_batches.py",
    ),
    "fills disks, breaks connections, waits for pauses to pass": ("faults",),
    "runs the programs of the documentation": ("test_docs.py",),
    "runs many pipelines, or works on very large data": (
        "_core/test_safe_load.py",
        "_engine/operators/test_task_source.py::test_no_more_rows_are_begun_than_have_room",
        "_engine/operators/test_spill.py",
        "_engine/operators/test_stage_buffer.py",
        "_engine/rows/test_limit.py::test_behind_a_filter_they_are_the_first_ones_and_few_more_are_asked",
        "_engine/rows/test_limit.py::test_stopped_before_it_gives_what_is_done",
        "_engine/run/test_runner.py::test_branches_that_meet_again_and_again_cost_no_time",
        "_engine/test_conservation.py",
        "steps/generators/test_data.py::test_a_million_rows_take_seconds_at_most",
        "test_costs.py::test_a_budget_is_never_passed_and_the_next_run_goes_on",
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
