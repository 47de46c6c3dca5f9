"""Debian's chromium, driven by its chromedriver over the WebDriver protocol: what a reader of a page has."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import urllib.request

# Text of less contrast, lines and areas of less than 3, is what WCAG 2.1 calls hard to see.
LEAST_TEXT_CONTRAST = 4.5
LEAST_LINE_CONTRAST = 3.0

CONTRASTS = """
const channels = text => text.match(/[\\d.]+/g).map(Number);
const light = color => {
  const [r, g, b] = channels(color).map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
const behind = element => {
  for (; element; element = element.parentElement) {
    const color = getComputedStyle(element).backgroundColor;
    if (channels(color).length === 3 || channels(color)[3] === 1) return color;
  }
  return 'rgb(255, 255, 255)';
};
const texts = [], lines = [];
const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const element = walk.currentNode.parentElement;
  if (!walk.currentNode.data.trim() || !element.getClientRects().length) continue;
  const style = getComputedStyle(element);
  texts.push([contrast(element.closest('svg') ? style.fill : style.color, behind(element)), walk.currentNode.data]);
}
for (const line of document.querySelectorAll('svg.plot .line, svg.plot .whisker')) {
  lines.push([contrast(getComputedStyle(line).stroke, behind(line)), line.parentElement.getAttribute('class')]);
}
for (const area of document.querySelectorAll('pattern rect')) {
  lines.push([contrast(getComputedStyle(area).fill, behind(document.querySelector('figure') || document.body)), area.parentElement.id]);
}
return {texts, lines};
"""

# Labels that stick out of their picture are cut off; a line outside of it is not to be seen.
OUTSIDE = """
const found = [];
for (const picture of document.querySelectorAll('svg.plot')) {
  const frame = picture.getBoundingClientRect();
  for (const part of picture.querySelectorAll('text, .line, rect')) {
    const box = part.getBoundingClientRect();
    if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
      found.push([picture.getAttribute('aria-labelledby'), part.textContent, box.left - frame.left, box.right - frame.right]);
  }
}
return found;
"""

SMALLEST_TEXT = """
const sizes = [...document.querySelectorAll('svg.plot text')].map(text => text.getBoundingClientRect().height);
return sizes.length ? Math.min(...sizes) : 99;
"""


class Browser:
    """One session without a window."""

    def __init__(self, driver_port):
        self.address = f"http://127.0.0.1:{driver_port}"
        arguments = ["--headless=new", "--disable-gpu", "--hide-scrollbars"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")  # which chromium does not start with as root
        options = {"binary": shutil.which("chromium"), "args": arguments}
        logs = {"browser": "ALL", "performance": "ALL"}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": logs}
        session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = f"/session/{session['sessionId']}"

    def _call(self, method, path, body=None):
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.address + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def post(self, path, **body):
        return self._call("POST", self.session + path, body)

    def devtools(self, command, **parameters):
        return self.post("/goog/cdp/execute", cmd=command, params=parameters)

    def run(self, script):
        return self.post("/execute/sync", script=script, args=[])

    def open(self, page, width, scheme):
        """A file, or an address."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        for log in ("browser", "performance"):
            self.post("/se/log", type=log)  # what was before is no longer there
        self.post("/url", url=page if isinstance(page, str) else page.as_uri())

    def requests(self):
        """Everything that the page asked for, itself included."""
        events = [json.loads(entry["message"])["message"] for entry in self.post("/se/log", type="performance")]
        return [
            event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"
        ]

    def console(self):
        return self.post("/se/log", type="browser")

    def picture(self):
        """The whole page as PNG."""
        return base64.b64decode(self.devtools("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def pdf(self):
        return base64.b64decode(self.post("/print", background=True))

    def close(self):
        self._call("DELETE", self.session)


@contextlib.contextmanager
def browser():
    """Fails without Debian's packages chromium and chromium-driver (scripts/setup.sh --nightly)."""
    driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
    try:
        lines = (line for line in driver.stdout if "successfully on port" in line)
        one = Browser(next(lines).rsplit("port ", 1)[1].strip(" .\n"))
        try:
            yield one
        finally:
            one.close()
    finally:
        driver.kill()
        driver.wait()
        driver.stdout.close()


def check_page(one, path, pictures=None):
    """All that a page of dplaunch promises, at both widths and in both themes, and in print. With a
    folder for them, `pictures`, the page is also to be looked at."""
    for width in (360, 1280):
        for scheme in ("light", "dark"):
            where = f"{path.name}, {width} pixels, {scheme}"
            one.open(path, width, scheme)
            assert one.requests() in ([path.as_uri()], [path.as_uri(), "data:,"]), where
            assert one.console() == [], where
            assert one.run("return document.documentElement.scrollWidth") <= width, where
            assert one.run(OUTSIDE) == [], where
            assert one.run(SMALLEST_TEXT) >= 9, where
            contrasts = one.run(CONTRASTS)
            assert len(contrasts["texts"]) > 10, where
            faint = [text for text in contrasts["texts"] if text[0] < LEAST_TEXT_CONTRAST]
            assert faint == [], where
            faint = [line for line in contrasts["lines"] if line[0] < LEAST_LINE_CONTRAST]
            assert faint == [], where
            if pictures:
                (pictures / f"{path.stem}-{width}-{scheme}.png").write_bytes(one.picture())
    pdf = one.pdf()
    assert pdf.startswith(b"%PDF") and len(pdf) > 10_000
    if pictures:
        (pictures / f"{path.stem}.pdf").write_bytes(pdf)
