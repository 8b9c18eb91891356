"""All studies by name, and making those whose inputs changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from emolib.base.config import settings_hash
from emolib.base.errors import ConfigError
from emolib.base.files import atomic_path, checkpoints_dir, file_sha256, results_dir
from emolib.base.runtime import seed_everything
from emolib.data.format import read_info
from emolib.studies.bench import Bench, Maker

NO_STUDIES = ("bench", "ingredients", "methods", "registry", "variants")
MADE_FROM = "made_from.json"  # maker → the inputs and outputs of its last run


def _found() -> dict[str, Maker]:
    """The `MAKERS` of every module beside this one, by name."""
    package = __name__.rpartition(".")[0]
    found = {}
    for module in iter_modules([str(Path(__file__).parent)]):
        if module.name not in NO_STUDIES:
            for maker in import_module(f"{package}.{module.name}").MAKERS:
                found[maker.name] = maker
    return found


MAKERS = _found()


def make_results(
    names: Iterable[str] = (),
    *,
    store: Path | None = None,
    corpus: Path | None = None,
    results: Path | None = None,
    checkpoints: Path | None = None,
    device: str = "cpu",
    force: bool = False,
    say: Callable[[str], None] = print,
) -> list[str]:
    """Make the named results (all without names), one line for each; returns those made.

    Args:
        store, corpus: a clip store and the folder it was prepared from; None: the sample corpus. A
            result made from a store that was given is not made again from the sample unless a
            checkpoint has changed.
        results, checkpoints: folders; default `data/results` and `data/checkpoints`.
        force: make them even if nothing changed.

    Raises:
        ConfigError: a name is unknown.
    """
    results, checkpoints = results or results_dir(), checkpoints or checkpoints_dir()
    unknown = [name for name in names if name not in MAKERS]
    if unknown:
        raise ConfigError(f"no study {', '.join(unknown)}", expected=", ".join(MAKERS))
    made = []
    for maker in [MAKERS[name] for name in names] or list(MAKERS.values()):
        found = {name: checkpoints / f"{name}.safetensors" for name in maker.checkpoints}
        found = {name: path for name, path in found.items() if path.is_file()}
        missing = [name for name in maker.required if name not in found]
        if missing:
            say(f"{maker.name}: waits for the checkpoint {', '.join(missing)}")
            continue
        inputs = _inputs(maker, found, store)
        known = _known(results).get(maker.name)
        if not force and known and _same(known, inputs, results):
            say(f"{maker.name}: up to date")
            continue
        say(f"{maker.name}: making {', '.join(maker.makes)}")
        seed_everything(0)
        given = (store, corpus) if maker.uses_store else (None, None)
        maker.make(Bench(found, results, *given, device=device))
        files = {name: file_sha256(results / name) for name in maker.makes}
        everything = _known(results) | {maker.name: inputs | {"files": files}}
        with atomic_path(results / MADE_FROM) as temporary:
            text = json.dumps(everything, indent=1, sort_keys=True)
            temporary.write_text(text + "\n", encoding="utf-8")
        made.append(maker.name)
    return made


def _inputs(maker: Maker, found: dict[str, Path], store: Path | None) -> dict:
    used = {name: file_sha256(path) for name, path in found.items()}
    inputs = {"version": maker.version, "checkpoints": used}
    if maker.uses_store:
        info = read_info(store) if store else None
        inputs["store"] = settings_hash(info["settings"], info["counts"]) if info else None
    return inputs


def _same(known: dict, inputs: dict, results: Path) -> bool:
    """Whether a former run had these inputs, and its files are as it left them."""
    compared = dict(inputs)
    if compared.get("store", "") is None:
        compared["store"] = known.get("store")
    files = known.get("files", {})
    whole = all(
        (results / name).is_file() and file_sha256(results / name) == sha256
        for name, sha256 in files.items()
    )
    return whole and {key: known.get(key) for key in compared} == compared


def _known(results: Path) -> dict:
    path = results / MADE_FROM
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
