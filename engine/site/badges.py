"""Badges as SVG: a label and a figure, both as text. Pure."""

from __future__ import annotations

from markupsafe import escape

from engine.reports.page.shown import shown

# Colours with a contrast of 4.5 to white text (WCAG 2.2, 1.4.3).
LABEL, GOOD, FAIR, POOR, NOTHING = "#3b4350", "#14632a", "#7a4a00", "#a3121f", "#545c66"
HEIGHT = 20
PADDING = 7
MOST = 60


def badge(label: str, value: str, share: float | None) -> str:
    """A badge; ``share`` is the part that is met, None if nothing was measured."""
    colour = NOTHING if share is None else GOOD if share == 1 else FAIR if share >= 0.5 else POOR
    texts = [shown(label, MOST), shown(value, MOST)]
    widths = [round(_width(text)) + 2 * PADDING for text in texts]
    whole = sum(widths)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{HEIGHT}" role="img" '
        f'aria-label="{escape(": ".join(texts))}">',
        f"<title>{escape(': '.join(texts))}</title>",
        # An inlined badge shares its ids with all others of a document: those of one width have one shape.
        f'<clipPath id="r{whole}"><rect width="{whole}" height="{HEIGHT}" rx="3"/></clipPath>',
        f'<g clip-path="url(#r{whole})">',
        f'<rect width="{widths[0]}" height="{HEIGHT}" fill="{LABEL}"/>',
        f'<rect x="{widths[0]}" width="{widths[1]}" height="{HEIGHT}" fill="{colour}"/>',
        '</g><g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">',
    ]
    at = 0
    for text, width in zip(texts, widths, strict=True):
        length = width - 2 * PADDING
        parts.append(
            f'<text x="{at + PADDING}" y="14" textLength="{length}" lengthAdjust="spacingAndGlyphs">'
            f"{escape(text)}</text>"
        )
        at += width
    return "".join(parts) + "</g></svg>\n"


def _width(text: str) -> float:
    """The width of a text in 11 px Verdana, nearly."""
    return sum(3.9 if char in "iljt.,:;/|'()[] " else 8.6 if char in "mwMW@%" else 6.9 for char in text)
