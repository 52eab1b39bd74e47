"""XMP packets. Source: ISO 16684-1 (serialisation in clause 7, packet wrapper in 7.3.2)."""

from xml.sax.saxutils import escape

from metaextract_testing.factory.made import Block
from metaextract_testing.factory.scene import SOFTWARE, Angle, Scene

_TOOLKIT = "MetaExtract XMP 1.0"

_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{toolkit}">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
    xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
    xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
    xmp:CreateDate="{created}"
    xmp:Rating="{rating}"
    xmpMM:DocumentID="{document_id}"
    exif:GPSLatitude="{latitude}"
    exif:GPSLongitude="{longitude}">
   <xmp:CreatorTool>{software}</xmp:CreatorTool>
   <photoshop:City>{city}</photoshop:City>
   <photoshop:Country>{country}</photoshop:Country>
   <Iptc4xmpCore:Location>{location}</Iptc4xmpCore:Location>
   <dc:title><rdf:Alt>
    <rdf:li xml:lang="x-default">{title}</rdf:li>
    <rdf:li xml:lang="de">{title_de}</rdf:li>
   </rdf:Alt></dc:title>
   <dc:description><rdf:Alt><rdf:li xml:lang="x-default">{caption}</rdf:li></rdf:Alt></dc:description>
   <dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
   <dc:subject><rdf:Bag>{keywords}</rdf:Bag></dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
{padding}<?xpacket end="w"?>"""

# Room to edit in place, 2 to 4 kB as ISO 16684-1 advises.
_PADDING = (" " * 99 + "\n") * 20


def xmp_block(scene: Scene, *, padding: bool = True) -> Block:
    """Return an XMP packet in UTF-8, with simple values, attributes, a language alternative and arrays."""
    random = scene.random("xmp")
    document_id = f"xmp.did:{random.randbytes(16).hex()}"
    created = scene.taken.isoformat(timespec="seconds")
    title_de = f"{scene.title} (für Übungen)"
    location = f"Pier {random.randrange(100)}"
    packet = _PACKET.format(
        toolkit=_TOOLKIT,
        created=created,
        rating=scene.rating,
        document_id=document_id,
        latitude=_xmp_angle(scene.latitude),
        longitude=_xmp_angle(scene.longitude),
        software=escape(SOFTWARE),
        city=escape(scene.city),
        country=escape(scene.country),
        location=escape(location),
        title=escape(scene.title),
        title_de=escape(title_de),
        caption=escape(scene.caption),
        author=escape(scene.author),
        keywords="".join(f"<rdf:li>{escape(keyword)}</rdf:li>" for keyword in scene.keywords),
        padding=_PADDING if padding else "",
    )
    tags = {
        "XMP-x:XMPToolkit": _TOOLKIT,
        "XMP-xmp:CreateDate": scene.taken.strftime("%Y:%m:%d %H:%M:%S") + scene.utc_offset,
        "XMP-xmp:Rating": str(scene.rating),
        "XMP-xmp:CreatorTool": SOFTWARE,
        "XMP-xmpMM:DocumentID": document_id,
        "XMP-exif:GPSLatitude": f"{scene.latitude.printed} {scene.latitude.hemisphere}",
        "XMP-exif:GPSLongitude": f"{scene.longitude.printed} {scene.longitude.hemisphere}",
        "XMP-photoshop:City": scene.city,
        "XMP-photoshop:Country": scene.country,
        "XMP-iptcCore:Location": location,
        "XMP-dc:Title": scene.title,
        "XMP-dc:Title-de": title_de,
        "XMP-dc:Description": scene.caption,
        "XMP-dc:Creator": scene.author,
        "XMP-dc:Subject": ", ".join(scene.keywords),
    }
    return Block(packet.encode(), tags)


def _xmp_angle(angle: Angle) -> str:
    """XMP's GPSCoordinate: degrees and decimal minutes, six places so that hundredths of seconds survive."""
    minutes = angle.hundredths_of_second % 360_000 / 6_000
    return f"{angle.degrees},{minutes:.6f}{angle.hemisphere}"
