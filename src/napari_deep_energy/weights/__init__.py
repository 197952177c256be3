"""The checkpoints that come with the plugin."""
