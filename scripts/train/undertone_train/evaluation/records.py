"""Records that one command stores for another: dataclasses in one npz file each.

The file holds a JSON tree of the fields, in which arrays stand by name, and the arrays. A record
is read as the type that it was written as; a file of any other form is refused.
"""

import json
import typing
import zipfile
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

FORMAT = 1
"""The version of the form; raise it when a record's fields change their meaning."""
Record = TypeVar("Record")


@dataclass(frozen=True)
class RecordStore:
    """A folder of records."""

    folder: Path

    def save(self, name: str, record: object) -> None:
        """Stores a dataclass."""
        arrays: dict[str, np.ndarray] = {}
        tree = _encode(record, arrays)
        header = {"format": FORMAT, "type": type(record).__name__, "record": tree}
        self.folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(self._path(name), header=json.dumps(header), **arrays)

    def load(self, name: str, kind: type[Record], command: str) -> Record:
        """Returns a record. Exits in one sentence if it is not there or of another form, and names
        the command that makes it.
        """
        path = self._path(name)
        again = f"run `scripts/train/run {command}`"
        if not path.exists():
            if path.with_suffix(".pickle").exists():
                raise SystemExit(
                    f"{path.with_suffix('.pickle')}: of an older version: {again} again"
                )
            raise SystemExit(f"{path}: not there yet: {again} first")
        try:
            return _read(path, kind)
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise SystemExit(f"{path}: of another version: {again} again ({error})") from error

    def names(self, prefix: str) -> list[str]:
        """Returns the names of the records that begin so, sorted."""
        return [path.stem for path in sorted(self.folder.glob(f"{prefix}*.npz"))]

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npz"


def _read(path: Path, kind: type[Record]) -> Record:
    with np.load(path) as stored:
        header = json.loads(str(stored["header"]))
        if (header["format"], header["type"]) != (FORMAT, kind.__name__):
            raise ValueError(f"it is a {header['type']} of format {header['format']}")
        return _decode(kind, header["record"], stored)


def _encode(value: Any, arrays: dict[str, np.ndarray]) -> Any:  # noqa: ANN401 (a JSON value)
    """Returns the JSON tree of a value; arrays are added to `arrays`, and their names stand in it."""
    if is_dataclass(value):
        return {f.name: _encode(getattr(value, f.name), arrays) for f in fields(value)}
    if isinstance(value, np.ndarray):
        name = f"array{len(arrays)}"
        arrays[name] = value
        return name
    if isinstance(value, list) and value and all(isinstance(v, np.ndarray) for v in value):
        # One array and the lengths of its parts: thousands of clips make no thousands of entries.
        return [_encode(np.concatenate(value), arrays), [len(part) for part in value]]
    if isinstance(value, list | tuple):
        return [_encode(item, arrays) for item in value]
    if isinstance(value, dict):
        return [[key, _encode(item, arrays)] for key, item in value.items()]
    return value


def _decode(kind: Any, tree: Any, arrays: typing.Mapping[str, np.ndarray]) -> Any:  # noqa: ANN401
    """Returns the value of a type that a JSON tree stands for."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        if tree.keys() != hints.keys():
            raise ValueError(f"{kind.__name__} has other fields")
        return kind(**{name: _decode(hints[name], tree[name], arrays) for name in hints})
    if kind is np.ndarray:
        return arrays[tree]
    if kind == list[np.ndarray]:
        return _split(tree, arrays)
    if origin in (list, tuple):
        return origin(_decode(arguments[0], item, arrays) for item in tree)
    if origin is dict:
        return {key: _decode(arguments[1], item, arrays) for key, item in tree}
    if not isinstance(tree, (int, float) if kind is float else kind):
        raise ValueError(f"{tree!r} is no {kind.__name__}")
    return tree


def _split(tree: list, arrays: typing.Mapping[str, np.ndarray]) -> list[np.ndarray]:
    if not tree:
        return []
    name, lengths = tree
    return np.split(arrays[name], np.cumsum(lengths)[:-1])
