"""What knows everything: settings, the catalogue they come from, and how the parts are joined."""
