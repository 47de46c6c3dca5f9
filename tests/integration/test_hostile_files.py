"""Files that another program left in the place of ours: nothing hangs, crashes or loses the job's end."""

import contextlib
import ctypes
import json
import os
import resource
import shutil
import struct

import pytest

from conftest import end_of, read_until, run_program, running

USAGE, DATA, STORAGE = 2, 4, 7
TITLE = "\x1b]0;TITLE\x07"
FILES = ["launch.json", "summary.json", "metrics.jsonl", "status.board", "rank-0.log"]


@pytest.fixture
def here(dplaunch, tmp_path):
    """Runs the launcher in an empty folder; a command that hangs fails the test."""
    return lambda *words, **options: run_program(
        [dplaunch, *words], cwd=tmp_path, timeout=60, **options
    )


def job(here, name, script):
    return here("--device", "cpu:1", "--name", name, "--", "sh", "-c", script)


def shows_no_escape(result):
    assert "\x1b" not in result.output and "\x07" not in result.output, repr(result.output)


@pytest.mark.parametrize("code", [0, 42])
def test_a_summary_that_cannot_be_read_costs_no_exit_code(here, code):
    result = job(here, "a", f'mkdir "$DPLAUNCH_RUN_DIR/summary.json"; exit {code}')
    assert result.code == code, result.output
    assert "runs/a/summary.json: cannot" in result.stderr


def test_a_record_that_is_nested_deeply_costs_no_exit_code(here, tmp_path):
    record = '{"message":{"message":"x","extraInfo":' + "[" * 300000 + "]" * 300000 + "}}"
    (tmp_path / "record").write_text(record)
    result = job(here, "a", 'cp record "$TORCHELASTIC_ERROR_FILE"; exit 42')
    assert result.code == 42, result.output
    assert json.loads((tmp_path / "runs/a/summary.json").read_text())["job"]["exit_code"] == 42


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_not_waited_for_and_named(here, tmp_path, make):
    assert job(here, "whole", "echo said").code == 0
    for name in FILES:
        folder = tmp_path / "runs/odd"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tmp_path / "runs/whole", folder)
        (folder / name).unlink(missing_ok=True)
        make(folder / name)
        for words in (["status", "odd"], ["status"], ["status", "odd", "--csv"], ["logs", "odd"]):
            result = here(*words)
            assert result.code in (0, 1, STORAGE), result.output
            assert result.code == 0 or "runs/odd" in result.stderr, result.output
        here("stop", "odd")
        if name == "launch.json":
            result = here("status", "odd")
            assert result.code == STORAGE
            assert "runs/odd/launch.json: cannot read it: " in result.stderr


def test_a_command_that_is_no_file_is_not_waited_for(here, tmp_path):
    os.mkfifo(tmp_path / "program", 0o700)
    result = here("--device", "cpu:1", "--", "./program")
    assert result.code == 127, result.output


def test_a_checkpoint_that_is_no_file_is_not_waited_for(here, tmp_path, job_command, data_root):
    command, folder = job_command("r", "--resume")
    (folder / "checkpoints").mkdir(parents=True)
    os.mkfifo(folder / "checkpoints/x.safetensors")
    (folder / "checkpoints/latest.safetensors").symlink_to("x.safetensors")
    (folder / "launch.json").write_text("{}")
    config = (tmp_path / "job.yml").read_text() + f"root: {data_root}\n"
    (folder / "config.resolved.yml").write_text(config)
    for words in (["export", "--checkpoint", folder, "--out", "o"], ["eval", "--checkpoint", folder]):
        result = here(*words)
        assert result.code == STORAGE, result.output
        assert "x.safetensors: cannot read it: it is a FIFO, not a file" in result.stderr
    resumed = run_program(command, timeout=60)
    assert resumed.code == STORAGE, resumed.output


def test_what_a_run_holds_is_shown_without_its_escape_sequences(here, tmp_path):
    assert job(here, "e", "true").code == 0
    folder = tmp_path / "runs" / f"e{TITLE}"
    (tmp_path / "runs/e").rename(folder)
    summary = json.loads((folder / "summary.json").read_text())
    cause = dict.fromkeys(["device", "message", "hint", "log"], TITLE) | {"rank": 0, "pid": 1}
    summary["job"] = {"result": "failed" + TITLE, "exit_code": 3, "root_cause": cause}
    (folder / "summary.json").write_text(json.dumps(summary))
    (folder / "metrics.jsonl").write_text(json.dumps({TITLE: TITLE, "epoch": 1}) + "\n")
    (folder / "checkpoints").mkdir()
    (folder / "checkpoints/latest.safetensors").symlink_to("x" + TITLE)
    for words in (["status"], ["status", "--csv"], ["status", "--json"], ["stop"], ["logs"]):
        shows_no_escape(here(*words))
    (folder / "launch.json").write_text("[]")
    for words in (["status", "--runs", "runs", folder.name], ["status", "no" + TITLE]):
        shows_no_escape(here(*words))


def test_a_failure_report_keeps_no_piece_of_an_escape_sequence(here):
    result = job(here, "f", r"printf 'a\033]0;TITLE\007b\n' >&2; exit 3")
    assert result.code == 3
    assert "  | ab\n" in result.stderr, result.stderr


@pytest.mark.parametrize("number", ["nan", "inf", "-1", "1e400", "0x10", " 5", "5 ", "", "1,5"])
def test_what_is_no_number_is_refused_by_every_option(here, number):
    job_options = ["--grace", "--stall-timeout", "--max-restarts", "--node-rank", "--master-port"]
    for option in job_options:
        result = here("--device", "cpu:1", "--dry-run", f"{option}={number}", "--", "true")
        assert result.code == USAGE, (option, result.output)
    for words in (["stop", "--timeout"], ["logs", "-n"], ["data", "--synthetic", "--test-records"]):
        result = here(*words[:-1], f"{words[-1]}={number}" if words[-1] != "-n" else f"-n{number}")
        assert result.code == USAGE, (words, result.output)
    assert here("--show-config", f"--seeds={number}").code == USAGE
    for key in ("lr", "epochs", "timeout_s"):
        assert here("--show-config", "--set", f"{key}={number}").code == USAGE, key


def test_a_number_with_a_leading_zero_is_decimal(here):
    result = here("--device", "cpu:1", "--dry-run", "--max-restarts", "010", "--", "true")
    assert result.code == 0, result.output


def checkpoint_of(path, size_bytes):
    header = {
        "__metadata__": {"model": "resnet20", "config": "lr: 1\n"},
        "w": {"dtype": "U8", "shape": [size_bytes], "data_offsets": [0, size_bytes]},
    }
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(size_bytes))


def test_a_limit_of_file_sizes_is_an_error_outside_of_a_job_too(here, tmp_path):
    checkpoint_of(tmp_path / "c.safetensors", 100000)
    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))}
    result = here("export", "--checkpoint", "c.safetensors", "--out", "o.st", **limit)
    assert result.code == STORAGE, result.output
    assert "o.st: cannot write: File too large" in result.stderr
    assert not list(tmp_path.glob("o.st*"))
    result = here("data", "--synthetic", "--train-records", "10", "--test-records", "10", **limit)
    assert result.code == STORAGE, result.output


def test_a_configuration_comes_from_a_pipe_too(here):
    ends = os.pipe()
    os.write(ends[1], b"epochs: 77\n")
    os.close(ends[1])
    result = here("--show-config", "-c", f"/dev/fd/{ends[0]}", pass_fds=[ends[0]])
    os.close(ends[0])
    assert result.code == 0, result.output
    assert "epochs" in result.stdout and " 77 " in result.stdout


def test_seeds_want_a_configuration_that_can_be_read_again(here, tmp_path):
    os.mkfifo(tmp_path / "c.yml")
    result = here("--show-config", "--seeds", "2", "-c", "c.yml")
    assert result.code == USAGE
    assert "c.yml" in result.stderr


@pytest.mark.parametrize("text", [",", '"epoch","loss"\n1,4.6\n', "[" * 100000, "root: d\xe9"])
def test_a_configuration_that_is_none_is_refused_at_once(here, tmp_path, text):
    (tmp_path / "c.yml").write_bytes(text.encode("latin-1"))
    few = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))}
    result = here("--show-config", "-c", "c.yml", **few)
    assert result.code == USAGE, result.output
    assert "c.yml:1: " in result.stderr


def test_a_folder_whose_name_is_not_utf8_is_trained_in(job_command, data_root, tmp_path):
    folder = tmp_path / os.fsdecode(b"d\xe9")
    folder.mkdir()
    (folder / "data").symlink_to(data_root)
    few = {"limit_train": 160, "limit_test": 40}
    command, _ = job_command("a", root="data", device="cpu:1", runs="runs", epochs=1, **few)
    result = run_program(command, cwd=folder)
    assert result.code == 0, result.output
    again = run_program([command[0], "--resume=runs/a", "--set", "epochs=2"], cwd=folder)
    assert again.code == 0, again.output
    assert len((folder / "runs/a/metrics.jsonl").read_text().splitlines()) == 2


def without_the_rights_of_root():
    """A preexec function: what may not be read or written is refused to root as well."""
    PR_CAPBSET_DROP = 24
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def test_progress_is_shown_of_a_run_that_may_only_be_read(here, train):
    folder = train("o").folder
    for path in [*folder.iterdir(), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    result = here("status", folder, preexec_fn=without_the_rights_of_root)
    folder.chmod(0o755)
    assert result.code == 0, result.output
    assert "epoch 1/1" in result.stdout and "denied" not in result.output


def endless(job_command, name, **changes):
    command, folder = job_command(name, epochs=1000, log_every=1, device="cpu:1", **changes)
    return [command[0], "--stall-timeout", "0", *command[1:]], folder


def test_a_board_that_is_cut_short_ends_the_worker_with_a_word(job_command):
    command, folder = endless(job_command, "b")
    with running(command) as process:
        read_until(process, "step")
        os.truncate(folder / "status.board", 0)
        end = end_of(process)
    assert end.code == STORAGE, end.output
    assert "status.board: can no longer be read" in end.output


def test_data_that_is_cut_short_is_named(job_command, data_root, tmp_path):
    shutil.copytree(data_root, tmp_path / "data")
    command, folder = endless(job_command, "d", root=tmp_path / "data")
    with running(command) as process:
        read_until(process, "step")
        os.truncate(next((tmp_path / "data").rglob("train.bin")), 0)
        end = end_of(process)
    assert end.code == DATA, end.output
    assert "train.bin: can no longer be read" in end.output
    assert "likely" not in end.output
