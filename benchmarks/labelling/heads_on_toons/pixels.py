"""What somebody without stored vectors would fit: small networks on pixels of the same frames."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.labelling.heads_on_toons.lab import Lab, Row
from data.arrays import Ids
from data.cores import cores
from data.video.children.pool import decode_each
from data.video.types import DecodeRequest
from indexer.heads.threads import one_thread_each

Net = Literal["cnn", "cnn_gru", "conv3d"]
"""A convolution over frames one by one; with a GRU over them; in space and time."""
SIDE_PX = 48
FRAMES = 8
BATCH = 32
RATE = 2e-3
DECAY = 1e-2
WIDTH = 64


def row_pixels(lab: Lab, rows: Sequence[Row]) -> NDArray[np.uint8]:
    """(n, FRAMES, SIDE_PX, SIDE_PX, 3): the frames that the indexer takes, small, evenly spread."""
    spec = lab.encoder.frame_spec
    of_film = defaultdict(list)
    for at, row in enumerate(rows):
        of_film[row.video].append(at)
    names = list(of_film)
    requests = [DecodeRequest(lab.folder / name, spec, key=at) for at, name in enumerate(names)]
    out = np.zeros((len(rows), FRAMES, SIDE_PX, SIDE_PX, 3), np.uint8)
    for key, (pixels, times_s, ending) in decode_each(requests, workers=cores()):
        assert ending.state == "done"
        for at in of_film[names[key]]:
            inside = (times_s >= rows[at].start_s) & (times_s < rows[at].end_s)
            some = pixels[inside]
            kept = np.linspace(0, len(some) - 1, FRAMES).round().astype(int)
            for place, frame in enumerate(some[kept]):
                cv2.resize(frame, (SIDE_PX, SIDE_PX), out[at, place], interpolation=cv2.INTER_AREA)
    return out


class PixelNet(nn.Module):
    """(b, t, 3, h, w) in 0 to 1 -> (b, classes)."""

    def __init__(self, kind: Net, n_classes: int) -> None:
        super().__init__()
        self.kind = kind
        self.drop = nn.Dropout(0.3)
        if kind == "conv3d":
            self.body: nn.Module = nn.Sequential(
                *_block3d(3, 16, (1, 2, 2)),
                *_block3d(16, 32, (1, 2, 2)),
                *_block3d(32, 64, (2,) * 3),
            )
            self.out = nn.Linear(64 * 2 * 3 * 3, n_classes)
            return
        self.body = nn.Sequential(
            *_block2d(3, 16), *_block2d(16, 32), *_block2d(32, 64),
            nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(64 * 9, WIDTH), nn.ReLU(),
        )  # fmt: skip
        self.gru = nn.GRU(WIDTH, WIDTH, batch_first=True) if kind == "cnn_gru" else None
        self.out = nn.Linear(WIDTH, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        if self.kind == "conv3d":
            seen = functional.adaptive_avg_pool3d(self.body(x.transpose(1, 2)), (2, 3, 3)).flatten(
                1
            )
        else:
            seen = self.body(x.flatten(0, 1)).unflatten(0, x.shape[:2])
            seen = seen.mean(1) if self.gru is None else self.gru(seen)[0][:, -1]
        out: Tensor = self.out(self.drop(seen))
        return out


def _block2d(n_in: int, n_out: int) -> list[nn.Module]:
    return [nn.Conv2d(n_in, n_out, 3, stride=2, padding=1), nn.BatchNorm2d(n_out), nn.ReLU()]


def _block3d(n_in: int, n_out: int, stride: tuple[int, ...]) -> list[nn.Module]:
    conv = nn.Conv3d(n_in, n_out, 3, stride=stride, padding=1)  # type: ignore[arg-type]
    return [conv, nn.BatchNorm3d(n_out), nn.ReLU()]


def fit_and_predict(
    kind: Net, train: tuple[NDArray[np.uint8], Ids], test: NDArray[np.uint8], steps: int
) -> Ids:
    """Fit a network on (n, t, h, w, 3) pixels and (n,) classes; the classes of others."""
    # A second thread takes twice the processor's time and is little faster: these layers are small.
    with one_thread_each():
        return _fit_and_predict(kind, train, test, steps)


def _fit_and_predict(
    kind: Net, train: tuple[NDArray[np.uint8], Ids], test: NDArray[np.uint8], steps: int
) -> Ids:
    pixels, y = train
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = PixelNet(kind, int(y.max()) + 1)
        last = torch.channels_last_3d if kind == "conv3d" else torch.channels_last
        net.to(memory_format=last)
        optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY, fused=True)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=RATE, total_steps=steps)
        net.train()
        for _ in range(steps):
            some = torch.randperm(len(y))[:BATCH].numpy()
            loss = functional.cross_entropy(net(_as_input(pixels[some])), torch.from_numpy(y[some]))
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
        net.eval()
    with torch.inference_mode():
        parts = [net(_as_input(test[at : at + 64])) for at in range(0, len(test), 64)]
    return np.asarray(torch.cat(parts).argmax(1).numpy(), np.int64)


def _as_input(pixels: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(pixels).permute(0, 1, 4, 2, 3).float() / 255
