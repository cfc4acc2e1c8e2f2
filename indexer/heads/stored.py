"""Heads on the disk: a sealed JSON file and a safetensors file each, replaced as one.

    models/heads/action/head.json            what it is, and the checksum of its tensors
    models/heads/action/head.safetensors     its arrays

New tensors are written beside the old ones; then the JSON file, which names them by their checksum,
is replaced in one step; then they take their final name. A kill between two of these leaves the old
head or the new one.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from data.durable import (
    TEMP_PREFIX,
    crash_point,
    discard_dir,
    fsync_dir,
    make_dir,
    remove_unfinished,
    replace_synced,
    write_atomic,
)
from data.errors import DamagedFile, ReelwiseError
from data.home import HeadsLock, Home
from data.labels.kinds import Task
from data.labels.vocabulary import how_to_fit
from data.sealed import seal
from indexer.heads.described import FORMAT, JSON_FILE, damaged_head, json_of, vocabulary_of
from indexer.heads.head import Head, Record, head_name
from indexer.heads.inputs.columns import ColumnCode, person_hash
from indexer.heads.inputs.recipe import Recipe, Trunk
from indexer.heads.judging.calibration import Calibration
from indexer.heads.models.model import Family, HeadModel

TENSORS_FILE, NEXT_TENSORS = "head.safetensors", "next.safetensors"
Arrays = dict[str, NDArray[Any]]


def save_head(home: Home, head: Head) -> None:
    """Write a head, in place of one of the same name; when this returns, it survives a power cut.

    Raises:
        ReelwiseError: Another process is changing heads.
    """
    with HeadsLock(home):
        remove_unfinished(home.heads)
        folder = home.head(head.name)
        make_dir(folder, private=True)
        remove_unfinished(folder)
        _finish_replacing(folder)
        tensors = save({name: np.ascontiguousarray(a) for name, a in _arrays(head).items()})
        values = _values(head) | {"tensors_sha256": hashlib.sha256(tensors).hexdigest()}
        write_atomic(folder / NEXT_TENSORS, tensors, point="head_tensors")
        write_atomic(folder / JSON_FILE, seal(values), point="head_json")
        _finish_replacing(folder)


def _finish_replacing(folder: Path) -> None:
    """Give new tensors their final name where the JSON file means them; else they are nothing."""
    new = folder / NEXT_TENSORS
    if not new.exists():
        return
    wanted = json_of(folder).get("tensors_sha256") if (folder / JSON_FILE).exists() else None
    if hashlib.sha256(new.read_bytes()).hexdigest() == wanted:
        replace_synced(new, folder / TENSORS_FILE)
    else:
        new.unlink()
        fsync_dir(folder)
    crash_point("head.replaced")


def load_head(home: Home, name: str) -> Head:
    """Read a head; its checksums are verified before anything is parsed.

    Raises:
        ReelwiseError: There is none, or (DamagedFile) its bytes are not those that were written.
    """
    folder = home.head(head_name(name))
    if not (folder / JSON_FILE).is_file():
        there = ", ".join(head_names(home)) or "none yet"
        raise ReelwiseError(
            f"there is no head {name!r}; those there are: {there}",
            fix=how_to_fit(head_name(name)),
        )
    values = json_of(folder)
    try:
        arrays = load(_tensors(folder, values["tensors_sha256"]))
        return _head(values, arrays)
    except (KeyError, TypeError, ValueError, SafetensorError) as error:
        raise damaged_head(folder, str(error)) from error


def head_names(home: Home) -> list[str]:
    """Names of the heads that are stored, in order."""
    if not home.heads.is_dir():
        return []
    found = (path for path in home.heads.iterdir() if not path.name.startswith(TEMP_PREFIX))
    return sorted(path.name for path in found if (path / JSON_FILE).is_file())


def load_heads(home: Home) -> tuple[list[Head], dict[str, DamagedFile]]:
    """All heads that can be used, by name, and what is wrong with the others, by their names."""
    heads, damaged = [], {}
    for name in head_names(home):
        try:
            heads.append(load_head(home, name))
        except DamagedFile as error:
            damaged[name] = error
    return heads, damaged


def remove_head(home: Home, name: str) -> None:
    """Remove a head, damaged or not.

    Raises:
        ReelwiseError: There is none, or another process is changing heads.
    """
    name = head_name(name)
    with HeadsLock(home):
        remove_unfinished(home.heads)
        if name not in head_names(home):
            load_head(home, name)  # raises: it names those there are
        discard_dir(home.head(name))


def forget_person(home: Home, person: str) -> list[str]:
    """Mark the heads that were fitted on rows of a person to be fitted again; give their names.

    What told that the person was among them is removed from them.

    Raises:
        ReelwiseError: Another process is changing heads.
    """
    fitted = [head for head in load_heads(home)[0] if head.was_fitted_on(person)]
    for head in fitted:
        _rewrite(home, _without(head, person))
    return [head.name for head in fitted]


def _without(head: Head, person: str) -> Head:
    gone = person_hash(person, head.salt)
    codes = tuple(
        replace(code, values=tuple("" if each == gone else each for each in code.values))
        for code in head.recipe.columns
    )
    return replace(
        head,
        people=tuple(each for each in head.people if each != gone),
        recipe=replace(head.recipe, columns=codes),
        to_refit="a person in its rows was forgotten",
    )


def _rewrite(home: Home, head: Head) -> None:
    """Write what a head says of itself; its tensors stay as they are."""
    folder = home.head(head.name)
    with HeadsLock(home):
        _finish_replacing(folder)
        sha256 = json_of(folder)["tensors_sha256"]
        values = _values(head) | {"tensors_sha256": sha256}
        write_atomic(folder / JSON_FILE, seal(values), point="head_json")


def _tensors(folder: Path, sha256: str) -> bytes:
    for name in (TENSORS_FILE, NEXT_TENSORS):
        if (folder / name).is_file():
            content = (folder / name).read_bytes()
            if hashlib.sha256(content).hexdigest() == sha256:
                return content
    raise ValueError("its tensors are missing or have a wrong checksum")


def _arrays(head: Head) -> Arrays:
    recipe, found = head.recipe, {f"model/{k}": v for k, v in head.model.arrays.items()}
    found |= {"recipe/mean": recipe.mean, "recipe/spread": recipe.spread}
    found |= {"calibration/slope": head.calibration.slope}
    found |= {"calibration/shift": head.calibration.shift}
    for number, trunk in enumerate(recipe.trunks):
        found |= {f"trunk/{number}/mean": trunk.mean, f"trunk/{number}/spread": trunk.spread}
        for at, (weight, bias) in enumerate(trunk.layers):
            found |= {f"trunk/{number}/weight_{at}": weight, f"trunk/{number}/bias_{at}": bias}
    return {name: np.asarray(array) for name, array in found.items()}


def _values(head: Head) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": head.name,
        "revision": head.revision,
        "encoder_id": head.encoder_id,
        "sentences_id": head.sentences_id,
        "task": str(head.task),
        "classes": list(head.classes),
        "family": str(head.model.family),
        "columns": [asdict(code) for code in head.recipe.columns],
        "of_vector": head.recipe.of_vector,
        "changes": head.recipe.changes,
        "trunks": [len(trunk.layers) for trunk in head.recipe.trunks],
        "people": list(head.people),
        "salt": head.salt,
        "to_refit": head.to_refit,
        "record": json.loads(json.dumps(asdict(head.record))),
        "vocabulary": [asdict(word) for word in head.vocabulary],
    }


def _head(values: Mapping[str, Any], arrays: Arrays) -> Head:
    def part(prefix: str) -> Arrays:
        n = len(prefix) + 1
        return {name[n:]: a for name, a in arrays.items() if name.startswith(f"{prefix}/")}

    columns = tuple(
        ColumnCode(**{**each, "values": tuple(each["values"])}) for each in values["columns"]
    )
    trunks = tuple(_trunk(part(f"trunk/{i}"), n) for i, n in enumerate(values["trunks"]))
    of_recipe, calibration = part("recipe"), part("calibration")
    record = values["record"]
    return Head(
        name=values["name"],
        revision=values["revision"],
        encoder_id=values["encoder_id"],
        task=Task(values["task"]),
        classes=tuple(values["classes"]),
        recipe=Recipe(
            columns,
            of_recipe["mean"],
            of_recipe["spread"],
            trunks,
            int(values["of_vector"]),
            bool(values.get("changes", False)),  # heads of before have none
        ),
        model=HeadModel(Family(values["family"]), part("model")),
        calibration=Calibration(calibration["slope"], calibration["shift"]),
        record=Record(**{**record, "tried": tuple(record["tried"])}),
        sentences_id=values["sentences_id"],
        people=tuple(values["people"]),
        salt=values["salt"],
        to_refit=values["to_refit"],
        vocabulary=vocabulary_of(values),
    )


def _trunk(arrays: Arrays, n_layers: int) -> Trunk:
    layers = tuple((arrays[f"weight_{at}"], arrays[f"bias_{at}"]) for at in range(n_layers))
    return Trunk(arrays["mean"], arrays["spread"], layers)
