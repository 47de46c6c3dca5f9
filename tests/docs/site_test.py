"""The site that scripts/docs.sh builds, in a real browser. Of the list "nightly": it needs pip and chromium.
DPLAUNCH_PICTURES=FOLDER keeps what the pages look like."""

import contextlib
import functools
import http.server
import os
import pathlib
import subprocess
import sys
import threading
import unittest

from pages import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "tests/integration"))
from browser import browser  # noqa: E402

SITE = REPOSITORY / "build/site"
PICTURES = os.environ.get("DPLAUNCH_PICTURES")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


@contextlib.contextmanager
def served(folder):
    """Its address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Site(unittest.TestCase):
    def test_pages_fit_and_work(self):
        subprocess.run([REPOSITORY / "scripts/docs.sh"], check=True)
        pages = [page for page in SITE.rglob("*.html") if page.name != "404.html"]
        self.assertGreater(len(pages), 30)
        with served(SITE) as address, browser() as one:
            for page in sorted(str(page.relative_to(SITE)) for page in pages):
                for width in (360, 1280):
                    for scheme in ("light", "dark"):
                        with self.subTest(page=page, width=width, scheme=scheme):
                            self.look_at(one, address, page, width, scheme)

    def look_at(self, one, address, page, width, scheme):
        one.open(f"{address}/{page}", width, scheme)
        if PICTURES:
            name = page.removesuffix(".html").replace("/", "-")
            (pathlib.Path(PICTURES) / f"{name}-{width}-{scheme}.png").write_bytes(one.picture())
        self.assertEqual(one.console(), [])
        theme = one.run("return document.body.dataset.mdColorScheme")
        self.assertEqual(theme, {"light": "default", "dark": "slate"}[scheme])
        self.assertLessEqual(one.run("return document.documentElement.scrollWidth"), width)
        self.assertEqual([url for url in one.requests() if not url.startswith((address, "data:", "blob:"))], [])
        broken = "return [...document.images].filter(image => !image.naturalWidth).map(image => image.src)"
        self.assertEqual(one.run(broken), [])


if __name__ == "__main__":
    unittest.main()
