"""`make reproduce`: checks a profile, tells the plan with its hours, lets Snakemake do it.

    python workflow/reproduce.py --profile lite --out out/reproduce --cores 2 --dry-run
    python workflow/reproduce.py --profile paper --given corpus=CREMA-D --given lrs2=LRS2
    python workflow/reproduce.py --profile lite -- --executor slurm --jobs 8

What follows `--` goes to Snakemake. Run again after a stop of any kind: finished steps are kept,
trainings go on from their last state. A second call for the same folder says so and ends.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from filelock import FileLock, Timeout  # noqa: E402
from gpu import gpus  # noqa: E402
from plan import told  # noqa: E402
from problems import problems  # noqa: E402
from profiles import ROOT, load_profile  # noqa: E402


def main(words: list[str] | None = None) -> int:
    words = sys.argv[1:] if words is None else words
    ours, _, passed = _parted(words)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="lite", help="a file in workflow/config, or a path")
    parser.add_argument("--out", type=Path, help="folder of everything; default: the profile's")
    parser.add_argument("--given", action="append", default=[], help="NAME=FOLDER of a corpus")
    parser.add_argument("--runs", default="", help="these alone, such as SEQ,END; default: all")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--dry-run", action="store_true", help="tell the plan only")
    asked = parser.parse_args(ours)
    try:
        given = {k: str(Path(v).resolve()) for k, v in (one.split("=", 1) for one in asked.given)}
        profile = load_profile(asked.profile, given, asked.runs)
    except ValueError as error:
        print(f"reproduce: {error}", file=sys.stderr)
        return 1
    folder = (asked.out or Path(profile["out"].format(root=ROOT))).resolve()
    wrong = problems(profile, folder)
    for line in wrong:
        print(f"reproduce: {line}", file=sys.stderr)
    if wrong:
        return 1
    print("\n".join(told(profile, folder, asked.cores)), flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".reproduce.lock", timeout=0)
    try:
        with lock:
            return _snakemake(asked, given, folder, passed)
    except Timeout:
        print(f"reproduce: {folder}: another reproduction is running here", file=sys.stderr)
        return 1


def _parted(words: list[str]) -> tuple[list[str], str, list[str]]:
    place = words.index("--") if "--" in words else len(words)
    return words[:place], "--", words[place + 1 :]


def _snakemake(asked, given: dict[str, str], folder: Path, passed: list[str]) -> int:
    from snakemake.cli import main as snakemake

    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
        os.environ.setdefault(threads, "1")
    settings = [f"profile={asked.profile}", f"runs={asked.runs}"]
    settings += [f"{name}={value}" for name, value in given.items()]
    words = ["--snakefile", str(HERE / "Snakefile"), "--directory", str(folder)]
    words += ["--cores", str(asked.cores), "--rerun-incomplete", "--nolock", "--keep-going"]
    words += ["--scheduler", "greedy"]  # which begins with what matters most
    words += ["--resources", f"gpu={n}"] if (n := len(gpus())) else []
    words += [*(["--dry-run", "--quiet", "rules"] if asked.dry_run else []), *passed]
    try:
        snakemake([*words, "--config", *settings])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
