"""Whether the vector parts on the disk are those that the catalogue names, without reading them."""

from data.catalogue import Catalogue
from data.durable import TEMP_PREFIX
from indexer.store.lines import LineStore
from indexer.store.vectors import VectorStore


def stray_parts(catalogue: Catalogue, store: VectorStore) -> list[str]:
    """Name the part files of an encoder that the catalogue neither knows nor has announced.

    An older catalogue that came back leaves them, and one that was lost.
    """
    if not store.folder.is_dir():
        return []
    known = catalogue.embeddings.part_names(store.encoder_id)
    names = sorted(path.name for path in store.folder.iterdir() if path.is_file())
    return [each for each in names if each not in known and not each.startswith(TEMP_PREFIX)]


def lost_parts(catalogue: Catalogue, encoder_id: str) -> list[str]:
    """Name the parts of live videos that are missing, or of another size than was written."""
    store = VectorStore(catalogue.home, encoder_id)
    sizes = catalogue.embeddings.part_sizes(encoder_id)
    return [name for name, size in sizes.items() if _size_bytes(store, name) != size]


def parts_warning(catalogue: Catalogue, encoder_id: str) -> str | None:
    """What is wrong with an encoder's parts, for a person; None where nothing is to be seen.

    Names and sizes are compared; only `verify` reads the bytes.
    """
    store = VectorStore(catalogue.home, encoder_id)
    sizes = catalogue.embeddings.part_sizes(encoder_id)
    lost = len(lost_parts(catalogue, encoder_id))
    if lost:
        return (
            f"{lost:,} of {len(sizes):,} vector parts are missing or cut; run reelwise verify "
            "--repair, then reelwise index with the library's folders"
        )
    strays = len(stray_parts(catalogue, store))
    if strays:
        return (
            f"{strays:,} vector parts are not in the catalogue, as after an older copy of it was "
            "brought back; run reelwise index with the library's folders, then reelwise verify"
        )
    return None


def lines_warning(catalogue: Catalogue) -> str | None:
    """What is wrong with the line parts of live videos, for a person; None for nothing.

    As `parts_warning`.
    """
    parts = catalogue.live_readings().files
    stores = {part.engine_id: LineStore(catalogue.home, part.engine_id) for part in parts}
    lost = sum(_size_bytes(stores[part.engine_id], part.name) != part.size_bytes for part in parts)
    if lost:
        return (
            f"{lost:,} of {len(parts):,} line parts are missing or cut; run reelwise verify "
            "--repair, then reelwise index with the library's folders"
        )
    return None


def _size_bytes(store: VectorStore | LineStore, name: str) -> int:
    try:
        return store.path(name).stat().st_size
    except OSError:
        return -1
