#!/usr/bin/env python3
"""What the hub of a job over many hosts costs: the launcher of host 0 with members on the loopback that are played
here. Of each part of a job it prints the hub's CPU time, of all of its threads, as a member has it.

    scripts/bench/hub_cost.py [--bin FOLDER] [--rounds N] [COUNT...]
"""

import argparse
import asyncio
import contextlib
import hashlib
import hmac
import json
import pathlib
import socket
import statistics
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PROTOCOL = 2
MOST_BYTES = 1 << 28


def proof(token, words):
    return hmac.new(token.encode(), words.encode(), hashlib.sha256).hexdigest()


def cpu_seconds(pid):
    """Of its threads, from the scheduler's own count in nanoseconds."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


class Member:
    """One host's launcher, as host_member.cpp says it."""

    def __init__(self, index, count, port):
        self.index, self.count, self.port = index, count, port
        self.read_bytes = 0

    async def say(self, **message):
        self.writer.write(json.dumps(message).encode() + b"\n")
        await self.writer.drain()

    async def hear(self, kind):
        while True:
            line = await self.reader.readline()
            if not line:
                raise ConnectionResetError(f"the hub has left host {self.index}, which waited for {kind}")
            self.read_bytes += len(line)
            # The words of a "go" are many, and all alike.
            if f'"type":"{kind}"'.encode() in line:
                return line

    async def enter(self):
        """As often as it takes: the hub may not be there yet, or have no time for so many at once."""
        while True:
            try:
                return await self.try_to_enter()
            except ConnectionError:
                await asyncio.sleep(0.2)

    async def try_to_enter(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=MOST_BYTES)
        await self.say(type="hi", protocol=PROTOCOL, version="")
        challenge = json.loads(await self.hear("challenge"))["challenge"]
        words = f"dplaunch member {challenge} nonce"
        hello = {"job": "", "count": self.count, "index": self.index, "name": f"node{self.index}"}
        await self.say(type="hello", protocol=PROTOCOL, nonce="nonce", proof=proof("", words), **hello)
        await self.hear("welcome")

    async def arrive(self, stage, data, tolerates=False):
        await self.say(type="arrive", stage=stage, data=data, tolerates_loss=tolerates)

    async def go(self):
        return await self.hear("go")

    async def leave(self):
        await self.say(type="bye")
        await self.reader.read()
        self.writer.close()


def agreed_digest(program):
    """As the hub's own launcher has it, of a command."""
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.split()[1]
    agreed = {
        "dplaunch's version": version,
        "--max-restarts": "0",
        "--min-nodes": "0",
        "--preempt-signal": "0",
        "what is run": "a command",
    }
    text = json.dumps(agreed, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def facts_of(index, agreed):
    return {
        "name": f"node{index}",
        "own_address": "127.0.0.1",
        "hub_address": "127.0.0.1",
        "processes": 1,
        "agreed": agreed,
        "data_digest": "",
        "run_id": "",
    }


async def serve_greetings(stack, run_id, index):
    """Where host 0 looks whether its ranks would reach that host's."""

    async def greet(reader, writer):
        writer.write(proof(run_id, f"dplaunch host {index}").encode())
        with contextlib.suppress(ConnectionResetError):  # by which the check ends
            await reader.read()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    stack.append(server)
    return server.sockets[0].getsockname()[1]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Parts:
    """CPU seconds of the hub, part by part."""

    def __init__(self, pid):
        self.pid, self.before, self.taken = pid, cpu_seconds(pid), {}

    def end(self, name):
        now = cpu_seconds(self.pid)
        self.taken[name] = now - self.before
        self.before = now


async def all_of(coroutines):
    return await asyncio.gather(*coroutines)


async def job(program, members):
    """A job of so many members and the hub: the hub's CPU seconds of each part, and the bytes that a member read."""
    port, count, agreed = free_port(), members + 1, agreed_digest(program)
    words = ["--device", "cpu:1", "--log-dir", "none", "--nnodes", count, "--node-rank", 0]
    words += ["--master-addr", "127.0.0.1", "--master-port", port, "-q", "--", "cat"]
    command = [str(word) for word in (program, *words)]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    hub = subprocess.Popen(command, stdin=subprocess.PIPE, **silent)
    others = [Member(index, count, port) for index in range(1, count)]
    await others[0].enter()
    parts = Parts(hub.pid)
    await all_of(one.enter() for one in others[1:])
    parts.end("enter")

    await all_of(one.arrive("hosts", facts_of(one.index, agreed)) for one in others)
    heard = await all_of(one.go() for one in others)
    parts.end("hosts")
    run_id = json.loads(heard[0])["data"][0]["run_id"]

    servers = []
    doors = {one.index: await serve_greetings(servers, run_id, one.index) for one in others[:8]}
    for one in others:
        door = {"interface": "lo", "address": "127.0.0.1", "port": doors.get(one.index, 1)}
        await one.arrive("doors", door)
    await all_of(one.go() for one in others)
    parts.end("doors")
    await all_of(one.arrive("reached", []) for one in others)
    await all_of(one.go() for one in others)
    parts.end("reached")

    await all_of(one.arrive("start-0", {"port": 0}) for one in others)
    await all_of(one.go() for one in others)
    parts.end("start")

    # What ends all: one tells, and all others hear it.
    failed = {"attempt": 0, "state": 2, "signal": 0, "reason": "rank 1 failed, exit code 7"}
    await others[0].say(type="tell", data=failed)
    await all_of(one.hear("tell") for one in others[1:])
    parts.end("tell")
    for one in others:
        outcome = {"rank": one.index, "device": "cpu", "pid": 1000, "stderr_tail": "x" * 200}
        outcome |= {"exit_code": 7} if one.index == 1 else {"signal": 15, "stop_signal": 15}
        outcome["is_stopped_by_launcher"] = one.index != 1
        await one.arrive("end-0", {"end": {"outcomes": [outcome]}, "context": {}}, True)
    await all_of(one.go() for one in others)
    parts.end("end")
    await all_of(one.leave() for one in others)
    hub.stdin.close()
    hub.wait()
    for server in servers:
        server.close()
    return parts.taken, others[-1].read_bytes


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("--bin", type=pathlib.Path, default=REPOSITORY / "build/release/bin")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("counts", type=int, nargs="*", default=[50, 100, 200, 400])
    given = options.parse_args()
    names = None
    for count in given.counts:
        rounds = [asyncio.run(job(given.bin / "dplaunch", count)) for _ in range(given.rounds)]
        if names is None:
            names = list(rounds[0][0])
            print("| members | " + " | ".join(f"{name}, us each" for name in names) + " | KiB read by each |")
            print("| --- " * (len(names) + 2) + "|")
        each = [
            1e6 * statistics.median(taken[name] for taken, _ in rounds) / count for name in names
        ]
        kib = rounds[0][1] / 1024
        print(f"| {count} | " + " | ".join(f"{value:.0f}" for value in each) + f" | {kib:.1f} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
