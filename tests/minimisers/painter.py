"""Strokes one by one, and how far their answers are from those of another solver."""

from __future__ import annotations

from napari_deep_energy.minimisers import NestedDissection

from .exact import corners, error, picture, problem_of

SIZE = (150, 180)


class Painter:
    """One picture, painted stroke by stroke."""

    def __init__(self, spec, size=SIZE, seed=0):
        self.spec, self.image, self.labels = spec, picture(size, seed), corners(size)
        self.engine, self.laplacian = NestedDissection(), None
        self.solve()

    def problem(self):
        problem = problem_of(self.spec, self.image, self.labels)
        energy = self.spec.energy(problem, self.laplacian)
        self.laplacian = energy.laplacian
        return problem, energy

    def solve(self, stop=lambda: False):
        self.answer = self.engine.minimise(*self.problem(), stop)
        return self.answer

    def paint(self, row, column, label=1):
        self.labels = self.labels.copy()
        self.labels[row : row + 2, column : column + 7] = label
        self.labels[0, 0], self.labels[-1, -1] = 1, 2
        return self.solve()

    def expect(self, row, column, stop=lambda: False):
        self.engine.expect(row, column, stop)

    @property
    def view(self):
        return self.engine._state.factor.view

    def error(self):
        return error(self.spec, self.problem()[0], self.answer)
