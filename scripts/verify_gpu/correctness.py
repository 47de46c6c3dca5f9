"""The same job on the GPU and on the CPU: what is learnt, and what a checkpoint answers."""

import functools

import yaml

import jobs
import pairs
import tensors
from report import Row, verdict
from setup import CheckFailed

# Learning rates by the number of steps. A single step cannot feed on its own rounding; in many, an
# activation within rounding of zero may fall on the other side of a ReLU, and a small rate keeps
# such jumps from growing.
LR = {1: 0.01, 50: 1e-4}
MOST_DEVIATION = 0.01
# BatchNorm makes such jumps larger: two orders of addition on the CPU alone were 0.6 to 1.5% of
# the way apart after 20 steps, with GroupNorm 0.07 to 0.2%. A GPU may have so many times that.
MOST_OF_CPU = 5
MOST_LOSS = 1e-3  # relative, of a step's loss
MOST_LOGITS = 1e-3
MOST_POINTS = 0.1


# Another order of additions, as a GPU has; it stands in for the GPU in a rehearsal.
OTHER_ORDER = {"memory_format": "contiguous"}


def what_of(steps):
    # After one step of sgd the parameters' way is the gradient, weight decay and all, times the rate.
    return "gradients of one step, by its parameters" if steps == 1 else f"parameters after step {steps}"


def against_cpu(norm, steps, setup):
    values = {**setup.tiny, "norm": norm, "lr": LR[steps], "max_steps": steps, "epochs": 1000}
    name = f"{norm}-{steps}"
    cpu = setup.train(f"cpu-{name}", "cpu:1", **values)
    other = setup.train(f"other-{name}", "cpu:1", **{**values, **OTHER_ORDER})
    gpu = other if setup.is_rehearsal else setup.train(f"gpu-{name}", setup.one, **values)
    start = tensors.parameters_at_start(values["model"], norm, values["width"], values["seed"])
    apart, of_cpu = (tensors.deviation(run, cpu, start) for run in (gpu, other))
    what = f"{what_of(steps)}, norm {norm}, fp32: GPU against CPU"
    yield way_row(what, apart, of_cpu, MOST_OF_CPU)
    if steps > 1:
        yield losses_row(f"norm {norm}, fp32: GPU against CPU", gpu, cpu, other, MOST_LOSS)


def way_row(what, apart, alike, most_of_control):
    most = max(MOST_DEVIATION, most_of_control * alike)
    return Row(
        what,
        f"{100 * apart:.3f}% of the way apart; the control {100 * alike:.3f}%",
        f"{100 * most:.1f}%",
        verdict(apart < most),
    )


def losses_row(what, run, expected, control, least_limit):
    """`control` differs from `expected` in nothing but the order of additions, or in nothing at all."""
    apart, alike = (pairs.loss_difference(each, expected) for each in (run, control))
    most = max(least_limit, MOST_OF_CPU * alike)
    return Row(
        f"losses of {len(pairs.logged_losses(expected))} steps, {what}",
        f"{apart:.1e} apart; the control {alike:.1e}",
        f"{most:.0e}",
        verdict(apart <= most),
    )


def steps_of(name, steps, precision, setup, **values):
    """A job that learns something, with what no GPU has shown right switched off unless asked for."""
    plain = {key: "off" for key in ("cuda_graph", "fused_norm") if key in setup.keys}
    job = {**setup.tiny, "lr": 0.01, "max_steps": steps, "epochs": 1000, "precision": precision}
    if not setup.is_rehearsal and precision == "bf16":
        job |= {"model": "resnet18", "width": 0, "bsize": 128}
    name = f"{precision}-{steps}-{name}"
    made = setup.figures.setdefault("switched", {})
    if name not in made:
        made[name] = setup.train(name, setup.one, **{**job, **plain, **values})
    return made[name]


# In bf16 another order of additions is 20% of the way already, and a wrong gradient more than all of it.
MOST_OF_CONTROL = 3
# What else may differ as much: a graph runs the same kernels, fused ones round in other places.
CONTROLS = {"cuda_graph": {}, "fused_norm": OTHER_ORDER}


def switched_on(key, precision, setup):
    """What the key does faster is the same training."""
    setup.require_key(key)
    control = CONTROLS[key]
    first, last = (
        [
            steps_of("off", steps, precision, setup),
            steps_of(f"control-{key}", steps, precision, setup, **control),
            steps_of(key, steps, precision, setup, **{key: "on"}),
        ]
        for steps in (1, 50)
    )
    if key == "cuda_graph" and not setup.is_rehearsal:  # the CPU has no graphs
        pairs.require_graph(last[2])
    yield switched_gradients(f"{precision}: {key} on against off", *first)
    off, again, on = last
    yield losses_row(f"{precision}: {key} on against off", on, off, again, MOST_SWITCHED[precision])


def switched_gradients(what, off, control, on):
    job = yaml.safe_load((off.folder / "config.resolved.yml").read_text())
    start = tensors.parameters_at_start(job["model"], job["norm"], job["width"], job["seed"])
    apart, alike = (tensors.deviation(run, off, start) for run in (on, control))
    return way_row(f"{what_of(1)}, {what}", apart, alike, MOST_OF_CONTROL)


MOST_SWITCHED = {"fp32": 1e-3, "bf16": 2e-2}


def trained_checkpoint(setup):
    """Of a run that has learnt something: all answers wrong would compare little."""
    values = {**setup.tiny, "lr": 0.1, "epochs": 2, "limit_train": setup.small(20000, 320)}
    return setup.train("for-eval", setup.one, **values)


def dumped_logits(setup, worker, run, name):
    out = setup.work / f"{name}.safetensors"
    command = [setup.binaries / worker, "--run-dir", run.folder, "--dump-logits", out]
    result = jobs.run_program(command, setup.limit_s(120), setup.only_first_gpu())
    if result.code != 0:
        raise CheckFailed(f"{worker}: exit code {result.code}", result.output)
    return out


def answers(setup):
    run = trained_checkpoint(setup)
    apart = tensors.logits_deviation(
        dumped_logits(setup, setup.worker.name, run, "gpu-logits"),
        dumped_logits(setup, "dplaunch-worker-cpu", run, "cpu-logits"),
    )
    yield Row(
        "logits of one checkpoint: GPU against CPU, fp32",
        f"{apart:.1e} of the largest apart",
        f"{MOST_LOGITS:.0e}",
        verdict(apart < MOST_LOGITS),
    )
    # All test images.
    words = ("eval", "--checkpoint", run.latest, "--set", "limit_test=0")
    gpu, cpu = (setup.json_of(*words, "--device", each) for each in (setup.one, "cpu:1"))
    yield Row(
        "accuracy of one checkpoint: GPU against CPU",
        f"{gpu['top1']:.2f}% against {cpu['top1']:.2f}% of {cpu['images']} images",
        f"{MOST_POINTS} points apart",
        verdict(abs(gpu["top1"] - cpu["top1"]) <= MOST_POINTS),
    )


CHECKS = [("answers of one checkpoint", answers)] + [
    (f"{what_of(steps)}, norm {norm}", functools.partial(against_cpu, norm, steps))
    for norm in ("group", "batch")
    for steps in LR
] + [
    (f"{key} on against off, {precision}", functools.partial(switched_on, key, precision))
    for precision in MOST_SWITCHED
    for key in ("cuda_graph", "fused_norm")
]
