"""What a page is told: choices, limits, health, documents."""

import io
import threading
import wave
from concurrent.futures import ThreadPoolExecutor

import pytest
import stand_in
from PIL import Image
from web_clients import ask, finished, wait_for

from emolib.base.emotions import EMOTIONS
from emolib.studio import survey
from emolib.studio.engine import JobEngine
from emolib.studio.jobs import Limits
from emolib.studio.store import read_answers
from emolib.studio.workers import ProcessWorker


def test_options_offer_what_there_is(client):
    options = client.get("/api/options").json()
    assert [one["code"] for one in options["emotions"]] == list(EMOTIONS)
    assert [one["id"] for one in options["faces"]] == ["9001", "9002", "9003", "9004"]
    assert len(options["voices"]) == 8
    assert [one["id"] for one in options["study"]["questions"]] == list(survey.QUESTIONS)
    assert options["study"]["scale"] == [0, 5]
    assert options["limits"]["max_upload_bytes"] == 64 * 2**20
    assert options["needs_token"] is False


def test_every_choice_can_be_seen_or_heard(client):
    options = client.get("/api/options").json()
    for face in options["faces"]:
        picture = Image.open(io.BytesIO(client.get(face["thumbnail"]).content))
        assert picture.size == (256, 256)
    for voice in options["voices"]:
        with wave.open(io.BytesIO(client.get(voice["audio"]).content)) as sound:
            assert abs(sound.getnframes() / sound.getframerate() - voice["seconds"]) < 0.01
    assert client.get("/api/faces/9099/thumbnail").status_code == 404
    assert client.get("/api/voices/..%2f..%2fx/audio").status_code == 404


def test_health_counts(client):
    wait_for(lambda: client.get("/api/health").json()["ready"])
    health = client.get("/api/health").json()
    assert health["status"] == "ok"
    assert health["workers"] == [{"device": "cpu", "state": "idle"}]
    assert health["queue"] == {"waiting": 0, "running": 0, "capacity": 32}


@pytest.mark.parametrize(
    ("life", "why"),
    [(stand_in.broken, "no network"), (stand_in.dead, "the worker on cpu does not start")],
)
def test_a_server_without_a_worker_gives_up_and_says_why(tmp_path, life, why):
    told, said = threading.Event(), []
    workers = [ProcessWorker("", "cpu", Limits(), life)]
    engine = JobEngine(workers, tmp_path, give_up=lambda w: said.append(w) or told.set())
    engine.start()
    assert told.wait(300)
    assert not engine.ready
    engine.close()
    assert said == [why]


def test_every_error_has_one_shape(client):
    for answer in (
        client.get("/api/nothing"),
        client.put("/api/options"),
        client.get("/static/../app.py"),
        client.get("/static/%2e%2e/app.py"),
        client.get("/static/..%2fapp.py"),
        client.post("/api/study", content=b"{"),
        client.get("/api/jobs/" + "x" * 65),
    ):
        assert 400 <= answer.status_code < 500
        assert set(answer.json()["error"]) == {"code", "message", "fix"}


def test_a_mistake_of_ours_gives_nothing_away(client, monkeypatch):
    monkeypatch.setattr("emolib.web.views.options_view", lambda *_: 1 / 0)
    answer = client.get("/api/options")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert "division" not in answer.text
    assert "content-security-policy" in answer.headers


def test_the_study_keeps_one_answer_a_film(client, tmp_path):
    job = finished(client, ask(client))
    answer = {"usability": 4, "design": 3, "functionality": None, "overall": 5, "consent": True}
    answer["job_id"] = job["id"]
    assert client.post("/api/study", json=answer).json() == {"stored": True}
    again = client.post("/api/study", json=answer)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_answered")
    refused = client.post("/api/study", json=answer | {"consent": False, "job_id": None})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "consent_needed")
    for wrong in ({"design": 6}, {"design": 2.5}, {"design": "3"}, {"design": True}, {"age": 3}):
        assert client.post("/api/study", json=answer | {"job_id": None} | wrong).status_code == 422
    client.delete(f"/api/jobs/{job['id']}")  # an answer outlives its film
    (kept,) = read_answers(tmp_path / "state")
    assert (kept.usability, kept.functionality, kept.overall) == (4, None, 5)
    assert (kept.emotion, kept.model) == ("HAP", "stand-in")
    for _ in range(2):  # without a film, nobody knows who has answered
        assert client.post("/api/study", json={"design": 1, "consent": True}).status_code == 201
    assert len(read_answers(tmp_path / "state")) == 3
    assert "/api/jobs/{job_id}/events" in client.get("/api/openapi.json").json()["paths"]


def test_five_ratings_at_once_are_one(client, tmp_path):
    job = finished(client, ask(client))
    answer = {"overall": 5, "consent": True, "job_id": job["id"]}
    with ThreadPoolExecutor(5) as people:
        sent = people.map(lambda _: client.post("/api/study", json=answer).status_code, range(5))
        assert sorted(sent) == [201, 409, 409, 409, 409]
    assert len(read_answers(tmp_path / "state")) == 1


def test_the_page_is_served_whole(client):
    assert client.get("/").headers["content-type"].startswith("text/html")
    assert client.head("/").status_code == 200
    script = client.get("/static/app.js")
    assert script.headers["content-type"].startswith("text/javascript")
    known = {"If-None-Match": script.headers["etag"]}
    assert client.get("/static/app.js", headers=known).status_code == 304
