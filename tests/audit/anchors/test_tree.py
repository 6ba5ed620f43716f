"""The tree is the one of RFC 9162, and a path proves one entry and no other."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.audit.anchors.tree import inclusion_path, leaf, root_by_path, root_of

HASHES = st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=1, max_size=70)


def by_the_book(leaves: Sequence[bytes]) -> bytes:
    """Work the root out as RFC 9162 §2.1.1 defines it, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    left, right = by_the_book(leaves[:k]), by_the_book(leaves[k:])
    return hashlib.sha256(b"\1" + left + right).digest()


@given(HASHES)
def test_the_root_is_the_one_of_the_standard(hashes: list[str]) -> None:
    assert root_of(hashes) == by_the_book([leaf(one) for one in hashes]).hex()


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert root_of([]) == hashlib.sha256(b"").hexdigest()


def test_leaf_and_root_are_pinned() -> None:
    """Anchors of today must be provable for as long as they are kept."""
    assert leaf("00" * 32).hex() == hashlib.sha256(bytes(33)).hexdigest()
    hashes = [f"{number:064x}" for number in range(5)]
    assert root_of(hashes) == "37711ec04165b198c08e06c9e970964a142747de607efd657d85759c5eed5e3c"


@given(HASHES, st.data())
def test_a_path_leads_from_its_entry_to_the_root(hashes: list[str], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(hashes) - 1))
    path = inclusion_path(hashes, index)
    assert len(path) <= (len(hashes) - 1).bit_length()
    assert root_by_path(hashes[index], index, len(hashes), path) == root_of(hashes)


@given(HASHES.filter(lambda one: len(one) > 1), st.data())
def test_a_path_proves_no_other_entry_and_no_other_place(
    hashes: list[str], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(hashes) - 1))
    path = inclusion_path(hashes, index)
    root = root_of(hashes)
    assert root_by_path("ab" * 32, index, len(hashes), path) != root
    changed = [*path[:-1], "cd" * 32]
    assert root_by_path(hashes[index], index, len(hashes), changed) != root
    for wrong in (path[:-1], [*path, "ef" * 32]):
        with pytest.raises(ValueError, match="the path is too"):
            root_by_path(hashes[index], index, len(hashes), wrong)


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_path_for_an_entry_that_is_not_there(index: int) -> None:
    hashes = ["00" * 32] * 3
    with pytest.raises(IndexError):
        inclusion_path(hashes, index)
    with pytest.raises(ValueError, match="no such entry"):
        root_by_path(hashes[0], index, 3, [])
