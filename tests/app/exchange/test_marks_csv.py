"""The marks file: what its rows become, and what is said of rows that cannot be understood."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.exchange.marks_csv import KINDS, read_marks
from dowel.recordings.errors import InputError


def marks_of(folder: Path, text: str) -> list[tuple[str, float, float, dict[str, object]]]:
    path = folder / "marks.csv"
    path.write_text(text, encoding="utf-8")
    return [(str(mark.kind), mark.start_s, mark.end_s, dict(mark.detail)) for mark in read_marks(path)]


def test_steps_and_sets_become_marks_at_both_ends(tmp_path: Path) -> None:
    text = 'kind,start_s,end_s,detail\nset,20,30,"{""load_kg"": 16}"\nrod_hold,2,7,\nrod_hinges,7,19,\nnote,4.5,,\n'
    assert marks_of(tmp_path, text) == [
        ("step_start", 2, 2, {"step": "rod_hold"}),
        ("note", 4.5, 4.5, {}),
        ("rod_hold", 2, 7, {}),
        ("step_start", 7, 7, {"step": "rod_hinges"}),
        ("rod_hinges", 7, 19, {}),
        ("set_start", 20, 20, {"load_kg": 16}),
        ("set_end", 30, 30, {}),
    ]


def set_row(start_s: float, detail: str) -> str:
    return f"set,{start_s},{start_s + 10}," + ('"' + detail.replace('"', '""') + '"' if detail else "") + "\n"


def test_sets_tell_their_drills(tmp_path: Path) -> None:
    """A row of a set becomes its drill first; where one set ends as the next begins, the end comes before the drill."""
    later, earlier = '{"drill": "barbell", "from": "floor", "load_kg": 60}', '{"drill": "wall_tap", "wall_cm": 12}'
    text = "kind,start_s,end_s,detail\n" + set_row(30, later) + set_row(20, earlier)
    assert marks_of(tmp_path, text) == [
        ("drill", 20, 20, {"drill": "wall_tap", "wall_cm": 12}),
        ("set_start", 20, 20, {}),
        ("set_end", 30, 30, {}),
        ("drill", 30, 30, {"drill": "barbell", "from": "floor"}),
        ("set_start", 30, 30, {"load_kg": 60}),
        ("set_end", 40, 40, {}),
    ]


@pytest.mark.parametrize(
    ("details", "said"),
    [
        (['{"drill": "dance"}'], "line 2: the drill is 'dance'; it is one of dead_bug, wall_tap, "),
        (['{"drill": ["barbell"]}'], "line 2: the drill is ['barbell']; it is one of "),
        (['{"wall_cm": 10}'], "line 2: the drill is None; it is one of "),
        (['{"drill": "wall_tap", "wall_cm": "far"}'], "line 2: wall_cm is 'far'; write centimetres as a number from"),
        (['{"drill": "wall_tap", "wall_cm": 1000}'], "line 2: wall_cm is 1000; write centimetres as a number from"),
        (['{"drill": "wall_tap", "band": 3}'], "line 2: band is 3; write its colour or name in quotes."),
        (['{"drill": "barbell", "from": "shelf"}'], "line 2: from is 'shelf'; it is one of floor, rack, hand"),
        (['{"drill": "dowel_hinge", "from": "floor"}'], "line 2: from: nothing is lifted in the "),
        (['{"drill": "wall_tap", "load_kg": 16}'], "line 2: load-kg: the "),
        (['{"drill": "barbell"}', ""], "line 3: other sets tell their drill. Tell that of each set, or of none."),
        (["", '{"drill": "barbell"}'], "line 2: other sets tell their drill"),
    ],
)
def test_drills_that_cannot_be_are_refused(tmp_path: Path, details: list[str], said: str) -> None:
    rows = "".join(set_row(20 * number, detail) for number, detail in enumerate(details))
    with pytest.raises(InputError) as refused:
        marks_of(tmp_path, "kind,start_s,end_s,detail\n" + rows)
    assert said in str(refused.value)


def test_order_of_columns_blank_lines_and_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    text = "\ufeffend_s, start_s ,kind\r\n\r\n7,2,still\r\n"
    assert marks_of(tmp_path, text) == [("step_start", 2, 2, {"step": "still"}), ("still", 2, 7, {})]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("kind,begin\nset,1\n", "line 1: the header"),
        ("kind,start_s,start_s\nset,1,2\n", "line 1: the header"),
        ("kind,start_s,end_s,detail\nstill,1,6,\nsquat,1,2,\n", "line 3: 'squat' is not a kind of mark"),
        ("kind,start_s,end_s\nset,soon,5\n", "line 2: start_s is 'soon'"),
        ("kind,start_s,end_s\nset,nan,5\n", "line 2: start_s is 'nan'"),
        ("kind,start_s,end_s\nnote,1764000000,\n", "line 2: start_s is '1764000000'"),
        ("kind,start_s,end_s\nset,5,4\n", "line 2: set ends (4 s) before it starts (5 s)"),
        ("kind,start_s,end_s\nstill,5,\n", "line 2: still needs an end_s"),
        ("kind,start_s,end_s,detail\nset,1,5,16 kg\n", "line 2: the detail is not a JSON object"),
        ("kind,start_s,end_s,detail\nset,1,5,[16]\n", "line 2: the detail is not a JSON object"),
        ('kind,start_s,end_s,detail\nset,1,5,{"load_kg": NaN}\n', "line 2: the detail is not a JSON object"),
        ('kind,start_s,end_s,detail\nset,1,5,"{""load_kg"": ""16""}"\n', "line 2: load_kg is '16'"),
        (
            'kind,start_s,end_s,detail\nset,1,5,"{""load_kg"": 601}"\n',
            "line 2: load_kg is 601; write kilograms as a number from 0 to 600",
        ),
        ('kind,start_s,end_s,detail\nset,1,5,{"load_kg": 16, "x": 1}\n', "line 2: 5 cells, but 4 columns"),
        ('kind,start_s,end_s,detail\nset,1,5,"{}\n', "not valid CSV"),
        (f"kind,start_s,end_s,detail\nnote,1,,{'x' * 4000}\n", "line 2: the detail has 4000 characters"),
        ("kind,start_s,end_s\nset,1,5\nset,4,8\n", "sets in lines 2 and 3 overlap"),
        ("kind,start_s,end_s\nstill,1,5\nrod_hold,4,8\n", "steps in lines 2 and 3 overlap"),
    ],
)
def test_what_cannot_be_understood_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        marks_of(tmp_path, text)
    assert said in str(refused.value)
    assert "marks.csv" in str(refused.value)


def test_a_missing_file_and_other_bytes_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such marks file"):
        read_marks(tmp_path / "none.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_marks(tmp_path)
    (tmp_path / "marks.csv").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_marks(tmp_path / "marks.csv")


@pytest.mark.slow
@given(
    rows=st.lists(st.tuples(st.sampled_from([*KINDS, "x", ""]), st.text(max_size=6), st.text(max_size=6), st.text()))
)
def test_any_text_gives_marks_or_one_sentence(
    rows: list[tuple[str, str, str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = "kind,start_s,end_s,detail\n" + "\n".join(",".join(row) for row in rows)
    found = []
    with suppress(InputError):
        found = marks_of(tmp_path_factory.getbasetemp(), text.encode("utf-8", "replace").decode())
    assert [mark[2] for mark in found] == sorted(mark[2] for mark in found)
