"""Protects the temporary branch of a push: it is gone afterwards, and spoils nobody's work."""

from __future__ import annotations

from pathlib import Path

from hub import Hub

_BEGIN = """
from huggingface_hub import CommitOperationAdd, HfApi
from distilabel._distiset import staging
api = HfApi()
api.create_repo("tester/made", repo_type="dataset", exist_ok=True)
def add(file, revision=None):
    api.upload_file(
        path_or_fileobj=b"x", path_in_repo=file, repo_id="tester/made", repo_type="dataset",
        revision=revision,
    )
"""


def test_branches_of_killed_pushes_are_removed_after_a_day(hub: Hub, tmp_path: Path) -> None:
    code = f"""{_BEGIN}
for name in ("distilabel-push-20200101-000000-ab", "distilabel-push-29990101-000000-ab", "mine"):
    api.create_branch("tester/made", branch=name, repo_type="dataset")
with staging.StagingBranch(api, "tester/made", None) as branch:
    pass
result = None
"""
    hub.run(code, tmp_path)
    assert set(hub.repos["tester/made"].branches) == {
        "main",
        "distilabel-push-29990101-000000-ab",
        "mine",
    }


def test_a_change_of_the_target_meanwhile_is_not_overwritten(hub: Hub, tmp_path: Path) -> None:
    code = f"""{_BEGIN}
try:
    with staging.StagingBranch(api, "tester/made", None) as branch:
        add("ours", branch.name)
        add("theirs")
        branch.publish([], "title")
except OSError as error:
    result = error.response.status_code
"""
    assert hub.run(code, tmp_path) == 412
    assert set(hub.repos["tester/made"].files) == {"theirs"}
