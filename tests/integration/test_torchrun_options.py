"""Every option that torchrun's own parser has, one by one: what becomes of it under `dplaunch torchrun`."""

import socket

import pytest
from torch.distributed.launch import parse_args as launch_args
from torch.distributed.run import get_args_parser

from conftest import run_program

SHOWS = ["--no-python", "sh", "-c", 'env; echo "rank $RANK is $LOCAL_RANK"']


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


PORT = free_port()
NO_EFFECT = "without effect"
# By the option's destination in torchrun's parser: the value to try, the words behind it, and what has to be
# printed then. None: it takes no value.
TABLE = {
    "nnodes": ("1:1", SHOWS, "WORLD_SIZE=1\n"),
    "nproc_per_node": (2, SHOWS, "WORLD_SIZE=2\n"),
    "rdzv_backend": ("c10d", SHOWS, "RANK=0\n"),
    "rdzv_endpoint": (f"localhost:{PORT}", SHOWS, "RANK=0\n"),
    "rdzv_id": ("job-7", SHOWS, "TORCHELASTIC_RUN_ID=job-7\n"),
    "rdzv_conf": ("join_timeout=5,read_timeout=3", SHOWS, "RANK=0\n"),
    "standalone": (None, SHOWS, "MASTER_ADDR=127.0.0.1\n"),
    "max_restarts": (2, SHOWS, "TORCHELASTIC_MAX_RESTARTS=2\n"),
    "monitor_interval": (5, SHOWS, NO_EFFECT),
    "start_method": ("spawn", SHOWS, NO_EFFECT),
    "event_log_handler": ("null", SHOWS, NO_EFFECT),
    "role": ("reader", SHOWS, "ROLE_NAME=reader\n"),
    "module": (None, ["platform"], "Linux"),
    "no_python": (None, ["echo", "a program"], "a program\n"),
    "run_path": (None, ["SCRIPT"], "a script\n"),
    "log_dir": ("logs", SHOWS, "log"),
    "redirects": (3, SHOWS, None),
    "tee": (3, SHOWS, "rank 0 is 0\n"),
    "local_ranks_filter": (1, ["--nproc-per-node", 2, *SHOWS], None),
    "duplicate_stdout_filters": ("x", SHOWS, NO_EFFECT),
    "duplicate_stderr_filters": ("x", SHOWS, NO_EFFECT),
    "node_rank": (0, SHOWS, "GROUP_RANK=0\n"),
    "master_addr": ("localhost", SHOWS, "MASTER_ADDR=localhost\n"),
    "master_port": (PORT, SHOWS, f"MASTER_PORT={PORT}\n"),
    "local_addr": ("localhost", SHOWS, NO_EFFECT),
    "logs_specs": ("default", SHOWS, NO_EFFECT),
    "numa_binding": ("node", SHOWS, "RANK=0\n"),
    "signals_to_handle": ("SIGTERM", SHOWS, "TORCHELASTIC_SIGNALS_TO_HANDLE=SIGTERM\n"),
    "virtual_local_rank": (None, ["--nproc-per-node", 2, *SHOWS], "rank 1 is 0\n"),
}


def options():
    actions = [action for action in get_args_parser()._actions if action.option_strings]
    return [action for action in actions if action.dest != "help"]


@pytest.fixture
def say(dplaunch, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("print('a script')\n")

    def run(*words):
        line = [script if word == "SCRIPT" else word for word in words]
        return run_program([dplaunch, "torchrun", *line], cwd=tmp_path)

    return run


def test_the_table_has_every_option_of_torchrun():
    assert {action.dest for action in options()} == set(TABLE)
    assert launch_args(["--use-env", "x.py"]).use_env, "torch.distributed.launch has one more"


@pytest.mark.parametrize("action", options(), ids=lambda action: action.dest)
def test_an_option_does_what_the_table_says(say, action, tmp_path):
    value, rest, printed = TABLE[action.dest]
    for name in action.option_strings:
        end = say(name, *([] if value is None else [value]), *rest)
        assert end.code == 0, f"{name}: {end.output}"
        if printed is None:
            assert "rank 0 is 0" not in end.output
        else:
            assert printed in end.output
    assert value is None or action.nargs is None, "it takes a value there too"
    if action.dest == "log_dir":
        assert list(tmp_path.glob("logs/*/rank-0.log"))


def test_the_option_of_torch_distributed_launch(say):
    assert "RANK=0\n" in say("--use-env", *SHOWS).output
    assert "RANK=0\n" in say("--use_env", *SHOWS).output
