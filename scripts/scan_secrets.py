"""Looks for secrets in the files of this repository that changed, or in all with --all."""

from __future__ import annotations

import subprocess
import sys

BASELINE = ".secrets.baseline"
"""What was looked at and is no secret: examples, test keys, hashes."""
LEFT_OUT = (".secrets.baseline", "package-lock.json", ".parquet", ".png", ".zip")


def main() -> int:
    """Return 0 where nothing looks like a secret."""
    wanted = _lines("git", "ls-files") if "--all" in sys.argv else changed_files()
    files = [path for path in wanted if not path.endswith(LEFT_OUT)]
    if not files:
        return 0
    scan = [sys.executable, "-m", "detect_secrets.pre_commit_hook", "--baseline", BASELINE, *files]
    return subprocess.run(scan, check=False).returncode


def changed_files() -> list[str]:
    """Tracked files that differ from the main branch, and new ones."""
    base = _lines("git", "merge-base", "HEAD", "main") or ["HEAD"]
    changed = _lines("git", "diff", "--name-only", "--diff-filter=d", base[0])
    return [*changed, *_lines("git", "ls-files", "--others", "--exclude-standard")]


def _lines(*command: str) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


if __name__ == "__main__":
    sys.exit(main())
