"""What survives kills, damage, files that promise too much and disks that take no writes."""
