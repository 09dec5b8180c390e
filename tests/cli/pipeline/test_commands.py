"""Protects `distilabel pipeline`: saved pipelines and scripts, local and remote, run or fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from distilabel.cli.app import app
from distilabel.cli.pipeline import remote
from distilabel.cli.pipeline.commands import parse_runtime_param
from distilabel.cli.pipeline.utils import (
    get_pipeline,
    get_pipeline_from_url,
    parse_runtime_parameters,
)
from distilabel.errors import DistilabelUserError
from distilabel.models import OpenAILLM, SimulatedLLM
from distilabel.pipeline import Pipeline, sample_n_steps
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration
from hub import TOKEN, Hub
from web import Web

SCRIPT = """
from beside import ROWS
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts, Step, StepInput
from distilabel.steps.tasks import TextGeneration


class Shout(Step):
    @property
    def outputs(self):
        return ["loud"]

    def process(self, inputs: StepInput):
        yield [{**row, "loud": row["generation"].upper()} for row in inputs]


with Pipeline(name="from-script") as pipeline:
    load = LoadDataFromDicts(data=ROWS)
    load >> TextGeneration(name="write", llm=SimulatedLLM()) >> Shout(name="shout")

other = 1

if __name__ == "__main__":
    raise SystemExit("this part does not run")
"""


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test in a folder and with modules of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DISTILABEL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in {"beside", "script", "mine"} & (set(sys.modules) - before):
        del sys.modules[name]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text('ROWS = [{"instruction": "Say one word."}] * 3\n')
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path / "script.py"


def dumped(path: Path) -> Path:
    with Pipeline(name="dumped", description="For [tests].") as pipeline:
        load = LoadDataFromDicts(name="load", batch_size=2)
        one = TextGeneration(name="one", llm=SimulatedLLM(), input_batch_size=2)
        two = TextGeneration(name="two", llm=SimulatedLLM(), input_batch_size=2)
        load >> sample_n_steps(1) >> [one, two]
    pipeline.save(path, format="json" if path.suffix == ".json" else "yaml")
    return path


def invoke(*arguments: object, input: str | None = None) -> Result:
    return CliRunner().invoke(app, ["pipeline", *map(str, arguments)], input=input)


# -- scripts --------------------------------------------------------------------------------


def test_a_script_runs_in_a_process_of_its_own(script: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "distilabel", "pipeline", "run", "--script", "script.py"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "DISTILABEL_CACHE_DIR": str(tmp_path / "cache")},
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "cache") in done.stdout
    assert "default/train: 3 rows of" in done.stdout
    assert "loud" in done.stdout
    assert "this part does not run" not in done.stderr


def test_parameters_reach_the_model_and_are_converted(script: Path) -> None:
    set_to = "write.llm.generation_kwargs.max_new_tokens=2"
    result = invoke("run", "--script", script, "--param", set_to, "--param", "write.llm.seed=7")
    assert result.exit_code == 0, result.output
    assert max(map(len, pipeline_rows(script)["generation"])) <= 8


def pipeline_rows(script: Path) -> Any:
    from datasets import load_dataset

    files = sorted(Path("cache").rglob("data/steps_outputs/**/*.parquet"))
    return load_dataset(
        "parquet", data_files=[str(f) for f in files], cache_dir=str(script.parent / "hf")
    )["train"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nothing", ["nothing", "--pipeline-variable-name pipeline"]),
        ("other", ["int", "--pipeline-variable-name pipeline"]),
    ],
)
def test_a_wrong_variable_name_is_answered_with_the_right_one(
    script: Path, name: str, told: list[str]
) -> None:
    result = invoke("run", "--script", script, "--pipeline-variable-name", name)
    assert result.exit_code == 1
    assert all(text in result.stderr for text in told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\nboom()\n", "line 2: NameError"),
        ("def f(:\n", "line 1"),
        ("import nowhere_at_all\n", "nowhere_at_all"),
    ],
)
def test_a_broken_script_costs_one_message(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "mine.py").write_text(text)
    result = invoke("run", "--script", "mine.py")
    assert result.exit_code == 1
    assert told in result.stderr
    assert "mine.py" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_result_is_pushed_and_the_key_is_not_printed(
    script: Path, hub: Hub, tmp_path: Path
) -> None:
    code = f"""
from typer.testing import CliRunner
from distilabel.cli.app import app
words = "pipeline run --script {script} --repo-id tester/made --private --commit-message Made"
done = CliRunner().invoke(app, [*words.split(), "--token", "{TOKEN}"])
result = [done.exit_code, done.output]
"""
    status, output = hub.run(code, tmp_path, token=None)
    assert status == 0, output
    assert "datasets/tester/made" in output
    assert TOKEN not in output
    assert hub.repos["tester/made"].private


# -- dumps ----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".yml"])
def test_info_shows_steps_parameters_and_connections(tmp_path: Path, suffix: str) -> None:
    result = invoke("info", "--config", dumped(tmp_path / f"dump{suffix}"))
    assert result.exit_code == 0, result.output
    for text in (
        "Pipeline Information",
        "dumped",
        "For [tests].",
        "Steps connections",
        "Routing Batch Function",
        "sample_n_steps",
        "llm.generation_kwargs.temperature",
        "none (a dataset of the result)",
    ):
        assert text in result.output


def test_a_dump_runs_from_here_and_from_the_web(tmp_path: Path, web: Web) -> None:
    (tmp_path / "rows.jsonl").write_text('{"instruction": "Name an owl."}\n')
    dump = runnable(tmp_path)
    path = tmp_path / "dump.json"
    path.write_text(json.dumps(dump))
    web.pages["/dump.json?raw=1"] = path.read_bytes()
    # The one from the web reads a file of this machine, which takes a yes.
    for config, answer in ((path, None), (f"{web.url}/dump.json?raw=1", "y\n")):
        result = invoke("run", "--config", config, "--ignore-cache", input=answer)
        assert result.exit_code == 0, result.output
        assert "default/train: 1 row of" in result.output
    assert web.keys == [None]


def runnable(folder: Path) -> dict[str, Any]:
    from distilabel.steps import LoadDataFromFileSystem

    with Pipeline(name="runnable") as pipeline:
        load = LoadDataFromFileSystem(
            name="load", data_files=str(folder / "rows.jsonl"), filetype="json", split="train"
        )
        load >> TextGeneration(name="write", llm=SimulatedLLM())
    return pipeline.dump()


def test_classes_of_other_packages_are_imported_only_if_allowed(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from distilabel.steps import GeneratorStep\n"
        "class Source(GeneratorStep):\n"
        "    @property\n"
        "    def outputs(self):\n"
        "        return ['number']\n"
        "    def process(self, offset=0):\n"
        "        yield [{'number': 1}], True\n"
    )
    info = {"module": "mine", "name": "Source"}
    spec = {
        "name": "foreign",
        "steps": [{"name": "source", "step": {"name": "source", "type_info": info}}],
        "connections": [{"from": "source", "to": []}],
        "routing_batch_functions": [],
    }
    (tmp_path / "dump.json").write_text(json.dumps({"pipeline": spec}))
    refused = invoke("run", "--config", "dump.json")
    assert refused.exit_code == 1
    assert "mine" in refused.stderr
    assert "mine" not in sys.modules
    allowed = invoke("run", "--config", "dump.json", "--allow", "mine")
    assert allowed.exit_code == 0, allowed.output


# -- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--config"),
        (["--config", "a.json", "--script", "b.py"], "--script"),
        (["--config", "nowhere.json"], "nowhere.json"),
        (["--config", "dump.txt"], ".yaml"),
        (["--config", "list.json"], "mapping"),
        (["--config", "empty.yaml"], "mapping"),
        (["--config", "other.json"], "pipeline.save"),
        (["--config", "broken.json"], "JSON"),
        (["--config", "broken.yaml"], "YAML"),
        (["--script", "nowhere.py"], "nowhere.py"),
        (["--script", "list.json"], "--config"),
    ],
)
def test_bad_input_gets_one_message_and_exit_1(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "other.json").write_text("{}")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "broken.yaml").write_text("a: [")
    result = invoke("run", *arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert told in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("text", ["nodot=1", "a.b", ".b=1", "a.=1", "=1"])
def test_a_malformed_parameter_is_a_usage_error(text: str) -> None:
    assert invoke("run", "--config", "x.json", "--param", text).exit_code == 2


def test_an_unknown_parameter_stops_the_run(script: Path) -> None:
    result = invoke("run", "--script", script, "--param", "write.llm.sede=1")
    assert result.exit_code == 1
    assert "did you mean 'seed'?" in result.stderr


def test_parameters_are_read_as_text() -> None:
    assert parse_runtime_param("a.b.c=x=1") == (["a", "b", "c"], "x=1")
    with pytest.raises(DistilabelUserError, match=r"a\.b"):
        parse_runtime_parameters([(["a", "b", "c"], "1"), (["a", "b"], "2")])
    with pytest.raises(DistilabelUserError, match=r"a\.b\.c"):
        parse_runtime_parameters([(["a", "b"], "2"), (["a", "b", "c"], "1")])


# -- the web --------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "runs"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_script_from_the_web_runs_only_after_a_yes(
    tmp_path: Path, web: Web, answer: str, runs: bool
) -> None:
    web.pages["/mine.py"] = b"from pathlib import Path\nPath('it-ran').touch()\npipeline = 1\n"
    result = invoke("run", "--script", f"{web.url}/mine.py", input=answer)
    assert (tmp_path / "it-ran").exists() is runs
    assert result.exit_code == (1 if runs else 0)


def test_without_an_answer_the_command_fails(web: Web) -> None:
    assert invoke("run", "--script", f"{web.url}/mine.py", input="").exit_code == 1


def test_a_script_from_the_web_overwrites_nothing(tmp_path: Path, web: Web) -> None:
    web.pages["/mine.py"] = b"pipeline = None\n"
    (tmp_path / "mine.py").write_text("precious = True\n")
    with pytest.raises(DistilabelUserError, match="already exists"):
        get_pipeline_from_url(f"{web.url}/mine.py")
    assert (tmp_path / "mine.py").read_text() == "precious = True\n"


def test_nothing_is_read_over_http(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "is_here", lambda url: False)
    for command in (
        ("run", "--config", f"{web.url}/dump.json"),
        ("info", "--config", f"{web.url}/dump.json"),
        ("run", "--script", f"{web.url}/mine.py"),
    ):
        result = invoke(*command, input="y\n")
        assert result.exit_code == 1
        assert "Give an https:// URL" in result.stderr
    assert web.keys == []


@pytest.mark.parametrize(
    ("param", "answer", "code", "asked"),
    [
        (None, "n\n", 0, True),
        (None, "", 1, True),
        ("write.llm.base_url=http://127.0.0.1:9/v1", "", 1, False),
    ],
)
def test_keys_go_to_the_urls_of_a_downloaded_file_only_after_a_yes(
    web: Web,
    monkeypatch: pytest.MonkeyPatch,
    param: str | None,
    answer: str,
    code: int,
    asked: bool,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with Pipeline(name="luring") as pipeline:
        llm = OpenAILLM(model="m", base_url="https://me:pw@keys.example.org/v1")
        load = LoadDataFromDicts(name="load", data=[{"instruction": "i"}])
        load >> TextGeneration(name="write", llm=llm)
    web.pages["/dump.json"] = json.dumps(pipeline.dump()).encode()
    more = ["--param", param] if param else []
    result = invoke("run", "--config", f"{web.url}/dump.json", *more, input=answer)
    assert result.exit_code == code
    assert (
        "write.llm.base_url: reads from, or sends rows and keys to, https://keys.example.org/v1"
        in result.stderr
    ) is asked
    assert "Traceback" not in result.stderr


# -- helpers of 1.5.3 -----------------------------------------------------------------------


def test_get_pipeline_takes_what_it_took_in_1_5_3(tmp_path: Path, script: Path, web: Web) -> None:
    assert get_pipeline(str(dumped(tmp_path / "dump.yaml"))).name == "dumped"
    with pytest.raises(ValueError, match="Python"):
        get_pipeline(str(script))
    with pytest.raises(FileNotFoundError):
        get_pipeline("nowhere.yaml")
    with pytest.raises(DistilabelUserError):
        get_pipeline(str(tmp_path / "dump.toml"))
    web.pages["/mine.py"] = SCRIPT.encode()
    assert get_pipeline(f"{web.url}/mine.py").name == "from-script"
    with pytest.raises(ImportError, match="nothing"):
        get_pipeline(f"{web.url}/mine.py", "nothing")
