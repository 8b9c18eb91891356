"""The API from asking for a film to deleting it."""

import pytest
import stand_in
from web_clients import PICK, ask, client_of, events_of, finished, wait_for


def test_a_job_from_asking_to_the_film(client):
    answer = client.post("/api/jobs", data=PICK, files={"none": b""})
    job = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/jobs/{job['id']}"
    assert len(job["id"]) >= 22
    told = events_of(client.get(f"/api/jobs/{job['id']}/events").text)
    names = [name for name, _ in told]
    assert names[-1] == "done"
    assert set(names) <= {"queued", "progress", "preview", "done"}
    progress = [seen["progress"] for _, seen in told]
    assert progress == sorted(progress)
    assert progress[-1] == 1
    done = client.get(f"/api/jobs/{job['id']}").json()
    assert done == told[-1][1]
    assert done["report"]["model"] == "stand-in"
    assert done["emotion"] == "happiness"
    assert client.get(done["preview_url"]).headers["content-type"] == "image/jpeg"
    film = client.get(done["result_url"])
    assert film.content == stand_in.RESULT
    assert film.headers["content-type"] == "video/mp4"
    assert "content-disposition" not in film.headers


def test_the_film_can_be_played_from_anywhere(client):
    job = finished(client, ask(client))
    part = client.get(job["result_url"], headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == stand_in.RESULT[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(stand_in.RESULT)}"
    beyond = client.get(job["result_url"], headers={"Range": "bytes=999999-"})
    assert beyond.status_code == 416
    saved = client.get(job["result_url"] + "?download=true")
    assert "talking-face-happiness.mp4" in saved.headers["content-disposition"]


def test_deleting_removes_everything(client, tmp_path):
    job = finished(client, ask(client))
    url = f"/api/jobs/{job['id']}"
    folder = tmp_path / "state" / "jobs" / job["id"]
    assert {path.name for path in folder.iterdir()} == {"preview.jpg", "result.mp4"}
    assert client.delete(url).status_code == 204
    assert not folder.exists()
    for gone in (url, f"{url}/result", f"{url}/preview", f"{url}/events"):
        assert client.get(gone).status_code == 404
    assert client.delete(url).status_code == 404


def test_deleting_a_running_job_stops_it(client, tmp_path):
    job = ask(client, text="slow")
    early = client.get(f"/api/jobs/{job['id']}/result")
    assert (early.status_code, early.json()["error"]["code"]) == (409, "not_ready")
    wait_for(lambda: client.get(f"/api/jobs/{job['id']}").json()["preview_url"])
    assert client.delete(f"/api/jobs/{job['id']}").status_code == 204
    wait_for(lambda: not (tmp_path / "state" / "jobs" / job["id"]).exists())
    assert finished(client, ask(client))["state"] == "done"


def test_a_job_that_fails_says_why(client):
    job = finished(client, ask(client, text="fail"))
    assert job["state"] == "failed"
    assert job["error"] == {"code": "no_face", "message": "no face", "fix": "use another picture"}
    assert job["result_url"] is job["preview_url"] is None
    assert events_of(client.get(f"/api/jobs/{job['id']}/events").text) == [("failed", job)]


def test_a_worker_that_breaks_is_replaced(tmp_path):
    with client_of(tmp_path, worker=stand_in.process) as client:
        assert finished(client, ask(client, text="crash"))["error"]["code"] == "crashed"
        assert finished(client, ask(client))["state"] == "done"


def test_what_was_said_is_forgotten_when_it_has_been(client, tmp_path):
    finished(client, ask(client, text="a secret sentence"))
    assert (tmp_path / "state" / "jobs").stat().st_mode & 0o777 == 0o700
    (row,) = (tmp_path / "state" / "jobs").glob("*.json")
    assert "HAP" in row.read_text()
    assert "secret" not in row.read_text()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"emotion": "boredom"}, "invalid"),
        ({"emotion": ""}, "invalid"),
        ({"strength": "2"}, "invalid"),
        ({"strength": "nan"}, "invalid"),
        ({"strength": "much"}, "invalid"),
        ({"face_id": "../../9001"}, "invalid"),
        ({"face_id": ""}, "invalid"),
        ({"voice_id": "9001_IEO"}, "invalid"),  # and text
        ({"own_sound": "perhaps"}, "invalid"),
        ({"text_language": "xx"}, "invalid"),
        ({"text_voice": "m3"}, "invalid"),
        ({"text": "?!"}, "invalid"),
        ({"text": "a" * 301}, "too_long"),
        ({"text": "a\0b"}, "invalid"),
        ({"face": "not a file"}, "invalid"),
    ],
)
def test_wrong_fields_are_refused(client, change, code, tmp_path):
    answer = client.post("/api/jobs", data=PICK | change, files={"none": b""})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == code
    assert list((tmp_path / "state" / "jobs").iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "CON.mp4", "a\0.mp4", "x" * 300, '"><img src=x onerror=alert(1)>.mp4'],
)
def test_files_need_consent_and_their_names_are_used_nowhere(client, clip, tone, name, tmp_path):
    fields, sound = {"emotion": "anger"}, {"own_sound": "true"}
    face = {"face": (name, clip.read_bytes())}
    answer = client.post("/api/jobs", data=fields | sound, files=face)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "consent_needed")
    for more, files in ((sound, face), ({}, face | {"voice": tone.read_bytes()})):
        answer = client.post("/api/jobs", data=fields | more | {"consent": "true"}, files=files)
        assert answer.status_code == 202
        job = finished(client, answer.json())
        assert job["state"] == "done"
        kept = {path.name for path in (tmp_path / "state" / "jobs" / job["id"]).iterdir()}
        assert kept == {"preview.jpg", "result.mp4"}
    shown = answer.text + client.get(f"/api/jobs/{job['id']}/events").text
    assert "onerror" not in shown
    assert name[:20] not in shown
    on_disk = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")]
    assert not any(part in path for path in on_disk for part in ("passwd", "CON", "xxx", "img"))
