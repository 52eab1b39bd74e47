"""What is priced: operations, sizes, files. Amounts are whole credits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operations:
    """What is done with a file besides reading its metadata."""

    embedding: bool = False
    ocr: bool = False
    forensics: bool = False

    def both(self, other: "Operations") -> "Operations":
        """Return the operations that stand in this value and in `other`."""
        return Operations(
            embedding=self.embedding and other.embedding,
            ocr=self.ocr and other.ocr,
            forensics=self.forensics and other.forensics,
        )


@dataclass(frozen=True, slots=True)
class Dimensions:
    """The size of an image in pixels, both greater than 0."""

    width_pixels: int
    height_pixels: int


@dataclass(frozen=True, slots=True)
class PriceBreakdown:
    """The parts of a price."""

    base: int
    embedding: int
    ocr: int
    forensics: int
    size: int
    size_bucket: str

    @property
    def credits(self) -> int:
        """The sum of the parts."""
        return self.base + self.embedding + self.ocr + self.forensics + self.size


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds."""

    id: str
    credits_available: int = 0
    credits_held: int = 0
    credits_owed: int = 0
