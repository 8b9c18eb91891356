"""Who may come in, how much they may bring, what browsers are told."""

import socket
import threading
import time

import pytest
from starlette.testclient import TestClient
from web_clients import PICK, ask, client_of, server_of, wait_for

from emolib.base.errors import ConfigError
from emolib.web.middleware import HEADERS
from emolib.web.serve import address_of, listening_socket
from emolib.web.settings import ServeSettings

TOKEN = "a-token-of-thirty-letters-or-so"


@pytest.fixture
def locked(tmp_path):
    """A client of a server that wants a token, who has not shown it."""
    with client_of(tmp_path, settings=ServeSettings(token=TOKEN)) as client:
        yield client


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "[::1]:8000", "192.168.1.7"])
def test_own_names_and_addresses_are_served(client, host):
    assert client.get("/api/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "localhost.evil.example"])
def test_foreign_names_are_not(client, host):
    for method, url in (("GET", "/"), ("GET", "/api/options"), ("POST", "/api/jobs")):
        answer = client.request(method, url, headers={"Host": host})
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "forbidden"


def test_the_address_that_is_printed_is_one_that_is_served(tmp_path):
    names = ("films.example",)
    settings = ServeSettings(host="0.0.0.0", port=0, token=TOKEN, allow_hosts=names)
    with listening_socket(settings) as listener:
        address = address_of(listener, settings)
    with client_of(tmp_path, settings=settings) as client:
        assert client.get(address, follow_redirects=False).status_code == 303
        assert client.get("/api/health", headers={"Host": "Films.example:443"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},  # another program of this computer
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_pages_can_change_nothing(client, headers):
    job = ask(client, text="slow")
    url = f"/api/jobs/{job['id']}"
    assert client.post("/api/jobs", data=PICK, headers=headers).status_code == 403
    assert client.delete(url, headers=headers).status_code == 403
    assert client.post("/api/study", json={"consent": True}, headers=headers).status_code == 403
    assert client.get(url).json()["state"] in ("queued", "running")


def test_other_pages_can_read_nothing_but_may_link_to_us(client):
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert client.get("/api/options", headers=foreign).status_code == 403
    assert client.get("/", headers=foreign).status_code == 200
    own = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/jobs", data=PICK, files={"n": b""}, headers=own).status_code == 202


def test_every_answer_carries_the_headers(client):
    for answer in (
        client.get("/"),
        client.get("/static/app.js"),
        client.get("/api/options"),
        client.get("/api/nothing"),
        client.get("/", headers={"Host": "evil.example"}),
        client.get("/api/openapi.json"),
    ):
        missing = {name.lower() for name in HEADERS} - set(answer.headers)
        assert not missing, (answer.url, missing)
        assert "server" not in answer.headers
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "camera=(self), microphone=(self)" in HEADERS["Permissions-Policy"]


def test_without_the_token_only_the_page_and_the_options_answer(locked):
    assert locked.get("/").status_code == 200
    assert locked.get("/api/options").json()["needs_token"] is True
    for method, url in (
        ("POST", "/api/jobs"),
        ("GET", "/api/jobs/x"),
        ("POST", "/api/study"),
        ("GET", "/api/faces/9001/thumbnail"),
        ("GET", "/api/openapi.json"),
        ("GET", "//api/jobs/x"),
    ):
        answer = locked.request(method, url)
        assert answer.status_code in (401, 404), url
        assert answer.status_code == 401 or url.startswith("//")


def test_programs_show_the_token_in_a_header(locked):
    right, wrong = {"Authorization": f"Bearer {TOKEN}"}, {"Authorization": f"Bearer {TOKEN}x"}
    assert locked.get("/api/jobs/x", headers=wrong).status_code == 401
    assert locked.get("/api/jobs/x", headers=right).status_code == 404


def test_browsers_change_the_token_into_a_cookie(locked):
    assert locked.post("/api/session", json={"token": "wrong"}).status_code == 401
    assert locked.get("/?token=wrong").status_code == 401
    answer = locked.get(f"/?token={TOKEN}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert TOKEN not in cookie
    assert locked.get("/api/jobs/x").status_code == 404
    locked.cookies.clear()
    assert locked.post("/api/session", json={"token": TOKEN}).status_code == 204
    assert locked.get("/api/jobs/x").status_code == 404


def test_others_are_served_only_with_a_token_that_cannot_be_guessed():
    with pytest.raises(ConfigError, match="token"):
        ServeSettings(host="0.0.0.0")
    with pytest.raises(ConfigError, match="guess"):
        ServeSettings(host="0.0.0.0", token="short")
    assert ServeSettings(host="0.0.0.0", token=TOKEN).token == TOKEN


def test_a_declared_size_beyond_the_limit_is_refused_at_once(tmp_path):
    with client_of(tmp_path, max_upload_bytes=10_000) as client:
        answer = client.post("/api/jobs", data=PICK, files={"face": bytes(20_000)})
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
        big = {"consent": True, "job_id": "x" * 70_000}
        assert client.post("/api/study", json=big).status_code == 413


def head_of(port, length="Transfer-Encoding: chunked"):
    return (
        f"POST /api/jobs HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\n{length}\r\n\r\n"
    ).encode()


PART = b'--x\r\nContent-Disposition: form-data; name="face"; filename="a"\r\n\r\n'


def test_an_endless_body_is_counted_and_cut_off(tmp_path):
    with (
        server_of(tmp_path, max_upload_bytes=200_000) as (port, app),
        socket.create_connection(("127.0.0.1", port), 10) as line,
    ):
        line.sendall(head_of(port) + b"%x\r\n%s\r\n" % (len(PART), PART))
        chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
        sent = 0

        def send():
            nonlocal sent
            try:
                while sent < 100 * 2**20:
                    line.sendall(chunk)
                    sent += len(chunk)
            except OSError:
                pass

        sender = threading.Thread(target=send)
        sender.start()
        assert b" 413 " in line.recv(4096)
        line.close()
        sender.join(10)
        assert sent < 20 * 2**20
        assert list((tmp_path / "jobs").iterdir()) == []
        assert not app.state.engine._arriving


@pytest.mark.parametrize(
    "limits", [{"read_timeout_s": 0.2}, {"read_timeout_s": 5.0, "upload_timeout_s": 0.5}]
)
def test_a_body_that_drips_is_not_waited_for(tmp_path, limits):
    with (
        server_of(tmp_path, **limits) as (port, _),
        socket.create_connection(("127.0.0.1", port), 10) as line,
    ):
        line.sendall(head_of(port, "Content-Length: 5000") + PART)
        line.settimeout(0.05 if len(limits) == 2 else 10)
        answer, end = b"", time.monotonic() + 10
        while not answer and time.monotonic() < end:
            try:
                answer = line.recv(4096)
            except TimeoutError:
                line.send(b"a")  # often enough, but it ends all the same
        assert b" 408 " in answer


def test_a_file_lies_in_its_jobs_folder_as_it_arrives_and_goes_with_its_sender(tmp_path):
    with server_of(tmp_path) as (port, app):
        with socket.create_connection(("127.0.0.1", port), 10) as line:
            line.sendall(head_of(port, f"Content-Length: {5 * 2**20}") + PART + bytes(3 * 2**20))
            size = lambda: sum(f.stat().st_size for f in (tmp_path / "jobs").glob("*/face"))  # noqa: E731
            wait_for(lambda: size() > 2 * 2**20)
            assert app.state.engine._arriving
        wait_for(lambda: not list((tmp_path / "jobs").iterdir()))
        wait_for(lambda: not app.state.engine._arriving)


@pytest.mark.parametrize(
    "form",
    [
        b"--x\r\nContent-Disposition: form-data; name=text\r\n\r\n" + b"a" * 20_000 + b"\r\n--x--",
        b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n" * 17 + b"--x--",
        PART + b"a\r\n" + PART + b"b\r\n--x--",
        b"--x\r\n\r\n--x--",
        b"no part at all",
        b"--x\r\nnonsense",
    ],
)
def test_odd_forms_are_refused_in_one_line(client, form, tmp_path):
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post("/api/jobs", content=form, headers=kind)
    assert answer.status_code == 422
    assert set(answer.json()["error"]) == {"code", "message", "fix"}
    assert list((tmp_path / "state" / "jobs").iterdir()) == []


def test_websockets_are_closed(client: TestClient):
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/api/jobs"):
        pass
