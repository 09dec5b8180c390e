"""Describes a distiset in Croissant 1.1, with the fields of its RAI vocabulary and of W3C PROV.

The eight RAI and PROV fields are those that NeurIPS requires of datasets. See
http://mlcommons.org/croissant/1.1 and http://mlcommons.org/croissant/RAI/1.0.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from distilabel._distiset.card_tables import makers_of, splits_of
from distilabel.constants import DISTILABEL_METADATA_KEY, PROVENANCE_COLUMN

if TYPE_CHECKING:
    from distilabel._distiset.protocol import DistisetLike

_MEDIA: Final = ("sc:ImageObject", "sc:AudioObject")
_TO_DO: Final = "To be completed by the publisher of the dataset."

# The context that the specification gives, with PROV.
_CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "annotation": "cr:annotation",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def describe(
    distiset: DistisetLike, files: dict[str, Path], given: dict[str, Any]
) -> dict[str, Any]:
    """Returns the description as JSON-LD.

    Args:
        distiset: Distiset to describe.
        files: `<configuration>-<split>` → its Parquet file, relative to which paths are written.
        given: Properties that the publisher knows, such as `license`; they replace those here.
    """
    facts = distiset._run_facts
    activities = _activities(facts)
    name = facts.get("pipeline") or "distiset"
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.1",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "name": re.sub(r"[^\w-]+", "-", name),
        "description": facts.get("description") or _summary(facts),
        "version": "1.0.0",
        **({"datePublished": facts["started"][:10]} if facts else {}),
        **({"citeAs": "\n\n".join(distiset.citations)} if distiset.citations else {}),
        **_responsible(facts),
        "prov:wasDerivedFrom": _sources(facts),
        "prov:wasGeneratedBy": activities or [{"@type": "prov:Activity", "prov:label": name}],
        **given,
        "distribution": [_file(split, file) for split, file in files.items()],
        "recordSet": list(_record_sets(distiset, facts)),
    }


def missing_properties(description: dict[str, Any]) -> list[str]:
    """Returns the properties that only the publisher of a dataset can give, and has not given."""
    required = [name for name in ("license", "creator", "url") if name not in description]
    return required + [name for name, value in description.items() if value == _TO_DO]


def models_of(facts: dict[str, Any]) -> dict[str, list[str]]:
    """Returns the name of each model → the steps that ask it."""
    found: dict[str, list[str]] = {}
    for name, step in facts.get("steps", {}).items():
        for model in step["models"]:
            found.setdefault(model["name"], []).append(name)
    return found


def _summary(facts: dict[str, Any]) -> str:
    models = ", ".join(models_of(facts))
    return f"Synthetic data made with distilabel{f' and the models {models}' if models else ''}."


def _responsible(facts: dict[str, Any]) -> dict[str, Any]:
    models = ", ".join(models_of(facts)) or "no recorded model"
    report = facts.get("report", {})
    failed = report.get("failures", 0)
    dropped = sum(step["dropped"] for step in report.get("steps", {}).values())
    sources = ", ".join(source["name"] for source in _sources(facts))
    return {
        "rai:hasSyntheticData": True,
        "rai:dataCollection": (
            f"Generated by the distilabel pipeline {facts.get('pipeline')!r} with {models}."
        ),
        "rai:dataCollectionType": ["Synthetic"],
        "rai:machineAnnotationTools": [f"distilabel {facts.get('distilabel', '')}".strip()],
        "rai:dataLimitations": (
            f"Texts of {models}, which may be wrong and were not checked by people unless this "
            f"description says so. {failed:,} rows failed and {dropped:,} were dropped by steps."
        ),
        "rai:dataBiases": (
            f"The texts have the biases of {models} and of the source data ({sources}). They "
            "were not measured."
        ),
        "rai:personalSensitiveInformation": (
            f"The source data ({sources}) and the texts of the models were not searched for it."
        ),
        "rai:dataUseCases": _TO_DO,
        "rai:dataSocialImpact": _TO_DO,
    }


def _sources(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the data that the pipeline started with: datasets on the Hub, or its first steps."""
    steps = facts.get("steps", {})
    names = dict.fromkeys(step["dataset"] for step in steps.values() if "dataset" in step)
    if names:
        pages = {name: f"https://huggingface.co/datasets/{name}" for name in names}
        return [{"@id": url, "@type": "prov:Entity", "name": n} for n, url in pages.items()]
    first = next(iter(steps.items()), None)
    text = f"input of the step {first[0]} ({first[1]['class']})" if first else "unknown"
    return [{"@id": "source", "@type": "prov:Entity", "name": text}]


def _activities(facts: dict[str, Any]) -> list[dict[str, Any]]:
    activities = []
    for name, step in facts.get("steps", {}).items():
        about = f"{step['class']}: {step['description']}".rstrip(": ")
        activity = {
            "@id": f"steps/{name}",
            "@type": "prov:Activity",
            "prov:label": name,
            "description": f"{about} Digest of its parameters: {step.get('signature')}.",
            "prov:startedAtTime": facts["started"],
        }
        if step["models"]:
            activity["prov:wasAssociatedWith"] = [
                {
                    "@id": f"models/{model['name']}",
                    "@type": "prov:SoftwareAgent",
                    "prov:label": model["name"],
                }
                for model in step["models"]
            ]
        activities.append(activity)
    return activities


def _file(split: str, file: Path) -> dict[str, Any]:
    with open(file, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {
        "@type": "cr:FileObject",
        "@id": f"files/{split}",
        "name": file.name,
        "contentUrl": f"{file.parent.name}/{file.name}",
        "contentSize": f"{file.stat().st_size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": digest,
    }


def _record_sets(distiset: DistisetLike, facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, dataset in distiset.items():
        makers = makers_of(facts, name)
        for split, rows in splits_of(dataset).items():
            record_set = f"{name}-{split}"
            fields, nested = [], []
            for column, feature in rows.features.items():
                kind = _data_type(feature)
                if kind is None:
                    nested.append(f"{column} ({_about(column, makers.get(column), facts)})")
                    continue
                field = _field(record_set, column, kind, makers.get(column), facts)
                if PROVENANCE_COLUMN in rows.column_names:
                    field["annotation"] = _step_of_each_value(record_set, column)
                fields.append(field)
            about = f"{len(rows):,} rows."
            if nested:
                # A reader of Croissant 1.1 takes no list of dicts and no dict of varying keys.
                about += f" The files have nested columns too: {'; '.join(nested)}"
            yield {
                "@type": "cr:RecordSet",
                "@id": record_set,
                "name": record_set,
                "description": about,
                "field": fields,
            }


def _about(column: str, maker: str | None, facts: dict[str, Any]) -> str:
    step = facts["steps"][maker] if maker else {}
    return str(step.get("columns", {}).get(column) or _KNOWN.get(column) or f"Column {column}.")


def _field(
    record_set: str,
    column: str,
    kind: tuple[str, bool],
    maker: str | None,
    facts: dict[str, Any],
) -> dict[str, Any]:
    data_type, is_list = kind
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{record_set}/{column}",
        "name": column,
        "description": _about(column, maker, facts),
        "dataType": data_type,
        **({"isArray": True, "arrayShape": "-1"} if is_list else {}),
        "source": {
            "fileObject": {"@id": f"files/{record_set}"},
            "extract": {"column": column},
        },
    }
    if data_type in _MEDIA:
        # Stored as bytes and path.
        field["source"]["transform"] = {"jsonPath": "bytes"}
    if maker:
        field["prov:wasGeneratedBy"] = {"@id": f"steps/{maker}"}
        names = dict.fromkeys(model["name"] for model in facts["steps"][maker]["models"])
        if names:
            field["prov:wasAttributedTo"] = [{"@id": f"models/{name}"} for name in names]
    return field


def _step_of_each_value(record_set: str, column: str) -> dict[str, Any]:
    """Returns the annotation of single values, which differ where rows took different branches."""
    return {
        "@type": "cr:Field",
        "@id": f"{record_set}/{column}/step",
        "name": f"{column}/step",
        "description": "Step that made the value, with the digest of its parameters.",
        "dataType": "prov:Activity",
        "equivalentProperty": "prov:wasGeneratedBy",
        "source": {
            "fileObject": {"@id": f"files/{record_set}"},
            "extract": {"column": PROVENANCE_COLUMN},
            "transform": {"jsonPath": f"$.columns['{column}']"},
        },
    }


_KNOWN: Final = {
    DISTILABEL_METADATA_KEY: "Prompts, raw answers and token counts of each task.",
    PROVENANCE_COLUMN: (
        "Provenance of each row: which step made each column, with the model, the SHA-256 of the "
        "prompt and the key of the stored answer."
    ),
}


def _data_type(feature: Any) -> tuple[str, bool] | None:
    """Returns the type of a column, and whether its values are lists; None if it is nested."""
    if isinstance(feature, dict):
        return None
    inner = feature[0] if isinstance(feature, list) else getattr(feature, "feature", None)
    if inner is not None:
        item = _data_type(inner)
        return None if item is None or item[1] else (item[0], True)
    kind = str(getattr(feature, "dtype", "") or "")
    if (media := f"sc:{type(feature).__name__}Object") in _MEDIA:
        return media, False
    for start, name in (
        (("int", "uint"), "sc:Integer"),
        (("float", "double", "decimal"), "sc:Float"),
        (("bool",), "sc:Boolean"),
        (("timestamp",), "sc:DateTime"),
        (("date",), "sc:Date"),
    ):
        if kind.startswith(start):
            return name, False
    return "sc:Text", False
