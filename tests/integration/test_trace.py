"""The trace of real runs: one time axis for all ranks, and all-reduce under backward."""

import collections
import json

# Several buckets of gradients, though the model is small.
JOB = {"limit_train": 320, "limit_test": 20, "width": 16, "bucket_mb": 0.1}
PARTS = ["data", "forward", "backward", "update"]

# Operators that compute nothing.
VIEWS = ["as_strided", "detach", "expand", "flatten", "narrow", "permute", "select", "unsqueeze", "view"]

Range = collections.namedtuple("Range", "name begin end track")


def read(path):
    return json.loads(path.read_text())["traceEvents"]


def ranges(events, rank):
    """All ranges of a rank in microseconds, by their beginning."""
    found = [
        Range(event["name"], event["ts"], event["ts"] + event["dur"], event["tid"])
        for event in events
        if event["ph"] == "X" and event["pid"] == rank
    ]
    return sorted(found, key=lambda one: one.begin)


def inside(outer, found, name):
    return [one for one in found if one.name == name and outer.begin <= one.begin < outer.end]


def steps(found):
    return [one for one in found if one.name.startswith("step ")]


def only(found):
    assert len(found) == 1, found
    return found[0]


def buckets_and_computing_end(found, step):
    """The all-reduces of a step's gradients, and when its backward has computed all of them."""
    backward = only(inside(step, found, "backward"))
    exposed = only(inside(step, found, "exposed all-reduce"))
    assert backward.begin < exposed.begin < exposed.end <= backward.end
    return inside(backward, found, "gloo:all_reduce"), exposed.begin


def overlap(found, step):
    """How many all-reduces there are, how many begin and how many end under backward's computing."""
    buckets, computing_end = buckets_and_computing_end(found, step)
    assert len(buckets) >= 3
    begun = sum(bucket.begin < computing_end for bucket in buckets)
    return len(buckets), begun, sum(bucket.end < computing_end for bucket in buckets)


def test_all_reduces_begin_under_backward(train):
    run = train("overlap", "--trace", max_steps=9, **JOB)
    events = read(run.folder / "trace.json")
    seen = []
    for rank in (0, 1):
        found = ranges(events, rank)
        assert [step.name for step in steps(found)] == ["step 6", "step 7", "step 8"]
        seen += [overlap(found, step) for step in steps(found)]
    counts, begun, ended = zip(*seen)
    assert len(set(counts)) == 1
    # The last one holds the last gradient and cannot begin earlier. The others do, but for one that a
    # busy machine may have started late; without overlap none would.
    assert sum(begun) > sum(counts) / 2, seen
    # At least once the network was through with a bucket before backward was: more than a begin.
    assert any(ended), seen


def test_parts_of_a_step_follow_one_another(train):
    run = train("parts", "--trace=2", max_steps=7, **JOB)
    for rank in (0, 1):
        found = ranges(read(run.folder / f"trace-rank-{rank}.json"), rank)
        assert len(steps(found)) == 2
        for step in steps(found):
            parts = [only(inside(step, found, part)) for part in PARTS]
            for part, following in zip(parts, parts[1:]):
                assert part.end <= following.begin
            assert parts[-1].end <= step.end
            forward, backward = parts[1], parts[2]
            assert inside(forward, found, "aten::conv2d")
            assert inside(backward, found, "aten::convolution_backward")


def test_ranks_share_one_time_axis(train):
    run = train("axis", "--trace", max_steps=8, **JOB)
    events = read(run.folder / "trace.json")
    names = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    assert names == {0: "rank 0", 1: "rank 1"}
    assert {event["pid"] for event in events} == {0, 1}
    of_rank = [ranges(events, rank) for rank in (0, 1)]
    for pair in zip(*(steps(found) for found in of_rank)):
        # No rank is through with an all-reduce before the other has begun it.
        firsts = [buckets_and_computing_end(of_rank[r], pair[r])[0][0] for r in (0, 1)]
        assert max(one.begin for one in firsts) < min(one.end for one in firsts)


def test_tracks_are_named_once(train):
    run = train("names", "--trace=1", max_steps=6, **JOB)
    for rank in (0, 1):
        events = read(run.folder / f"trace-rank-{rank}.json")
        named = [(e["tid"], e["args"]["name"]) for e in events if e["name"] == "thread_name"]
        names = dict(named)
        assert len(names) == len(named)
        found = ranges(events, rank)
        assert names[only(steps(found)).track] == "training"
        assert {names[one.track] for one in found if one.name == "gloo:all_reduce"} == {"Gloo"}
        assert names[only([one for one in found if one.name == "exposed all-reduce"]).track] == (
            "exposed all-reduce"
        )


def test_tracks_nest(train):
    """A viewer drops what overlaps within one track without lying inside."""
    run = train("nest", "--trace", max_steps=8, **JOB)
    for rank in (0, 1):
        tracks = collections.defaultdict(list)
        for one in ranges(read(run.folder / "trace.json"), rank):
            tracks[one.track].append(one)
        for found in tracks.values():
            open_ranges = []
            for one in sorted(found, key=lambda one: (one.begin, -one.end)):
                while open_ranges and open_ranges[-1].end <= one.begin:
                    open_ranges.pop()
                # The profiler's own rounding.
                assert not open_ranges or one.end <= open_ranges[-1].end + 0.01, (one, open_ranges)
                open_ranges.append(one)


def test_goes_on_over_the_end_of_an_epoch(train):
    run = train("epochs", "--trace=4", epochs=5, **{**JOB, "limit_train": 64})
    found = ranges(read(run.folder / "trace.json"), 0)
    assert [step.name for step in steps(found)] == ["step 6", "step 7", "step 8", "step 9"]


def test_a_run_that_ends_early_writes_what_there_is(train):
    run = train("early", "--trace=100", max_steps=7, **JOB)
    found = ranges(read(run.folder / "trace.json"), 1)
    assert [step.name for step in steps(found)] == ["step 6", "step 7"]
    assert "trace of steps 6 to 7, 2 ranks: " in run.result.stdout


def test_a_run_too_short_for_a_trace_says_so(train):
    run = train("short", "--trace", max_steps=5, **JOB)
    assert "no trace: the run ended after 5 steps, and the first recorded one is the 6th" in (
        run.result.output
    )
    assert not list(run.folder.glob("trace*"))


def test_without_trace_nothing_is_written(train):
    assert not list(train("off", max_steps=7, **JOB).folder.glob("trace*"))


def test_a_trace_that_cannot_be_written_is_a_warning(train):
    run = train("blocked", max_steps=1, **JOB)
    (run.folder / "trace-rank-0.json" / "in the way").mkdir(parents=True)
    again = train("blocked", "--resume", "--trace", max_steps=9, **JOB)
    assert "rank 0's trace is not written: " in again.result.output
    assert again.summary()["job"]["result"] == "success"
    events = read(again.folder / "trace.json")
    assert {event["pid"] for event in events} == {1}


def test_a_resumed_run_replaces_the_trace(train):
    train("again", "--trace", max_steps=8, **JOB)
    run = train("again", "--resume", "--trace", max_steps=0, epochs=2, **JOB)
    found = ranges(read(run.folder / "trace.json"), 0)
    assert [step.name for step in steps(found)] == ["step 14", "step 15", "step 16"]


def outermost(found, begin, end):
    """The operators of a time that are inside no other and compute something."""
    names = []
    last = begin
    for one in sorted(found, key=lambda one: (one.begin, -one.end)):
        if one.name.startswith("aten::") and last <= one.begin < end:
            last = one.end
            names.append(one.name.removeprefix("aten::"))
    return [name for name in names if name not in VIEWS]


def test_a_step_is_few_operators(train):
    """On a GPU each is a launch, which takes the host some microseconds."""
    job = {**JOB, "device": "cpu:1", "loader": "device", "cutout": 8, "norm": "batch"}
    run = train("few", "--trace=1", max_steps=6, **job)
    found = ranges(read(run.folder / "trace-rank-0.json"), 0)
    step = only(steps(found))
    found = [one for one in found if one.track == step.track]
    data, forward, backward, update = (only(inside(step, found, part)) for part in PARTS)
    assert outermost(found, data.begin, data.end) == [
        "add", "index_select", "logical_and", "masked_fill_"
    ]
    assert len(inside(forward, found, "aten::_foreach_add_")) == 1, "counts all layers' batches"
    assert outermost(found, forward.end, backward.begin) == ["cross_entropy_loss"]
    assert outermost(found, backward.end, update.begin) == ["argmax", "eq", "sum", "add_"]
    assert len(outermost(found, update.begin, update.end)) == 2, "with and without decay"
    # The loss; looking at it every step, which the last one does, is the CPU's alone.
    assert outermost(found, update.end, step.end) in (["copy_"], ["copy_", "to"])


def test_every_step_of_a_graph_finds_its_inputs_in_one_place(train):
    """Images, labels and learning rate are copied there, in the 11 steps before the recording too."""
    job = {**JOB, "device": "cpu:1", "loader": "device", "cuda_graph": "on"}
    run = train("inputs", "--trace=9", max_steps=14, **job)
    found = ranges(read(run.folder / "trace-rank-0.json"), 0)
    all_steps = steps(found)
    assert [step.name for step in all_steps] == [f"step {i}" for i in range(6, 15)]
    for step in all_steps:
        own = [one for one in found if one.track == step.track]
        data, forward, *_ = (only(inside(step, own, part)) for part in PARTS)
        asked = outermost(own, data.end, forward.begin)
        assert asked[:3] == ["copy_", "copy_", "fill_"], step.name
        # The twelfth is recorded, and the ranks ask one another whether that succeeded.
        assert len(asked) == 3 or step.name == "step 12"
