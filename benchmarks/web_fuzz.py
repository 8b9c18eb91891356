"""Schemathesis against the web interface: odd requests by the hundred, no server error.

    python benchmarks/web_fuzz.py [--examples N]

Needs `pip install schemathesis`, which the package itself does not. The server runs as its own
process, around the stand-in worker of the tests: what is tried here are requests, not films.
Schemathesis reads the OpenAPI document and sends what fits it and what does not. Checked: no answer
of 500 or above, and every answer's status, type, headers and body as the document says.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx2

STAND_IN = Path(__file__).resolve().parent.parent / "tests" / "web" / "stand_in.py"
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,response_headers_conformance"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--examples", type=int, default=25, help="of each operation and phase")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, str(STAND_IN), json.dumps({"state": f"{name}/state"})]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            url = server.stdout.readline().strip()
            command = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}api/openapi.json"]
            command += ["--wait-for-schema", "120", "--request-timeout", "60", "--seed", "1"]
            command += ["--checks", CHECKS, "--max-examples", str(options.examples)]
            found = subprocess.run(command, cwd=name, check=False).returncode
            alive = httpx2.get(f"{url}api/health").json()["ready"]
        finally:
            server.terminate()
            server.wait()
    print(f"server alive: {alive}; schemathesis exit code {found}")
    sys.exit(found or not alive)


if __name__ == "__main__":
    main()
