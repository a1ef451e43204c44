"""What the subjects share: building, servers, load, tables."""
