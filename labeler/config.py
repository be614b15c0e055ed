"""Settings, read once from the environment. What is unsafe is refused here, before anything starts."""

from __future__ import annotations

import secrets
from functools import cached_property
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from labeler.egress.fetcher import Egress
from labeler.egress.rules import parse_hosts, parse_proxy

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds `labeler/`, `tasks/`, `static/` and `migrations/`."""


class Settings(BaseSettings):
    """Everything an operator may set. `DATABASE_URL` and `REDIS_URL` move the product off its embedded defaults."""

    # Fields have names of their own in code. The prefix keeps those names out of the environment, where HOME is the
    # person's own folder, and THREADS or HOST may be anybody's.
    model_config = SettingsConfigDict(
        env_ignore_empty=True, extra="ignore", populate_by_name=True, env_prefix="LABELER_"
    )

    home: Path = Field(default=Path("instance"), validation_alias="LABELER_HOME", description="Folder of all data.")
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    redis_url: str | None = Field(default=None, validation_alias="REDIS_URL")
    host: str = Field(default="127.0.0.1", validation_alias="LABELER_HOST")
    port: int = Field(default=8000, ge=1, le=65535, validation_alias="PORT")
    secret_key: SecretStr | None = Field(default=None, validation_alias="SECRET_KEY", description="32 bytes or more.")
    public_url: str | None = Field(default=None, validation_alias="PUBLIC_URL", description="https://… behind a proxy.")
    proxy_hops: int = Field(default=0, ge=0, le=5, validation_alias="PROXY_HOPS")
    workers: int = Field(default=2, ge=1, le=64, validation_alias="WEB_WORKERS", description="PostgreSQL only.")
    threads: int = Field(default=8, ge=1, le=64, validation_alias="WEB_THREADS")
    egress_hosts: str = Field(
        default="",
        validation_alias="LABELER_EGRESS_HOSTS",
        description="Hosts that may be sent something, with commas: hooks.example.org. Empty: nothing is sent out.",
    )
    egress_proxy: str | None = Field(
        default=None, validation_alias="LABELER_EGRESS_PROXY", description="http://proxy.internal:3128"
    )
    demo: bool = Field(default=False, validation_alias="LABELER_DEMO")

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if (key is not None and len(set(key.get_secret_value())) < 8) or (key and len(key.get_secret_value()) < 32):
            raise ValueError("SECRET_KEY is too weak. Set 32 random characters or more, or leave it out: one is made.")
        return key

    @field_validator("egress_hosts")
    @classmethod
    def _are_hosts(cls, text: str) -> str:
        parse_hosts(text)
        return text

    @field_validator("egress_proxy")
    @classmethod
    def _is_proxy(cls, text: str | None) -> str | None:
        if text is not None:
            parse_proxy(text)
        return text

    @cached_property
    def egress(self) -> Egress:
        """The one way out, as the operator has opened it."""
        return Egress(parse_hosts(self.egress_hosts), parse_proxy(self.egress_proxy) if self.egress_proxy else None)

    @cached_property
    def folder(self) -> Path:
        """The data folder, made on first use and readable by its owner alone."""
        path = self.home.expanduser().resolve()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    @cached_property
    def database(self) -> str:
        """The SQLAlchemy URL: `DATABASE_URL`, else a SQLite file in the data folder."""
        url = self.database_url or f"sqlite:///{self.folder / 'labeler.db'}"
        for plain in ("postgres://", "postgresql://"):
            if url.startswith(plain):
                return "postgresql+psycopg://" + url.removeprefix(plain)
        return url

    @cached_property
    def embedded(self) -> bool:
        """True on SQLite: one web process, one writer."""
        return self.database.startswith("sqlite")

    @cached_property
    def secure(self) -> bool:
        """True when people reach the product over https, which `PUBLIC_URL` says."""
        return (self.public_url or "").startswith("https://")

    @cached_property
    def key(self) -> str:
        """The signing key of cookies: `SECRET_KEY`, else one made once and kept in the data folder."""
        if self.secret_key:
            return self.secret_key.get_secret_value()
        path = self.folder / "secret_key"
        if not path.exists():
            fresh = self.folder / f"secret_key.{secrets.token_hex(4)}"
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_hex(32))
            try:
                path.hardlink_to(fresh)
            except FileExistsError:
                pass  # another process made it first; both then read the same key
            fresh.unlink()
        return path.read_text()
