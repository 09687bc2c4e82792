"""Numbers and dates by value. Columns: origin, text, what is read."""

import pytest

from warehouse.history.values import values

CASES = [
    ("rule", "14 May 2024", ["2024-05-14"]),
    ("rule", "May 14, 2024", ["2024-05-14"]),
    ("rule", "the 14th of May", ["?-05-14"]),
    ("rule", "2024-05-14", ["2024-05-14"]),
    ("seed", "24.11.2022", ["2022-11-24"]),
    ("rule", "05/14/2024", ["2024-05-14"]),
    ("seed", "On 20-22 May they met", ["?-05-20..22"]),
    ("spec", "22 ноября 2023 года", ["2023-11-22"]),
    ("spec", "2023年11月22日", ["2023-11-22"]),
    ("rule", "in 2023 the talks", ["2023"]),
    ("rule", "they may march on", []),
    ("rule", "1,000", ["1000"]),
    ("rule", "1 000", ["1000"]),
    ("rule", "$5.5 million", ["5500000 usd"]),
    ("rule", "5 млн рублей", ["5000000 rub"]),
    ("rule", "5 per cent", ["5 %"]),
    ("rule", "twenty-one states", ["21"]),
    ("rule", "-5 degrees", ["-5 degree"]),
    ("seed", "the XVI meeting", ["16"]),
    ("bug", "Xi Jinping spoke", []),
    ("seed", "1267/1989/2253 on ISIS", ["1267/1989/2253"]),
    ("rule", "B-52 bombers", ["b-52"]),
]


@pytest.mark.parametrize(("text", "meanings"), [case[1:] for case in CASES])
def test_values_are_read(text: str, meanings: list[str]) -> None:
    assert [value.meaning for value in values(text)] == meanings
