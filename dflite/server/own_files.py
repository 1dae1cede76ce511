"""Where a node keeps the certificate that it makes for itself."""

import os
from typing import Final

AUTHORITY: Final = "dflite-ca.crt"
AUTHORITY_KEY: Final = "dflite-ca.key"
CERTIFICATE: Final = "dflite.crt"
KEY: Final = "dflite.key"


class OwnFiles:
    """Paths in the node's folder. Clients need to know `authority`, and nobody the others."""

    def __init__(self, folder: str) -> None:
        self.authority = os.path.join(folder, AUTHORITY)
        self.authority_key = os.path.join(folder, AUTHORITY_KEY)
        self.certificate = os.path.join(folder, CERTIFICATE)
        self.key = os.path.join(folder, KEY)

    def all(self) -> list[str]:
        return [self.authority, self.authority_key, self.certificate, self.key]
