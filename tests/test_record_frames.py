"""Records as data frames and as tables in notebooks."""

import subprocess
import sys
import textwrap

import pytest

from skdistill._frames import FrameHtml, Records, as_frame
from skdistill.diagnostics import leakage_check, teacher_quality

PROBA = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]


class Told(FrameHtml):
    sentence = "1 < 2"

    def to_frame(self):
        return as_frame([{"name": "a", "value": 1 / 3}], "name")


def test_a_record_shows_its_sentence_and_its_table():
    html = Told()._repr_html_()
    assert html.startswith("<p>1 &lt; 2</p><table")
    assert "0.3333" in html


def test_a_record_has_to_say_what_its_table_is():
    with pytest.raises(NotImplementedError):
        FrameHtml().to_frame()


def test_no_records_are_an_empty_table():
    assert Records().to_frame().empty
    assert as_frame([], "name").empty


def test_quality_has_a_row_a_measure_class_and_fold():
    quality = teacher_quality(PROBA, [0, 1, 0], splits=[([1, 2], [0]), ([0], [1, 2])])
    frame = quality.to_frame()
    assert frame.loc["brier", "value"] == quality.brier
    assert frame.loc["log_loss of class 1", "value"] == quality.per_class[1]
    assert frame.loc["log_loss of fold 1", "value"] == quality.per_fold[1]
    assert len(frame) == 3 + 2 + 2


def test_leakage_has_a_row_each_for_in_sample_and_out_of_fold():
    check = leakage_check([[1, 0], [0, 1], [1, 0]], PROBA, [0, 1, 0])
    frame = check.to_frame()
    assert list(frame.index) == ["in sample", "out of fold"]
    assert frame.loc["out of fold", "log_loss"] == check.log_loss_out_of_fold
    assert check.sentence.split("%")[0] in check._repr_html_()


def test_without_pandas_text_is_shown_and_to_frame_names_the_extra():
    code = """
        import sys
        sys.modules["pandas"] = None
        from skdistill.diagnostics import teacher_quality
        quality = teacher_quality([[.9, .1], [.2, .8]], [0, 1])
        assert quality._repr_html_() is None
        try:
            quality.to_frame()
        except ImportError as error:
            assert "skdistill[data]" in str(error)
        else:
            raise SystemExit("a frame without pandas?")
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)
