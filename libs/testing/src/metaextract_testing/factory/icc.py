"""The sRGB colour profile of Pillow's LittleCMS. Source of the header fields: ICC.1:2022, section 7.2."""

import struct

from PIL import ImageCms

from metaextract_testing.factory.made import Block

_HEADER_TIME = slice(24, 36)


def srgb_block() -> Block:
    """Return an sRGB profile with a fixed creation time: LittleCMS writes the current one."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_HEADER_TIME] = struct.pack(">6H", 2020, 2, 29, 12, 30, 45)
    tags = {
        "ICC-header:ProfileClass": "Display Device Profile",
        "ICC-header:ColorSpaceData": "RGB ",
        "ICC-header:ProfileConnectionSpace": "XYZ ",
        "ICC-header:ProfileDateTime": "2020:02:29 12:30:45",
        "ICC-header:ProfileFileSignature": "acsp",
        "ICC-header:ProfileCreator": "Little CMS",
        "ICC_Profile:ProfileDescription": "sRGB built-in",
        "ICC_Profile:ProfileCopyright": "No copyright, use freely",
    }
    return Block(bytes(profile), tags)
