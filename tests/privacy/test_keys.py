"""Values at rest can be read by the right key in the right place, and by nothing else."""

import base64
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.errors import DamageError, SettingsError
from xinqiao.privacy.keys import KeyRing, create_key_file, is_token, load_key_file

FIRST, SECOND = os.urandom(32), os.urandom(32)
RING = KeyRing("k1", {"k1": FIRST}, SECOND)
NUMBER = "370323190806133086"


@given(st.text())
def test_a_text_comes_back_as_it_was(text: str) -> None:
    token = RING.encrypt_text(text, "r1/subject.name")
    assert is_token(token)
    assert RING.decrypt_text(token, "r1/subject.name") == text


def test_the_same_text_never_gives_the_same_token() -> None:
    assert RING.encrypt_text(NUMBER, "a") != RING.encrypt_text(NUMBER, "a")


def test_a_value_moved_to_another_place_is_refused() -> None:
    token = RING.encrypt_text(NUMBER, "r1/subject.certificate_number")
    with pytest.raises(DamageError):
        RING.decrypt_text(token, "r2/subject.certificate_number")


@given(st.integers(min_value=0, max_value=12 + 18 + 16 - 1), st.integers(0, 7))
def test_one_changed_bit_is_refused(position: int, bit: int) -> None:
    key_id, sealed = RING.encrypt(NUMBER.encode(), "place")
    changed = bytearray(sealed)
    changed[position] ^= 1 << bit
    with pytest.raises(DamageError):
        RING.decrypt(key_id, bytes(changed), "place")


def test_values_of_an_older_key_stay_readable_after_a_new_one_is_current() -> None:
    token = RING.encrypt_text(NUMBER, "place")
    newer = KeyRing("k2", {"k1": FIRST, "k2": os.urandom(32)}, SECOND)
    assert newer.decrypt_text(token, "place") == NUMBER
    assert newer.encrypt_text(NUMBER, "place").startswith("enc:1:k2:")


def test_a_value_whose_key_is_missing_names_the_key() -> None:
    token = KeyRing("k9", {"k9": FIRST}, SECOND).encrypt_text(NUMBER, "place")
    with pytest.raises(SettingsError, match="k9") as refused:
        RING.decrypt_text(token, "place")
    assert refused.value.code == "key_missing"


def test_equal_values_have_equal_hashes_only_under_the_same_key() -> None:
    other = KeyRing("k1", {"k1": FIRST}, FIRST)
    assert RING.lookup_hash(b"x") == RING.lookup_hash(b"x")
    assert RING.lookup_hash(b"x") != RING.lookup_hash(b"y")
    assert RING.lookup_hash(b"x") != other.lookup_hash(b"x")


def test_the_representation_shows_no_key() -> None:
    shown = repr(RING)
    assert base64.b64encode(FIRST).decode() not in shown
    assert FIRST.hex() not in shown


def test_a_new_key_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    create_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key_file(path).current == "k1"


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    create_key_file(path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        create_key_file(path)
    assert path.read_bytes() == before


def test_a_key_file_that_others_can_read_is_refused_with_the_command_to_type(
    tmp_path: Path,
) -> None:
    path = tmp_path / "keys.toml"
    create_key_file(path)
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        load_key_file(path)


def test_a_missing_key_file_is_named_and_not_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    with pytest.raises(SettingsError, match=r"keys\.toml") as refused:
        load_key_file(path)
    assert refused.value.code == "key_file_missing"
    assert not path.exists()


@pytest.mark.parametrize(
    "text",
    [
        "not toml at all =",
        'current = "k1"',
        'current = "k2"\nlookup = "AAAA"\n[encryption]\nk1 = "AAAA"',
        'current = "k1"\nlookup = "%%%%"\n[encryption]\nk1 = "%%%%"',
        'current = "k1"\nlookup = 5\n[encryption]\nk1 = 5',
    ],
)
def test_a_key_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    with pytest.raises(SettingsError, match=r"keys\.toml"):
        load_key_file(path)
