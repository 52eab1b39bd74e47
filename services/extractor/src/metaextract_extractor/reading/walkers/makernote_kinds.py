# ruff: noqa: E501 - one line a kind reads better
"""How each maker's note begins, and where its directory and its offsets count from.

No maker publishes its note. Facts from ExifTool's and Exiv2's documentation of maker notes (headers, byte orders,
bases). The first kind that fits is the one; what is no directory of entries is `structured=False`.
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(slots=True)
class Camera:
    """Maker and model as the first directory tells them."""

    make: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of maker note.

    `group`: the group of its fields. `head`, `make`, `model`: what must fit; `but`: heads that must not.
    `start`: where the directory begins in the note. `base`: where offsets count from: `outer` (the structure
    around), a number of bytes into the note, `entry` (each entry), or `file`. `order`: `<`, `>` or empty to find
    out. `search`: look for the directory. `fix`: the base may be wrong and shows by the values (2: more
    tolerant). `patch`: two stray bytes around the count. `pointer`: where the offset of the directory stands.
    """

    group: str
    head: bytes = b""
    make: str = ""
    model: str = ""
    but: bytes = b""
    but_model: str = ""
    start: int = 0
    base: int | str = "outer"
    order: str = ""
    search: bool = False
    fix: int = 0
    patch: bool = False
    pointer: int | None = None
    structured: bool = True

    def fits(self, head: bytes, camera: Camera) -> bool:
        """Whether a note that begins so, of that camera, is of this kind."""
        return (
            (not self.head or re.match(self.head, head, re.DOTALL) is not None)
            and (not self.but or re.match(self.but, head, re.DOTALL) is None)
            and (not self.make or re.match(self.make, camera.make) is not None)
            and (not self.model or re.search(self.model, camera.model) is not None)
            and (not self.but_model or re.search(self.but_model, camera.model) is None)
        )


_KODAK: Final = "(?i).*kodak"
_RICOH: Final = "(PENTAX )?RICOH"
_TIFF_HEAD: Final = rb"MM\0\x2a\0\0\0\x08|II\x2a\0\x08\0\0\0"
_RICOH2: Final = rb"MM\0\x2a\0\0\0\x08\0.\0\0|II\x2a\0\x08\0\0\0.\0\0\0"

KINDS: Final = (
    Kind("Apple", head=rb"Apple iOS\0", start=14, base=0),
    Kind("Nikon", head=rb"Nikon\x00\x02", start=18, base=10),
    Kind("Canon", make="Canon"),
    Kind("Casio", make="CASIO", but=rb"(QVC|DCI)\0"),
    Kind("Casio", head=rb"(QVC|DCI)\0", start=6, fix=1),
    Kind("DJI", head=rb"\[ae_dbg_info:", structured=False),
    Kind("DJI", make="DJI$", but=rb"...@AMBA|DJI"),
    Kind("FLIR", make="FLIR Systems|Teledyne FLIR"),
    Kind("FujiFilm", head=rb"FUJIFILM|GENERALE", base=0, order="<", pointer=8),
    Kind("GE", head=rb"GE(\0\0|NIC\0)", start=18, fix=1),
    Kind("FujiFilm", head=rb"GE\x0c\0\0\0\x16\0\0\0", structured=False),
    Kind("Google", head=rb"HDRP[\x02\x03]", structured=False),
    Kind("", make="Hasselblad$", structured=False),
    Kind("HP", head=rb"Hewlett-Packard|Vivitar", search=True),
    Kind("HP", head=rb"610[\0-\4]|IIII[\x04\x05|\x06]\0", structured=False),
    Kind("", head=rb"ISLMAKERNOTE000\0", structured=False),
    Kind("JVC", head=rb"JVC ", start=4),
    Kind("JVC", make="JVC|Victor", head=rb"VER:", structured=False),
    Kind("Kodak", make="EASTMAN KODAK", head=rb"KDK", structured=False),
    Kind("Kodak", head=rb".{8}Eastman Kodak|\x01\0[\0\x01]\0\0\0\x04\0[a-zA-Z]{4}", structured=False),
    Kind("Kodak", make="EASTMAN KODAK", head=rb".{12}\x07", but=rb"MM|II|AOC", structured=False),
    Kind("Kodak", make="Eastman Kodak", head=rb".{41}JPG", but=rb"MM|II|AOC", structured=False),
    Kind("Kodak", make="EASTMAN KODAK", model="CX(4200|4230|4300|4310|6200|6230)", structured=False),
    Kind("Kodak", make="EASTMAN KODAK", head=rb"\0(\x1a\x18|\x3a\x08|\x59\xf8|\x14\x80)\0", structured=False),
    Kind("Kodak", make="EASTMAN KODAK", model="DX3215|DX3700", structured=False),
    Kind("Kodak", make=_KODAK, head=rb"[CK][A-Z\d]{3} ?[A-Z\d]{1,2}\d{2}[A-Z\d]\d{4}[ \0]", structured=False),
    Kind("Kodak", make=_KODAK, head=rb"\0[\x02-\x7f]..\0[\x01-\x0c]\0\0|[\x02-\x7f]\0..[\x01-\x0c]\0..\0\0", search=True),
    Kind("Kodak", make=_KODAK, head=rb"MM\0\x2a\0\0\0\x08\0.\0\0", start=8, base=0, order=">", patch=True),
    Kind("Kodak", make=_KODAK, head=_TIFF_HEAD, search=True),
    Kind("Kodak", head=rb"IIII[\x02\x03]\0.{14}\d{4}/\d{2}/\d{2} ", structured=False),
    Kind("Kodak", make=_KODAK, head=rb"MM\0[\x02-\x7f]|II[\x02-\x7f]\0", search=True),
    Kind("Kodak", model="(?i)Kodak|PixPro", head=rb"II\x2a\0\x08\0\0\0.\0\0\0", start=8, base=0, order="<", patch=True),
    Kind("Kodak", model="(?i)Kodak|PixPro", head=rb"MM\0\x2a\0\0\0\x08\0\0\0.", start=8, base=0, order=">", patch=True),
    Kind("Kodak", make=_KODAK, but=rb"AOC\0", structured=False),
    Kind("", head=rb"KYOCERA", structured=False),
    Kind("Minolta", make="(?i)Konica Minolta|Minolta", but=rb"MINOL|CAMER|MLY0|KC|\+M\+M|\xd7"),
    Kind("Olympus", head=rb"(MINOL|CAMER)\0", start=8),
    Kind("Minolta", make="(?i)Konica Minolta|Minolta", structured=False),
    Kind("Motorola", head=rb"MOT\0", start=8, base=0),
    Kind("Nikon", head=rb"Nikon\x00\x01", start=8, order="<"),
    Kind("Nikon", make="(?i)NIKON"),
    Kind("Nintendo", make="Nintendo$"),
    Kind("Olympus", head=rb"(OLYMP|EPSON)\0", start=8),
    Kind("Olympus", head=rb"OLYMPUS\0", start=12, base=0),
    Kind("Olympus", head=rb"OM SYSTEM\0", start=16, base=0),
    Kind("Panasonic", make="LEICA$", start=8),
    Kind("Leica", make="Leica Camera AG", head=rb"LEICA\0\0\0", start=8, base=8),
    Kind("Leica", make="Leica Camera AG", but=rb"LEICA", but_model=r"^(S2|LEICA M \(Typ 240\))$"),
    Kind("Leica", make="Leica Camera AG", head=rb"LEICA0", start=8, base=0),
    Kind("Leica", head=rb"LEICA\0[\x01\x04\x05\x06\x07\x10\x1a]\0", start=8, base=0),
    Kind("Leica", make="Leica Camera AG$", model=r"^(S2|LEICA M \(Typ 240\)|LEICA S \(Typ 006\))$", start=8),
    Kind("Leica", head=rb"LEICA\0\x02\xff", start=8, base="file"),
    Kind("Leica", head=rb"LEICA\0[\x08\x09\x0a]\0", start=8),
    Kind("Leica", make="Leica Camera AG", head=rb"LEICA\0\x02\0", start=8),
    Kind("Panasonic", head=rb"LEICA CAMERA AG\0", start=18),
    Kind("Panasonic", head=rb"Panasonic", but_model="^DC-FT7$", start=12),
    Kind("Panasonic", make="Panasonic", head=rb"MKE", structured=False),
    Kind("Panasonic", head=rb"Panasonic", start=12, base="outer+12"),
    Kind("Pentax", head=rb"AOC\0", but_model=r"^PENTAX Optio ?[34]30RS\s*$", search=True, fix=1),
    Kind("Pentax", make="Asahi", but=rb"AOC\0", search=True, fix=1),
    Kind("Casio", make="Asahi", search=True, fix=1),
    Kind("Pentax", make="PENTAX", head=rb"\d{3}", structured=False),
    Kind("Pentax", head=rb"PENTAX \0", start=10, base=0),
    Kind("Pentax", head=rb"S1\0{6}\x0c\0{3}", start=12, base=0),
    Kind("PhaseOne", head=rb"IIII.waR|MMMMRaw.", structured=False),
    Kind("Reconyx", head=rb"\x01\xf1[\x02\x03]\x00|RECONYX(UF|H2|MF|HF4K)\0", structured=False),
    Kind("Reconyx", head=rb"\x01\xf1", make="RECONYX$", structured=False),
    Kind("Pentax", head=rb"RICOH\0(II|MM)", start=8, base=0),
    Kind("Ricoh", make=_RICOH, head=rb"(?i:Ricoh|      |MM\0\x2a|II\x2a\0)", but=_RICOH2, but_model="^RICOH WG-M1$", start=8),
    Kind("Ricoh", make=_RICOH, model="^RICOH WG-M1$", start=8, base=0, patch=True),
    Kind("Ricoh", make=_RICOH, head=_RICOH2, start=8, base=0, patch=True),
    Kind("Ricoh", make="RICOH", structured=False),
    Kind("Samsung", head=rb"STMN\d{3}", structured=False),
    Kind("Samsung", make="(?i)SAMSUNG$", head=rb"(\0.\0\x01\0\x07\0{3}\x04|.\0\x01\0\x07\0\x04\0{3})0100", search=True, fix=1),
    Kind("Sanyo", make="SANYO", head=rb"SANYO", but_model=r"^(C4|J\d|S\d)\b", start=8),
    Kind("Sanyo", make="SANYO", head=rb"SANYO", model=r"^C4\b", start=8, fix=1),
    Kind("Sanyo", make="SANYO", structured=False),
    Kind("Sigma", make="(?i)SIGMA|FOVEON", head=rb"SIGMA|FOVEON", start=10),
    Kind("Sony", head=rb"SONY (DSC|CAM|MOBILE)|\0\0SONY PIC\0|VHAB     \0", start=12),
    Kind("Olympus", head=rb"SONY PI\0", start=12),
    Kind("Olympus", head=rb"PREMI\0", start=8),
    Kind("Sony", head=rb"SONY PIC\0", structured=False),
    Kind("Sony", make="SONY|HASSELBLAD", but=rb"\x01\x00"),
    Kind("Sony", head=rb"SEMC MS\0", start=20, base=12),
)  # fmt: skip

SUB_DIRECTORIES: Final[dict[str, dict[int, tuple[str, str]]]] = {
    "Olympus": {
        0x2010: ("Equipment", "Olympus"),
        0x2020: ("CameraSettings", "Olympus"),
        0x2030: ("RawDevelopment", "Olympus"),
        0x2031: ("RawDev2", "Olympus"),
        0x2040: ("ImageProcessing", "Olympus"),
        0x2050: ("FocusInfo", "Olympus"),
        0x3000: ("RawInfo", "Olympus"),
        0x4000: ("MainInfo", "Olympus"),
    },
    "Nikon": {0x0011: ("PreviewIFD", "PreviewIFD"), 0x0E10: ("NikonScan", "NikonScan")},
    "Samsung": {0x0035: ("PreviewIFD", "PreviewIFD")},
}
"""Directories inside maker notes: name in the path, and group."""

PREVIEWS: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "Casio": ((0x0004, 0x0003),),
    "Minolta": ((0x0088, 0x0089),),
    "Olympus": ((0x0101, 0x0102), (0x0088, 0x0089), (0x1036, 0x1037)),
    "Pentax": ((0x0004, 0x0003),),
    "PreviewIFD": ((0x0201, 0x0202),),
    "Sony": ((0x0201, 0x0202),),
}
"""Tags of where a preview begins and how long it is, by group."""

VALUES_AFTER_TABLE: Final = (
    ("Canon", r"\b(20D|350D|REBEL XT|Kiss Digital N)\b", (6,)),
    ("Canon", r"\b(FV\b|OPTURA)", (4, 28)),
    ("Canon", "PowerShot|IXUS|IXY", (4, 16)),
    ("CASIO", "", (4, 16, 2)),
    ("(?i)General Imaging Co.|GEDSC IMAGING CORP.", "", (0,)),
    ("KYOCERA", "", (12,)),
    ("Leica Camera AG", r"^(R8|R9|M8)\b", (6,)),
    ("OLYMPUS", r"^E-(1|300|330)\b", (16,)),
    (
        "OLYMPUS",
        r"^(C2500L|C-1Z?|C-5000Z|X-2|C720UZ|C725UZ|C150|C2Z|E-10|E-20|FerrariMODEL2003|u20D|u10D)\b",
        (),
    ),
    (r"(Panasonic|JVC)\b", "", (0,)),
    ("SONY", r"^(DSLR-.*|SLT-A(33|35|55V)|NEX-(3|5|C3|VG10E))$", (4,)),
    ("SONY", "", (0,)),
    ("FUJIFILM", "", (4, 6)),
    ("TOSHIBA", "", (0, 24)),
    ("(?i)Konica Minolta", "", (4, -16)),
    ("Minolta", "", (4, -8, -12)),
)
"""How many bytes behind its table a maker's values begin: make, model, distances; 4 for all others."""
