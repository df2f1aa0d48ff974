"""What the trainer costs against loops written by hand: time, memory, images/s."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from _common import announce, interleaved, print_table, verdict
from _images_loops import bare_loop, loader_loop

from skdistill import cross_fit_proba
from skdistill.losses import CrossEntropy
from skdistill.nn import Compose, HorizontalFlip, NeuralClassifier, RandomCrop
from skdistill.nn.models import CNN5, resnet20

N_ROWS, EPOCHS_CROSS_FIT = 5000, 100
AUGMENT = Compose([RandomCrop(4), HorizontalFlip(0.5)])
UNMEASURED = "no GPU was at hand"


def clocks():
    """Return wall clock and processor time of all threads, in seconds."""
    return np.array([time.perf_counter(), time.process_time()])


def soft(y, seed=0):
    """Probabilities (n, 10) that lean to the labels."""
    noise = np.random.default_rng(seed).dirichlet(np.ones(10), len(y))
    return (noise + np.eye(10)[y]) / 2


def ours(x, targets, epochs=1, **params):
    """Fit CNN5 by the trainer, to labels or to probabilities."""
    student = NeuralClassifier(CNN5, max_epochs=epochs, random_state=0, **params)
    if targets.ndim == 1:
        return student.fit(x, targets)
    return student.fit_targets(x, targets, loss=CrossEntropy())


def by_hand(x, targets, **options):
    """Fit CNN5 by the bare loop, on the same arrays."""
    torch.manual_seed(0)
    targets = torch.from_numpy(targets)
    targets = targets if targets.ndim == 1 else targets.float()
    bare_loop(CNN5(), torch.from_numpy(x), targets, **options)


def cpu_times(x, y, repeats, threads):
    """Yield rows of the table: an epoch against the bare loop, in both layouts.

    The trainer lays images out with their channels last. A loop that does not is what
    one writes first; one that does is the harder contender, and the requirement's.
    """
    for n_threads in threads:
        torch.set_num_threads(n_threads)
        for name, targets in (("labels", y), ("soft targets", soft(y))):
            seconds = interleaved(
                {
                    "ours": lambda t=targets: ours(x, t, device="cpu"),
                    "first": lambda t=targets: by_hand(x, t),
                    "last": lambda t=targets: by_hand(x, t, channels_last=True),
                },
                repeats,
                warmup=1,
                clock=clocks,
            )
            medians = {k: np.median(v, axis=0) for k, v in seconds.items()}
            wall, own = np.median(seconds["ours"] / seconds["last"], axis=0)
            yield (
                f"{name}, {n_threads} thread{'s' * (n_threads > 1)}",
                *(f"{medians[k][0]:.2f}" for k in ("first", "last", "ours")),
                *(f"{medians[k][1]:.2f}" for k in ("first", "last", "ours")),
                f"{wall:.3f}",
                f"{own:.3f}",
                verdict(max(wall, own) <= 1.1),
            )


def peak_mib():
    """Most memory this process ever held; of its own, not of the one it came from."""
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def memory_child(which, path):
    """Fit once and print the peak before and after it, in MiB."""
    torch.set_num_threads(1)
    stored = np.load(path)
    x, y = stored["x"], stored["y"]
    before = peak_mib()
    if which == "ours":
        ours(x, y, device="cpu")
    else:
        by_hand(x, y, channels_last=True)
    print(before, peak_mib())


def cpu_memory(x, y):
    """Yield rows of the table: peak memory of fresh processes with the same imports."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npz"
        np.savez(path, x=x, y=y)
        found = {}
        for which in ("bare", "ours"):
            command = [sys.executable, sys.argv[0], "speed", "--child", which, path]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[which] = [float(word) for word in done.stdout.split()]
    for name, (bare, own) in (
        ("peak of the process", (found["bare"][1], found["ours"][1])),
        ("of it the fit", (np.subtract(*v[::-1]) for v in found.values())),
    ):
        yield (
            name,
            f"{bare:.0f}",
            f"{own:.0f}",
            f"{own / bare:.3f}",
            verdict(own / bare <= 1.1),
        )


def on_device(function):
    """Return seconds of a call, with all work on the device done."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    start = time.perf_counter()
    function()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def gpu_times(images, batch_size, epochs_cross_fit, epochs=20, device="cuda"):
    """Yield rows of the table: images a second, and the cross-fit."""
    n = len(images.y)
    x, y = torch.from_numpy(images.x).to(device), torch.from_numpy(images.y).to(device)

    def trainer():
        ours(
            images.x,
            images.y,
            epochs,
            device=device,
            augment=AUGMENT,
            batch_size=batch_size,
        )

    def bare():
        bare_loop(
            CNN5().to(device),
            x,
            y,
            epochs=epochs,
            batch_size=batch_size,
            augment=AUGMENT,
            channels_last=True,
            amp=True,
        )

    def loader():
        loader_loop(
            CNN5().to(device),
            images.x,
            images.y,
            device=device,
            workers=min(8, os.cpu_count()),
            batch_size=batch_size,
        )

    seconds = {"ours": [], "bare": [], "loader": []}
    for round_ in range(4):
        for name, call in (("ours", trainer), ("bare", bare), ("loader", loader)):
            spent = on_device(call)
            if round_:
                seconds[name].append(spent / (1 if name == "loader" else epochs))
    rate = {name: n / np.median(values) for name, values in seconds.items()}
    for name, least in (("bare", 0.9), ("loader", 5.0)):
        ratio = rate["ours"] / rate[name]
        yield (
            f"CNN5 against the {name} loop, batches of {batch_size}",
            f"{rate['ours']:,.0f} / {rate[name]:,.0f} images/s",
            f"{ratio:.2f}",
            f">= {least}",
            verdict(ratio >= least),
        )
    minutes = cross_fit_minutes(images, epochs_cross_fit, device)
    yield (
        f"10 folds of ResNet-20, {n:,} images, {epochs_cross_fit} epochs",
        f"{minutes:.1f} minutes",
        "",
        "<= 10",
        verdict(minutes <= 10),
    )


def cross_fit_minutes(images, epochs, device):
    """Cross-fit a ResNet-20 with 10 folds."""
    teacher = NeuralClassifier(
        resnet20,
        max_epochs=epochs,
        lr=0.1,
        optimizer=torch.optim.SGD,
        optimizer__momentum=0.9,
        optimizer__weight_decay=5e-4,
        augment=AUGMENT,
        device=device,
        random_state=0,
    )
    return (
        on_device(
            lambda: cross_fit_proba(teacher, images.x, images.y, cv=10, random_state=0)
        )
        / 60
    )


def unmeasured():
    """Yield the rows of the GPU's table where there is none."""
    for name, required in (
        ("CNN5 against the bare loop", ">= 0.9"),
        ("CNN5 against the DataLoader loop", ">= 5"),
        ("10 folds of ResNet-20, 25,000 images", "<= 10 minutes"),
    ):
        yield name, UNMEASURED, "", required, ""


def speed(args, images):
    """Print the tables; return whether every requirement that was measured holds."""
    part = images.subset(N_ROWS, 100, 0)
    announce("torch", "skorch")
    rows = []
    for row in cpu_times(part.x, part.y, args.repeats, args.threads):
        print(*row, sep=", ", file=sys.stderr, flush=True)
        rows.append(row)
    print("Seconds of the wall clock, and of the processor in all threads.\n")
    kinds = ["bare", "bare, channels last", "ours"]
    header = ["an epoch of CNN5", *kinds, *(f"{kind}, processor" for kind in kinds)]
    print_table([*header, "ratio", "ratio, processor", ""], rows)
    memory = list(cpu_memory(part.x, part.y))
    print_table(
        ["one fit, fresh processes", "bare, MiB", "ours, MiB", "ratio", ""], memory
    )
    if torch.cuda.is_available():
        print(torch.cuda.get_device_name(), torch.version.cuda, "\n")
        gpu = list(gpu_times(images, args.batch_size, args.epochs or EPOCHS_CROSS_FIT))
    else:
        gpu = list(unmeasured())
    print_table(["on a GPU", "measured", "ratio", "required", ""], gpu)
    return all(row[-1] != "FAIL" for row in [*rows, *memory, *gpu])
