import pytest

from xinqiao.simulator.identity import holds_identity_number

NUMBER = "370323190711118764"


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        f"当事人（{NUMBER}）",
        "３７０３２３１９０７１１１１８７６４",
        "370323 19071111 8764",
        "370323-19071111-8764",
        f"编号{NUMBER}号",
        "37032319010101006x",
    ],
)
def test_an_identity_number_is_found_however_it_is_written(text: str) -> None:
    assert holds_identity_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "370323190711118765",  # another check digit
        "370323190713118761",  # no such month
        f"1{NUMBER}",  # part of a longer number
        f"{NUMBER}0",
        "91370323MAKNQXNW4H",
        "911101080000000000",
        "云交许〔2026〕0001号",
        "0533-0000001",
    ],
)
def test_what_is_none_is_not_taken_for_one(text: str) -> None:
    assert not holds_identity_number(text)
