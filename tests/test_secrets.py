"""Protects keys: whatever field holds one, it reaches no dump, text, error, log or file."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Optional

import pytest
from pydantic import BaseModel, Field, SecretBytes, SecretStr, ValidationError

from distilabel._core.redaction import is_secret_field
from distilabel._core.serialization import Serializable, from_plain
from distilabel.errors import DistilabelUserError
from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import KeepColumns, LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration
from rooms import Echo
from written import NEW, builtins, written

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

# Some classes raise when they are made without their package.
_ARGILLA = {"PreferenceToArgilla", "TextGenerationToArgilla"}
NAMES = sorted(builtins().keys() - (_ARGILLA if find_spec("argilla") is None else set()))

CANARY = "canary.0123456789"
ADDRESS = f"https://me:{CANARY}@host.example/v1?a=b&api_key={CANARY}#x"


def plain_of(name: str) -> dict[str, Any]:
    if name in NEW:
        return dict(builtins()[name](**NEW[name]).dump())
    return dict(written()[name][0])


def poisoned(name: str) -> Any:
    """A component with the canary wherever a key may be, as plain data and in Python."""
    made = from_plain(plain_of(name))
    for field, info in type(made).model_fields.items():
        if is_secret_field(field, info):
            setattr(made, field, CANARY)
        elif field.endswith("headers"):
            setattr(made, field, {"Authorization": CANARY, "X-Api-Key": CANARY, "X-Team": "owls"})
        elif field == "storage_options":
            options = {"key": CANARY, "client_kwargs": {"aws_secret_access_key": CANARY}}
            setattr(made, field, options)
        elif "url" in field:
            setattr(made, field, ADDRESS)
        elif field.endswith("_kwargs"):
            setattr(made, field, {"extra_headers": {"Authorization": CANARY}, "at": [ADDRESS]})
    return made


@pytest.mark.parametrize("name", NAMES)
def test_no_builtin_shows_its_key(name: str, tmp_path: Path) -> None:
    made = poisoned(name)
    for format in ("json", "yaml"):
        made.save(tmp_path / f"dump.{format}", format=format)
        assert CANARY not in (tmp_path / f"dump.{format}").read_text()
    for text in (repr(made), str(made), str(made.dump()), f"{made!r:>10}"):
        assert CANARY not in text


@pytest.mark.parametrize("name", NAMES)
def test_no_validation_error_shows_the_value(name: str) -> None:
    cls = builtins()[name]
    values = from_plain({"x": plain_of(name)})["x"].__dict__
    for wrong in ({"api_kye": CANARY}, {"generation_kwargs": CANARY}, {"name": f"a {CANARY}"}):
        with pytest.raises(ValidationError) as caught:
            cls(**{k: v for k, v in values.items() if k in cls.model_fields} | wrong)
        assert CANARY not in str(caught.value)


class Account(BaseModel):
    user: str = "me"
    password: SecretStr = SecretStr(CANARY)
    address: str = ADDRESS


class Mine(KeepColumns):
    """A step of a user's with keys in many places."""

    token: Optional[SecretStr] = SecretStr(CANARY)
    data_key: SecretBytes = SecretBytes(CANARY.encode())
    account: Account = Account()
    accounts: list[Account] = [Account()]
    anything: Any = Field(default_factory=lambda: {"a": [SecretStr(CANARY)], "b": Account()})
    api_key: str = CANARY
    more: dict[str, Any] = {"headers": {"authorization": CANARY, "x": 1}, "u": ADDRESS}


class Asking(Echo):
    key: Annotated[SecretStr, Field(description="Of the model.")]


def test_no_class_of_a_user_shows_its_keys(tmp_path: Path) -> None:
    mine = Mine(columns=["a"])
    dump = mine.dump()
    assert CANARY not in str(dump)
    assert dump["account"] == {"user": "me", "address": "https://host.example/v1?a=b&api_key=#x"}
    assert dump["more"]["headers"] == {"x": 1}
    assert not {"token", "data_key", "api_key"} & set(dump)
    again = Serializable.from_dict(dump)
    assert isinstance(again, Mine)
    assert again.token == SecretStr(CANARY)


def test_a_required_key_that_is_not_in_the_file_is_an_error() -> None:
    dump = Asking(key=SecretStr(CANARY)).dump()
    assert CANARY not in str(dump)
    with pytest.raises(DistilabelUserError, match=r"Asking: key required.*environment variable"):
        Serializable.from_dict(dump)


@pytest.fixture
def repeating() -> Iterator[str]:
    """An endpoint that refuses every question, and repeats the key it was shown."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = f"not for {self.headers['Authorization']} {self.headers['X-Gate']}".encode()
            self.send_response(400)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def do_GET(self) -> None:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_no_file_of_a_run_holds_a_key(
    repeating: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    records: list[str] = []

    class Remember(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(self.format(record))

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        llm = OpenAILLM(
            model="m",
            api_key=SecretStr(CANARY),
            base_url=f"http://me:{CANARY}@{repeating}/v1?token={CANARY}",
            default_headers={"X-Gate": CANARY},
        )
        load = LoadDataFromDicts(data=[{"instruction": "i"}])
        load >> TextGeneration(name="write", llm=llm)
    distiset = pipeline.run(logging_handlers=[Remember()])
    assert len(distiset.failures) == 1
    assert "not for" in str(distiset.failures)
    said = capfd.readouterr()
    texts = [*records, said.out, said.err, str(distiset.failures), str(distiset.report.to_dict())]
    assert not [text for text in texts if CANARY in text]
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {"pipeline.yaml", "pipeline.log"} <= {file.name for file in files}
    assert not [file for file in files if CANARY.encode() in file.read_bytes()]


def test_a_loaded_model_reads_its_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    dump = OpenAILLM(model="m", api_key=SecretStr(CANARY)).dump()
    monkeypatch.setenv("OPENAI_API_KEY", "from-here")
    again = OpenAILLM.from_dict({**dump, "api_key": "from-the-file"})
    assert again.api_key == SecretStr("from-here")


def test_a_key_that_is_missing_is_named_when_the_pipeline_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with Pipeline(name="p") as pipeline:
        TextGeneration(name="write", llm=OpenAILLM(model="m", api_key=SecretStr(CANARY)))
    again = Pipeline.from_dict(pipeline.dump())
    again._cache_dir = tmp_path
    with pytest.raises(RuntimeError, match=r"'write' .*OPENAI_API_KEY"):
        again.run(dataset=[{"instruction": "i"}])


class Own(Echo):
    """A model of the user with plain fields for secrets."""

    db_password: str = ""
    pad_token: str = "<pad>"
    settings: dict[str, Any] = {}


def test_a_dump_names_the_secrets_that_it_leaves_out(caplog: pytest.LogCaptureFixture) -> None:
    made = OpenAILLM(
        model="m",
        api_key="k",
        base_url=ADDRESS,
        default_headers={"X-Team": "owls", "X-Api-Key": CANARY},
        generation_kwargs={"extra_body": {"api_key": CANARY, "user": {"password": CANARY}}},
    )
    dumped = made.dump()
    assert CANARY not in str(dumped)
    loaded = OpenAILLM.from_dict(dumped)
    assert loaded.generation_kwargs == {"extra_body": {"user": {}}}
    (record,) = caplog.records
    for path in (
        "generation_kwargs.extra_body.api_key",
        "generation_kwargs.extra_body.user.password",
        "default_headers.X-Api-Key",
        "base_url",
    ):
        assert path in record.getMessage()


def test_plain_fields_are_secret_by_their_name() -> None:
    made = Own(db_password=CANARY, settings={"password": CANARY, "max_tokens": 3})
    dumped = made.dump()
    assert CANARY not in f"{dumped} {made!r}"
    assert (dumped["pad_token"], dumped["settings"]) == ("<pad>", {"max_tokens": 3})
    assert set(dumped["left_out"]) == {"db_password", "settings.password"}
    assert Own.from_dict(dumped).db_password == ""


def test_a_dump_without_secrets_does_not_say_so() -> None:
    for made in (Own(), OpenAILLM(model="m", api_key="k", default_headers={"X-Team": "owls"})):
        assert "left_out" not in made.dump()
    assert "db_password" in Own().dump()


def test_secrets_are_in_no_file_of_a_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    llm = Own(db_password=CANARY, settings={"auth": (CANARY, CANARY)}, fails_on=["b"])
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        data = LoadDataFromDicts(data=[{"instruction": "a"}, {"instruction": "b"}])
        data >> TextGeneration(llm=llm, add_raw_input=True, add_raw_output=True)
    distiset = pipeline.run()
    distiset.save_to_disk(tmp_path / "saved")
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert CANARY.encode() not in file.read_bytes(), file
    assert CANARY not in "".join(capfd.readouterr())
