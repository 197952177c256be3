"""The factor for graphics cards: whole levels at a time, recorded once and replayed."""
