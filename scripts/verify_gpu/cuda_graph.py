"""Steps replayed from a CUDA graph against steps launched kernel by kernel."""

from pairs import loss_difference
from report import MEASURED, NOT_BUILT, NOT_MEASURED, Row, verdict

MOST_DIFFERENCE = 1e-3
STEPS = 60


def job(setup):
    if setup.is_rehearsal:
        return {**setup.tiny, "epochs": 2, "limit_train": 160}
    real = {"model": "resnet18", "width": 0, "bsize": 128, "limit_train": 128 * STEPS}
    return {**setup.tiny, **real, "epochs": 2}


def said_of_graphs(run):
    """The line of the log that says which it was."""
    lines = [line for line in run.log().splitlines() if "graph" in line.lower()]
    return lines[0].strip() if lines else ""


def graph_against_eager(setup):
    has_graph = setup.has("cuda_graph", "true")
    check = "cuda_graph: true against false"
    if not has_graph:
        yield Row(check, "", f"losses {MOST_DIFFERENCE:.0e} apart", NOT_BUILT)
        if not setup.is_rehearsal:
            return
        check = "the same steps twice (rehearses the comparison)"
    values = [{"cuda_graph": value} if has_graph else {} for value in ("true", "false")]
    graph, eager = (
        setup.train(name, setup.one, **job(setup), **value)
        for name, value in zip(("graph", "eager"), values)
    )
    apart = loss_difference(graph, eager)
    yield Row(
        check,
        f"losses of {eager.summary()['steps']} steps {apart:.1e} apart",
        f"{MOST_DIFFERENCE:.0e}",
        verdict(apart <= MOST_DIFFERENCE),
    )
    # The second epoch: the first holds the capture and cuDNN's choice of kernels.
    speeds = [run.metrics()[-1]["images_per_second"] for run in (graph, eager)]
    yield Row(
        "images/s with a graph, and without",
        f"{speeds[0]:.0f}, {speeds[1]:.0f}",
        "",
        NOT_MEASURED if setup.is_rehearsal else MEASURED,
    )
    if has_graph and not setup.is_rehearsal:
        said = said_of_graphs(graph)
        yield Row("the log says that it was a graph", said, "a line", verdict(bool(said)))


CHECKS = [("cuda_graph: true against false", graph_against_eager)]
