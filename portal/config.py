"""One frozen Config from PORTAL_* variables and the data folder."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATABASE_NAME = "portal.db"
JOBS_NAME = "jobs.db"
MEGABYTE = 1024 * 1024
SECOND_FACTOR = ("administrators", "all", "none")
"""Who has to sign in with a second factor."""


class ConfigError(RuntimeError):
    """The portal must not start like this; the text says what to do."""


# A connection for each thread of the server stays open, the warmest is taken first; a request that notes something
# beside its own transaction takes a second one for a moment.
_POOL = {"pool_size": 32, "max_overflow": 34, "pool_use_lifo": True}
_LINE = re.compile(r"\(at line (\d+)")
_IN_MEMORY = frozenset({"sqlite://", "sqlite:///:memory:"})


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that differs between sites. Sizes in bytes, times in minutes."""

    instance: Path
    # Addresses of servers may hold passwords: none of these stands in a log by way of a repr.
    secret_key: str = field(repr=False)
    database_url: str = field(repr=False)
    audit_key: str = field(default="", repr=False)
    demo: bool = False
    testing: bool = False
    secure_cookies: bool = False
    site_name: str = "法治工作台"
    bureau: str = "区信访局"
    phone: str = ""
    demo_password: str = "demo-portal-2026"  # noqa: S105  a demo shows its password on the login page
    tls_cert: Path | None = None
    tls_key: Path | None = None
    log_dir: Path | None = None
    log_size: int = 10 * MEGABYTE
    log_kept: int = 20
    idle_minutes: int = 60
    absolute_minutes: int = 12 * 60
    upload_limit: int = 40 * MEGABYTE
    redis_url: str = field(default="", repr=False)
    jobs_url: str = field(default="", repr=False)
    require_totp: str = "none"

    def __post_init__(self) -> None:
        """Fill in what follows from the rest.

        Without a key of its own the log is sealed with one derived from the other secret. Job rows live where the data
        lives: in a file beside a SQLite database, so that progress never waits for it, or in the database server.
        """
        if not self.audit_key:
            derived = hmac.new(self.secret_key.encode(), b"audit chain", hashlib.sha256).hexdigest()
            object.__setattr__(self, "audit_key", derived)
        if not self.jobs_url:
            own_file = self.database_url.startswith("sqlite")
            chosen = f"sqlite:///{self.instance / JOBS_NAME}" if own_file else self.database_url
            object.__setattr__(self, "jobs_url", chosen)

    @property
    def logs(self) -> Path:
        """Where the processes of this site write what happened."""
        return self.log_dir or self.instance / "logs"

    def flask_settings(self) -> dict[str, Any]:
        """The same, in the names that Flask and its extensions read."""
        return {
            "PORTAL": self,
            "SECRET_KEY": self.secret_key,
            "TESTING": self.testing,
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            # A fault's traceback goes to the log; what was going to be written stays out of it.
            # A database in memory, which is refused in words later, knows no pool.
            "SQLALCHEMY_ENGINE_OPTIONS": {
                "hide_parameters": True,
                **({} if self.database_url in _IN_MEMORY else _POOL),
            },
            "SESSION_COOKIE_NAME": "__Host-portal" if self.secure_cookies else "portal",
            "SESSION_COOKIE_SECURE": self.secure_cookies,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            # An exam page stays open longer than any token's usual life.
            "WTF_CSRF_TIME_LIMIT": None,
            "MAX_CONTENT_LENGTH": self.upload_limit,
            "MAX_FORM_MEMORY_SIZE": 2 * MEGABYTE,
            "MAX_FORM_PARTS": 20_000,
            "BABEL_DEFAULT_LOCALE": "zh",
            "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
        }


def load(environ: dict[str, str] | None = None) -> Config:
    """Read the environment and the data folder.

    PORTAL_INSTANCE is the data folder (default `instance/`). PORTAL_DEMO=1 or 0 chooses demo or real; where it is not
    set, a folder without a real database serves the demo, which lives in a folder of its own inside; a database that
    PORTAL_DATABASE_URL names is a real one. Raises ConfigError when the folder is open to others, a file in it cannot
    be read or a real site has no secret.
    """
    env = dict(os.environ) if environ is None else environ
    base = Path(env.get("PORTAL_INSTANCE") or ROOT / "instance").resolve()
    choice = env.get("PORTAL_DEMO", "")
    tls_cert, tls_key = _path(env, "PORTAL_TLS_CERT"), _path(env, "PORTAL_TLS_KEY")
    real = bool(env.get("PORTAL_DATABASE_URL")) or (base / DATABASE_NAME).exists()
    demo = choice == "1" or (choice != "0" and not real)
    instance = base / "demo" if demo else base
    make_private(base)
    make_private(instance)
    told = site_words(instance)
    return Config(
        instance=instance,
        secret_key=_secret(env, instance, demo=demo),
        audit_key=_audit_key(instance),
        database_url=env.get("PORTAL_DATABASE_URL") or f"sqlite:///{instance / DATABASE_NAME}",
        demo=demo,
        secure_cookies=env.get("PORTAL_SECURE_COOKIES") == "1" or tls_cert is not None,
        tls_cert=tls_cert,
        tls_key=tls_key,
        log_dir=_path(env, "PORTAL_LOG_DIR"),
        log_size=_number(env, "PORTAL_LOG_MEGABYTES", 10) * MEGABYTE,
        log_kept=_number(env, "PORTAL_LOG_KEPT", 20),
        site_name=env.get("PORTAL_SITE_NAME") or told.get("site_name", "法治工作台"),
        bureau=env.get("PORTAL_BUREAU") or told.get("bureau", "云岭区信访局" if demo else "区信访局"),
        phone=env.get("PORTAL_PHONE") or told.get("phone", "0700-5550 1234" if demo else ""),
        demo_password=env.get("PORTAL_DEMO_PASSWORD", "demo-portal-2026"),
        redis_url=env.get("PORTAL_REDIS_URL", ""),
        jobs_url=env.get("PORTAL_JOBS_URL", ""),
        require_totp=_second_factor(env.get("PORTAL_REQUIRE_TOTP") or told.get("require_totp", ""), demo=demo),
    )


def _path(env: dict[str, str], name: str) -> Path | None:
    return Path(env[name]).resolve() if env.get(name) else None


def _number(env: dict[str, str], name: str, default: int) -> int:
    text = env.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ConfigError(f"{name} 应是正整数，现在是 {text}。 {name} must be a positive number, not {text}.")
    return int(text)


def _second_factor(asked: str, *, demo: bool) -> str:
    """Who must sign in with a second factor: nobody in a demo, the three administrators of a real site, or as asked."""
    if not asked:
        return "none" if demo else "administrators"
    if asked not in SECOND_FACTOR:
        raise ConfigError(
            f"PORTAL_REQUIRE_TOTP（site.toml 中的 require_totp）只能是 {'、'.join(SECOND_FACTOR)}，现在是“{asked}”。\n"
            f"PORTAL_REQUIRE_TOTP (require_totp in site.toml) must be one of {', '.join(SECOND_FACTOR)}, not {asked!r}."
        )
    return asked


def make_private(folder: Path) -> None:
    """Create the folder as 0700, or refuse one that others may enter. Windows keeps its own access lists."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix":
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & 0o077:
            raise ConfigError(
                f"数据目录 {folder} 的权限是 {mode:o}，其他用户可以进入。请执行 chmod 700 {folder} 后再启动。\n"
                f"The data folder {folder} is open to other users (mode {mode:o}). Run: chmod 700 {folder}"
            )


def site_words(instance: Path) -> dict[str, str]:
    """What the site calls itself (bureau, site_name, phone), from site.toml; the environment wins."""
    path = instance / "site.toml"
    return {name: str(value) for name, value in _read_toml(path).items()} if path.exists() else {}


def _read_toml(path: Path) -> dict[str, Any]:
    """What a file of ours holds. Raises ConfigError, which names the line but shows none of it, for a slip in it."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} 不是 UTF-8 编码，无法读取。请另存为 UTF-8 后再启动。\n"
            f"{path} is not written in UTF-8. Save it as UTF-8 and start again."
        ) from error
    except tomllib.TOMLDecodeError as error:
        at = _LINE.search(str(error))
        chinese, english = (f"第 {at[1]} 行", f"line {at[1]}") if at else ("末尾", "the end")
        raise ConfigError(
            f'{path} {chinese}有误。每行应写成 名称 = "内容"，引号用英文半角；请改正后再启动。\n'
            f'There is a slip in {path}, {english}. Each line reads: name = "text". Mend it and start again.'
        ) from error


def write_site_words(instance: Path, **words: str) -> None:
    """Write what is given into site.toml; what is empty leaves what stands there, and so do other words."""
    kept = site_words(instance) | {name: value for name, value in words.items() if value}
    # A JSON string is a TOML basic string.
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in kept.items()]
    (instance / "site.toml").write_text("".join(lines), encoding="utf-8")


def secrets_file(instance: Path) -> Path:
    """Where a site keeps its secrets, apart from the data that is backed up."""
    return instance / "secrets.toml"


def ensure_secrets(instance: Path, *, lost: bool = False) -> None:
    """Write a fresh secrets file (0600) when there is none.

    Raises ConfigError where there is a database but no secrets, unless they are said to be lost for good: whoever moves
    a site and forgets the file should notice.
    """
    path = secrets_file(instance)
    if path.exists():
        return
    if (instance / DATABASE_NAME).exists() and not lost:
        raise ConfigError(
            f"有数据库，但缺少密钥文件 {path}。请从单独保管的副本放回（权限 600）。\n"
            "确已丢失时，加 --new-secrets 启动：所有人须重新登录，此前的审计日志和答卷封印无法再验证，\n"
            "数据本身不受影响。\n"
            f"There is a database but no secrets file {path}: put the copy you keep apart back (mode 600). If it is\n"
            "lost for good, start with --new-secrets: everybody signs in anew, and what was sealed before, in the\n"
            "audit log and on answer sheets, can no longer be verified. The data itself stays."
        )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f'secret_key = "{secrets.token_urlsafe(48)}"\n')
        file.write("# Seals the audit log: keep it, or the log can no longer be verified.\n")
        file.write(f'audit_key = "{secrets.token_urlsafe(48)}"\n')


def _read_secrets(instance: Path) -> dict[str, Any]:
    """What the secrets file holds, nothing where there is none. Raises ConfigError when others may read it."""
    path = secrets_file(instance)
    if not path.exists():
        return {}
    if os.name == "posix" and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
        raise ConfigError(
            f"密钥文件 {path} 的权限是 {mode:o}，其他用户可以读取。请执行 chmod 600 {path} 后再启动。\n"
            f"The secrets file is open to other users (mode {mode:o}). Run: chmod 600 {path}"
        )
    return _read_toml(path)


def _secret(env: dict[str, str], instance: Path, *, demo: bool) -> str:
    if value := env.get("PORTAL_SECRET_KEY"):
        return value
    if demo:
        ensure_secrets(instance, lost=True)
    path = secrets_file(instance)
    if not path.exists():
        raise ConfigError(
            f"缺少密钥文件 {path}。首次启动请用 python3 manage.py run --no-demo，它会自动生成。\n"
            f"There is no secrets file {path}. Start once with: python3 manage.py run --no-demo"
        )
    return str(_read_secrets(instance)["secret_key"])


def _audit_key(instance: Path) -> str:
    return str(_read_secrets(instance).get("audit_key", ""))
