"""Rows of a terminal's characters as an SVG picture that follows the reader's light or dark theme."""

import itertools
from xml.sax.saxutils import escape

CHARACTER_WIDTH, LINE_HEIGHT, FONT_SIZE, MARGIN = 8.4, 19, 14, 14
# (light, dark); every text has a contrast of 4.5 or more to its background.
BACKGROUND = ("#ffffff", "#0d1117")
FRAME = ("#d0d7de", "#30363d")
TEXT = ("#1f2328", "#e6edf3")
COLOURS = {
    "red": ("#cf222e", "#ff7b72"),
    "green": ("#116329", "#3fb950"),
    "brown": ("#7d4e00", "#d29922"),
    "blue": ("#0969da", "#79c0ff"),
    "magenta": ("#8250df", "#d2a8ff"),
    "cyan": ("#1b7c83", "#76e3ea"),
    "brightblack": ("#6e7781", "#8b949e"),
}


def rules(theme):
    lines = [f".paper{{fill:{BACKGROUND[theme]};stroke:{FRAME[theme]}}}", f"text{{fill:{TEXT[theme]}}}"]
    return "".join(lines + [f".{name}{{fill:{colour[theme]}}}" for name, colour in COLOURS.items()])


def run_of(column, row, characters):
    """The characters of one look, as wide as the terminal has them, whatever the font."""
    first, text = characters[0], "".join(character.data for character in characters).rstrip()
    if not text:
        return ""
    looks = [name for name in (first.fg,) if name in COLOURS] + (["bold"] if first.bold else [])
    style = f' class="{" ".join(looks)}"' if looks else ""
    x, y = MARGIN + column * CHARACTER_WIDTH, MARGIN + (row + 0.75) * LINE_HEIGHT
    width = len(text) * CHARACTER_WIDTH
    return f'<text{style} x="{x:.1f}" y="{y:.1f}" textLength="{width:.1f}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'


def svg(rows, title):
    """`title` is what a reader hears who does not see it."""
    columns = max(len("".join(character.data for character in row).rstrip()) for row in rows)
    width = round(columns * CHARACTER_WIDTH + 2 * MARGIN)
    height = len(rows) * LINE_HEIGHT + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>text{{font:{FONT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}}"
        f".bold{{font-weight:bold}}{rules(0)}@media(prefers-color-scheme:dark){{{rules(1)}}}</style>",
        f'<rect class="paper" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
    ]
    for y, row in enumerate(rows):
        column = 0
        for _, group in itertools.groupby(row, key=lambda character: (character.fg, character.bold)):
            characters = list(group)
            parts.append(run_of(column, y, characters))
            column += len(characters)
    return "\n".join(part for part in [*parts, "</svg>"] if part) + "\n"
