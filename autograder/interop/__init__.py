"""Bundles for other graders."""
