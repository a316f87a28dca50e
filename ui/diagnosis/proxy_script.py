"""Whether the system leaves the choice of a proxy to a script (PAC) or the network (WPAD): we follow neither."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import Final

_PATIENCE_S: Final = 5.0
_GNOME: Final = ("gsettings", "get", "org.gnome.system.proxy", "mode")
_MACOS: Final = ("scutil", "--proxy")
_WINDOWS: Final = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"


def script_in_force() -> bool:
    """Tell whether the system asks a script; False also where nobody can tell."""
    if sys.platform == "win32":
        return _windows()
    return says_script(_said(_MACOS if sys.platform == "darwin" else _GNOME))


def says_script(said: str) -> bool:
    """Understand what ``gsettings`` (GNOME) or ``scutil`` (macOS) says of the system's proxy."""
    lines = {"".join(line.split()) for line in said.splitlines()}
    return bool(lines & {"'auto'", "ProxyAutoConfigEnable:1", "ProxyAutoDiscoveryEnable:1"})


def _said(command: tuple[str, ...]) -> str:
    program = shutil.which(command[0])
    if program is None:
        return ""
    try:
        done = subprocess.run([program, *command[1:]], capture_output=True, check=False, timeout=_PATIENCE_S)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace")


def _windows() -> bool:
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 - there alone

        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _WINDOWS) as key:
                return bool(winreg.QueryValueEx(key, "AutoConfigURL")[0])
        except OSError:
            return False
    return False
