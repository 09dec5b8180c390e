"""Protects the charts of reports: bars as long as their shares, texts escaped, a label for all."""

from __future__ import annotations

import re

from distilabel.quality.report_charts import Bar, bar_chart, line_chart


def test_bars_are_as_long_as_their_shares() -> None:
    chart = bar_chart([Bar("0-30 <x>", [0.5, 1.0])], ["judge", "people"])
    widths = re.findall(r'<rect class="\w+" x="150" y="\d+" width="([\d.]+)"', chart)
    assert list(map(float, widths[:2])) == [215, 430]
    assert "0-30 &lt;x&gt;: 50%, 100%" in chart
    assert "<x>" not in chart


def test_lines_run_between_the_axes() -> None:
    chart = line_chart([(0.0, 1.0), (1.0, 0.0)], [(0.0, 0.5), (1.0, 0.0)], "kept", "precision")
    assert 'points="60.0,12.0 620.0,220.0"' in chart
    assert 'aria-label="precision by kept"' in chart
