"""What planners take away: aggregates with small cells suppressed, never rows of people."""
