"""A page of `dplaunch report`, taken apart with Python's own parsers."""

import json
import math
import re
import xml.etree.ElementTree

NUMBER = r"-?\d+(?:\.\d+)?"


class ReportPage:
    """Its text, what it embeds as data, and what its pictures draw."""

    def __init__(self, path):
        self.bytes = path.read_bytes()
        self.html = self.bytes.decode()
        self.root = xml.etree.ElementTree.fromstring(self.html)
        scripts = list(self.root.iter("script"))
        assert [script.get("type") for script in scripts] == ["application/json"]
        self.data = json.loads(scripts[0].text)
        self.charts = {chart["id"]: chart for chart in self.data["charts"]}

    @property
    def text(self):
        """As a reader has it."""
        return " ".join(" ".join(self.root.find("body/main").itertext()).split())

    def picture(self, chart):
        [svg] = [svg for svg in self.root.iter("svg") if f"{chart}-t" in svg.get("aria-labelledby", "")]
        return svg

    def check_asks_for_nothing(self):
        """Neither a script nor anything that a browser would fetch."""
        for element in self.root.iter():
            assert element.tag not in ("img", "iframe", "object", "embed", "form", "base", "audio", "video")
            for name, value in element.attrib.items():
                name = name.rsplit("}", 1)[-1]
                assert not name.startswith("on"), f"{element.tag} has {name}"
                assert name not in ("src", "srcset", "action", "formaction", "style")
                if name == "href":
                    assert value.startswith("#") or value == "data:,", value
        style = self.root.find("head/style").text
        assert "@import" not in style
        assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", style))
        assert "http:" not in self.html and "https:" not in self.html


def scale_of(svg, kind, is_log=False):
    """From pixel to value, read off the labels of an axis's ticks."""
    to_axis, from_axis = (math.log, math.exp) if is_log else (float, float)
    at = "y" if kind == "y" else "x"
    ticks = [
        (float(text.get(at)) - (4 if kind == "y" else 0), float(text.text))
        for text in svg.iter("text")
        if text.get("class") == kind
    ]
    (pixel, value), (last_pixel, last_value) = ticks[0], ticks[-1]
    slope = (to_axis(last_value) - to_axis(value)) / (last_pixel - pixel)
    return lambda at: from_axis(to_axis(value) + (at - pixel) * slope)


def drawn_lines(svg, log_x=False, log_y=False):
    """The points of each line, as values, in the order of the series."""
    x, y = scale_of(svg, "x", log_x), scale_of(svg, "y", log_y)
    lines = []
    for group in svg.iter("g"):
        [path] = [path.get("d") for path in group.iter("path") if path.get("class") == "line"]
        points = re.findall(rf"[ML]({NUMBER}) ({NUMBER})", path)
        lines.append([(x(float(a)), y(float(b))) for a, b in points])
    return lines


def drawn_marks(svg, log_x=False):
    """The marks of each series that has some, and the ends of their intervals, as values."""
    x, y = scale_of(svg, "x", log_x), scale_of(svg, "y")
    series = []
    for group in svg.iter("g"):
        marks = [(x(float(use.get("x"))), y(float(use.get("y")))) for use in group.iter("use")]
        whiskers = [path.get("d") for path in group.iter("path") if path.get("class") == "whisker"]
        ends = re.findall(rf"M{NUMBER} ({NUMBER})V({NUMBER})", "".join(whiskers))
        if marks:
            series.append((marks, [(y(float(low)), y(float(high))) for low, high in ends]))
    return series


def drawn_bars(svg):
    """The heights of each part's bars, as values."""
    y = scale_of(svg, "y")
    return [
        [abs(y(float(rect.get("y")) + float(rect.get("height"))) - y(float(rect.get("y")))) for rect in group.iter("rect")]
        for group in svg.iter("g")
    ]


def is_near(found, expected, extent):
    """As near as a picture with two decimals of a pixel can be."""
    return math.isclose(found, expected, abs_tol=extent / 5000)
