"""Everything a site without internet needs, in one folder: the program, the wheels of its lock, and a list of hashes.

Made on a machine with internet, for any of the platforms; carried over; there `run --wheels wheels` installs from it
alone. What is downloaded is what the lock names by hash, and the installation compares it once more.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from portal.config import ROOT

# glibc 2.28 is what Kylin V10 and UOS 20 have; wheels for an older one work there too.
_GLIBC = ("2_28", "2_27", "2_26", "2_24", "2_17", "2_12", "2_5")
PLATFORMS = {
    "linux-x86_64": [*(f"manylinux_{glibc}_x86_64" for glibc in _GLIBC), "manylinux2014_x86_64"],
    "linux-aarch64": [*(f"manylinux_{glibc}_aarch64" for glibc in _GLIBC), "manylinux2014_aarch64"],
    "windows-amd64": ["win_amd64"],
}
PROGRAM = (
    "manage.py", "wsgi.py", "pyproject.toml", "requirements.in", "requirements.txt", "requirements-dev.in",
    "requirements-dev.txt", "README.md", "CHANGELOG.md", "bench", "docs", "migrations", "portal", "static", "templates",
    "tests",
)  # fmt: skip
"""What belongs to the program. A list of what to take: a data folder that somebody keeps in here stays here."""
SUMS = "SHA256SUMS"
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
# A requirement of the lock: its name and version, its marker if it has one, and the lines of its hashes.
_REQUIREMENT = re.compile(
    r"^(?P<pin>[A-Za-z0-9._-]+==\S+)(?: ; (?P<marker>[^\\\n]+?))?(?P<hashes>(?: \\\n +--hash=\S+)+)", re.MULTILINE
)


def main() -> int:
    """Make the folder; 1 when a wheel is missing."""
    options = _options()
    out = options.out.absolute()
    if out.exists() and any(out.iterdir()):
        print(f"{out} 不是空目录，没有写入。 The folder is not empty; nothing was written.", file=sys.stderr)
        return 1
    wheels = out / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    lock = ROOT / ("requirements-dev.txt" if options.tests else "requirements.txt")
    for platform in options.platform:
        for version in options.python:
            print(f"{platform}, Python {version} ……", flush=True)
            if not download(lock, wheels, platform, version):
                print(f"没有 {platform}、Python {version} 的全部安装包。 Some wheels are missing.", file=sys.stderr)
                return 1
    copy_program(out)
    count = write_sums(out)
    print(f"已生成 made: {out}（{count} 个文件 files, {SUMS}）")
    print("在目标机器上 on the other machine: python3 manage.py run --wheels wheels --no-demo")
    if options.zip:
        print(shutil.make_archive(str(out), "zip", out.parent, out.name))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py bundle")
    parser.add_argument("--platform", action="append", choices=sorted(PLATFORMS), help="may be repeated")
    parser.add_argument("--python", action="append", metavar="VERSION", help="such as 3.11; may be repeated")
    parser.add_argument("--out", type=Path, default=Path("portal-bundle"), help="folder to make")
    parser.add_argument("--tests", action="store_true", help="also what `manage.py test` needs")
    parser.add_argument("--zip", action="store_true", help="pack the folder as well")
    options = parser.parse_args()
    options.platform = options.platform or ["linux-x86_64"]
    options.python = options.python or [f"{sys.version_info.major}.{sys.version_info.minor}"]
    for version in options.python:
        if not re.fullmatch(r"3\.\d{2}", version):
            parser.error(f"--python {version}: 例如 such as 3.11")
    return options


def download(lock: Path, wheels: Path, platform: str, version: str) -> bool:
    """Fetch the wheels of a lock for a platform and a Python; whether all are there."""
    with _narrowed(lock, platform, version) as requirements:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
        command += ["--require-hashes", "--no-deps", "--only-binary=:all:", "--dest", str(wheels)]
        command += ["--implementation", "cp", "--python-version", version, "--abi", f"cp{version.replace('.', '')}"]
        command += ["--abi", "abi3", "--abi", "none"]
        for tag in PLATFORMS[platform]:
            command += ["--platform", tag]
        return subprocess.run([*command, "-r", str(requirements)], check=False).returncode == 0  # noqa: S603


@contextlib.contextmanager
def _narrowed(lock: Path, platform: str, version: str) -> Iterator[Path]:
    """The lock with what the other machine needs, without markers: pip would ask them of this machine."""
    text = "\n".join(requirements_for(lock.read_text(encoding="utf-8"), platform, version))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "requirements.txt"
        path.write_text(text + "\n", encoding="utf-8")
        yield path


def requirements_for(lock: str, platform: str, version: str) -> Iterator[str]:
    """The pinned requirements of a lock, with their hashes, that a platform and a Python need."""
    from pip._vendor.packaging.markers import Marker

    windows = platform.startswith("windows")
    target = {
        "os_name": "nt" if windows else "posix",
        "sys_platform": "win32" if windows else "linux",
        "platform_system": "Windows" if windows else "Linux",
        "platform_machine": {"linux-x86_64": "x86_64", "linux-aarch64": "aarch64"}.get(platform, "AMD64"),
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "python_version": version,
        # Of a version only the first two numbers are known: the oldest of them needs whatever a later one needs.
        "python_full_version": f"{version}.0",
        "extra": "",
    }
    for found in _REQUIREMENT.finditer(lock):
        if found["marker"] is None or Marker(found["marker"]).evaluate(target):
            yield found["pin"] + found["hashes"]


def copy_program(out: Path) -> None:
    """The files of the program, and nothing else that may lie beside them."""
    for name in PROGRAM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, out / name, ignore=_LEFT_OUT)
        elif source.exists():
            shutil.copy2(source, out / name)


def write_sums(out: Path) -> int:
    """List every file with its SHA-256, as `sha256sum -c` reads it; how many there are."""
    paths = sorted(path for path in out.rglob("*") if path.is_file() and path.name != SUMS)
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(out).as_posix()}\n" for path in paths]
    (out / SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")
    return len(lines)


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
