"""The script in docs/scaling.md, measured as it says there. Of the list "nightly": two minutes."""

import csv
import json
import os
import pathlib
import re
import sys

from report_page import ReportPage

from conftest import REPOSITORY, run_program


def test_the_script_of_the_documentation(dplaunch, tmp_path):
    text = (REPOSITORY / "docs/scaling.md").read_text()
    [script] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    [command] = re.findall(r"\$ dplaunch (scale .*--metric '(.*)' -- python train.py)\n", text)
    (tmp_path / "train.py").write_text(script)
    words = command[0].replace(f"'{command[1]}'", "METRIC").split()
    words[words.index("METRIC")] = command[1]
    path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    result = run_program([dplaunch, *words], timeout=900, cwd=tmp_path, env={"PATH": path})
    assert result.code == 0, result.output
    folder = tmp_path / "runs/scale-train"
    report = json.loads((folder / "scale.json").read_text())
    assert [(point["point"], point["rate"]["count"]) for point in report["results"]] == [("1", 6), ("2", 6)]
    assert all(len(run["metric"]) == 40 for run in report["runs"])
    assert all(point["rate"]["coverage"] >= 0.95 for point in report["results"])
    assert len(list(csv.DictReader((folder / "scale.csv").open()))) == 2
    assert ReportPage(folder / "scale.html").data["scale"] == report
