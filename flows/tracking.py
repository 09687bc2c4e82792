"""Whether a Prefect API is configured, told without importing Prefect (that takes a second)."""

import os
import tomllib
from pathlib import Path


def api_configured() -> bool:
    """Whether the environment or Prefect's active profile names an API."""
    return bool(configured_api())


def configured_api() -> str:
    """The address of that API; empty when there is none."""
    return os.environ.get("PREFECT_API_URL") or _profile().get("PREFECT_API_URL") or ""


def _profile() -> dict[str, str]:
    home = Path(os.environ.get("PREFECT_HOME", "~/.prefect")).expanduser()
    path = Path(os.environ.get("PREFECT_PROFILES_PATH", home / "profiles.toml")).expanduser()
    if not path.exists():
        return {}
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError):
        return {}  # Prefect itself will say what is wrong with it
    name = os.environ.get("PREFECT_PROFILE") or said.get("active", "")
    profile = said.get("profiles", {}).get(name, {})
    return profile if isinstance(profile, dict) else {}
