"""Compiles the kernels for numbers of a type, into numba's cache: the child of ``start``."""

from __future__ import annotations

import sys

import torch

from .rehearsal import rehearse

rehearse(getattr(torch, sys.argv[1]))
