"""Khasan's command in a process that has its imports behind it: forked for each call, else like any other.

Most of what a short command costs is importing. This process imports once, forks at each line it is given, and the child
goes on as `khasan`, or as another module, with its own arguments, folder, environment and output, to its own exit.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import sys
from contextlib import redirect_stdout, suppress
from importlib import import_module
from pathlib import Path

PRELOADED = ("spiders.crawl", "scheduler.daemon", "khasan.demo.press")


def preload():
    """Import what commands import, but no reactor: an open one cannot be shared."""
    commands = import_module("khasan.commands")
    for file in sorted(Path(commands.__path__[0]).glob("[a-z]*.py")):
        import_module(f"khasan.commands.{file.stem}")
    for name in PRELOADED:
        import_module(name)
    sys.argv = ["khasan", "--help"]  # building the commands imports, too
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), suppress(SystemExit):
        import_module("khasan.cli").main()
    gc.freeze()
    assert "twisted.internet.reactor" not in sys.modules


def serve():
    """Fork for each request. Returns in the children only, with the name of the module that they are to run."""
    requests, replies = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for line in iter(requests.readline, ""):
        pid = os.fork()
        if pid == 0:
            request = json.loads(line)
            become(request)
            return request["module"]
        print(pid, file=replies, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), file=replies, flush=True)
    sys.exit()


def become(request):
    """Take on a call's folder, environment, arguments and output."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number, path in ((1, request["stdout"]), (2, request["stderr"])):
        os.dup2(os.open(path, os.O_WRONLY), number)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.path[0] = request["cwd"]
    sys.argv = [request["module"], *request["arguments"]]


if __name__ == "__main__":
    preload()
    runpy.run_module(serve(), run_name="__main__", alter_sys=False)
