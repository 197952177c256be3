"""What a source file imports."""

from __future__ import annotations

import ast


def modules_of(tree: ast.AST) -> set[str]:
    """Names of the modules that are imported at any depth; relative ones begin with their dots."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names
