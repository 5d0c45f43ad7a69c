"""What the product costs, as ratios to what a bare Flask route costs in the same run on the same server."""
