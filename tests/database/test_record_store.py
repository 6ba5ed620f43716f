"""Identity numbers stand in the database only encrypted; everything else can be read."""

from xinqiao.database.record_store import protect, reveal
from xinqiao.privacy.keys import KeyRing, is_token

NUMBER = "370323190806133086"
CONTENT = {
    "subject.name": "甲九四",
    "subject.certificate_number": NUMBER,
    "remarks": f"申请人证件号 {NUMBER}，已核对",
    "content": "道路普通货物运输",
}
IDENTITY = ("subject.certificate_number",)


def test_what_was_stored_comes_back_as_it_was(keys: KeyRing) -> None:
    stored = protect(CONTENT, "r1", IDENTITY, keys)
    assert reveal(stored, "r1", keys) == CONTENT


def test_identity_fields_and_texts_that_hold_a_number_are_encrypted_and_others_are_not(
    keys: KeyRing,
) -> None:
    stored = protect(CONTENT, "r1", IDENTITY, keys)
    encrypted = {path for path, text in stored.items() if is_token(text)}
    assert encrypted == {"subject.certificate_number", "remarks"}
    assert stored["content"] == CONTENT["content"]
    assert NUMBER not in str(stored)


def test_an_identity_field_is_encrypted_even_when_its_value_is_no_number(keys: KeyRing) -> None:
    stored = protect({"subject.certificate_number": "E1234567"}, "r1", IDENTITY, keys)
    assert is_token(stored["subject.certificate_number"])


def test_a_text_that_looks_like_a_token_is_not_taken_for_one(keys: KeyRing) -> None:
    content = {"remarks": "enc:1:k1:AAAA"}
    assert reveal(protect(content, "r1", (), keys), "r1", keys) == content
