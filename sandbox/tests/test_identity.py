import itertools

import pytest

from sandbox.tests.driver import Partner, SandboxProcess, card_number, id_number

PATH = "/identity/v1/four-elements"
numbers = itertools.count(100)


def person(partner: Partner, **changes: str) -> dict[str, str]:
    number = next(numbers)
    return {
        "serial": partner.next_serial(),
        "name": "王小明",
        "id_number": id_number(number),
        "card_number": card_number(number),
        "reserved_mobile": "13912345678",
        **changes,
    }


def ask(partner: Partner, who: dict[str, str]) -> tuple[str, str]:
    response = partner.post(PATH, who)
    assert partner.believes(response)
    assert response.status_code == 200
    return response.json()["answer"], response.json()["reason"]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("王小明", ("agree", "")),
        ("王不符", ("disagree", "NAME_MISMATCH")),
        ("王难查", ("cannot_check", "NO_RECORD")),
    ],
)
def test_the_three_answers(partner: Partner, name: str, answer: tuple[str, str]) -> None:
    assert ask(partner, person(partner, name=name)) == answer


def test_an_id_number_belongs_to_the_first_name(partner: Partner) -> None:
    who = person(partner)
    assert ask(partner, who) == ("agree", "")
    stranger = person(partner, id_number=who["id_number"], name="李四")
    assert ask(partner, stranger) == ("disagree", "NAME_MISMATCH")
    assert ask(partner, who | {"serial": partner.next_serial()}) == ("agree", "")


def test_a_card_belongs_to_the_first_id_number(partner: Partner) -> None:
    who = person(partner)
    assert ask(partner, who) == ("agree", "")
    stranger = person(partner, card_number=who["card_number"])
    assert ask(partner, stranger) == ("disagree", "CARD_MISMATCH")
    second_card = person(partner, id_number=who["id_number"])
    assert ask(partner, second_card) == ("agree", "")


def test_who_disagrees_binds_nothing(partner: Partner) -> None:
    who = person(partner, name="王不符")
    assert ask(partner, who)[0] == "disagree"
    assert ask(partner, who | {"serial": partner.next_serial(), "name": "王小明"}) == ("agree", "")


def test_the_same_serial_gets_the_same_answer_and_other_content_a_conflict(partner: Partner) -> None:
    who = person(partner)
    first, again = partner.post(PATH, who), partner.post(PATH, who)
    assert first.json() == again.json()
    assert partner.post(PATH, who | {"name": "李四"}).status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id_number", "110101199001150010"),
        ("id_number", "11010119901315001X"),
        ("id_number", "110101900115001"),
        ("card_number", card_number(7)[:15]),
        ("card_number", "6222021234567890"),
        ("reserved_mobile", "12912345678"),
        ("name", ""),
    ],
)
def test_malformed_elements_are_refused_without_being_repeated(partner: Partner, field: str, value: str) -> None:
    response = partner.post(PATH, person(partner, **{field: value}))
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_PARAMETER")
    assert response.json()["message"].startswith(field)
    assert not value or value not in response.text


def test_the_authoritys_books_can_be_read(sandbox: SandboxProcess, partner: Partner) -> None:
    who = person(partner)
    answer = partner.post(PATH, who).json()
    [row] = sandbox.read("/books/identity", serial=who["serial"])["identity_checks"]
    assert {name: row[name] for name in who} == who
    assert (row["authority_serial"], row["answer"]) == (answer["authority_serial"], "agree")
