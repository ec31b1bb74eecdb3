"""A broken environment file, port or key is told in a sentence."""

import pytest

from ops import environment
from ops.problems import Trouble


def test_an_environment_file_is_read(tmp_path):
    path = tmp_path / ".env"
    path.write_text("# a remark\n\nPORT=8001\nexport SECRET_KEY='a=b c'\nSMS_URL = \"http://sms.example\"\n")
    assert environment.read_env_file(path) == {"PORT": "8001", "SECRET_KEY": "a=b c", "SMS_URL": "http://sms.example"}


def test_a_line_that_is_none_is_named(tmp_path):
    path = tmp_path / ".env"
    path.write_text("PORT=8001\nrubbish\n")
    with pytest.raises(Trouble, match=r"Line 2 of \.env is not NAME=value"):
        environment.read_env_file(path)


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", ""])
def test_what_is_no_port_is_refused(port):
    with pytest.raises(Trouble, match="is no port"):
        environment.port_of({"PORT": port}, "PORT", 8000)


@pytest.fixture
def local(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "LOCAL", tmp_path / "local.env")
    return environment.LOCAL


def test_keys_are_made_once_and_kept_private(local):
    first = environment.complete({"PORT": "8001"})
    again = environment.complete({})
    assert local.stat().st_mode & 0o777 == 0o600
    for name in ("SECRET_KEY", "FIELD_KEYS", "BLIND_INDEX_KEY"):
        assert again[name] == first[name]
    assert (first["PLATFORM_URL"], again["PLATFORM_URL"]) == ("http://127.0.0.1:8001", "http://127.0.0.1:8000")


def test_what_the_owner_gives_wins(local):
    given = {"DATABASE_URL": "postgres://db.example/lending", "SANDBOX": "false"}
    settings = environment.complete(given)
    assert {name: settings[name] for name in given} == given


def test_a_key_that_cannot_encrypt_is_refused(local):
    with pytest.raises(Trouble, match="FIELD_KEYS does not hold 32 bytes"):
        environment.complete({"FIELD_KEYS": "1:zzz"})


def test_every_setting_is_explained():
    example = (environment.ROOT / ".env.example").read_text()
    settings = (environment.ROOT / "config" / "settings.py").read_text()
    import re

    read = set(re.findall(r'(?:env(?:\.\w+)?|_path)\(\s*"([A-Z_]+)"', settings))
    read |= set(re.findall(r'read\("([A-Z_]+)"', (environment.ROOT / "sandbox" / "settings.py").read_text()))
    assert [name for name in sorted(read) if f"#{name}=" not in example] == []


def test_once_needs_the_sandbox_and_the_sandbox_a_yes_or_no(local):
    with pytest.raises(Trouble, match="only a sandbox plays"):
        environment.complete({"ONCE": "1", "SANDBOX": "false"})
    with pytest.raises(Trouble, match="neither true nor false"):
        environment.is_sandbox({"SANDBOX": "maybe"})


def test_a_setting_left_empty_is_left_out(local):
    assert environment.complete({"SECRET_KEY": ""})["SECRET_KEY"]
