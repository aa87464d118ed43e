class Violation(Exception):
    """Something a source sent that a real destination would refuse, or would lose rows over."""
