"""What Strongroom's emulated organization adds to MiniStack."""
