"""Pictures for tests, made afresh: with a place and a device in them, turned, broken."""

from io import BytesIO
from pathlib import Path

from PIL import Image

GPS = 0x8825
ORIENTATION = 0x0112
MAKER = 0x010F
DEVICE = "示例相机"


def photograph(path: Path, *, size: tuple[int, int] = (40, 30), turned: int = 1) -> Path:
    """Write a JPEG as a telephone does: where it was taken, by what, and how it was held."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    exif = image.getexif()
    exif[MAKER] = DEVICE
    exif[ORIENTATION] = turned
    exif.get_ifd(GPS).update({1: "N", 2: (36.0, 11.0, 5.0), 3: "E", 4: (118.0, 10.0, 9.0)})
    image.save(path, exif=exif, comment=DEVICE.encode(), quality=80)
    return path


def drawing(path: Path, *, size: tuple[int, int] = (40, 30), form: str = "PNG") -> Path:
    """Write an image of another form."""
    Image.linear_gradient("L").resize(size).save(path, format=form)
    return path


def noise(size: tuple[int, int]) -> bytes:
    """Return a PNG that cannot be compressed."""
    written = BytesIO()
    Image.effect_noise(size, 100).save(written, format="PNG")
    return written.getvalue()
