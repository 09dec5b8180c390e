"""`LoadFromArgilla`: loads what people answered in Argilla."""

from __future__ import annotations

import os
import re
import statistics
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from pydantic import Field, PrivateAttr, SecretStr

from distilabel._core.extras import import_extra
from distilabel._core.redaction import redact_urls
from distilabel.errors import DistilabelUserError
from distilabel.steps.base import GeneratorStep

if TYPE_CHECKING:
    from distilabel.typing import GeneratorStepOutput

_NUMBERED = re.compile(r"(?P<column>.+)-(?P<index>\d+)")
_QUESTION = re.compile(r".+-(?P<index>\d+)-(?P<kind>rating|rationale)")
_HUMAN = ["human_ratings", "human_notes", "human_labels", "human_count", "human_answers"]


class LoadFromArgilla(GeneratorStep):
    """Loads the records of a dataset of Argilla with the responses of people.

    Attributes:
        dataset_name: Dataset to read.
        workspace: Workspace of the dataset; None for the user's default.
        status: Responses to read: `submitted`, `draft`, `discarded`. A discarded response is in
            `human_answers` only, never in a rating.
        only_completed: Whether to leave out records that still wait for responses.
        api_url: Address of the server; None for the variable `ARGILLA_API_URL`.
        api_key: Key of the user; None for the variable `ARGILLA_API_KEY`.

    Output columns:
        - dynamic (`Any`): Fields of the records; `generations-0`, ... become a list.
        - human_ratings (`List[Optional[float]]`): Median rating of each generation.
        - human_notes (`List[List[str]]`): Rationales of each generation.
        - human_labels (`List[str]`): Labels given as `quality`, one per person.
        - human_count (`int`): People who answered.
        - human_answers (`List[Dict[str, Any]]`): Every answer: annotator, question, value, status.

    Categories:
        - load
    """

    dataset_name: str
    workspace: Optional[str] = None
    status: List[str] = Field(default_factory=lambda: ["submitted"])
    only_completed: bool = False
    api_url: Optional[str] = None
    api_key: Optional[SecretStr] = None

    _opened: Any = PrivateAttr(default=None)

    @property
    def outputs(self) -> List[str]:
        """The fields of the dataset, which is asked for them, and the columns `human_*`."""
        names = [field.name for field in self._open().settings.fields if field.name != "id"]
        return [*self._columns(dict.fromkeys(names, "")), *_HUMAN]

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Yields the records that have responses of the wanted status.

        Args:
            offset: Rows to skip because an earlier run loaded them.

        Yields:
            A list of rows, and whether it is the last.
        """
        dataset = self._open()
        try:
            records = list(dataset.records(with_responses=True))
        except Exception as error:  # noqa: BLE001 (the client raises errors of several packages)
            raise self._refused(error) from None
        rows = []
        for record in records:
            if self.only_completed and record.status != "completed":
                continue
            answers = self._answers(record)
            if answers:
                fields = {name: text for name, text in record.fields.items() if name != "id"}
                rows.append({**self._columns(fields), **_human(answers)})
        rows = rows[offset:]
        size = self.batch_size or 50
        if not rows:
            yield [], True
        for start in range(0, len(rows), size):
            yield rows[start : start + size], start + size >= len(rows)

    def unload(self) -> None:
        """Forgets the connection."""
        self._opened = None
        super().unload()

    def _answers(self, record: Any) -> List[Dict[str, Any]]:
        answers = []
        for response in record.responses:
            status = str(getattr(response.status, "value", response.status))
            if status in self.status:
                answers.append(
                    {
                        "annotator": str(response.user_id),
                        "question": response.question_name,
                        "value": response.value,
                        "status": status,
                    }
                )
        return answers

    def _columns(self, fields: Dict[str, Any]) -> Dict[str, Any]:
        columns: Dict[str, Any] = {}
        for name, text in fields.items():
            match = _NUMBERED.fullmatch(name)
            if match is None:
                columns[name] = text
            else:
                texts = columns.setdefault(match["column"], [])
                # Ratings are found by index, so a field that is absent keeps its place.
                texts.extend([None] * (int(match["index"]) + 1 - len(texts)))
                texts[int(match["index"])] = text
        return columns

    @property
    def _address(self) -> str:
        return self.api_url or os.getenv("ARGILLA_API_URL") or ""

    @property
    def _key(self) -> str:
        given = self.api_key.get_secret_value() if self.api_key else None
        return given or os.getenv("ARGILLA_API_KEY") or ""

    def _refused(self, error: Exception) -> DistilabelUserError:
        text = f"{type(error).__name__}: {error}".replace(self._key, "***")
        return DistilabelUserError(
            f"step {self.name!r}: cannot read the dataset {self.dataset_name!r} from Argilla at "
            f"{redact_urls(self._address)}: {text}"
        )

    def _open(self) -> Any:
        if self._opened is None:
            url, key = self._address, self._key
            if not url or not key:
                raise DistilabelUserError(
                    f"step {self.name!r}: `api_url` or `api_key` is missing. Pass them or set "
                    "ARGILLA_API_URL and ARGILLA_API_KEY."
                )
            rg = import_extra("argilla", extra="argilla", subject=type(self).__name__)
            try:
                client = rg.Argilla(api_url=url, api_key=key)
                self._opened = client.datasets(self.dataset_name, workspace=self.workspace)
            except Exception as error:  # noqa: BLE001 (the client raises errors of several packages)
                raise self._refused(error) from None
            if self._opened is None:
                raise DistilabelUserError(
                    f"step {self.name!r}: no dataset {self.dataset_name!r} in workspace "
                    f"{self.workspace!r}. Check both names."
                )
        return self._opened


def _human(answers: List[Dict[str, Any]]) -> Dict[str, Any]:
    ratings: Dict[int, List[float]] = {}
    notes: Dict[int, List[str]] = {}
    labels = []
    for answer in answers:
        if answer["status"] == "discarded":
            continue
        match = _QUESTION.fullmatch(answer["question"])
        if match is not None and match["kind"] == "rating":
            ratings.setdefault(int(match["index"]), []).append(answer["value"])
        elif match is not None:
            notes.setdefault(int(match["index"]), []).append(answer["value"])
        elif answer["question"] == "quality":
            labels.append(answer["value"])
    count = max([-1, *ratings, *notes]) + 1
    return {
        "human_ratings": [
            float(statistics.median(ratings[i])) if i in ratings else None for i in range(count)
        ],
        "human_notes": [notes.get(i, []) for i in range(count)],
        "human_labels": labels,
        "human_count": len({a["annotator"] for a in answers if a["status"] != "discarded"}),
        # Values of one type, as a column of Parquet needs.
        "human_answers": [{**answer, "value": str(answer["value"])} for answer in answers],
    }
