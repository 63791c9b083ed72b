"""What each library costs to import, in a fresh interpreter: milliseconds of CPU, memory, and size on disk.

    .venv/bin/python benchmarks/imports.py [--rounds 5] [module …]

The median of the rounds, less an interpreter that imports nothing. A module brings along what it needs itself, so the
rows do not add up; `khasan run` stands for the whole.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
from importlib import metadata
from pathlib import Path

MODULES = (
    "scrapy", "twisted.internet.reactor", "feedparser", "sqlite_utils", "apscheduler.schedulers.asyncio", "cronsim", "rensa", "trafilatura", "lxml.html",
    "luqum.thread", "ahocorasick", "aiosmtplib", "jinja2", "typer", "rich.console", "structlog", "msgspec", "pebble", "protego", "brotli", "backports.zstd", "OpenSSL", "pydantic_settings",
    "spiders.extract", "khasan.cli", "khasan.commands.running",
)  # fmt: skip
ROOT = str(Path(__file__).resolve().parents[1])
SCRIPT = """
import resource, sys, importlib
before = resource.getrusage(resource.RUSAGE_SELF)
for name in sys.argv[1:]:
    importlib.import_module(name)
after = resource.getrusage(resource.RUSAGE_SELF)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
with open("/proc/self/status") as status:
    rss = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
print(cpu * 1000, rss / 1024)
"""


def measured(module: str, rounds: int) -> tuple[float, float] | None:
    """Median CPU ms and resident MB of importing one module; None if it is not installed."""
    arguments = [module] if module else []
    runs = []
    for _ in range(rounds):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False,
            env=os.environ | {"PYTHONPATH": ROOT},
        )  # fmt: skip
        if done.returncode:
            return None
        runs.append([float(part) for part in done.stdout.split()])
    cpu, rss = (statistics.median(column) for column in zip(*runs, strict=True))
    return cpu, rss


def on_disk(module: str) -> str:
    """The size of the distribution that a module comes from, in MB."""
    names = metadata.packages_distributions().get(module.partition(".")[0])
    files = metadata.files(names[0]) if names else None
    if not files or "khasan" in (names or []):
        return ""
    return f"{sum(path.stat().st_size for one in files if (path := one.locate()).is_file()) / 1e6:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("modules", nargs="*", default=MODULES)
    options = parser.parse_args()
    measured("", 1)  # warms the caches
    bare = measured("", options.rounds)
    assert bare is not None
    print(
        f"CPython {platform.python_version()}, {os.cpu_count()} cores; median of {options.rounds}, bare {bare[1]:.1f} MB\n"
    )
    print(f"{'module':32} {'CPU ms':>7} {'MB':>6} {'on disk':>8}")
    for module in options.modules:
        measured(module, 1)
        cost = measured(module, options.rounds)
        if cost is None:
            print(f"{module:32} {'not installed':>14}")
        else:
            print(f"{module:32} {cost[0] - bare[0]:7.0f} {cost[1] - bare[1]:6.1f} {on_disk(module):>8}")


if __name__ == "__main__":
    main()
