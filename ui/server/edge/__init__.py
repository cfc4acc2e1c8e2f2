"""What stands between the network and the application: connections, names, headers, the end."""
