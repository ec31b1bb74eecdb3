"""Our trees are RFC 6962's: judged by the published roots and by pymerkle, which is not ours."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_inclusion

from payments.merkle import Tree, audit_path, leaf_hash, node_hash

# The leaves and roots that the authors of RFC 6962 test certificate-transparency with.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def grown(contents):
    tree = Tree()
    for content in contents:
        tree.add(leaf_hash(content))
    return tree


def test_the_published_roots():
    contents = [bytes.fromhex(leaf) for leaf in LEAVES]
    assert [grown(contents[:size]).root.hex() for size in range(1, 9)] == ROOTS
    assert grown([]).root == hashlib.sha256(b"").digest()


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=70), st.data())
def test_root_and_path_are_those_of_pymerkle(contents, data):
    judge = InmemoryTree(algorithm="sha256")
    for content in contents:
        judge.append_entry(content)
    place = data.draw(st.integers(0, len(contents) - 1))
    leaves = [leaf_hash(content) for content in contents]
    tree = grown(contents)
    assert (tree.size, tree.root) == (judge.get_size(), judge.get_root())

    proof = judge.prove_inclusion(place + 1)
    assert [leaves[place], *audit_path(leaves, place)] == proof.path
    verify_inclusion(leaves[place], tree.root, proof)


def test_a_node_is_never_taken_for_a_leaf():
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize("place", [-1, 3])
def test_there_is_no_path_from_a_leaf_that_is_not(place):
    with pytest.raises(IndexError):
        audit_path([b"a", b"b", b"c"], place)
