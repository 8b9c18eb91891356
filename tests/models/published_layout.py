"""The published networks, written a second time: from the tables, on the published key names.

Nothing here imports `emolib.models`. Each network is a list of rows (key prefix, kind, channels,
kernel, stride, padding); `random_state` fills them with random weights in the published layout, and
the `forward_*` functions compute with `torch.nn.functional` on that raw dict, in BGR.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

# in, out, kernel, stride, padding, residual
FACE = [
    [(6, 16, 7, 1, 3, 0)],
    [(16, 32, 3, 2, 1, 0), (32, 32, 3, 1, 1, 1), (32, 32, 3, 1, 1, 1)],
    [(32, 64, 3, 2, 1, 0), (64, 64, 3, 1, 1, 1), (64, 64, 3, 1, 1, 1), (64, 64, 3, 1, 1, 1)],
    [(64, 128, 3, 2, 1, 0), (128, 128, 3, 1, 1, 1), (128, 128, 3, 1, 1, 1)],
    [(128, 256, 3, 2, 1, 0), (256, 256, 3, 1, 1, 1), (256, 256, 3, 1, 1, 1)],
    [(256, 512, 3, 2, 1, 0), (512, 512, 3, 1, 1, 1)],
    [(512, 512, 3, 1, 0, 0), (512, 512, 1, 1, 0, 0)],
]


def audio_rows(n_residual_256):
    return [
        *[(1, 32, 3, 1, 1, 0), (32, 32, 3, 1, 1, 1), (32, 32, 3, 1, 1, 1)],
        *[(32, 64, 3, (3, 1), 1, 0), (64, 64, 3, 1, 1, 1), (64, 64, 3, 1, 1, 1)],
        *[(64, 128, 3, 3, 1, 0), (128, 128, 3, 1, 1, 1), (128, 128, 3, 1, 1, 1)],
        (128, 256, 3, (3, 2), 1, 0),
        *[(256, 256, 3, 1, 1, 1)] * n_residual_256,
        *[(256, 512, 3, 1, 0, 0), (512, 512, 1, 1, 0, 0)],
    ]


# transposed convolutions: in, out, kernel, stride, padding, output padding; then residual blocks
DECODER = [
    ((1024, 512, 3, 1, 0, 0), 1),
    ((1024, 512, 3, 2, 1, 1), 2),
    ((768, 384, 3, 2, 1, 1), 2),
    ((512, 256, 3, 2, 1, 1), 2),
    ((320, 128, 3, 2, 1, 1), 2),
    ((160, 64, 3, 2, 1, 1), 2),
]
SYNC_FACE = [
    (15, 32, 7, 1, 3, 0),
    *[(32, 64, 5, (1, 2), 1, 0), (64, 64, 3, 1, 1, 1), (64, 64, 3, 1, 1, 1)],
    *[(64, 128, 3, 2, 1, 0), (128, 128, 3, 1, 1, 1), (128, 128, 3, 1, 1, 1)],
    (128, 128, 3, 1, 1, 1),
    *[(128, 256, 3, 2, 1, 0), (256, 256, 3, 1, 1, 1), (256, 256, 3, 1, 1, 1)],
    *[(256, 512, 3, 2, 1, 0), (512, 512, 3, 1, 1, 1), (512, 512, 3, 1, 1, 1)],
    *[(512, 512, 3, 2, 1, 0), (512, 512, 3, 1, 0, 0), (512, 512, 1, 1, 0, 0)],
]
# index in the published Sequential, in, out, kernel, stride, padding, pooling after the ReLU
LSE_AUDIO = [
    (0, 1, 64, (3, 3), 1, (1, 1), ((1, 1), (1, 1), 0)),
    (4, 64, 192, (3, 3), 1, (1, 1), ((3, 3), (1, 2), 0)),
    (8, 192, 384, (3, 3), 1, (1, 1), None),
    (11, 384, 256, (3, 3), 1, (1, 1), None),
    (14, 256, 256, (3, 3), 1, (1, 1), ((3, 3), (2, 2), 0)),
    (18, 256, 512, (5, 4), 1, (0, 0), None),
]
LSE_LIP = [
    (0, 3, 96, (5, 7, 7), (1, 2, 2), 0, ((1, 3, 3), (1, 2, 2), 0)),
    (4, 96, 256, (1, 5, 5), (1, 2, 2), (0, 1, 1), ((1, 3, 3), (1, 2, 2), (0, 1, 1))),
    (8, 256, 256, (1, 3, 3), 1, (0, 1, 1), None),
    (11, 256, 256, (1, 3, 3), 1, (0, 1, 1), None),
    (14, 256, 256, (1, 3, 3), 1, (0, 1, 1), ((1, 3, 3), (1, 2, 2), 0)),
    (18, 256, 512, (1, 6, 6), 1, 0, None),
]


class _Maker:
    def __init__(self, seed):
        self.random, self.state = torch.Generator().manual_seed(seed), {}

    def weight(self, key, *shape, fan_in=None):
        fan_in = fan_in or math.prod(shape[1:])
        value = torch.randn(*shape, generator=self.random) * math.sqrt(2 / fan_in)
        self.state[f"{key}.weight"] = value

    def bias(self, key, n):
        self.state[f"{key}.bias"] = torch.randn(n, generator=self.random) * 0.1

    def norm(self, key, n):
        self.state[f"{key}.weight"] = 0.5 + torch.rand(n, generator=self.random)
        self.bias(key, n)
        self.state[f"{key}.running_mean"] = torch.randn(n, generator=self.random) * 0.1
        self.state[f"{key}.running_var"] = 0.5 + torch.rand(n, generator=self.random)
        self.state[f"{key}.num_batches_tracked"] = torch.tensor(7)

    def block(self, key, row, transposed=False):
        c_in, c_out, k = row[:3]
        shape = (c_in, c_out, k, k) if transposed else (c_out, c_in, k, k)
        self.weight(f"{key}.conv_block.0", *shape, fan_in=c_in * k * k)
        self.bias(f"{key}.conv_block.0", c_out)
        self.norm(f"{key}.conv_block.1", c_out)

    def linear(self, key, n_in, n_out):
        self.weight(key, n_out, n_in)
        self.bias(key, n_out)


def generator_state(seed=0, emotion=True):
    m = _Maker(seed)
    for i, rows in enumerate(FACE):
        for j, row in enumerate(rows):
            m.block(f"face_encoder_blocks.{i}.{j}", row)
    if emotion:
        m.linear("emotion_encoder.0", 6, 512)
        m.linear("emotion_encoder.2", 512, 512)
    for i, row in enumerate(audio_rows(1)):
        m.block(f"audio_encoder.{i}", row)
    m.block("face_decoder_blocks.0.0", (1024 if emotion else 512, 512, 1))
    for i, (row, n_residual) in enumerate(DECODER, 1):
        m.block(f"face_decoder_blocks.{i}.0", row, transposed=True)
        for j in range(1, n_residual + 1):
            m.block(f"face_decoder_blocks.{i}.{j}", (row[1], row[1], 3))
    m.block("output_block.0", (80, 32, 3))
    m.weight("output_block.1", 3, 32, 1, 1)
    m.bias("output_block.1", 3)
    return m.state


def syncnet_state(seed=0):
    m = _Maker(seed)
    for i, row in enumerate(SYNC_FACE):
        m.block(f"face_encoder.{i}", row)
    for i, row in enumerate(audio_rows(2)):
        m.block(f"audio_encoder.{i}", row)
    return m.state


def discemo_state(seed=0):
    m, c_in = _Maker(seed), 3
    for i, c_out in enumerate((64, 128, 256, 512, 512), 1):
        m.weight(f"conv_{i}.0", c_out, c_in, 3, 3)
        m.bias(f"conv_{i}.0", c_out)
        c_in = c_out
    m.linear("projector.0", 4608, 2048)
    m.linear("projector.2", 2048, 512)
    for which in ("ih", "hh"):
        m.state[f"rnn_1.weight_{which}_l0"] = torch.randn(2048, 512, generator=m.random) / 16
        m.state[f"rnn_1.bias_{which}_l0"] = torch.randn(2048, generator=m.random) / 16
    m.linear("cls.0", 512, 6)
    return m.state


def lse_state(seed=0):
    m = _Maker(seed)
    for name, rows in (("netcnnaud", LSE_AUDIO), ("netcnnlip", LSE_LIP)):
        for i, c_in, c_out, kernel, *_ in rows:
            m.weight(f"{name}.{i}", c_out, c_in, *kernel)
            m.bias(f"{name}.{i}", c_out)
            m.norm(f"{name}.{i + 1}", c_out)
    for name in ("netfcaud", "netfclip"):
        m.linear(f"{name}.0", 512, 512)
        m.norm(f"{name}.1", 512)
        m.linear(f"{name}.3", 512, 1024)
    return {k: v for k, v in m.state.items() if not k.endswith("num_batches_tracked")}  # old file


def _norm(p, key, x):
    mean, var = p[f"{key}.running_mean"], p[f"{key}.running_var"]
    return F.batch_norm(x, mean, var, p[f"{key}.weight"], p[f"{key}.bias"], eps=1e-5)


def _block(p, key, x, row, transposed=False):
    w, b = p[f"{key}.conv_block.0.weight"], p[f"{key}.conv_block.0.bias"]
    if transposed:
        return F.relu(_norm(p, f"{key}.conv_block.1", F.conv_transpose2d(x, w, b, *row[3:6])))
    out = _norm(p, f"{key}.conv_block.1", F.conv2d(x, w, b, row[3], row[4]))
    return F.relu(out + x if row[5] else out)


def forward_generator(p, mel, faces_bgr, emotion=None):
    """One frame each: mel (N, 1, 80, 16), faces (N, 6, 96, 96) BGR, emotion (N, 6) → (N, 3, …)."""
    feats, x = [], faces_bgr
    for i, rows in enumerate(FACE):
        for j, row in enumerate(rows):
            x = _block(p, f"face_encoder_blocks.{i}.{j}", x, row)
        feats.append(x)
    x = mel
    for i, row in enumerate(audio_rows(1)):
        x = _block(p, f"audio_encoder.{i}", x, row)
    if emotion is not None:
        for i in (0, 2):
            w, b = p[f"emotion_encoder.{i}.weight"], p[f"emotion_encoder.{i}.bias"]
            emotion = F.leaky_relu(emotion @ w.T + b, 0.2)
        x = torch.cat([x, emotion.reshape(-1, 512, 1, 1)], 1)
    x = torch.cat([_block(p, "face_decoder_blocks.0.0", x, (0, 0, 1, 1, 0, 0)), feats[6]], 1)
    for i, (row, n_residual) in enumerate(DECODER, 1):
        x = _block(p, f"face_decoder_blocks.{i}.0", x, row, transposed=True)
        for j in range(1, n_residual + 1):
            x = _block(p, f"face_decoder_blocks.{i}.{j}", x, (0, 0, 3, 1, 1, 1))
        x = torch.cat([x, feats[6 - i]], 1)
    x = _block(p, "output_block.0", x, (80, 32, 3, 1, 1, 0))
    return torch.sigmoid(F.conv2d(x, p["output_block.1.weight"], p["output_block.1.bias"]))


def forward_syncnet(p, mel, faces_bgr):
    """mel (B, 1, 80, 16), faces (B, 15, 48, 96) BGR → cosine (B,)."""
    a, v = mel, faces_bgr
    for i, row in enumerate(SYNC_FACE):
        v = _block(p, f"face_encoder.{i}", v, row)
    for i, row in enumerate(audio_rows(2)):
        a = _block(p, f"audio_encoder.{i}", a, row)
    return F.cosine_similarity(a.flatten(1), v.flatten(1))


def forward_discemo(p, video_bgr):
    """(N, 3, T, 96, 96) BGR, folded by `view` as released → logits (N, 6)."""
    n, c, t, h, w = video_bgr.shape
    x = video_bgr.contiguous().view(n * t, c, h, w)
    for i in range(1, 6):
        x = F.conv2d(x, p[f"conv_{i}.0.weight"], p[f"conv_{i}.0.bias"], stride=2, padding=1)
        x = F.leaky_relu(x, 0.3)
    x = x.view(n, t, -1)
    x = F.leaky_relu(x @ p["projector.0.weight"].T + p["projector.0.bias"], 0.3)
    x = x @ p["projector.2.weight"].T + p["projector.2.bias"]
    state = cell = torch.zeros(n, 512)
    for step in range(t):  # the LSTM's equations, gates in the order i, f, g, o
        gates = x[:, step] @ p["rnn_1.weight_ih_l0"].T + p["rnn_1.bias_ih_l0"]
        gates = gates + state @ p["rnn_1.weight_hh_l0"].T + p["rnn_1.bias_hh_l0"]
        i, f, g, o = gates.chunk(4, 1)
        cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
        state = o.sigmoid() * cell.tanh()
    return state @ p["cls.0.weight"].T + p["cls.0.bias"]


def _lse_stream(p, name, fc, x, rows, conv, pool):
    for i, _, _, _, stride, padding, pooling in rows:
        x = conv(x, p[f"{name}.{i}.weight"], p[f"{name}.{i}.bias"], stride, padding)
        x = F.relu(_norm(p, f"{name}.{i + 1}", x))
        x = pool(x, *pooling) if pooling else x
    x = x.flatten(1) @ p[f"{fc}.0.weight"].T + p[f"{fc}.0.bias"]
    return F.relu(_norm(p, f"{fc}.1", x)) @ p[f"{fc}.3.weight"].T + p[f"{fc}.3.bias"]


def forward_lse(p, mfcc, lips_bgr):
    """mfcc (N, 1, 13, 20), lips (N, 3, 5, 224, 224) BGR 0–255 → two embeddings (N, 1024)."""
    audio = _lse_stream(p, "netcnnaud", "netfcaud", mfcc, LSE_AUDIO, F.conv2d, F.max_pool2d)
    lips = _lse_stream(p, "netcnnlip", "netfclip", lips_bgr, LSE_LIP, F.conv3d, F.max_pool3d)
    return audio, lips
