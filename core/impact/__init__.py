"""What a campaign really changed: funnel, estimates, analysis and the verdict on its goal."""
