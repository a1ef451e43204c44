"""What must be there before anything is measured."""

import os
import pathlib
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[3]
PEERS = PROJECT / "scripts/bench/peers"


def install(*packages):
    """Installs Debian packages that are missing."""
    query = ["dpkg-query", "-W", "-f=${Status}\n"]

    def is_missing(package):
        return b"install ok installed" not in subprocess.run([*query, package], capture_output=True).stdout

    missing = [package for package in packages if is_missing(package)]
    if not missing:
        return
    print(f"bench: installing {' '.join(missing)}", file=sys.stderr)
    subprocess.run([PROJECT / "scripts/apt-install", *missing], check=True, stdout=sys.stderr)


def output(command, environment=None):
    """What a program prints."""
    environment = os.environ | (environment or {})
    command = [str(part) for part in command]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout


def build(directory=None):
    """The directory of the release programs, built unless it is given."""
    if directory:
        return directory
    base = ["swift", "build", "--package-path", str(PROJECT), "--configuration", "release"]
    for product in ("innkeeper", "Bench"):
        subprocess.run([*base, "--product", product], check=True, stdout=sys.stderr)
    return subprocess.run([*base, "--show-bin-path"], check=True, capture_output=True, text=True).stdout.strip()


def build_go(work):
    """Builds the Go peer with Debian's golang-jwt, without a module proxy."""
    program = work / "verify-go"
    environment = os.environ | {
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOCACHE": str(work / "go-cache"),
        "GOFLAGS": "",
    }
    command = ["go", "build", "-o", str(program), "./verify-go"]
    subprocess.run(command, cwd=PEERS, env=environment, check=True)
    return program
