"""Reading the pictures that a column names from beside the imported file (图片).

A picture is opened and decoded before anything of it is kept. What a camera wrote into it besides
the image (place, time, device: EXIF, XMP, comments) is left behind; the image is turned upright as
that said.
"""

import re
import struct
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.records.doubtful_text import may_hold_identity_number
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.pictures import (
    LARGEST_PICTURE,
    MOST_PICTURES,
    Picture,
    picture_name,
    pictures_text,
)

_SEPARATORS = re.compile(r"[；;\r\n]+")
_MEDIA_TYPES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png"}
"""Format of a file → what it is kept as; MPO is the JPEG with a preview that telephones write."""

_KEPT = ("icc_profile", "transparency")
"""What belongs to the image itself: its colours."""

_MEGABYTE = 1024 * 1024
_LONGEST_SHOWN = 60
_NOT_DECODABLE = (OSError, SyntaxError, ValueError, EOFError, OverflowError, struct.error)
"""What decoders raise about bytes that are no image, or one that is cut off."""


class UnusablePictureError(Exception):
    """A picture cannot be taken.

    Attributes:
        code: English identifier of what is wrong.
        message: Chinese text: what is wrong and what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        """Keep ``code`` and the Chinese ``message``."""
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(slots=True)
class PictureFolder:
    """The folder of one imported file; a picture is read from it once.

    Attributes:
        folder: Where the imported file is.
    """

    folder: Path
    _read: dict[str, Picture | UnusablePictureError] = field(default_factory=dict)

    def take(self, text: str, path: str, held: Mapping[str, Picture]) -> tuple[str, list[Finding]]:
        """Return the pictures that a cell names as the text of a record, and what is wrong.

        Args:
            text: Names of files, apart by ；or line breaks.
            path: Path of the field.
            held: Name → picture of the record that the row corrects: taken where the folder has
                none of that name.
        """
        names = [name for part in _SEPARATORS.split(text) if (name := part.strip())]
        if not names:
            return "", []
        taken: list[Picture] = []
        findings: list[Finding] = []
        for name in names:
            try:
                taken.append(self._picture(name, held, taken))
            except UnusablePictureError as error:
                taken.append(Picture(picture_name(_base(name))))
                findings.append(Finding(path, error.code, Severity.ERROR, error.message))
        if len(names) > MOST_PICTURES:
            message = f"图片共 {len(names)} 张，一条记录最多 {MOST_PICTURES} 张，请删去多余的"
            findings.append(Finding(path, "pictures_too_many", Severity.ERROR, message))
        return pictures_text(taken), findings

    def _picture(
        self, name: str, held: Mapping[str, Picture], earlier: Sequence[Picture]
    ) -> Picture:
        kept = picture_name(_base(name))
        if may_hold_identity_number(kept):
            message = f"图片“{_shown(name)}”的文件名里疑似写有身份证号码，请给图片改名后再导入"
            raise UnusablePictureError("picture_name", message)
        if any(one.name == kept for one in earlier):
            message = f"图片“{_shown(name)}”写了两次，请删去一个，或给其中一个改名"
            raise UnusablePictureError("picture_twice", message)
        try:
            return self._of_folder(name)
        except UnusablePictureError as error:
            if error.code == "picture_missing" and kept in held:
                return held[kept]
            raise

    def _of_folder(self, name: str) -> Picture:
        if name not in self._read:
            try:
                self._read[name] = _open(self.folder, name)
            except UnusablePictureError as error:
                self._read[name] = error
        found = self._read[name]
        if isinstance(found, UnusablePictureError):
            raise found
        return found


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _shown(name: str) -> str:
    """Return the name of a file as a message may hold it."""
    masked = mask_identity_numbers(name)
    return masked if len(masked) <= _LONGEST_SHOWN else f"…{masked[-_LONGEST_SHOWN:]}"


def _open(folder: Path, name: str) -> Picture:
    shown = _shown(name)
    try:
        root = folder.resolve()
        place = (root / name.replace("\\", "/")).resolve()
        outside = not place.is_relative_to(root) or ":" in name
        if not outside and not place.is_file():
            message = f"图片“{shown}”找不到：请把它放进所导入文件的同一文件夹，或更正文件名"
            raise UnusablePictureError("picture_missing", message)
        content = b"" if outside else _bytes(place, shown)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        message = f"图片“{shown}”读取失败，请检查文件名和文件的权限"
        raise UnusablePictureError("picture_unreadable", message) from error
    if outside:
        message = (
            f"图片“{shown}”不在所导入文件的文件夹里（不能写 ..、盘符，也不能是指向别处的链接），"
            "请把图片复制到该文件夹，只写文件名"
        )
        raise UnusablePictureError("picture_outside", message)
    return _decoded(content, picture_name(_base(name)), shown)


def _bytes(place: Path, shown: str) -> bytes:
    with place.open("rb") as file:
        content = file.read(LARGEST_PICTURE + 1)
    if len(content) > LARGEST_PICTURE:
        size = place.stat().st_size / _MEGABYTE
        message = (
            f"图片“{shown}”有 {size:.1f} MB，每张不能超过 {LARGEST_PICTURE // _MEGABYTE} MB，"
            "请压缩后再导入"
        )
        raise UnusablePictureError("picture_too_large", message)
    return content


def _decoded(content: bytes, name: str, shown: str) -> Picture:
    try:
        with warnings.catch_warnings():
            # what is odd about the camera's remarks is left behind with them
            warnings.simplefilter("ignore")
            # a small file may unfold to an image that fills the memory
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content)) as image:
                media_type = _MEDIA_TYPES.get(image.format or "")
                if media_type is None:
                    message = f"图片“{shown}”不是 JPG 或 PNG，请另存为 JPG 或 PNG 后再导入"
                    raise UnusablePictureError("picture_type", message)
                return Picture(name, media_type, _image_alone(image, media_type))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        message = f"图片“{shown}”的尺寸太大，请缩小后再导入"
        raise UnusablePictureError("picture_too_large", message) from error
    except _NOT_DECODABLE as error:
        message = f"图片“{shown}”打不开：文件已损坏或不是图片，请换一个文件"
        raise UnusablePictureError("picture_unreadable", message) from error


def _image_alone(image: Image.Image, media_type: str) -> bytes:
    """Return the file of the image without anything that was written into it besides."""
    how = {}
    if isinstance(image, JpegImageFile):
        # the same loss again is no loss; other tables would also change the size
        how = {"qtables": image.quantization, "subsampling": get_sampling(image)}
    upright = ImageOps.exif_transpose(image)
    upright.info = {name: image.info[name] for name in _KEPT if name in image.info}
    written = BytesIO()
    upright.save(
        written,
        format=media_type.rpartition("/")[2].upper(),
        icc_profile=image.info.get("icc_profile"),
        **how,
    )
    return written.getvalue()
