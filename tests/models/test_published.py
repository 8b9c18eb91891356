"""Published `.pth` files come in whole, turned to RGB, and compute what they computed."""

import pickle
import zipfile

import published_layout as layout
import pytest
import torch
from typer.testing import CliRunner

from emolib.base.errors import CheckpointError, ConfigError
from emolib.cli import app
from emolib.models.checkpoint import load_checkpoint, read_meta
from emolib.models.published import import_weights


def bgr(x, axis):
    """Each colour triple on `axis` reversed."""
    return x.unflatten(axis, (-1, 3)).flip(axis + 1).flatten(axis, axis + 1)


@pytest.fixture
def pth(tmp_path):
    def write(state, name="weights.pth", **kwargs):
        path = tmp_path / name
        torch.save(state, path, **kwargs)
        return path

    return write


@pytest.fixture(scope="module")
def sync_state():
    return layout.syncnet_state(1)


@torch.no_grad()
def check_generator(model, state, emotion):
    gen = torch.Generator().manual_seed(3)
    mel = torch.randn(1, 2, 1, 80, 16, generator=gen).double()
    faces = torch.rand(1, 2, 6, 96, 96, generator=gen).double()
    state = {k: v.double() for k, v in state.items()}  # 50 layers deep, float32 noise is 1e-4
    ours = model.double()(mel, faces, emotion)  # (1, 2, 3, 96, 96) RGB
    label = None if emotion is None else emotion.double().repeat(2, 1)
    theirs = layout.forward_generator(state, mel[0], bgr(faces[0], 1), label)  # BGR
    assert theirs.std() > 0.02  # the comparison is not one of constants
    torch.testing.assert_close(ours[0], theirs.flip(1).float(), atol=1e-6, rtol=1e-6)


def test_emogen_wrapped_and_prefixed(pth, tmp_path):
    state = layout.generator_state(0)
    wrapped = {
        "state_dict": {f"module.{k}": v for k, v in state.items()},
        "optimizer": {"state": {}, "param_groups": []},
        "global_step": 530_000,
        "global_epoch": 9,
    }
    out = tmp_path / "emogen.safetensors"
    model, report = import_weights("emogen", pth(wrapped), out)
    assert report.n_parameters == 36_826_419
    assert report.n_tensors == len(state)
    assert (report.step, report.left_aside) == (
        530_000,
        ("global_epoch", "global_step", "optimizer"),
    )
    check_generator(model, state, torch.tensor([[0.2, 0, 0, 0.8, 0, 0]]))
    loaded, meta = load_checkpoint(out, "generator")
    assert meta.step == 530_000
    assert meta.recipe.startswith("published")
    saved = model.float().state_dict()
    assert all(torch.equal(value, saved[key]) for key, value in loaded.state_dict().items())


def test_wav2lip_in_the_old_file_format(pth):
    state = layout.generator_state(1, emotion=False)
    path = pth(state, _use_new_zipfile_serialization=False)
    model, report = import_weights("wav2lip", path)
    assert report.n_parameters == 36_298_035
    check_generator(model, state, None)


@torch.no_grad()
def test_syncnet_expert(pth, sync_state):
    model, report = import_weights("syncnet-expert", pth({"state_dict": sync_state}))
    assert report.n_parameters == 16_435_072
    gen = torch.Generator().manual_seed(5)
    mel = torch.randn(3, 1, 80, 16, generator=gen)
    faces = torch.rand(3, 15, 48, 96, generator=gen)
    theirs = layout.forward_syncnet(sync_state, mel, bgr(faces, 1))
    torch.testing.assert_close(model.prob(mel, faces), theirs, atol=1e-5, rtol=1e-4)
    assert (model.prob(mel, bgr(faces, 1)) - theirs).abs().max() > 1e-4  # colour order matters


@torch.no_grad()
@pytest.mark.parametrize("n_frames", [5, 3])
def test_emotion_discriminator(pth, n_frames):
    state = layout.discemo_state(2)
    model, report = import_weights("emotion-disc", pth(state))
    assert report.n_parameters == 16_503_430
    frames = torch.rand(2, n_frames, 3, 96, 96, generator=torch.Generator().manual_seed(6))
    theirs = layout.forward_discemo(state, frames.flip(2).transpose(1, 2))
    torch.testing.assert_close(model(frames), theirs, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_evaluation_syncnet_without_batch_counters(pth):
    state = layout.lse_state(3)
    model, report = import_weights("syncnet-lse", pth(state))
    assert report.n_parameters == 13_631_616
    assert len(report.made_up) == 14
    gen = torch.Generator().manual_seed(8)
    mfcc = torch.randn(1, 1, 13, 20, generator=gen)
    lips = torch.rand(1, 3, 5, 224, 224, generator=gen) * 255
    audio, video = layout.forward_lse(state, mfcc, lips.flip(1))
    ours_audio, ours_video = model(mfcc, lips)
    torch.testing.assert_close(ours_audio, audio, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours_video, video, atol=1e-2, rtol=1e-3)  # inputs go up to 255


def test_every_wrong_key_is_counted(pth, sync_state):
    state = dict(sync_state)
    del state["face_encoder.0.conv_block.0.bias"]
    state["emotion_rnn.weight"] = torch.zeros(2)
    state["audio_encoder.3.conv_block.0.weight"] = torch.zeros(64, 32, 5, 5)
    with pytest.raises(CheckpointError) as error:
        import_weights("syncnet-expert", pth(state))
    text = str(error.value)
    assert "1 missing: face_encoder.0.conv.bias" in text
    assert "1 unexpected: emotion_rnn.weight" in text
    assert (
        "1 of another shape: audio_encoder.3.conv.weight (64, 32, 5, 5), not (64, 32, 3, 3)" in text
    )


def test_another_network_is_refused_with_the_first_three_keys(pth, sync_state):
    with pytest.raises(CheckpointError, match=r"missing: .+, .+, .+, …"):
        import_weights("wav2lip", pth(sync_state))


class Bomb:
    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return (open, (str(self.canary), "w"))


@pytest.mark.parametrize("new_format", [True, False])
def test_a_malicious_pickle_is_refused_and_not_executed(tmp_path, new_format):
    canary, path = tmp_path / "canary", tmp_path / "evil.pth"
    evil = {"state_dict": Bomb(canary)}
    torch.save(evil, path, _use_new_zipfile_serialization=new_format)
    canary.unlink(missing_ok=True)
    with pytest.raises(CheckpointError, match="nothing was executed"):
        import_weights("wav2lip", path)
    assert not canary.exists()
    torch.load(path, weights_only=False)  # the bomb is live: only our door kept it from going off
    assert canary.exists()


def test_a_bare_pickle_is_refused(tmp_path):
    canary, path = tmp_path / "canary", tmp_path / "evil.pkl"
    path.write_bytes(pickle.dumps(Bomb(canary), protocol=2))
    with pytest.raises(CheckpointError):
        import_weights("emogen", path)
    assert not canary.exists()


def test_torchscript_is_named(tmp_path):
    path = tmp_path / "scripted.pt"
    with zipfile.ZipFile(path, "w") as archive:  # the members that mark TorchScript
        for member in ("data.pkl", "constants.pkl", "code/__torch__.py"):
            archive.writestr(f"scripted/{member}", b"")
    with pytest.raises(CheckpointError, match="TorchScript"):
        import_weights("wav2lip", path)


@pytest.mark.parametrize("new_format", [True, False])
@pytest.mark.parametrize("kept", [0, 0.3, 0.99])
def test_a_cut_file_is_incomplete(tmp_path, kept, new_format):
    path = tmp_path / "cut.pth"
    torch.save({"a.b": torch.rand(500)}, path, _use_new_zipfile_serialization=new_format)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(CheckpointError, match="incomplete"):
        import_weights("wav2lip", path)


@pytest.mark.parametrize("content", [{}, [1, 2], {"state_dict": {}}, {"a": 3}])
def test_a_file_without_weights(pth, content):
    with pytest.raises(CheckpointError):
        import_weights("wav2lip", pth(content))


def test_unknown_kind_and_existing_output(tmp_path, pth):
    with pytest.raises(ConfigError, match="one of emogen"):
        import_weights("wave2lip", tmp_path / "a.pth")
    out = tmp_path / "out.safetensors"
    out.write_text("mine")
    with pytest.raises(ConfigError, match="exists"):
        import_weights("wav2lip", pth({}), out)
    assert out.read_text() == "mine"


def test_command_line(pth, tmp_path):
    source, out = pth(layout.discemo_state(4)), tmp_path / "disc.safetensors"
    result = CliRunner().invoke(
        app, ["import-weights", "--kind", "emotion-disc", str(source), str(out)]
    )
    assert result.exit_code == 0, result.output
    assert "16,503,430 parameters" in result.output
    assert read_meta(out).architecture["released_code_quirks"] is True
