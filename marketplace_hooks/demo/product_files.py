"""Files of the demo's products: what a release of a module holds, its manifest, and its archive.

They are made from the module's name and the version's number, so that the seller's release, the copy in a merchant's
shop and the download hold the same bytes, wherever they are made.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping

_DATE = (2026, 1, 1, 0, 0, 0)


def files_of(module: str, number: str) -> dict[str, bytes]:
    """The files of a version, by their paths inside the module's folder."""
    name = module.capitalize()
    return {
        f"{module}.php": (
            f"<?php\nclass {name} extends Module\n{{\n    public function __construct()\n    {{\n"
            f"        $this->name = '{module}';\n        $this->version = '{number}';\n    }}\n}}\n"
        ).encode(),
        f"classes/{name}Settings.php": f"<?php\nclass {name}Settings\n{{\n}}\n".encode(),
        "views/css/front.css": f".{module} {{ display: block; }}\n".encode(),
        "views/js/front.js": f"window.{module} = '{number}';\n".encode(),
    }


def manifest_of(module: str, number: str) -> Mapping[str, str]:
    """The SHA-256 of each file of a version."""
    return {path: hashlib.sha256(content).hexdigest() for path, content in files_of(module, number).items()}


def archive_of(module: str, number: str) -> bytes:
    """The zip of a version, the same bytes each time."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path, file in files_of(module, number).items():
            archive.writestr(zipfile.ZipInfo(f"{module}/{path}", _DATE), file)
    return content.getvalue()
