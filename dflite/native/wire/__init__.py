"""From sockets to replies: connections, RESP, the hot lane, pushes, and the replication stream."""
