"""Pictures: drawn anew without anything but the picture, and once more in small."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from portal.core.errors import RuleError
from portal.files.rules import MAX_PIXELS, FileType

THUMB = 320
"""Longer side of the small picture, in pixels."""
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}


def redraw(path: Path, kind: FileType, name: str) -> tuple[bytes, bytes, int, int]:
    """(picture, small picture as WebP, width, height).

    Where it was taken, with what and by whom goes; so does whatever hangs behind the picture. It stands upright
    afterwards. Of a moving GIF the first frame is kept. Raises RuleError image-broken or image-too-large.
    """
    form = _FORMATS[kind.media_type]
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path, formats=[form]) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise RuleError("image-too-large", name=name, most=MAX_PIXELS // 1_000_000)
                opened.load()
                picture = _plain(ImageOps.exif_transpose(opened), form)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise RuleError("image-too-large", name=name, most=MAX_PIXELS // 1_000_000) from error
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
            raise RuleError("image-broken", name=name) from error
    small = picture.copy()
    small.thumbnail((THUMB, THUMB))
    return _bytes(picture, form), _bytes(small, "WEBP"), picture.width, picture.height


def _plain(picture: Image.Image, form: str) -> Image.Image:
    """The pixels alone, in a mode that the format can write."""
    wanted = "RGB" if form == "JPEG" else "RGBA" if picture.has_transparency_data else "RGB"
    converted = picture.convert(wanted)
    converted.info = {}
    return converted


def _bytes(picture: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    options = {"JPEG": {"quality": 88}, "WEBP": {"quality": 80}}.get(form, {})
    picture.save(out, form, **options)
    return out.getvalue()
