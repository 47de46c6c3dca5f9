"""For mkdocs: what a code host shows otherwise than Python-Markdown.

Links from the pages to files of the repository outside docs/ lead to copies in the site: the repository's own pages
are pages there, every other file is copied as it is, below `repository/`. In code in a table "\\|" is "|".
"""

import pathlib
import posixpath
import re

from mkdocs.structure.files import File

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"(?<=\]\()([^)#\s:]+)(?=[)#])")
TABLE_CODE = re.compile(r"(?<=[| (])`[^`\n]*\\\|[^`\n]*`")
# In the repository, and in the site.
PAGES = {"README.md": "overview.md", "CONTRIBUTING.md": "contributing.md"}


def place_in_repository(page, link):
    """Of what a page of the site links to."""
    folder = posixpath.dirname(f"docs/{page}") if page not in PAGES.values() else ""
    return posixpath.normpath(posixpath.join(folder, link))


def place_in_site(path):
    if path in PAGES:
        return PAGES[path]
    return path.removeprefix("docs/") if path.startswith("docs/") else f"repository/{path}"


def on_files(files, config):
    for path, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(REPOSITORY / path)))
    for page in list(files.documentation_pages()):
        for link in LINK.findall(page.content_string):
            path = place_in_repository(page.src_uri, link)
            place = place_in_site(path)
            if place.startswith("repository/") and not files.get_file_from_path(place):
                files.append(File.generated(config, place, abs_src_path=str(REPOSITORY / path)))
    return files


def on_page_markdown(markdown, page, config, files):
    here = posixpath.dirname(page.file.src_uri) or "."

    def moved(link):
        return posixpath.relpath(place_in_site(place_in_repository(page.file.src_uri, link[1])), here)

    return TABLE_CODE.sub(lambda code: code[0].replace("\\|", "|"), LINK.sub(moved, markdown))
