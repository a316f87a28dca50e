"""The deep link: what opens a contract, and everything that only looks like it."""

from __future__ import annotations

import string
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signer.agency.link import Link, parse_link
from signer.errors import ErrorCode, SignerError

TOKEN = "tok3n-_TEST-0123456789"
GOOD = f"paraph://open/demo/{TOKEN}"

agency_ids = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=64)
tokens = st.text(string.ascii_letters + string.digits + "_-", min_size=16, max_size=128)


@pytest.mark.parametrize("text", [GOOD, GOOD + "/", f"PARAPH://Open/demo/{TOKEN}"])
def test_a_link_names_an_agency_and_a_token(text: str) -> None:
    assert parse_link(text) == Link("demo", TOKEN)


@settings(deadline=None)
@given(agency_ids, tokens)
def test_every_well_made_link_is_read(agency_id: str, token: str) -> None:
    assert parse_link(f"paraph://open/{agency_id}/{token}") == Link(agency_id, token)


HOSTILE = {
    "nothing": "",
    "another scheme": f"https://open/demo/{TOKEN}",
    "another action": f"paraph://install/demo/{TOKEN}",
    "an action inside": f"paraph:///open/demo/{TOKEN}",
    "a host": f"paraph://agency.example/open/demo/{TOKEN}",
    "a port": f"paraph://open:443/demo/{TOKEN}",
    "a user": f"paraph://me@open/demo/{TOKEN}",
    "a query": GOOD + "?url=https://elsewhere.example",
    "an empty query": GOOD + "?",
    "a fragment": GOOD + "#x",
    "one part more": GOOD + "/more",
    "one part less": f"paraph://open/{TOKEN}",
    "an empty agency": f"paraph://open//{TOKEN}",
    "a way upwards": f"paraph://open/demo/../demo/{TOKEN}",
    "percent signs": f"paraph://open/d%65mo/{TOKEN}",
    "a backslash": f"paraph://open\\demo\\{TOKEN}",
    "a space before": " " + GOOD,
    "a line after": GOOD + "\n",
    "a zero byte": GOOD + "\0",
    "an option": f"--pin-fd=3 {GOOD}",
    "a short token": "paraph://open/demo/" + "x" * 15,
    "a long token": "paraph://open/demo/" + "x" * 129,
    "a long agency": f"paraph://open/{'x' * 65}/{TOKEN}",
    "digits of another script": "paraph://open/demo/" + "\u0663" * 20,
    "letters that look alike": f"paraph://open/d\u0435mo/{TOKEN}",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_link_with_anything_else_is_not_ours(what: str) -> None:
    with pytest.raises(SignerError) as raised:
        parse_link(HOSTILE[what])

    assert raised.value.code is ErrorCode.LINK_NOT_OURS
    assert TOKEN not in str(raised.value)


@settings(deadline=None)
@given(st.text(max_size=300) | st.text().map(GOOD.__add__) | st.text().map(lambda text: text + GOOD))
def test_no_text_makes_it_stumble_or_reach_outside_its_alphabet(text: str) -> None:
    link = None
    with suppress(SignerError):
        link = parse_link(text)

    if link is not None:
        assert set(link.agency_id) <= set(string.ascii_letters + string.digits + "._-")
        assert set(link.token) <= set(string.ascii_letters + string.digits + "_-")


def test_the_token_is_in_no_repr() -> None:
    assert TOKEN not in repr(parse_link(GOOD))
