"""Keys and encryption: what is changed, moved or readable by others is refused."""

import base64
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.errors import DamageError, SettingsError
from xinqiao.privacy.keys import KeyRing, create_key_file, is_token, load_key_file

RING = KeyRing("k1", {"k1": b"\x01" * 32, "k0": b"\x07" * 32}, b"\x02" * 32)
CONTEXT = "record-1/subject.certificate_number"
IDENTITY_NUMBER = "370323190501010018"
KEY = base64.b64encode(b"\x03" * 32).decode()


@given(st.binary(), st.text(st.characters(codec="utf-8")))
def test_bytes_come_back_as_they_were(plain: bytes, context: str) -> None:
    key_id, sealed = RING.encrypt(plain, context)
    assert key_id == "k1"
    assert RING.decrypt(key_id, sealed, context) == plain


@given(st.text(st.characters(codec="utf-8")))
def test_text_comes_back_as_it_was(text: str) -> None:
    token = RING.encrypt_text(text, CONTEXT)
    assert is_token(token)
    assert RING.decrypt_text(token, CONTEXT) == text


def test_a_token_shows_nothing_and_never_repeats() -> None:
    first, second = (RING.encrypt_text(IDENTITY_NUMBER, CONTEXT) for _ in range(2))
    assert first != second
    assert IDENTITY_NUMBER not in first
    assert first.startswith("enc:1:k1:")


def test_a_value_moved_to_another_place_is_refused() -> None:
    token = RING.encrypt_text(IDENTITY_NUMBER, CONTEXT)
    with pytest.raises(DamageError) as caught:
        RING.decrypt_text(token, "record-2/subject.certificate_number")
    assert caught.value.code == "decryption"
    assert IDENTITY_NUMBER not in caught.value.message


@given(st.binary(max_size=40), st.data())
def test_every_changed_bit_is_refused(plain: bytes, data: st.DataObject) -> None:
    key_id, sealed = RING.encrypt(plain, CONTEXT)
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    damaged = bytearray(sealed)
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DamageError):
        RING.decrypt(key_id, bytes(damaged), CONTEXT)


@given(st.text("0123456789", max_size=20), st.data())
def test_every_changed_bit_of_a_token_is_refused(text: str, data: st.DataObject) -> None:
    """Also bits that base64 does not use, the name of the key, and the padding."""
    token = RING.encrypt_text(text, CONTEXT).encode()
    bit = data.draw(st.integers(0, len(token) * 7 - 1))
    damaged = bytearray(token)
    damaged[bit // 7] ^= 1 << bit % 7
    with pytest.raises((DamageError, SettingsError)):
        RING.decrypt_text(damaged.decode(), CONTEXT)


def test_a_token_changed_only_in_bits_that_base64_does_not_use_is_refused() -> None:
    token = RING.encrypt_text("", CONTEXT)
    body, last = token[:-3], token[-3]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = body + alphabet[alphabet.index(last) ^ 1] + "=="
    assert base64.b64decode(twin.rpartition(":")[2]) == base64.b64decode(token.rpartition(":")[2])
    with pytest.raises(DamageError):
        RING.decrypt_text(twin, CONTEXT)


@given(st.text("0123456789", max_size=20), st.data())
def test_a_token_cut_off_anywhere_is_refused(text: str, data: st.DataObject) -> None:
    token = RING.encrypt_text(text, CONTEXT)
    length = data.draw(st.integers(0, len(token) - 1))
    with pytest.raises((DamageError, SettingsError)):
        RING.decrypt_text(token[:length], CONTEXT)


@given(st.binary(max_size=30))
def test_bytes_that_were_never_sealed_are_refused(sealed: bytes) -> None:
    with pytest.raises(DamageError):
        RING.decrypt("k1", sealed, CONTEXT)


def test_a_missing_key_is_named_and_the_file_to_restore_too() -> None:
    other = KeyRing("k9", {"k9": b"\x04" * 32}, b"\x02" * 32)
    token = other.encrypt_text(IDENTITY_NUMBER, CONTEXT)
    with pytest.raises(SettingsError, match=r"“k9”.*secrets/keys\.toml") as caught:
        RING.decrypt_text(token, CONTEXT)
    assert caught.value.code == "key_missing"


def test_another_key_of_the_same_name_opens_nothing() -> None:
    other = KeyRing("k1", {"k1": b"\x04" * 32}, b"\x02" * 32)
    with pytest.raises(DamageError, match="密钥文件不是这个工作区的"):
        other.decrypt_text(RING.encrypt_text(IDENTITY_NUMBER, CONTEXT), CONTEXT)


def test_values_of_an_older_key_stay_readable_after_current_changes(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    create_key_file(path)
    before = load_key_file(path)
    token = before.encrypt_text(IDENTITY_NUMBER, CONTEXT)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('current = "k1"', 'current = "k2"') + f'k2 = "{KEY}"\n')
    after = load_key_file(path)
    assert after.decrypt_text(token, CONTEXT) == IDENTITY_NUMBER
    assert after.encrypt_text(IDENTITY_NUMBER, CONTEXT).startswith("enc:1:k2:")
    assert after.lookup_hash(b"x") == before.lookup_hash(b"x")


def test_lookup_hashes_are_equal_for_equal_values_within_one_key_ring_only(tmp_path: Path) -> None:
    create_key_file(tmp_path / "a.toml")
    create_key_file(tmp_path / "b.toml")
    first, second = load_key_file(tmp_path / "a.toml"), load_key_file(tmp_path / "b.toml")
    assert first.lookup_hash(b"value") == first.lookup_hash(b"value")
    assert first.lookup_hash(b"value") != first.lookup_hash(b"other")
    assert first.lookup_hash(b"value") != second.lookup_hash(b"value")
    assert len(bytes.fromhex(first.lookup_hash(b"value"))) == 32


def test_repr_names_the_keys_and_shows_none(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    create_key_file(path)
    ring = load_key_file(path)
    secret_parts = [line.split('"')[1] for line in path.read_text().splitlines() if line.count('"')]
    shown = f"{ring!r} {ring}"
    assert "k1" in shown
    assert not any(part in shown for part in secret_parts if len(part) > 2)
    assert len([part for part in secret_parts if len(part) == 44]) == 2


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Let new files be readable by everybody unless their maker says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_a_key_file_is_0600_from_its_creation_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []
    really_open = os.open

    def watched(path: str, flags: int, mode: int = 0o777) -> int:
        descriptor = really_open(path, flags, mode)
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    monkeypatch.setattr(os, "open", watched)
    create_key_file(tmp_path / "keys.toml")
    assert modes == [0o600]
    assert stat.S_IMODE((tmp_path / "keys.toml").stat().st_mode) == 0o600


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text("precious", encoding="utf-8")
    with pytest.raises(FileExistsError):
        create_key_file(path)
    assert path.read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644])
def test_a_key_file_that_others_can_open_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys.toml"
    create_key_file(path)
    path.chmod(mode)
    with pytest.raises(SettingsError, match=f"{mode:04o}.*chmod 600") as caught:
        load_key_file(path)
    assert caught.value.code == "key_file_mode"


def test_a_missing_key_file_is_named_and_not_to_be_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    with pytest.raises(SettingsError, match="不要新建") as caught:
        load_key_file(path)
    assert str(path) in caught.value.message
    assert caught.value.code == "key_file_missing"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no toml at all",
        'current = "k1"',
        f'current = "k1"\nlookup = "{KEY}"',
        f'current = "k1"\nlookup = "{KEY}"\nencryption = "{KEY}"',
        f'current = "k2"\nlookup = "{KEY}"\n[encryption]\nk1 = "{KEY}"',
        f'lookup = "{KEY}"\n[encryption]\nk1 = "{KEY}"',
        f'current = "k1"\n[encryption]\nk1 = "{KEY}"',
        f'current = "k1"\nlookup = 5\n[encryption]\nk1 = "{KEY}"',
        f'current = "k1"\nlookup = "{KEY}"\n[encryption]\nk1 = "c2hvcnQ="',
        f'current = "k1"\nlookup = "c2hvcnQ="\n[encryption]\nk1 = "{KEY}"',
        f'current = "k1"\nlookup = "{KEY}"\n[encryption]\nk1 = "{KEY[:-2]}"',
        f'current = "k1"\nlookup = "{KEY}"\n[encryption]\nk1 = "密钥"',
        f'current = "a:b"\nlookup = "{KEY}"\n[encryption]\n"a:b" = "{KEY}"',
        f'current = "{"k" * 21}"\nlookup = "{KEY}"\n[encryption]\n{"k" * 21} = "{KEY}"',
    ],
)
def test_a_malformed_key_file_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.toml"
    create_key_file(path)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_key_file(path)
    assert caught.value.code == "key_file"
    assert str(path) in caught.value.message
    assert KEY not in caught.value.message


def test_a_key_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    create_key_file(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="无法读取"):
        load_key_file(path)


def test_a_folder_in_place_of_the_key_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="无法读取"):
        load_key_file(tmp_path)
