"""``python -m napari_deep_energy``."""

from .cli import main

main()
