"""Asks pip-audit about every installed package; an answer that left one out counts as a failure."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

OWN_PACKAGE = "tradewind"


def main() -> int:
    """Return 0 only when every package was asked about and none has a known vulnerability."""
    command = [sys.executable, "-m", "pip_audit", "--format=json", "--progress-spinner=off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        sys.stderr.write(done.stderr)
        sys.stderr.write("audit: the advisories could not be reached; nothing is known\n")
        return 1
    if not any("vulns" in package for package in packages):
        sys.stderr.write("audit: no advisory could be read for any package; nothing is known\n")
        return 1
    faults = faults_of(packages)
    for fault in faults:
        sys.stdout.write(fault + "\n")
    sys.stdout.write(f"audit: {len(packages)} packages asked about, {len(faults)} faults\n")
    return 1 if faults else 0


def faults_of(packages: list[dict[str, Any]]) -> list[str]:
    """Return a line for each vulnerability and for each package that was not asked about.

    >>> faults_of([{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "?"}])
    ['b: not asked about: ?']
    """
    faults = []
    for package in packages:
        name = package["name"]
        if "skip_reason" in package and name != OWN_PACKAGE:
            faults.append(f"{name}: not asked about: {package['skip_reason']}")
        for vulnerability in package.get("vulns", []):
            fixed = ", ".join(vulnerability.get("fix_versions", [])) or "no version yet"
            faults.append(f"{name} {package['version']}: {vulnerability['id']}, mended in {fixed}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
