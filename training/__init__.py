"""Unsupervised training with the energy as the loss."""
