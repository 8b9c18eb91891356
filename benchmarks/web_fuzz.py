"""Schemathesis against the web interface: thousands of odd requests, no server error.

    python benchmarks/web_fuzz.py [--examples N] [--checkpoint NAME]

Needs `pip install schemathesis`, which the package itself does not. The server runs as its own
process; schemathesis reads its OpenAPI document and sends what fits it and what does not. Checked:
no answer of 500 or above but 503, and every answer's status, type and body as the document says.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from web_load import Server

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,response_headers_conformance"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--examples", type=int, default=50, help="of each operation and phase")
    parser.add_argument("--checkpoint", default="lite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        server = Server(Path(name) / "state", options.checkpoint, threads=1)
        document = f"{server.url}api/openapi.json"
        command = [sys.executable, "-m", "schemathesis.cli", "run", document]
        command += ["--checks", CHECKS, "--max-examples", str(options.examples)]
        command += ["--request-timeout", "60", "--seed", "1", "--continue-on-failure"]
        found = subprocess.run(command, cwd=name, check=False).returncode
        with server.client() as client:
            alive = client.get("/api/health").status_code == 200
        server.stop()
    print(f"server alive: {alive}; schemathesis exit code {found}")
    sys.exit(found or not alive)


if __name__ == "__main__":
    main()
