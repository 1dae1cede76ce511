"""HSCAN and HRANDFIELD."""

from dflite.base.collection_errors import CountOutOfRange, CountTooLarge
from dflite.base.errors import BadSyntax, InvalidCursor, NotAnInteger
from tests.support.node import Node


def fill(node: Node, count: int) -> dict[bytes, bytes]:
    pairs = {b"field%d" % n: b"value%d" % n for n in range(count)}
    node.client().run(b"HSET", b"h", *[word for pair in pairs.items() for word in pair])
    return pairs


def test_a_scan_meets_every_field() -> None:
    for count in (10, 2000):
        node = Node()
        pairs = fill(node, count)
        client = node.client()
        cursor = b"0"
        seen: dict[bytes, bytes] = {}
        while True:
            reply = client.run(b"HSCAN", b"h", cursor, b"COUNT", b"50")
            assert isinstance(reply, list)
            cursor, found = reply
            seen.update(zip(found[::2], found[1::2], strict=True))
            if cursor == b"0":
                break
        assert seen == pairs


def test_a_scan_chooses_and_leaves_values_out() -> None:
    node = Node()
    fill(node, 20)
    client = node.client()
    assert client.run("HSCAN h 0 MATCH field1 COUNT 100") == [b"0", [b"field1", b"value1"]]
    assert client.run("HSCAN h 0 NOVALUES MATCH field7") == [b"0", [b"field7"]]
    assert client.run("HSCAN none 0 FOO") == [b"0", []]
    assert client.run("HSCAN h x") == InvalidCursor
    assert client.run("HSCAN h 0 FOO") == BadSyntax
    assert client.run("HSCAN h 0 COUNT 0") == BadSyntax
    assert client.run("HSCAN h 0 COUNT x") == NotAnInteger


def test_fields_are_drawn() -> None:
    for count in (5, 1000):
        node = Node()
        pairs = fill(node, count)
        client = node.client()
        assert client.run("HRANDFIELD h") in pairs
        distinct = client.run("HRANDFIELD h 3")
        assert isinstance(distinct, list)
        assert len(set(distinct)) == 3
        assert set(distinct) <= set(pairs)
        everything = client.run(f"HRANDFIELD h {count + 1}")
        assert isinstance(everything, list)
        assert sorted(everything) == sorted(pairs)
        most = client.run(f"HRANDFIELD h {count - 1}")
        assert isinstance(most, list)
        assert len(set(most)) == count - 1
        repeated = client.run(f"HRANDFIELD h -{3 * count} WITHVALUES")
        assert isinstance(repeated, list)
        assert len(repeated) == 6 * count
        assert all(
            pairs[field] == value
            for field, value in zip(repeated[::2], repeated[1::2], strict=True)
        )


def test_in_resp3_a_field_is_paired_with_its_value() -> None:
    node = Node()
    fill(node, 1)
    assert node.client().run("HRANDFIELD h 1 WITHVALUES") == [b"field0", b"value0"]
    pairs = [[b"field0", b"value0"]]
    assert node.client(resp3=True).run("HRANDFIELD h 1 WITHVALUES") == pairs


def test_counts_have_their_limits() -> None:
    node = Node()
    fill(node, 3)
    client = node.client()
    assert client.run("HRANDFIELD none") is None
    assert client.run("HRANDFIELD none 2") == []
    assert client.run("HRANDFIELD h 0") == []
    assert client.run("HRANDFIELD h x") == NotAnInteger
    assert client.run("HRANDFIELD h 1 FOO") == BadSyntax
    assert client.run("HRANDFIELD h -9223372036854775808") == CountOutOfRange
    assert client.run("HRANDFIELD h 9223372036854775807 WITHVALUES") == CountTooLarge


def test_due_fields_are_not_drawn() -> None:
    node = Node()
    fill(node, 3)
    client = node.client()
    client.run("HPEXPIRE h 10 FIELDS 2 field0 field1")
    node.advance(10)
    assert client.run("HRANDFIELD h") == b"field2"
    assert client.run("HRANDFIELD h 10") == [b"field2"]
    assert client.run("HRANDFIELD h -2") == [b"field2", b"field2"]
    client.run("HPEXPIRE h 10 FIELDS 1 field2")
    node.advance(10)
    assert client.run("HRANDFIELD h") is None
    assert client.run("HRANDFIELD h -2") == []
    assert client.run("HLEN h") == 1  # a write lets those go that are due, a read does not
