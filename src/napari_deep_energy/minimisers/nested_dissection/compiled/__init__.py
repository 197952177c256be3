"""The direct solver's work by compiled kernels, on a CPU; :mod:`kernels` has them made ready."""
