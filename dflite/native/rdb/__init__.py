"""Values as RDB writes them, in both directions, and snapshots at one moment."""
