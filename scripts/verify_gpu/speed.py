"""Images a second and peak memory of ResNet-18 against Python's, and that no step waits for its batch."""

import functools
import statistics

import pairs
import peers
from report import MEASURED, NOT_MEASURED, NOT_RUN, Row, verdict
from setup import CheckFailed, NotRun

EPOCHS = 4  # cuDNN chooses its kernels, and graphs are captured, in the first two
IMAGES = 46080  # whole steps of every size
WAYS = {
    "eager": {"cuda_graph": "off", "fused_norm": "off"},
    "graph": {"cuda_graph": "on", "fused_norm": "off"},
    "graph and fused norm": {"cuda_graph": "on", "fused_norm": "on"},
}
GRAPHED_PEER = "torch.compile, reduce-overhead"
GRAPHED_SIZES = (128, 512)  # a mode more takes a minute to compile
MOST_DATA_SHARE = 0.01
LIMITED = 512  # images: the limits are for this size
# images/s of ResNet-18 in bf16 that a card should reach, and its ideal.
LIMITS = {"3090": (10_000, "14,700"), "H100": (45_000, "60,000")}
LEAST_OF = {"Python DDP": 1.15, "torch.compile": 1.0}


def job(setup, precision, bsize):
    values = {
        "model": "resnet18",
        "bsize": setup.small(bsize, bsize // 16),
        "epochs": EPOCHS,
        "limit_train": IMAGES,
        "optimizer": "sgd",
        "lr": 0.01,
        "workers": 16,
        "precision": precision,
        "limit_test": 1000,
        "evaluate_every": 0,
        "checkpoint_every": 0,
    }
    if setup.is_rehearsal:
        values |= {"model": "resnet20", "limit_train": 4 * bsize // 16, "limit_test": 50, "workers": 2}
    return values


def settings_of(setup, way):
    """The keys of a way of training, of those that this build has; "on" needs the key."""
    for key, value in way.items():
        if value == "on":
            setup.require_key(key)
    return {key: value for key, value in way.items() if key in setup.keys}


def dplaunch_speed(bsize, way, precision, setup):
    values = job(setup, precision, bsize) | settings_of(setup, WAYS[way])
    name = f"speed-{precision}-{bsize}-{way.replace(' ', '-')}"
    run = setup.train(name, setup.one, **values)
    if WAYS[way]["cuda_graph"] == "on" and not setup.is_rehearsal:
        pairs.require_graph(run)
    last = run.metrics()[EPOCHS // 2 :]
    speed = statistics.median(each["images_per_second"] for each in last)
    if precision == "auto":
        setup.figures[bsize, way] = speed
        setup.figures["data", bsize, way] = last[-1]["share_data_wait"]
    memory_mib = run.summary()["peak_memory_bytes"] / 2**20
    yield Row(
        f"ResNet-18, bsize {bsize}, precision {precision}, {way}",
        f"{speed:,.0f} images/s, at most {memory_mib:,.0f} MiB",
        "",
        setup.small(MEASURED, NOT_MEASURED),
    )


def peer_speed(bsize, peer, setup):
    if setup.is_rehearsal and (bsize != LIMITED or peer == GRAPHED_PEER):
        raise NotRun("compiling takes minutes on a CPU" if "compile" in peer else "one size is enough")
    speed = peers.images_per_second(setup, peer, job(setup, "auto", bsize))
    setup.figures[bsize, peer] = speed
    kind = setup.small(MEASURED, NOT_MEASURED)
    yield Row(f"ResNet-18, bsize {bsize}, bf16, {peer}", f"{speed:,.0f} images/s", "", kind)


def fastest(setup, bsize, names):
    """(images/s, what reached it) of those that were measured; None where none was."""
    found = [(setup.figures[bsize, name], name) for name in names if (bsize, name) in setup.figures]
    return max(found, default=None)


def ratios(bsize, setup):
    ours = fastest(setup, bsize, WAYS)
    groups = {"Python DDP": ["Python DDP"], "torch.compile": [p for p in peers.PEERS if "compile" in p]}
    for called, names in groups.items():
        theirs = fastest(setup, bsize, names)
        check = f"bsize {bsize}: the fastest of dplaunch against {called}"
        if not ours or not theirs:
            yield Row(check, "not run: a side was not measured", "", NOT_RUN)
            continue
        ratio = ours[0] / theirs[0]
        limit = f"{LEAST_OF[called]}" if bsize == LIMITED else ""
        result = verdict(ratio >= LEAST_OF[called]) if limit else MEASURED
        yield Row(check, f"{ratio:.2f} ({ours[1]} against {theirs[1]})", limit,
                  setup.small(result, NOT_MEASURED))


def limit_of(setup):
    """(least images/s, what to call the limit) of the first GPU; (None, why) without a figure."""
    name = setup.gpus[0]["name"] if setup.gpus else ""
    for part, (least, ideal) in LIMITS.items():
        if part in name:
            return least, f"{least:,} ({part}; ideal {ideal})"
    return None, "none known for this GPU (RTX 3090 10,000; H100 45,000)"


def best_speed(setup):
    best = fastest(setup, LIMITED, WAYS)
    if not best:
        raise CheckFailed(f"no job with bsize {LIMITED} came to its end")
    least, limit = limit_of(setup)
    result = MEASURED if least is None else verdict(best[0] >= least)
    yield Row(
        f"ResNet-18, precision auto, bsize {LIMITED}, {best[1]}",
        f"{best[0]:,.0f} images/s",
        limit,
        setup.small(result, NOT_MEASURED),
    )


def data_share(setup):
    shares = [value for key, value in setup.figures.items() if key[0] == "data"]
    if not shares:
        raise CheckFailed("no job with precision auto came to its end")
    yield Row(
        "share of a step that waits for its batch, precision auto, the worst",
        f"{100 * max(shares):.2f}%",
        f"{100 * MOST_DATA_SHARE:.0f}%",
        setup.small(verdict(max(shares) < MOST_DATA_SHARE), NOT_MEASURED),
    )


def checks_of(bsize):
    """What matters most first: the deadline may come in between."""
    for way in WAYS:
        yield f"bsize {bsize}, {way}", functools.partial(dplaunch_speed, bsize, way, "auto")
    for peer in peers.PEERS:
        if peer == GRAPHED_PEER and bsize not in GRAPHED_SIZES:
            continue
        yield f"bsize {bsize}, {peer}", functools.partial(peer_speed, bsize, peer)
    yield f"bsize {bsize}, ratios", functools.partial(ratios, bsize)


CHECKS = [
    *checks_of(512),
    (f"the images/s at bsize {LIMITED}", best_speed),
    *checks_of(128),
    *checks_of(256),
    *checks_of(1024),
    ("share of waiting for data", data_share),
    *((f"precision {precision}", functools.partial(dplaunch_speed, 512, "eager", precision))
      for precision in ("fp32", "tf32")),
]
