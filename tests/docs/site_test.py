"""The site that scripts/docs.sh builds, in a real browser. Of the list "nightly": it needs pip and chromium.
DPLAUNCH_PICTURES=FOLDER keeps what the pages look like."""

import os
import pathlib
import subprocess
import sys
import unittest

from pages import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "tests/integration"))
from browser import browser  # noqa: E402

SITE = REPOSITORY / "build/site"
PICTURES = os.environ.get("DPLAUNCH_PICTURES")


class Site(unittest.TestCase):
    def test_pages_fit_and_work(self):
        subprocess.run([REPOSITORY / "scripts/docs.sh"], check=True)
        pages = [page for page in SITE.rglob("*.html") if page.name != "404.html"]
        self.assertGreater(len(pages), 30)
        with browser() as one:
            for page in sorted(pages):
                for width in (360, 1280):
                    for scheme in ("light", "dark"):
                        with self.subTest(page=str(page.relative_to(SITE)), width=width, scheme=scheme):
                            self.look_at(one, page, width, scheme)

    def look_at(self, one, page, width, scheme):
        one.open(page, width, scheme)
        if PICTURES:
            name = "-".join(page.relative_to(SITE).with_suffix("").parts)
            (pathlib.Path(PICTURES) / f"{name}-{width}-{scheme}.png").write_bytes(one.picture())
        self.assertEqual(one.console(), [])
        self.assertLessEqual(one.run("return document.documentElement.scrollWidth"), width)
        self.assertEqual([url for url in one.requests() if not url.startswith(("file:", "data:"))], [])
        broken = "return [...document.images].filter(image => !image.naturalWidth).map(image => image.src)"
        self.assertEqual(one.run(broken), [])


if __name__ == "__main__":
    unittest.main()
