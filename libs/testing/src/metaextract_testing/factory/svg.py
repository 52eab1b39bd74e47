"""SVG. Source: SVG 1.1, chapters 5 (title, desc) and 21 (metadata)."""

from xml.sax.saxutils import escape

from metaextract_testing.factory.made import MadeImage
from metaextract_testing.factory.scene import scene

_DOCUMENT = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<svg xmlns="http://www.w3.org/2000/svg" version="1.1" id="root"
 width="{width}" height="{height}" viewBox="0 0 {width} {height}">
 <title>{title}</title>
 <desc>{caption}</desc>
 <metadata>
  <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
   xmlns:dc="http://purl.org/dc/elements/1.1/"
   xmlns:xmp="http://ns.adobe.com/xap/1.0/">
   <rdf:Description rdf:about="">
    <dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
    <dc:subject><rdf:Bag>{keywords}</rdf:Bag></dc:subject>
    <xmp:CreateDate>{created}</xmp:CreateDate>
    <xmp:Rating>{rating}</xmp:Rating>
   </rdf:Description>
  </rdf:RDF>
 </metadata>
{shapes}
</svg>
"""


def make_svg(seed: int) -> MadeImage:
    """Make an SVG with title, description and an RDF block."""
    facts, width, height = scene("svg", seed), 120, 80
    random = facts.random("pixels")
    shapes = "\n".join(
        f' <circle cx="{random.randrange(width)}" cy="{random.randrange(height)}"'
        f' r="{random.randrange(4, 30)}" fill="#{random.randrange(1 << 24):06x}"/>'
        for _ in range(12)
    )
    document = _DOCUMENT.format(
        width=width,
        height=height,
        title=escape(facts.title),
        caption=escape(facts.caption),
        author=escape(facts.author),
        keywords="".join(f"<rdf:li>{escape(keyword)}</rdf:li>" for keyword in facts.keywords),
        created=facts.taken.isoformat(timespec="seconds"),
        rating=facts.rating,
        shapes=shapes,
    )
    tags = {
        "File:FileType": "SVG",
        "File:MIMEType": "image/svg+xml",
        "SVG:ImageWidth": str(width),
        "SVG:ImageHeight": str(height),
        "SVG:ViewBox": f"0 0 {width} {height}",
        "SVG:SVGVersion": "1.1",
        "SVG:ID": "root",
        "SVG:Title": facts.title,
        "SVG:Desc": facts.caption,
        "XMP-dc:Creator": facts.author,
        "XMP-dc:Subject": ", ".join(facts.keywords),
        "XMP-xmp:CreateDate": facts.taken.strftime("%Y:%m:%d %H:%M:%S") + facts.utc_offset,
        "XMP-xmp:Rating": str(facts.rating),
    }
    return MadeImage(f"svg-{seed}.svg", "image/svg+xml", document.encode(), tags)
