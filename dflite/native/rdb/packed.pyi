FORM_LISTPACK: int
FORM_ZIPLIST: int
FORM_ZIPMAP: int
FORM_INTSET: int

def elements(form: int, blob: bytes) -> list[bytes]: ...
