"""Run a command that opens a napari window, on a machine that may have no screen.

    python scripts/with_display.py [--virtual] COMMAND [ARGUMENT ...]

Looks for the system libraries that Qt and OpenGL need; on Debian, as root, it installs what is
missing, elsewhere it prints the command. Without a screen, or with --virtual, the window opens
on a virtual one (Xvfb).
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys

LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
PROGRAMS = {"Xvfb": "xvfb", "xauth": "xauth"}
DRIVERS = "libgl1-mesa-dri"  # loaded by name at run time, so no library to probe for


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_packages(virtual: bool) -> list[str]:
    """Debian packages of what is not on this machine."""
    missing = [package for library, package in LIBRARIES.items() if not _loads(library)]
    if virtual:
        missing += [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    return [*missing, DRIVERS] if missing else []


def install(packages: list[str]) -> None:
    """Install packages on Debian as root, else say how and leave."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if not shutil.which("apt-get") or os.geteuid() != 0:
        line = f"sudo apt-get update && sudo {' '.join(command)}"
        sys.exit(f"System libraries are missing. Please run:\n  {line}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = {"stdout": subprocess.DEVNULL, "env": environment, "check": True}
    print("installing system libraries:", " ".join(packages), flush=True)
    subprocess.run(["apt-get", "update", "-q"], **quiet)
    subprocess.run(command, **quiet)


def main(arguments: list[str]) -> int:
    """Make the display ready, run the command, return its exit code."""
    forced = arguments[:1] == ["--virtual"]
    command = arguments[forced:]
    if not command:
        sys.exit(__doc__)
    virtual = sys.platform.startswith("linux") and (
        forced or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    )
    if sys.platform.startswith("linux"):
        packages = missing_packages(virtual)
        if packages:
            install(packages)
    if virtual:
        screen = ["xvfb-run", "--auto-servernum", "--server-args=-screen 0 1600x1000x24"]
        command = screen + command
        os.environ.pop("WAYLAND_DISPLAY", None)
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
